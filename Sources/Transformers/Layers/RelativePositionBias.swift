import Foundation
package import Tensors

/// T5's position: a learned bias a head by the distance from query to key.
///
/// Distances share buckets: half of them hold one distance each, the others widen logarithmically up
/// to a maximum, beyond which all distances are one.
/// Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
/// Transformer", 2020.
package struct RelativePositionBias: Sendable {
  /// `[bucket, head]`.
  package var weight: Tensor
  let maximumDistance: Int
  /// Whether keys after the query have buckets of their own, as in an encoder.
  let isBidirectional: Bool

  /// The bias `[head, query, key]` for queries that start at `offset` among the keys.
  func callAsFunction(queryCount: Int, keyCount: Int, offset: Int) -> Tensor {
    let (buckets, heads) = (weight.shape[0], weight.shape[1])
    var indices: [Int] = []
    indices.reserveCapacity(queryCount * keyCount)
    for query in 0..<queryCount {
      for key in 0..<keyCount {
        indices.append(bucket(distance: key - query - offset, of: buckets))
      }
    }
    return weight.gathering(indices).reshaped(to: [queryCount, keyCount, heads]).permuted([2, 0, 1])
  }

  /// The bucket of a signed distance, key position minus query position.
  package func bucket(distance: Int, of buckets: Int) -> Int {
    let count = isBidirectional ? buckets / 2 : buckets
    let start = isBidirectional && distance > 0 ? count : 0
    let distance = isBidirectional ? abs(distance) : max(-distance, 0)
    let exact = count / 2
    if distance < exact { return start + distance }
    // In Float, as PyTorch does: at the edges of buckets Double rounds otherwise.
    let ratio =
      logf(Float(distance) / Float(exact)) / Float(log(Double(maximumDistance) / Double(exact)))
    return start + min(exact + Int(ratio * Float(count - exact)), count - 1)
  }
}
