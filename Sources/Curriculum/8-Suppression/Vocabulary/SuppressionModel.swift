import Models
package import Tensors
package import Transformers

/// A decoder that an exercise is about: a small one without training, which is the same wherever its
/// seed is known, or an embedded one.
///
/// Every weight and every bias of a small one has something to say, so that what is left out shows.
package struct SuppressionModel: Codable, Sendable {
  /// Which decoder.
  package enum Kind: String, Codable, CaseIterable {
    /// Two layers of two heads, with tied embeddings.
    case narrow
    /// Three layers of three heads, with an unembedding of its own.
    case wide
    /// The embedded reader of tours.
    case tours
    /// Another embedded reader.
    case reader, early, seed1, large
  }

  package var kind: Kind
  package var seed: UInt64

  /// The embedded reader of tours.
  package static let tours = SuppressionModel(embedded: .tours)

  /// An embedded reader.
  package init(embedded kind: Kind) {
    self.kind = kind
    seed = 0
  }

  package init(_ kind: Kind, using generator: inout SeededGenerator) {
    self.kind = kind
    seed = generator.next()
  }

  /// How many positions a small one has.
  package static let positions = 24

  /// - Throws: `ModelError` or what loading throws, when a reader is not where it should be.
  package func made() throws -> Transformer {
    func kept(_ model: EmbeddedModel) throws -> Transformer {
      try LoadedModel.kept(model.name).model
    }
    switch kind {
    case .tours: return try kept(.toursReader)
    case .reader: return try kept(.reader)
    case .early: return try kept(.earlyReader)
    case .seed1: return try kept(.otherReader)
    case .large: return try kept(.wideReader)
    case .narrow:
      return untrained(
        vocabulary: 17, width: 10,
        .init(layerCount: 2, headCount: 2, headWidth: 4, feedForwardWidth: 16))
    case .wide:
      return untrained(
        vocabulary: 23, width: 14,
        .init(layerCount: 3, headCount: 3, headWidth: 5, feedForwardWidth: 20))
    }
  }

  private func untrained(
    vocabulary: Int, width: Int, _ stack: TransformerConfiguration.Stack
  ) -> Transformer {
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: vocabulary, width: width, decoder: stack, positions: Self.positions,
      startToken: 0, endToken: nil)
    configuration.tiesEmbeddings = kind == .narrow
    var generator = SeededGenerator(seed: seed)
    var model = Transformer(configuration: configuration, using: &generator)
    model.visitParameters { name, weight in
      if name.hasSuffix("orm.weight") {
        weight = .randomUniform(weight.shape, in: 0.6..<1.4, using: &generator)
      } else if name.hasSuffix(".bias") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.3, using: &generator)
      } else {
        let root = Float(weight.shape[1]).squareRoot()
        let deviation: Float =
          if name == "embedding.weight" { 1 } else if name.hasSuffix("onEmbedding.weight") {
            0.7
          } else if name.hasSuffix("query.weight") || name.hasSuffix("key.weight") {
            1.3 / root
          } else { 1.2 / root }
        weight = .randomNormal(weight.shape, standardDeviation: deviation, using: &generator)
      }
    }
    return model
  }
}
