import Interpretability
import Laboratory
import LensesVocabulary
import Tensors
import Transformers

/// Texts that no reader has learned from.
enum LensTexts {
  /// Kinds of text in which more than a few words can be foreseen.
  static let kinds: [ReaderKind] = [
    .facts, .twoHops, .fewShot, .sequences, .narrative, .idioms, .indirectObjects,
  ]

  /// Texts of all kinds in turn, the start token first, of 60 tokens at most.
  static func drawn(_ count: Int, seed: UInt64) -> [[Int]] {
    var writer = ReaderWriter(split: .test, seed: seed)
    return (0..<count).map { index in
      let words = writer.text(kinds[index % kinds.count]).words
      return Array(ReaderVocabulary.encode(words).prefix(60))
    }
  }

  /// The first tokens of a text that has more of them.
  static func beginning(
    _ count: Int, of kind: ReaderKind? = nil, using generator: inout SeededGenerator
  ) -> [Int] {
    var writer = ReaderWriter(split: .test, seed: generator.next())
    while true {
      let kind = kind ?? kinds.randomElement(using: &generator)!
      let tokens = ReaderVocabulary.encode(writer.text(kind).words)
      if tokens.count > count { return Array(tokens.prefix(count)) }
    }
  }

  /// A word of the reader's, none of its marks.
  static func word(using generator: inout SeededGenerator) -> Int {
    Int.random(in: 20..<ReaderVocabulary.words.count, using: &generator)
  }
}

extension LensModel {
  /// What the model holds at every position of some texts.
  func states(of texts: [[Int]]) throws -> ResidualStates {
    let (tokens, mask) = ModelInput.padding(texts, with: 0, at: .back)
    return try made().residualStates(of: ModelInput(tokens: tokens, mask: mask))
  }
}
