import Answering

/// What an answer is worth, and a sentence that says why.
///
/// The message is safe to show even where question and key are hidden: it holds no expected value
/// and no text of the student's making, which could repeat the question. Those stand in ``detail``,
/// which is shown for public cases alone.
package struct Verdict: Codable, Hashable, Sendable {
  /// The share of the points, from 0 to 1.
  package let fraction: Double
  /// What became of the answer.
  package let status: Status
  /// One sentence for the student, without expected values.
  package let message: String
  /// More for the student's eyes where nothing is hidden, such as an expected value.
  package let detail: String?

  /// What became of an answer.
  package enum Status: String, Codable, Hashable, Sendable, CaseIterable {
    /// The answer is right.
    case passed
    /// The answer is right in part.
    case partial
    /// The answer is wrong, or the student's code threw an error.
    case failed
    /// There is no answer yet.
    case unanswered
    /// The student's code ended the process: a trap, a signal, an early exit.
    case crashed
    /// The student's code took too long.
    case timedOut
    /// The answer cannot be judged: NaN, a wrong shape or count, something unreadable.
    case invalid
    /// A text was collected for the instructor, who marks it.
    case collected
    /// The machine failed, not the answer; no grade is meant by this.
    case notGraded
  }

  /// A verdict; the texts are freed of control characters, and a fraction that is no number is 0.
  private init(_ status: Status, fraction: Double, _ message: String, detail: String?) {
    self.status = status
    self.fraction = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    self.message = printable(message)
    self.detail = detail.map { printable($0) }
  }

  /// The answer is right.
  package static func passed(_ message: String = "right") -> Verdict {
    Verdict(.passed, fraction: 1, message, detail: nil)
  }

  /// The answer is wrong, for the reason given.
  package static func failed(_ message: String, detail: String? = nil) -> Verdict {
    Verdict(.failed, fraction: 0, message, detail: detail)
  }

  /// The answer earns a share of the points; a share of 1 is a pass, one of 0 or no number a
  /// failure.
  package static func partial(
    _ fraction: Double, _ message: String, detail: String? = nil
  ) -> Verdict {
    if fraction >= 1 { return passed(message) }
    guard fraction > 0 else { return failed(message, detail: detail) }
    return Verdict(.partial, fraction: fraction, message, detail: detail)
  }

  /// The answer cannot be judged: NaN, a wrong shape or count, something unreadable.
  package static func invalid(_ message: String, detail: String? = nil) -> Verdict {
    Verdict(.invalid, fraction: 0, message, detail: detail)
  }

  /// There is no answer yet.
  package static var unanswered: Verdict {
    Verdict(.unanswered, fraction: 0, Unanswered().description, detail: nil)
  }

  /// A text was collected for the instructor.
  package static var collected: Verdict {
    Verdict(.collected, fraction: 0, "collected for the instructor", detail: nil)
  }

  package static func notGraded(_ message: String) -> Verdict {
    Verdict(.notGraded, fraction: 0, message, detail: nil)
  }

  package static func crashed(_ message: String, detail: String? = nil) -> Verdict {
    Verdict(.crashed, fraction: 0, message, detail: detail)
  }

  package static func timedOut(_ message: String) -> Verdict {
    Verdict(.timedOut, fraction: 0, message, detail: nil)
  }

  /// The student's code threw; what it says stands in the detail, for it may repeat the question.
  package static func threw(_ text: String) -> Verdict {
    Verdict(.failed, fraction: 0, "your code threw an error", detail: text)
  }

  /// The verdict on an answer of several parts, which weigh the same where no weights are given.
  ///
  /// The sentence is that of the first part that is not right. No parts are no answer: a failure.
  package static func combining(_ parts: [Verdict], weights: [Int]? = nil) -> Verdict {
    guard !parts.isEmpty else { return .failed("there is nothing to check") }
    guard let first = parts.first(where: { $0.status != .passed }) else { return parts[0] }
    let weights = weights ?? parts.map { _ in 1 }
    let earned = zip(parts, weights).reduce(0) { $0 + $1.0.fraction * Double($1.1) }
    let fraction = earned / Double(weights.reduce(0, +))
    guard fraction > 0 else { return first }
    return .partial(fraction, first.message, detail: first.detail)
  }

  /// The same verdict without what gives an expected value away.
  package var concealed: Verdict {
    Verdict(status, fraction: fraction, message, detail: nil)
  }
}
