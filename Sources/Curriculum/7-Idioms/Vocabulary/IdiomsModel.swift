import Models
package import Tensors
package import Transformers

/// A decoder that an exercise is about: a small one, the same wherever its seed is known, or an
/// embedded reader.
package struct IdiomsModel: Codable, Sendable {
  private var name: String?
  private var seed: UInt64

  package static let vocabulary = 31
  package static let layers = 3
  package static let heads = 3

  /// The embedded reader.
  package static let reader = IdiomsModel(named: EmbeddedModel.reader.name)

  /// An embedded model.
  package init(named name: String) { (self.name, seed) = (name, 0) }

  /// A small one, of which every head matters.
  package init(using generator: inout SeededGenerator) {
    (name, seed) = (nil, generator.next())
  }

  /// - Throws: `ModelError` or what loading throws, when an embedded model is not where it should be.
  package func made() throws -> Transformer {
    if let name { return try LoadedModel.kept(name).model }
    var generator = SeededGenerator(seed: seed)
    let stack = TransformerConfiguration.Stack(
      layerCount: Self.layers, headCount: Self.heads, headWidth: 4, feedForwardWidth: 20)
    var model = Transformer(
      configuration: .gpt2(
        vocabularySize: Self.vocabulary, width: 12, decoder: stack, positions: 32, startToken: 0,
        endToken: nil), using: &generator)
    model.visitParameters { name, weight in
      if name.hasSuffix("orm.weight") {
        weight = .randomUniform(weight.shape, in: 0.5..<1.5, using: &generator)
      } else if name.hasSuffix(".bias") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.3, using: &generator)
      } else if weight.rank == 2 {
        let spread: Float = name == "embedding.weight" ? 0.8 : 0.45
        weight = .randomNormal(weight.shape, standardDeviation: spread, using: &generator)
      }
    }
    return model
  }
}
