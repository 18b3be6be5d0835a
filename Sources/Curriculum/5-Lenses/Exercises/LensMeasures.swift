import Coursework
import Foundation
import Interpretability
import LensesVocabulary
import Tensors

/// Measures of a lens in plain loops of Double, and the mistakes one makes with them.
struct LensMeasures {
  /// log p of every layer and position, `[layer][position][token]`.
  let logProbabilities: [[[Double]]]
  /// `[layer][position][token]`.
  let logits: [[[Float]]]

  init(_ logits: Tensor) {
    let width = logits.shape[2]
    self.logits = (0..<logits.shape[0]).map { layer in
      let rows = logits[at: layer].values
      return (0..<logits.shape[1]).map { Array(rows[($0 * width)..<(($0 + 1) * width)]) }
    }
    logProbabilities = self.logits.map { layer in
      layer.map { row in
        let top = Double(row.max() ?? 0)
        let total = row.reduce(0.0) { $0 + exp(Double($1) - top) }
        return row.map { Double($0) - top - log(total) }
      }
    }
  }

  var layers: Int { logits.count }
  var positions: Int { logits[0].count }

  /// The token of the greatest logit, or nil where several share it.
  func choice(_ layer: Int, _ position: Int) -> Int? {
    let row = logits[layer][position]
    let top = row.max()!
    let best = row.indices.filter { row[$0] == top }
    return best.count == 1 ? best[0] : nil
  }

  /// How many logits are at most so far below the greatest, itself among them.
  func nearest(_ layer: Int, _ position: Int, within room: Float) -> Int {
    let row = logits[layer][position]
    let top = row.max()!
    return row.count { $0 >= top - room }
  }

  /// The first token of the greatest logit.
  func first(_ layer: Int, _ position: Int) -> Int {
    let row = logits[layer][position]
    return row.firstIndex(of: row.max()!)!
  }

  /// Means and deviations by layer, `[layer, 2]`, of a value at each layer and position.
  func spread(
    correction: Int = 0, isError: Bool = false, scale: Double = 1,
    _ value: (_ layer: Int, _ position: Int) -> Double
  ) -> Tensor {
    Tensor(
      rows: (0..<layers).map { layer in
        let values = (0..<positions).map { value(layer, $0) * scale }
        let mean = values.reduce(0, +) / Double(values.count)
        let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        var deviation = (square / Double(max(values.count - correction, 1))).squareRoot()
        if isError { deviation /= Double(values.count).squareRoot() }
        return [Float(mean), Float(deviation)]
      })
  }

  /// An answer as `[layer, 2]`; values too large for Float become infinite and are named as such.
  static func tensor(_ spreads: [Spread]) -> Tensor {
    Tensor(
      spreads.flatMap { [Float($0.mean), Float($0.deviation)] }, shape: [spreads.count, 2])
  }
}
