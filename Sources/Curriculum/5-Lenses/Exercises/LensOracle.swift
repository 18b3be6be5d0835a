import Foundation
import Tensors
import Transformers

/// The norm and the unembedding in plain loops of Double: what an answer is held against, and what
/// the usual mistakes make of it.
struct LensOracle: Sendable {
  private let weight: [Double]
  private let bias: [Double]?
  private let epsilon: Double
  private let unembedding: Tensor

  init(_ model: Transformer) {
    let parameters = Dictionary(
      uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
    weight = parameters["blocks.finalNorm.weight"]!.values.map { Double($0) }
    bias = parameters["blocks.finalNorm.bias"]?.values.map { Double($0) }
    epsilon = Double(model.configuration.normEpsilon)
    unembedding = parameters["unembedding.weight"] ?? parameters["embedding.weight"]!
  }

  /// The rows `[row, width]` as lists.
  static func rows(_ states: Tensor) -> [[Double]] {
    let width = states.shape[states.rank - 1]
    let values = states.values
    return stride(from: 0, to: values.count, by: max(width, 1)).map { start in
      values[start..<(start + width)].map { Double($0) }
    }
  }

  /// √(mean of squares + ε) of a row, centred where the norm has a bias.
  func scale(_ row: [Double]) -> Double {
    let centred = centred(row)
    let square = centred.reduce(0) { $0 + $1 * $1 } / Double(row.count)
    return (square + epsilon).squareRoot()
  }

  private func centred(_ row: [Double]) -> [Double] {
    guard bias != nil else { return row }
    let mean = row.reduce(0, +) / Double(row.count)
    return row.map { $0 - mean }
  }

  /// The norm of a row, with its own scale or another.
  func normed(_ row: [Double], scale other: Double? = nil) -> [Double] {
    let scale = other ?? scale(row)
    return zip(centred(row), weight).enumerated().map { index, pair in
      pair.0 / scale * pair.1 + (bias?[index] ?? 0)
    }
  }

  /// The logits of normed rows, `[row.count, token]`.
  func logits(_ rows: [[Double]]) -> Tensor {
    let (tokens, width) = (unembedding.shape[0], unembedding.shape[1])
    var values = [Float](repeating: 0, count: rows.count * tokens)
    // Eight rows at a time: every sum has one order, and the processor adds them side by side.
    let lanes = SIMD8<Double>.scalarCount
    unembedding.withUnsafeValues { table in
      for first in stride(from: 0, to: rows.count, by: lanes) {
        let own = rows[first..<min(first + lanes, rows.count)]
        var columns = [SIMD8<Double>](repeating: .zero, count: width)
        for (lane, row) in own.enumerated() {
          for column in 0..<width { columns[column][lane] = row[column] }
        }
        for token in 0..<tokens {
          var sums = SIMD8<Double>.zero
          for column in 0..<width {
            sums += columns[column] * Double(table[token * width + column])
          }
          for lane in own.indices { values[lane * tokens + token] = Float(sums[lane - first]) }
        }
      }
    }
    return Tensor(values, shape: [rows.count, tokens])
  }
}
