import AttentionVocabulary
import Coursework
import Tensors

/// A rollout by two oracles that are no products of matrices: rows sum to 1, and every row equals
/// what a walk from the last layer down to the tokens finds.
struct RolloutWalk: Sendable {
  private typealias Matrix = [[Double]]

  private let layers: [Tensor]
  private let length: Int

  init(_ layers: [Tensor]) {
    self.layers = layers
    length = layers[0].shape[1]
  }

  var judge: Expected<Tensor> {
    Expected(walk(), named: "the rollout", axes: ["position", "token"]) { mistakes }
      .otherwise { answer in
        guard answer.shape == [length, length], answer.values.allSatisfy(\.isFinite) else {
          return nil
        }
        let sums = (0..<length).map { row in
          answer.values[(row * length)..<((row + 1) * length)].reduce(0, +)
        }
        guard let row = sums.firstIndex(where: { abs($0 - 1) > 1e-3 }) else { return nil }
        return .failed(
          """
          the rows of the rollout do not sum to 1: every position is a mixture of tokens, so Â is \
          half the mean of the heads and half the identity
          """, detail: "row \(row) sums to \(sums[row])")
      }
  }

  /// Row i: start with all weight on position i after the last layer; in every layer half of each
  /// position's weight stays and half goes where its heads look.
  private func walk() -> Matrix {
    (0..<length).map { start in
      var weight = (0..<length).map { $0 == start ? 1.0 : 0 }
      for layer in layers.reversed() {
        let heads = layer.shape[0]
        var next = weight.map { $0 / 2 }
        for head in 0..<heads {
          for from in 0..<length {
            for to in 0..<length {
              next[to] += weight[from] * Double(layer[head, from, to]) / Double(2 * heads)
            }
          }
        }
        weight = next
      }
      return weight
    }
  }

  /// A layer's heads as one matrix, plus some of the identity, all of it scaled.
  private func mixed(
    _ layer: Tensor, residual: Double, scale: Double, over heads: ([Double]) -> Double
  ) -> Matrix {
    (0..<length).map { row in
      (0..<length).map { column in
        let values = (0..<layer.shape[0]).map { Double(layer[$0, row, column]) }
        return scale * (heads(values) + (row == column ? residual : 0))
      }
    }
  }

  private func product(_ factors: [Matrix]) -> Matrix {
    factors.dropFirst().reduce(factors[0]) { left, right in
      left.map { row in
        (0..<length).map { column in
          (0..<length).reduce(0) { $0 + row[$1] * right[$1][column] }
        }
      }
    }
  }

  private func rowsDividedBySum(_ matrix: Matrix) -> Matrix {
    matrix.map { row in
      let sum = row.reduce(0, +)
      return row.map { $0 / sum }
    }
  }

  private var mistakes: [Mistake<Tensor>] {
    let mean = { (values: [Double]) in values.reduce(0, +) / Double(values.count) }
    let maximum = { (values: [Double]) in values.max() ?? 0 }
    let sum = { (values: [Double]) in values.reduce(0, +) }
    func all(_ residual: Double, _ scale: Double, _ heads: ([Double]) -> Double) -> [Matrix] {
      // Products are written last layer first.
      layers.reversed().map { mixed($0, residual: residual, scale: scale, over: heads) }
    }
    let right = all(1, 0.5, mean)
    let added = right.dropFirst().reduce(right[0]) { total, layer in
      zip(total, layer).map { zip($0, $1).map { $0 + $1 } }
    }
    let count = Double(layers.count)
    let residualLast = product(all(0, 1, mean)).enumerated().map { row, values in
      values.enumerated().map { ($1 + (row == $0 ? 1 : 0)) / 2 }
    }
    let heads = "the heads of a layer are averaged here"
    return [
      Mistake(
        """
        the residual connection is missing from the rollout: half of what a position holds after \
        a layer it held before
        """, product(all(0, 1, mean))),
      Mistake(
        "the rollout grows with every layer: A + I has rows that sum to 2, so halve it",
        product(all(1, 1, mean))),
      Mistake(
        """
        the layers of the rollout are multiplied in the wrong order: the last layer reads what \
        earlier ones wrote, so it stands to the left
        """, product(right.reversed())),
      Mistake("\(heads), and this takes their maximum", product(all(1, 0.5, maximum))),
      Mistake(
        "\(heads), and this takes their maximum",
        product(all(1, 0.5, maximum).map(rowsDividedBySum))),
      Mistake("\(heads), and this takes their sum", product(all(1, 0.5, sum))),
      Mistake(
        "the layers of a rollout are multiplied, for each reads what the one before wrote; this "
          + "adds them", added),
      Mistake(
        "the layers of a rollout are multiplied, for each reads what the one before wrote; this "
          + "averages them", added.map { $0.map { $0 / count } }),
      Mistake("this is the last layer alone; a rollout follows all of them", right[0]),
      Mistake(
        "this is the first layer alone; a rollout follows all of them", right[right.count - 1]),
      Mistake(
        "the residual connection passes by every layer, not once by all of them", residualLast),
      Mistake(
        "the rollout is transposed: row i says what position i is made of",
        (0..<length).map { row in (0..<length).map { product(right)[$0][row] } }),
    ]
  }
}
