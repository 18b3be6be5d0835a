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
  public static func configuration(
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

  /// What the model writes as the sorted half of each list, each number after the right ones before
  /// it,
  /// `[list][place]`; a mark may be among them.
  ///
  /// A list whose numbers are all right is also right when the model reads its own numbers, since
  /// the first that it gets wrong is the same.
  public func predictions(of lists: [[Int]]) throws -> [[Int]] {
    guard !lists.isEmpty else { return [] }
    let input = ModelInput(tokens: lists.map { self.lists.tokens(of: $0) })
    let run = try model.run(input, logitsAt: self.lists.sortedRows)
    let best = run.logits.argmax()
    return lists.indices.map { row in
      Array(best[(row * self.lists.length)..<((row + 1) * self.lists.length)])
    }
  }

  /// The share of lists of which every number is right.
  public func accuracy(on lists: [[Int]]) throws -> Double {
    let right = zip(try predictions(of: lists), lists).count { $0 == $1.sorted() }
    return Double(right) / Double(max(lists.count, 1))
  }
}
