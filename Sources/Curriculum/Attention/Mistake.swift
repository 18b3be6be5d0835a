import Coursework

/// What a usual mistake answers, and the sentence that helps whoever made it.
struct Mistake: Codable, Sendable {
  /// What the mistake gives, in the order of the answer's numbers; NaN where it divides 0 by 0.
  var values: [Float]
  /// Says what to look at, not what to write.
  var sentence: String

  init(_ sentence: String, _ values: [Double]) {
    self.sentence = sentence
    self.values = values.map(Float.init)
  }

  /// Whether an answer holds just these numbers.
  func gives(_ answer: [Float], tolerance: Float) -> Bool {
    answer.count == values.count
      && zip(answer, values).allSatisfy { found, mistaken in
        found.isNaN && mistaken.isNaN
          || abs(found - mistaken) <= tolerance * max(1, abs(mistaken))
      }
  }
}

extension Verdict {
  /// Whether numbers equal others within a tolerance, and if not, which usual mistake gives them.
  static func compare(
    _ answer: [Float], to expected: [Float], knowing mistakes: [Mistake], tolerance: Float = 1e-4,
    named name: String, of element: String
  ) -> Verdict {
    let verdict = compare(answer, to: expected, tolerance: tolerance, named: name, of: element)
    guard verdict.status != .passed,
      let mistake = mistakes.first(where: { $0.gives(answer, tolerance: tolerance) })
    else { return verdict }
    return .failed(mistake.sentence, detail: verdict.detail)
  }
}

/// What the student's code answers, or nil where it is still the untouched stub.
func unlessUnanswered<Answer>(_ answer: () throws -> Answer) throws -> Answer? {
  do { return try answer() } catch is Unanswered { return nil }
}
