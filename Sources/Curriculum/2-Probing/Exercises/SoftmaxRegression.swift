import Foundation
import ProbingVocabulary
import Tensors

/// A softmax regression in Double, fitted by accelerated gradient descent: what 2.2 is held against.
///
/// Nesterov, "A method for solving the convex programming problem with convergence rate O(1/k²)", 1983.
struct SoftmaxRegression {
  /// λ of ½ λ ‖W‖².
  var l2: Double
  /// What else is penalised, or left out: the ways to go wrong.
  var penalisesBias = false
  var hasBias = true

  /// Weights `[class][width]`, then the bias of each class.
  typealias Parameters = (weight: [[Double]], bias: [Double])

  /// The probabilities of every class for every word.
  static func probabilities(_ p: Parameters, _ x: [[Double]]) -> [[Double]] {
    x.map { row in
      let scores = zip(p.weight, p.bias).map { weight, bias in
        zip(weight, row).reduce(bias) { $0 + $1.0 * $1.1 }
      }
      let greatest = scores.max() ?? 0
      let powers = scores.map { exp($0 - greatest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }

  /// The mean cross-entropy in nats plus the penalty on the weights.
  static func objective(_ p: Parameters, _ x: [[Double]], _ labels: [Int], l2: Double) -> Double {
    let probabilities = probabilities(p, x)
    let loss = zip(probabilities, labels).reduce(0.0) { $0 - log(max($1.0[$1.1], 1e-300)) }
    let square = p.weight.flatMap(\.self).reduce(0.0) { $0 + $1 * $1 }
    return loss / Double(x.count) + l2 / 2 * square
  }

  /// The parameters of least objective.
  func fit(_ x: [[Double]], _ labels: [Int], classes: Int, steps: Int = 1_500) -> Parameters {
    let width = x[0].count
    // The greatest curvature is at most half the mean squared length of a word with its 1 for the bias.
    let length = x.reduce(0.0) { $0 + $1.reduce(1) { $0 + $1 * $1 } } / Double(x.count)
    let rate = 1 / (length / 2 + l2)
    var p: Parameters = (
      Array(repeating: Array(repeating: 0, count: width), count: classes),
      Array(repeating: 0, count: classes)
    )
    var ahead = p
    for step in 0..<steps {
      let previous = p
      let found = Self.probabilities(ahead, x)
      var weight = ahead.weight.map { $0.map { $0 * l2 } }
      var bias = ahead.bias.map { penalisesBias ? $0 * l2 : 0 }
      for (row, (probabilities, label)) in zip(x, zip(found, labels)) {
        for k in 0..<classes {
          let slope = (probabilities[k] - (k == label ? 1 : 0)) / Double(x.count)
          bias[k] += slope
          for column in 0..<width { weight[k][column] += slope * row[column] }
        }
      }
      let momentum = Double(step) / Double(step + 3)
      for k in 0..<classes {
        p.bias[k] = hasBias ? ahead.bias[k] - rate * bias[k] : 0
        ahead.bias[k] = p.bias[k] + momentum * (p.bias[k] - previous.bias[k])
        for column in 0..<width {
          p.weight[k][column] = ahead.weight[k][column] - rate * weight[k][column]
          ahead.weight[k][column] =
            p.weight[k][column] + momentum * (p.weight[k][column] - previous.weight[k][column])
        }
      }
    }
    return p
  }
}
