import Tensors
import Transformers

/// What is written of this sheet's models: what they read, their configuration, and every weight by
/// its name.
enum ModelKey: String, CodingKey { case lists, sequences, configuration, weights }

extension KeyedEncodingContainer<ModelKey> {
  mutating func encode(_ model: Transformer) throws {
    try encode(model.configuration, forKey: .configuration)
    try encode(
      Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) }),
      forKey: .weights)
  }
}

extension KeyedDecodingContainer<ModelKey> {
  func corrupted(_ key: ModelKey, _ message: String) -> DecodingError {
    .dataCorruptedError(forKey: key, in: self, debugDescription: message)
  }

  /// A model of a shape that is known but for its widths.
  ///
  /// - Throws: `DecodingError` for another shape, or where a weight is missing.
  func decodeModel(
    shapedLike configuration: (_ width: Int, _ headWidth: Int) -> TransformerConfiguration
  ) throws -> Transformer {
    let found = try decode(TransformerConfiguration.self, forKey: .configuration)
    guard let stack = found.decoder, stack.headWidth > 0, found.width > 0,
      found == configuration(found.width, stack.headWidth)
    else { throw corrupted(.configuration, "the model has not the shape that its task asks for") }
    let weights = try decode([String: Tensor].self, forKey: .weights)
    return try Transformer(configuration: found) { name, shape in
      guard let weight = weights[name], weight.shape == shape else {
        throw corrupted(.weights, "\(name) is missing or not of the shape \(shape)")
      }
      return weight
    }
  }
}

extension TransformerConfiguration {
  /// One layer of one head and nothing else, with learned positions.
  ///
  /// There are no biases, and the norm is a root mean square, so that what the head does is
  /// products of matrices and one division.
  static func oneHead(
    vocabularySize: Int, positions: Int, startToken: Int, width: Int, headWidth: Int
  ) -> TransformerConfiguration {
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: vocabularySize, width: width,
      decoder: .init(layerCount: 1, headCount: 1, headWidth: headWidth, feedForwardWidth: 0),
      positions: positions, startToken: startToken, endToken: nil)
    configuration.norm = .rootMeanSquare
    configuration.biases = .none
    configuration.tiesEmbeddings = false
    return configuration
  }
}
