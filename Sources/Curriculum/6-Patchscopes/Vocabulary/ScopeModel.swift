import Models
package import Tensors
package import Transformers

/// A decoder that an exercise is about: a small untrained one, the same wherever its seed is known, or
/// one of the embedded readers.
///
/// The small ones attend sharply, write more with every block and have norms with weights and biases
/// of their own, so that every way of getting a patch wrong shows.
package struct ScopeModel: Codable, Sendable, Hashable {
  /// The kinds of model.
  package enum Kind: String, Codable, CaseIterable {
    /// Learned positions and layer norm; `wide` has another width and one block more.
    case small, wide
    /// Turned queries and keys, and RMS norm.
    case rotary
    case reader, earlyReader, wideReader
  }

  package var kind: Kind
  package var seed: UInt64
  /// What ends a text of a small model with learned positions; nil for none.
  package var endToken: Int?

  package static let vocabulary = 41
  package static let layers = 4

  /// The embedded reader.
  package static let reader = ScopeModel(.reader)

  /// One of the embedded readers.
  package init(_ kind: Kind) {
    self.kind = kind
    seed = 0
  }

  /// A small model of a seed that is drawn.
  package init(_ kind: Kind, using generator: inout SeededGenerator) {
    self.kind = kind
    seed = generator.next()
  }

  /// The embedded model that it is, or nil.
  private var embedded: EmbeddedModel? {
    switch kind {
    case .small, .wide, .rotary: nil
    case .reader: .reader
    case .earlyReader: .earlyReader
    case .wideReader: .wideReader
    }
  }

  /// - Throws: `ModelError` or what loading throws, when a reader is not where it should be.
  package func made() throws -> Transformer {
    if let embedded { return try LoadedModel.kept(embedded.name).model }
    var generator = SeededGenerator(seed: seed)
    let width = kind == .wide ? 16 : 12
    let stack = TransformerConfiguration.Stack(
      layerCount: kind == .wide ? Self.layers + 1 : Self.layers, headCount: 2, headWidth: 6,
      feedForwardWidth: 2 * width)
    let configuration: TransformerConfiguration =
      kind == .rotary
      ? .llama(
        vocabularySize: Self.vocabulary, width: width, decoder: stack,
        rotary: RotaryAngles(width: 6, isInterleaved: false), tiesEmbeddings: false, startToken: 0,
        endToken: nil)
      : .gpt2(
        vocabularySize: Self.vocabulary, width: width, decoder: stack, positions: 64,
        startToken: 0, endToken: endToken)
    var model = Transformer(configuration: configuration, using: &generator)
    var strength: Float = 1
    model.visitParameters { name, weight in
      if name.hasSuffix("orm.weight") {
        weight = .randomUniform(weight.shape, in: 0.5..<1.5, using: &generator)
      } else if name.hasSuffix(".bias") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.3, using: &generator)
      } else if name == "embedding.weight" {
        weight = .randomNormal(weight.shape, standardDeviation: 0.75, using: &generator)
      } else if name == "unembedding.weight" {
        weight = weight * 3
      } else if name.hasSuffix("positionEmbedding.weight") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.5, using: &generator)
      } else if name.hasSuffix("attention.query.weight") {
        weight = weight * 1.5
      } else if name.hasSuffix("attention.output.weight") {
        weight = weight * strength * 2
      } else if name.hasSuffix("mlp.output.weight") {
        weight = weight * strength * 1.5
        strength *= 1.3
      }
    }
    return model
  }
}
