import Heads
import Interpretability
import Laboratory
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionModel {
  /// How many tokens a small decoder knows.
  private var tokens: Int { kind == .narrow ? 17 : 23 }

  /// A head of a small decoder, of some layers; of the reader of tours one of its strongest.
  func head(
    layers: ClosedRange<Int>? = nil, using generator: inout SeededGenerator
  ) -> HeadPlace {
    switch kind {
    case .narrow:
      HeadPlace(
        layer: Int.random(in: layers ?? 0...1, using: &generator),
        head: Int.random(in: 0...1, using: &generator))
    case .wide:
      HeadPlace(
        layer: Int.random(in: layers ?? 0...2, using: &generator),
        head: Int.random(in: 0...2, using: &generator))
    default: SuppressionSheet.suppressors.randomElement(using: &generator)!
    }
  }

  /// A text behind the start token: random tokens, or the beginning of a tour.
  func text(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    guard kind == .tours else {
      return [0] + (1..<count).map { _ in Int.random(in: 1..<tokens, using: &generator) }
    }
    return SuppressionSheet.tours(1, length: count, seed: generator.next())[0]
  }

  /// Different tokens.
  func different(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    Array((1..<tokens).shuffled(using: &generator).prefix(count))
  }
}

extension SuppressionSheet {
  /// The heads of the reader of tours that suppress most.
  static let suppressors = [
    HeadPlace(layer: 1, head: 0), HeadPlace(layer: 0, head: 1), HeadPlace(layer: 1, head: 3),
  ]

  /// Tours that no model has read, each at least as long as asked and cut there.
  static func tours(_ count: Int, length: Int = 40, seed: UInt64) -> [[Int]] {
    var writer = ReaderWriter(split: .test, seed: seed)
    var texts: [[Int]] = []
    while texts.count < count {
      let words = writer.text(.tours).words
      if words.count + 1 >= min(length, 32) {
        texts.append(Array(ReaderVocabulary.encode(words).prefix(length)))
      }
    }
    return texts
  }

  /// The tokens that tours go through.
  static let tourTokens = ReaderTour.allCases.flatMap { tour in
    tour.words.map { ReaderVocabulary.ids[$0]! }
  }

  /// What stands for the tokens of tours where heads of the reader of tours read them.
  static let tourEmbedding = Result {
    try HeadCircuits(SuppressionModel.tours.made()).embedded(.mlp0).values(layer: 1)
      .gathering(tourTokens)
  }

  /// A head of the reader of tours over the tokens of tours.
  static func tourHead(_ head: HeadPlace, embedding: Tensor? = nil) throws -> HeadMatrices {
    try HeadMatrices(of: head, in: SuppressionModel.tours.made())
      .restricted(to: tourTokens, embedding: embedding ?? tourEmbedding.get())
  }
}
