import CircuitsVocabulary
import Coursework
import Tensors

extension Expected {
  /// Expects a set of nodes or edges.
  ///
  /// - Parameter name: What the set is, as in "the circuit".
  init<Element: Hashable & Codable & Sendable & CustomStringConvertible>(
    set expected: Set<Element>, named name: String, of element: String,
    mistakes: @escaping () throws -> [Mistake<Set<Element>>]
  ) where Answer == Set<Element> {
    self.init(
      comparing: { answer in
        let (more, less) = (answer.subtracting(expected), expected.subtracting(answer))
        if more.isEmpty, less.isEmpty { return .passed() }
        func words(_ set: Set<Element>) -> String {
          set.map(\.description).sorted().prefix(6).joined(separator: ", ")
        }
        var faults: [String] = []
        if !more.isEmpty { faults.append("has \(more.count) \(element) too many") }
        if !less.isEmpty { faults.append("lacks \(less.count)") }
        return .failed(
          "\(name) \(faults.joined(separator: " and "))",
          detail: [
            more.isEmpty ? nil : "too many: \(words(more))",
            less.isEmpty ? nil : "missing: \(words(less))",
          ].compactMap(\.self).joined(separator: "; "))
      },
      isSame: { $0 == $1 }, mistakes: mistakes)
  }
}

/// Whether mistakes can be told from what is right, and from one another.
func areApart<Answer: Equatable>(_ mistakes: [Mistake<Answer>], from right: Answer) -> Bool {
  let answers = [right] + mistakes.map(\.answer)
  return answers.indices.allSatisfy { !answers[..<$0].contains(answers[$0]) }
}

/// Whether mistakes can be told from what is right, and from others that are told otherwise.
func areApart(
  _ mistakes: [Mistake<[Float]>], from right: [Float], tolerance: Float = 1e-2
) -> Bool {
  mistakes.indices.allSatisfy { index in
    let own = mistakes[index]
    return !own.hides(behind: right, tolerance: tolerance)
      && mistakes[..<index].allSatisfy { other in
        other.sentence == own.sentence
          || !Verdict.areSame(own.answer, other.answer, tolerance: tolerance)
      }
  }
}

/// The same of tensors.
func areApart(
  _ mistakes: [Mistake<Tensor>], from right: Tensor, tolerance: Float = 1e-2
) -> Bool {
  areApart(
    mistakes.map { Mistake<[Float]>($0.sentence, $0.answer.values) }, from: right.values,
    tolerance: tolerance)
}

extension Mistake where Answer: Equatable {
  /// Whether the mistake cannot be told from the right answer.
  func hides(behind right: Answer) -> Bool { answer == right }
}

extension Mistake where Answer == Tensor {
  /// Whether the mistake can hardly be told from the right answer.
  func hides(behind right: Tensor, tolerance: Float = 1e-2) -> Bool {
    Verdict.areSame(answer.values, right.values, tolerance: tolerance)
  }
}

extension Mistake where Answer == [Float] {
  /// Whether the mistake can hardly be told from the right answer.
  func hides(behind right: [Float], tolerance: Float = 1e-2) -> Bool {
    Verdict.areSame(answer, right, tolerance: tolerance)
  }
}
