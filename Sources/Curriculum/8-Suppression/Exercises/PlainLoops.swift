import Foundation
import SheetTools
import SuppressionVocabulary
import Tensors

/// Sums of products in Double: what answers are held against.
enum Plain {
  static func dot(_ a: some Sequence<Double>, _ b: some Sequence<Double>) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// A row through a matrix that is given by rows.
  static func times(_ row: some Sequence<Double>, _ matrix: [[Double]]) -> [Double] {
    var sum = [Double](repeating: 0, count: matrix.first?.count ?? 0)
    for (factor, line) in zip(row, matrix) {
      for column in sum.indices { sum[column] += factor * line[column] }
    }
    return sum
  }

  static func transposed(_ matrix: [[Double]]) -> [[Double]] {
    (matrix.first ?? []).indices.map { column in matrix.map { $0[column] } }
  }

  static func length(_ row: [Double]) -> Double { dot(row, row).squareRoot() }

  static func cosine(_ a: [Double], _ b: [Double]) -> Double { dot(a, b) / (length(a) * length(b)) }

  static func centred(_ row: [Double]) -> [Double] {
    let mean = mean(row)
    return row.map { $0 - mean }
  }

  static func mean(_ values: [Double]) -> Double { DoubleCorrelation.mean(values) }

  /// The mean of rows.
  static func mean(_ rows: [[Double]]) -> [Double] {
    times(rows.map { _ in 1 / Double(rows.count) }, rows)
  }

  static func logSoftmax(_ row: [Double]) -> [Double] {
    let top = row.max() ?? 0
    let total = log(row.reduce(0) { $0 + exp($1 - top) })
    return row.map { $0 - top - total }
  }

  static func sum(_ a: [Double], _ b: [Double], factor: Double = 1) -> [Double] {
    zip(a, b).map { $0 + factor * $1 }
  }

  /// The place of the greatest.
  static func argmax(_ row: [Double]) -> Int { row.indices.max { row[$0] < row[$1] }! }
}

/// A head's matrices in Double.
struct PlainHead {
  let embedding, query, key, value, output: [[Double]]
  let queryBias: [Double]
  /// The columns of W_U, one a token.
  let directions: [[Double]]

  init(_ head: HeadMatrices) {
    embedding = head.embedding.doubleRows
    query = head.query.doubleRows
    key = head.key.doubleRows
    value = head.value.doubleRows
    output = head.output.doubleRows
    queryBias = head.queryBias.values.map(Double.init)
    directions = Plain.transposed(head.unembedding.doubleRows)
  }

  /// What is written for every token when a token is read, `[read][written]`.
  func written(
    reading embedding: [[Double]]? = nil, through matrix: [[Double]]? = nil,
    out directions: [[Double]]? = nil
  ) -> [[Double]] {
    (embedding ?? self.embedding).map { row in
      let moved = Plain.times(Plain.times(row, matrix ?? value), output)
      return (directions ?? self.directions).map { Plain.dot(moved, $0) }
    }
  }

  /// How much the query of every asking row wants every token, `[asks][asked]`.
  ///
  /// - Parameter asksBias: Whether the query bias asks too.
  func wanted(
    by asking: [[Double]]? = nil, of embedding: [[Double]], exchanged: Bool = false,
    asksBias: Bool = false
  ) -> [[Double]] {
    let keys = embedding.map { Plain.times($0, exchanged ? query : key) }
    return (asking ?? directions).map { row in
      var asked = Plain.times(row, exchanged ? key : query)
      if asksBias { asked = Plain.sum(asked, queryBias) }
      return keys.map { Plain.dot(asked, $0) }
    }
  }
}
