package import Foundation

/// What lateness costs: a JSON file that an instructor writes.
///
/// ```json
/// {
///   "deadline": "2026-11-20T23:59:00+01:00",
///   "graceMinutes": 10,
///   "deductionPerDay": 0.1,
///   "largestDeduction": 0.5,
///   "extensions": { "ada": "2026-11-27T23:59:00+01:00" },
///   "submitted": { "grace": "2026-11-20T18:05:00+01:00" },
///   "students": ["ada", "grace", "joan"]
/// }
/// ```
/// Every day begun after the deadline takes a share of the earned points. `extensions` are deadlines
/// of single students; `submitted` are times of submission, which are otherwise those that the
/// learning platform tells, or at which the submissions' folders and archives were last changed.
/// `students` are the logins of all who take part, so that who hands in nothing is listed. All but
/// the deadline may be left out.
package struct LatePolicy: Codable, Hashable, Sendable {
  var deadline: Date
  var graceMinutes: Double?
  var deductionPerDay: Double?
  var largestDeduction: Double?
  var extensions: [String: Date]?
  var submitted: [String: Date]?
  var students: [String]?

  /// The policy in a file.
  ///
  /// - Throws: ``LatePolicyError`` in one sentence.
  package init(file: URL) throws {
    guard let data = try? Data(contentsOf: file) else {
      throw LatePolicyError("the late policy \(file.path) cannot be read")
    }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    do { self = try decoder.decode(LatePolicy.self, from: data) } catch {
      throw LatePolicyError(
        "\(file.path) is no late policy: expected JSON with a \"deadline\" such as "
          + "\"2026-11-20T23:59:00+01:00\", and found \(Self.fault(error, in: data))")
    }
    for (name, share) in [
      ("deductionPerDay", deductionPerDay), ("largestDeduction", largestDeduction),
    ] {
      guard let share, !(0...1).contains(share) else { continue }
      throw LatePolicyError("\(file.path): \(name) is \(share), and is a share from 0 to 1")
    }
  }

  private static func fault(_ error: any Error, in data: Data) -> String {
    guard (try? JSONSerialization.jsonObject(with: data)) is [String: Any] else {
      return "what is no JSON object"
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, _): return "no \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      guard let key = context.codingPath.first else { return "a date of another form" }
      return "something else at \(key.stringValue)"
    default: return "something else"
    }
  }

  /// The students whom the policy names and who handed in nothing.
  func absent(from submissions: [Submission]) -> [String] {
    let named = (students ?? []) + (submitted ?? [:]).keys + (extensions ?? [:]).keys
    // Texts are equal here however their accents are written.
    let known = Set(submissions.flatMap { [$0.student] + $0.aliases })
    return Set(named).subtracting(known).sorted()
  }

  /// How late a submission was.
  ///
  /// - Parameter aliases: other names by which the policy may know the student.
  package func lateness(
    of student: String, aliases: [String] = [], changedAt: Date?
  ) -> Lateness? {
    func own(_ dates: [String: Date]?) -> Date? {
      ([student] + aliases).lazy.compactMap { dates?[$0] }.first
    }
    guard let submittedAt = own(submitted) ?? changedAt else { return nil }
    let deadline = own(extensions) ?? deadline
    let late = submittedAt.timeIntervalSince(deadline)
    guard late > (graceMinutes ?? 0) * 60 else {
      return Lateness(
        deadline: deadline, submittedAt: submittedAt, deduction: 0, message: "handed in on time")
    }
    let days = (late / 86_400).rounded(.up)
    let deduction = min(days * (deductionPerDay ?? 0), largestDeduction ?? 1, 1)
    let percent = Int((deduction * 100).rounded())
    return Lateness(
      deadline: deadline, submittedAt: submittedAt, deduction: deduction,
      message: "handed in \(Int(days)) day\(days == 1 ? "" : "s") late: \(percent) % less")
  }
}

extension SubmissionResult {
  /// Takes note of how late the submission was, and what that leaves of its points.
  mutating func apply(_ lateness: Lateness?) {
    self.lateness = lateness
    // In halves, as all points; the small addend keeps a half from being lost to rounding.
    points = (earnedPoints * (1 - (lateness?.deduction ?? 0)) * 2 + 1e-9).rounded(.down) / 2
  }
}

/// A late policy that cannot be used.
package struct LatePolicyError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
