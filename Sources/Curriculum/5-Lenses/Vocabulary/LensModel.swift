import Models
package import Tensors
package import Transformers

/// A small decoder that an exercise is about: untrained, and the same wherever its seed is known.
///
/// Its norms have weights and biases of their own and its blocks write more and more, so that every
/// way of getting a lens wrong shows.
package struct LensModel: Codable, Sendable {
  /// The kinds of norm.
  package enum Kind: String, Codable, CaseIterable {
    case layerNorm, rootMeanSquare
    /// The embedded reader, which has a seed only for its texts.
    case reader
  }

  package var kind: Kind
  package var seed: UInt64

  package static let vocabulary = 41
  package static let width = 12
  package static let layers = 3

  /// The embedded reader.
  package static let reader = LensModel(kind: .reader, seed: 0)

  private init(kind: Kind, seed: UInt64) {
    self.kind = kind
    self.seed = seed
  }

  package init(_ kind: Kind, using generator: inout SeededGenerator) {
    self.kind = kind
    seed = generator.next()
  }

  /// - Throws: `ModelError` or what loading throws, when the reader is not where it should be.
  package func made() throws -> Transformer {
    if kind == .reader { return try LoadedModel.kept(EmbeddedModel.reader.name).model }
    var generator = SeededGenerator(seed: seed)
    let stack = TransformerConfiguration.Stack(
      layerCount: Self.layers, headCount: 2, headWidth: 5, feedForwardWidth: 24)
    let configuration: TransformerConfiguration =
      kind == .layerNorm
      ? .gpt2(
        vocabularySize: Self.vocabulary, width: Self.width, decoder: stack, positions: 64,
        startToken: 0, endToken: nil)
      : .llama(
        vocabularySize: Self.vocabulary, width: Self.width, decoder: stack,
        rotary: RotaryAngles(width: 4, isInterleaved: false), tiesEmbeddings: false, startToken: 0,
        endToken: nil)
    var model = Transformer(configuration: configuration, using: &generator)
    var strength: Float = 1
    model.visitParameters { name, weight in
      if name.hasSuffix("orm.weight") {
        weight = .randomUniform(weight.shape, in: 0.5..<1.5, using: &generator)
      } else if name.hasSuffix(".bias") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.4, using: &generator)
      } else if name == "embedding.weight" {
        weight = .randomNormal(weight.shape, using: &generator)
      } else if name.hasSuffix("mlp.output.weight") {
        weight = weight * strength
        strength *= 1.8
      }
    }
    return model
  }
}
