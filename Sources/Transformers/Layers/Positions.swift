import Foundation
package import Tensors

extension TransformerConfiguration {
  /// The positions of tokens that follow `offset` earlier ones: a row for each row of the batch, or
  /// one that serves all.
  ///
  /// - Parameter mask: Which tokens are there, the earlier ones included.
  func positions(of tokens: [[Int]], mask: [[Bool]]?, offset: Int) -> [[Int]] {
    let columns = offset..<(offset + tokens[0].count)
    switch positionOrigin {
    case .firstColumn: return [Array(columns)]
    case .firstUnmasked:
      guard let mask, mask.contains(where: { $0.contains(false) }) else { return [Array(columns)] }
      return mask.map { row in
        var seen = 0
        let positions = row.map { isThere in
          if isThere { seen += 1 }
          return max(seen - 1, 0)
        }
        return Array(positions[columns])
      }
    case .firstUnpadded:
      precondition(offset == 0, "padding tokens are counted in a whole text, not from \(offset) on")
      return tokens.map { row in
        var seen = 0
        return row.map { token in
          if token == padToken { return -1 }
          seen += 1
          return seen - 1
        }
      }
    }
  }
}

/// Vectors that are added to embeddings by position.
package struct PositionTable: Sendable {
  /// `[row, width]`.
  package var weight: Tensor
  /// The row of position 0.
  let firstRow: Int
  /// Whether the vectors are parameters of the model.
  let isLearned: Bool

  init(learned weight: Tensor, firstRow: Int) {
    self.weight = weight
    self.firstRow = firstRow
    isLearned = true
  }

  /// Sines in the first half of a vector, cosines in the second.
  init(sinusoidal count: Int, width: Int) {
    var values: [Float] = []
    values.reserveCapacity(count * width)
    for position in 0..<count {
      func angle(_ index: Int) -> Double {
        Double(position) / pow(10_000, Double(2 * (index / 2)) / Double(width))
      }
      for index in stride(from: 0, to: width, by: 2) { values.append(Float(sin(angle(index)))) }
      for index in stride(from: 1, to: width, by: 2) { values.append(Float(cos(angle(index)))) }
    }
    weight = Tensor(values, shape: [count, width])
    firstRow = 0
    isLearned = false
  }

  /// The vectors at positions, `[batch, position, width]`; one row of positions serves all.
  func callAsFunction(_ positions: [[Int]], batch: Int) -> Tensor {
    let rows = positions.count == batch ? positions : Array(repeating: positions[0], count: batch)
    return weight.gathering(rows.flatMap { $0.map { $0 + firstRow } })
      .reshaped(to: [batch, positions[0].count, weight.shape[1]])
  }
}
