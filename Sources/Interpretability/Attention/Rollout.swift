import Foundation
public import Tensors

/// Attention rollout: how much of each input reaches each position, were attention all that moves
/// information; `[query, key]`, rows sum to 1.
///
/// Every layer's heads are averaged, half of the identity stands for the residual connection, and
/// the layers are multiplied: R = Â^L … Â¹ with Â = ½ (A + I).
/// Abnar and Zuidema, "Quantifying Attention Flow in Transformers", 2020.
///
/// - Parameter patterns: One layer's self-attention each, `[head, position, position]`, first layer
///   first.
public func attentionRollout(_ patterns: [Tensor]) -> Tensor {
  precondition(!patterns.isEmpty, "rollout needs the pattern of at least one layer")
  let length = patterns[0].shape[1]
  let identity = Tensor.identity(length)
  var rollout = identity
  for pattern in patterns {
    precondition(
      pattern.rank == 3 && pattern.shape[1] == length && pattern.shape[2] == length,
      "rollout needs self-attention [head, \(length), \(length)], not \(pattern.shape)")
    rollout = ((pattern.mean(axis: 0) + identity) * 0.5).matmul(rollout)
  }
  return rollout
}

/// The entropy of every row of attention in bits; `[head, query]`.
///
/// 0 where one key has all the attention, log₂ n where n keys share it evenly.
///
/// - Parameter pattern: `[head, query, key]`.
public func attentionEntropy(_ pattern: Tensor) -> Tensor {
  precondition(pattern.rank == 3, "attention has the axes [head, query, key], not \(pattern.shape)")
  let keys = pattern.shape[2]
  let values = pattern.values
  let rows = (0..<(pattern.shape[0] * pattern.shape[1])).map { row in
    values[(row * keys)..<((row + 1) * keys)].reduce(Float(0)) { sum, p in
      p > 0 ? sum - p * log2(p) : sum
    }
  }
  return Tensor(rows, shape: [pattern.shape[0], pattern.shape[1]])
}
