import Tensors
public import Transformers

/// A model that sorts lists: one layer, one head, no MLP.
public struct Sorter: Sendable {
  /// What it sorts.
  public let lists: SortingLists
  /// What sorts.
  public var model: Transformer

  /// A model for some lists.
  public init(lists: SortingLists, model: Transformer) {
    self.lists = lists
    self.model = model
  }

  /// A shape that can sort: one layer of one head and nothing else, learned positions.
  ///
  /// There are no biases, and the norm is a root mean square, so that what the head does is
  /// products of matrices and one division.
  package static func configuration(
    for lists: SortingLists, width: Int = 128, headWidth: Int = 32
  ) -> TransformerConfiguration {
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: lists.vocabularySize, width: width,
      decoder: .init(layerCount: 1, headCount: 1, headWidth: headWidth, feedForwardWidth: 0),
      positions: lists.sequenceLength, startToken: lists.startToken, endToken: nil)
    configuration.norm = .rootMeanSquare
    configuration.biases = .none
    configuration.tiesEmbeddings = false
    return configuration
  }
}

extension Sorter: Codable {
  private enum Key: String, CodingKey { case lists, configuration, weights }

  /// Writes the lists, the configuration and every weight by its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(lists, forKey: .lists)
    try container.encode(model.configuration, forKey: .configuration)
    try container.encode(
      Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) }),
      forKey: .weights)
  }

  /// Reads what ``encode(to:)`` wrote.
  ///
  /// - Throws: `DecodingError` unless the shape is one of `configuration(for:width:headWidth:)` and
  ///   every weight is there.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func corrupted(_ key: Key, _ message: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: container, debugDescription: message)
    }
    lists = try container.decode(SortingLists.self, forKey: .lists)
    guard lists.isPossible else {
      throw corrupted(.lists, "lists of \(lists.length) numbers below \(lists.numbers)")
    }
    let configuration = try container.decode(TransformerConfiguration.self, forKey: .configuration)
    guard let stack = configuration.decoder, stack.headWidth > 0, configuration.width > 0,
      configuration
        == Sorter.configuration(
          for: lists, width: configuration.width, headWidth: stack.headWidth)
    else {
      throw corrupted(.configuration, "the model has not the shape of a sorter for its lists")
    }
    let weights = try container.decode([String: Tensor].self, forKey: .weights)
    model = try Transformer(configuration: configuration) { name, shape in
      guard let weight = weights[name], weight.shape == shape else {
        throw corrupted(.weights, "\(name) is missing or not of the shape \(shape)")
      }
      return weight
    }
  }
}
