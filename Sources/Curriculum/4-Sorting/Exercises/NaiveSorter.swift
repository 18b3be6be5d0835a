import Foundation
import Laboratory
import SortingVocabulary
import SheetTools
import Tensors
import Transformers

/// A sorter's forward pass in loops of `Double`, for what answers are held against.
struct NaiveSorter {
  private let lists: SortingLists
  private let embedding, positions: [[Double]]
  private let head:
    (
      q: [[Double]], k: [[Double]], v: [[Double]], o: [[Double]], u: [[Double]]
    )

  init(_ sorter: Sorter) {
    lists = sorter.lists
    embedding = sorter.model.embedding.doubleRows
    positions = sorter.positionEmbedding.doubleRows
    let head = sorter.head
    self.head = (
      head.query.doubleRows, head.key.doubleRows, head.value.doubleRows,
      head.output.doubleRows, head.unembedding.doubleRows
    )
  }

  /// Where the head looks at each row that predicts a sorted number, `[place][position]`; the
  /// tokens after it have 0.
  func attention(sorting list: [Int]) -> [[Double]] {
    let tokens = lists.tokens(of: list)
    let read = residual(tokens).map(normalised)
    let keys = read.map { product($0, head.k) }
    return lists.sortedRows.map { row in
      let query = product(read[row], head.q)
      let scores = (0...row).map { dot(query, keys[$0]) / Double(query.count).squareRoot() }
      let logs = LogTable.normalised(scores)
      return logs.map { exp($0) } + Array(repeating: 0, count: tokens.count - 1 - row)
    }
  }

  /// The likeliest token at each of those rows.
  func written(sorting list: [Int]) -> [Int] {
    let residual = residual(lists.tokens(of: list))
    let values = residual.map { product(normalised($0), head.v) }
    return zip(lists.sortedRows, attention(sorting: list)).map { row, weights in
      let mixed = values[0].indices.map { column in
        zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[column] }
      }
      let added = zip(residual[row], product(mixed, head.o)).map { $0 + $1 }
      let logits = product(normalised(added), head.u)
      return logits.indices.max { logits[$0] < logits[$1] }!
    }
  }

  private func residual(_ tokens: [Int]) -> [[Double]] {
    tokens.enumerated().map { place, token in
      zip(embedding[token], positions[place]).map { $0 + $1 }
    }
  }

  private func normalised(_ x: [Double]) -> [Double] {
    let square = dot(x, x) / Double(x.count)
    return x.map { $0 / (square + 1e-5).squareRoot() }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func product(_ x: [Double], _ matrix: [[Double]]) -> [Double] {
    var sum = [Double](repeating: 0, count: matrix[0].count)
    for (value, row) in zip(x, matrix) {
      for column in row.indices { sum[column] += value * row[column] }
    }
    return sum
  }
}
