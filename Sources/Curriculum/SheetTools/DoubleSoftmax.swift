import Foundation

/// The softmax of logits in Double.
package enum DoubleSoftmax {
  /// Log-probabilities.
  package static func logarithms(_ logits: [Double]) -> [Double] {
    let top = logits.max() ?? 0
    let total = top + log(logits.reduce(0) { $0 + exp($1 - top) })
    return logits.map { $0 - total }
  }

  /// Probabilities.
  package static func probabilities(_ logits: [Double]) -> [Double] {
    logarithms(logits).map { exp($0) }
  }
}
