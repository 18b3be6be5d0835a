import Laboratory
import LensesVocabulary
import Tensors

extension LensModel {
  /// A text of random tokens.
  static func text(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    (0..<count).map { _ in Int.random(in: 0..<vocabulary, using: &generator) }
  }

  /// The beginning of a text: of one that the reader has not seen, or of random tokens.
  func text(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    guard kind == .reader else { return Self.text(count, using: &generator) }
    let kinds: [ReaderKind] = [.facts, .fewShot, .narrative, .sequences]
    var writer = ReaderWriter(split: .test, seed: generator.next())
    var tokens: [Int] = []
    while tokens.count < count {
      tokens += ReaderVocabulary.encode(
        writer.text(kinds.randomElement(using: &generator)!).words)
    }
    return Array(tokens.prefix(count))
  }
}
