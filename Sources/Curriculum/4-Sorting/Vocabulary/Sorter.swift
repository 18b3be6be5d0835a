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

  /// A shape that can sort.
  package static func configuration(
    for lists: SortingLists, width: Int = 128, headWidth: Int = 32
  ) -> TransformerConfiguration {
    .oneHead(
      vocabularySize: lists.vocabularySize, positions: lists.sequenceLength,
      startToken: lists.startToken, width: width, headWidth: headWidth)
  }
}

extension Sorter: Codable {
  /// Writes the lists, the configuration and every weight by its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ModelKey.self)
    try container.encode(lists, forKey: .lists)
    try container.encode(model)
  }

  /// Reads what ``encode(to:)`` wrote.
  ///
  /// - Throws: `DecodingError` unless the shape is one of `configuration(for:width:headWidth:)` and
  ///   every weight is there.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: ModelKey.self)
    let lists = try container.decode(SortingLists.self, forKey: .lists)
    guard lists.isPossible else {
      throw container.corrupted(.lists, "lists of \(lists.length) numbers below \(lists.numbers)")
    }
    self.lists = lists
    model = try container.decodeModel {
      Sorter.configuration(for: lists, width: $0, headWidth: $1)
    }
  }
}
