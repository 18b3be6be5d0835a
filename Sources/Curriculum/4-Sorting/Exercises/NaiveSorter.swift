import Foundation
import Laboratory
import SheetTools
import SortingVocabulary
import Tensors
import Transformers

/// The forward pass of a model of one head in loops of `Double`, for what answers are held against.
struct NaiveHead {
  private let embedding, positions: [[Double]]
  private let head:
    (
      q: [[Double]], k: [[Double]], v: [[Double]], o: [[Double]], u: [[Double]]
    )

  init(_ model: Transformer) {
    embedding = model.embedding.doubleRows
    positions = model.positionEmbedding.doubleRows
    let head = model.oneHead
    self.head = (
      head.query.doubleRows, head.key.doubleRows, head.value.doubleRows,
      head.output.doubleRows, head.unembedding.doubleRows
    )
  }

  /// Where the head looks at some rows, `[row][position]`; the tokens after a row have 0.
  func attention(in tokens: [Int], at rows: Range<Int>) -> [[Double]] {
    let read = residual(tokens).map(normalised)
    let keys = read.map { product($0, head.k) }
    return rows.map { row in
      let query = product(read[row], head.q)
      let scores = (0...row).map { dot(query, keys[$0]) / Double(query.count).squareRoot() }
      let logs = LogTable.normalised(scores)
      return logs.map { exp($0) } + Array(repeating: 0, count: tokens.count - 1 - row)
    }
  }

  /// The logits of those rows, `[row][token]`.
  func logits(of tokens: [Int], at rows: Range<Int>) -> [[Double]] {
    let residual = residual(tokens)
    let values = residual.map { product(normalised($0), head.v) }
    return zip(rows, attention(in: tokens, at: rows)).map { row, weights in
      let mixed = values[0].indices.map { column in
        zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[column] }
      }
      let added = zip(residual[row], product(mixed, head.o)).map { $0 + $1 }
      return product(normalised(added), head.u)
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

/// The same for a sorter and its lists.
struct NaiveSorter {
  private let lists: SortingLists
  private let head: NaiveHead

  init(_ sorter: Sorter) {
    lists = sorter.lists
    head = NaiveHead(sorter.model)
  }

  /// Where the head looks at each row that predicts a sorted number, `[place][position]`.
  func attention(sorting list: [Int]) -> [[Double]] {
    head.attention(in: lists.tokens(of: list), at: lists.sortedRows)
  }

  /// The likeliest token at each of those rows.
  func written(sorting list: [Int]) -> [Int] {
    head.logits(of: lists.tokens(of: list), at: lists.sortedRows).map { logits in
      logits.indices.max { logits[$0] < logits[$1] }!
    }
  }
}
