/// The angles by which rotary positions turn queries and keys.
package struct Rotation: Sendable {
  /// Cosines and sines, `[row, position, pair]`; one row serves a whole batch.
  package let cosines, sines: Tensor
  /// Whether a pair is two neighbours, or a value and the one half the rotated width after it.
  package let isInterleaved: Bool

  package init(cosines: Tensor, sines: Tensor, isInterleaved: Bool) {
    precondition(
      cosines.shape == sines.shape && cosines.rank == 3,
      "cosines \(cosines.shape) and sines \(sines.shape) must both be [row, position, pair]")
    self.cosines = cosines
    self.sines = sines
    self.isInterleaved = isInterleaved
  }
}

extension Tensor {
  /// Queries or keys `[batch, position, head, width]` turned pair by pair by the angle of their
  /// position; what lies behind the last pair of a head stays as it is.
  ///
  /// Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.
  package func rotated(by rotation: Rotation) -> Tensor {
    turned(by: rotation, direction: 1)
      .recording([self], [{ $0.turned(by: rotation, direction: -1) }])
  }

  private func turned(by rotation: Rotation, direction: Float) -> Tensor {
    let (angles, pairs) = (rotation.cosines.shape, rotation.cosines.shape[2])
    precondition(
      rank == 4 && (angles[0] == 1 || angles[0] == shape[0]) && angles[1] == shape[1]
        && 2 * pairs <= shape[3],
      "angles \(angles) for [row, position, pair] do not fit queries or keys \(shape)")
    let (positions, heads, width) = (shape[1], shape[2], shape[3])
    let isShared = angles[0] == 1
    // The two values of pair i stand at i · step and at i · step + apart.
    let (step, apart) = rotation.isInterleaved ? (2, 1) : (1, pairs)
    let result = Tensor(uninitialized: shape)
    nonisolated(unsafe) let (x, out, cosines, sines) = (
      storage.base, result.storage.base, rotation.cosines.storage.base,
      rotation.sines.storage.base
    )
    Parallel.forEachChunk(of: shape[0] * positions, work: count, grain: 1 << 16) { part in
      for place in part {
        let angle = (isShared ? place % positions : place) * pairs
        let (c, s) = (cosines + angle, sines + angle)
        for head in 0..<heads {
          let start = (place * heads + head) * width
          let (from, to) = (x + start, out + start)
          for pair in 0..<pairs {
            let (first, second) = (from[pair * step], from[pair * step + apart])
            let sine = direction * s[pair]
            to[pair * step] = first * c[pair] - second * sine
            to[pair * step + apart] = second * c[pair] + first * sine
          }
          (to + 2 * pairs).update(from: from + 2 * pairs, count: width - 2 * pairs)
        }
      }
    }
    return result
  }
}

extension Rotation {
  /// The angles of some of the positions.
  package func at(_ positions: Range<Int>) -> Rotation {
    Rotation(
      cosines: cosines.slice(axis: 1, positions), sines: sines.slice(axis: 1, positions),
      isInterleaved: isInterleaved)
  }

  /// The angles of some rows of the batch, which may repeat; one row that serves all stays one.
  package func of(_ rows: [Int]) -> Rotation {
    if cosines.shape[0] == 1 { return self }
    return Rotation(
      cosines: cosines.gathering(rows), sines: sines.gathering(rows), isInterleaved: isInterleaved)
  }
}
