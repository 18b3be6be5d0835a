public import Tensors
import Transformers

/// Over which texts and positions a mean is taken that stands in the place of an activation.
public enum MeanGrouping: Sendable {
  /// One mean over all tokens of all texts.
  case allTokens
  /// A mean over all texts for every position.
  case byPosition
  /// A mean over the texts of one template for every position; a template for each text.
  case byTemplate([Int])
}

/// Means of an activation over a batch, padding left out.
public struct MeanActivation: Sendable {
  /// A row a template, one where there are none: `[template, position, …]`, with a single position
  /// where the mean is over all tokens.
  public let values: Tensor
  private let templates: [Int]?

  /// The mean of an activation as a trace holds it, `[row, position, …]`.
  ///
  /// - Parameters:
  ///   - mask: Which positions are there, or nil when all are.
  /// - Throws: ``SweepError`` when there is not a template for every text.
  public init(of activation: Tensor, mask: [[Bool]]?, by grouping: MeanGrouping) throws {
    let (rows, length) = (activation.shape[0], activation.shape[1])
    let inner = Array(activation.shape.dropFirst(2))
    let width = inner.reduce(1, *)
    var groups = Array(repeating: 0, count: rows)
    switch grouping {
    case .allTokens, .byPosition: templates = nil
    case .byTemplate(let list):
      guard list.count == rows else {
        throw SweepError.count("templates", expected: rows, found: list.count)
      }
      let names = Array(Set(list)).sorted()
      groups = list.map { names.firstIndex(of: $0)! }
      templates = groups
    }
    let isByPosition = if case .allTokens = grouping { false } else { true }
    let places = isByPosition ? length : 1
    let count = (groups.max() ?? 0) + 1
    var sums = Array(repeating: 0.0, count: count * places * width)
    var counts = Array(repeating: 0.0, count: count * places)
    activation.withUnsafeValues { values in
      for row in 0..<rows {
        for position in 0..<length where mask?[row][position] ?? true {
          let slot = groups[row] * places + (isByPosition ? position : 0)
          counts[slot] += 1
          for i in 0..<width {
            sums[slot * width + i] += Double(values[(row * length + position) * width + i])
          }
        }
      }
    }
    let means = sums.indices.map { Float(sums[$0] / max(counts[$0 / width], 1)) }
    values = Tensor(means, shape: [count, places] + inner)
  }

  /// The edit that puts the mean of a text's template, or of all texts, in the place of its
  /// activation.
  public func edit(row: Int = 0) -> Edit {
    .replace(with: values, row: templates?[row] ?? 0)
  }
}
