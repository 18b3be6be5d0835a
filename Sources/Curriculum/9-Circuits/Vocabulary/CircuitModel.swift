import Models
import Tensors
package import Transformers

/// A decoder that an exercise is about.
package enum CircuitModel: Codable, Hashable, Sendable {
  /// The kinds of norm of a model that is drawn.
  package enum Norm: String, Codable, CaseIterable, Sendable {
    case layer, rootMeanSquare
  }

  /// A small untrained model, the same wherever its seed is known.
  case drawn(Norm, layers: Int, seed: UInt64)
  /// A model by its weights.
  case given(GivenWeights)
  /// An embedded model by its name.
  case embedded(String)

  package static let vocabulary = 41
  package static let width = 12
  package static let heads = 2

  /// The embedded reader.
  package static let reader = CircuitModel.embedded(EmbeddedModel.reader.name)

  /// - Throws: `ModelError` or what loading throws, when an embedded model is not where it should be.
  package func made() throws -> Transformer {
    switch self {
    case .drawn(let norm, let layers, let seed): Self.drawn(norm, layers, seed)
    case .given(let weights): weights.model
    case .embedded(let name): try LoadedModel.kept(name).model
    }
  }

  /// Its norms have weights and biases of their own, its heads look somewhere, and its blocks write
  /// more and more, so that every way of getting a circuit wrong shows.
  private static func drawn(_ norm: Norm, _ layers: Int, _ seed: UInt64) -> Transformer {
    var generator = SeededGenerator(seed: seed)
    let stack = TransformerConfiguration.Stack(
      layerCount: layers, headCount: heads, headWidth: 5, feedForwardWidth: 24)
    let configuration: TransformerConfiguration =
      norm == .layer
      ? .gpt2(
        vocabularySize: vocabulary, width: width, decoder: stack, positions: 64, startToken: 0,
        endToken: nil)
      : .llama(
        vocabularySize: vocabulary, width: width, decoder: stack,
        rotary: RotaryAngles(width: 4, isInterleaved: false), tiesEmbeddings: false, startToken: 0,
        endToken: nil)
    var model = Transformer(configuration: configuration, using: &generator)
    var strength: Float = 1
    model.visitParameters { name, weight in
      if name.hasSuffix("orm.weight") {
        weight = .randomUniform(weight.shape, in: 0.5..<1.5, using: &generator)
      } else if name.hasSuffix(".bias") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.3, using: &generator)
      } else if name.hasSuffix("embedding.weight") {
        weight = .randomNormal(weight.shape, using: &generator)
      } else if name.hasSuffix(".query.weight") || name.hasSuffix(".key.weight") {
        weight = weight * 2
      } else if name.hasSuffix("attention.output.weight") {
        weight = weight * (1.5 * strength)
      } else if name.hasSuffix("mlp.output.weight") {
        weight = weight * strength
        strength *= 1.4
      }
    }
    return model
  }
}

/// A model as its configuration and its weights.
package struct GivenWeights: Codable, Hashable, Sendable {
  private var configuration: TransformerConfiguration
  private var weights: [String: Tensor]

  package init(_ model: Transformer) {
    configuration = model.configuration
    var model = model
    var weights: [String: Tensor] = [:]
    model.visitParameters { name, weight in weights[name] = weight }
    self.weights = weights
  }

  package var model: Transformer {
    Transformer(configuration: configuration) { name, shape in
      weights[name] ?? .zeros(shape)
    }
  }

  package static func == (a: GivenWeights, b: GivenWeights) -> Bool {
    a.configuration == b.configuration && a.weights.keys.sorted() == b.weights.keys.sorted()
      && a.weights.allSatisfy { $0.value == b.weights[$0.key]! }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(weights.keys.sorted()) }
}
