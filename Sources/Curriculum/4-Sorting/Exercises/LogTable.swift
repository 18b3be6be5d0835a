import Coursework
import Foundation
import SortingVocabulary
import Tensors

/// Log-probabilities of a batch in `Double`, from loops: what answers are held against.
struct LogTable {
  /// `[batch][position][token]`, as they came.
  let logits: [[[Double]]]
  /// The same less the logarithm of the sum of their exponentials.
  let logs: [[[Double]]]

  /// - Parameter logits: `[batch, position, token]`.
  init(_ logits: Tensor) {
    let shape = logits.shape
    let values = logits.values.map(Double.init)
    self.logits = (0..<shape[0]).map { batch in
      (0..<shape[1]).map { position in
        let start = (batch * shape[1] + position) * shape[2]
        return Array(values[start..<(start + shape[2])])
      }
    }
    logs = self.logits.map { $0.map(Self.normalised) }
  }

  static func normalised(_ row: [Double]) -> [Double] {
    let greatest = row.max() ?? 0
    let sum = row.reduce(0) { $0 + exp($1 - greatest) }
    return row.map { $0 - greatest - log(sum) }
  }

  /// Whether a number is what the logarithm of a probability gives that was a `Float` in between: right
  /// as long as the probability is not so small that it loses its digits, or is 0.
  static func isLogOfProbability(_ found: Float, insteadOf right: Double) -> Bool {
    let isNear = abs(Double(found) - right) <= 1e-3 * max(1, abs(right))
    return isNear || right < -85 && (found == -.infinity || abs(Double(found) - right) < 1)
  }

  /// The logs, had they been normalised over positions instead of tokens.
  var normalisedOverPositions: [[[Double]]] {
    logits.map { rows in
      let columns = rows[0].indices.map { token in Self.normalised(rows.map { $0[token] }) }
      return rows.indices.map { position in columns.map { $0[position] } }
    }
  }

  /// One number a row: of the text at `batch`, what `row` has for the token `token`, for each
  /// place.
  static func gather(
    _ values: [[[Double]]], places: Int, row: (Int) -> Int, token: (_ batch: Int, Int) -> Int
  ) -> [Double] {
    values.indices.flatMap { batch in
      (0..<places).map { values[batch][row($0)][token(batch, $0)] }
    }
  }
}
