import Foundation

extension Tensor {
  /// The softmax over the last axis.
  ///
  /// A row of −∞ alone, a query that may see nothing, becomes zeros.
  public func softmax() -> Tensor {
    let result = Tensor(uninitialized: shape)
    let width = shape.last ?? 1
    nonisolated(unsafe) let (x, out) = (storage.base, result.storage.base)
    Parallel.forEachChunk(of: count / max(width, 1), work: count, grain: 1 << 15) { rows in
      for row in rows {
        _ = Tensor.exponentials(x + row * width, out + row * width, count: width, normalised: true)
      }
    }
    return result.recording(
      [self],
      [
        { gradient in
          let input = Tensor(uninitialized: gradient.shape)
          nonisolated(unsafe) let (g, y, out) = (
            gradient.storage.base, result.storage.base, input.storage.base
          )
          let rows = gradient.count / max(width, 1)
          Parallel.forEachChunk(of: rows, work: gradient.count, grain: 1 << 16) { part in
            for row in part {
              let start = row * width
              let mean = Vector(repeating: Kernel.dot(g + start, y + start, count: width))
              Kernel.map(g + start, y + start, out + start, count: width) { ($0 - mean) * $1 }
            }
          }
          return input
        }
      ])
  }

  /// The logarithm of the softmax over the last axis.
  ///
  /// A row of −∞ alone stays what it is.
  public func logSoftmax() -> Tensor {
    precondition(rank > 0, "a scalar has no rows to take a softmax of")
    let result = Tensor(uninitialized: shape)
    let width = shape[rank - 1]
    nonisolated(unsafe) let (x, out) = (storage.base, result.storage.base)
    Parallel.forEachChunk(of: count / max(width, 1), work: count, grain: 1 << 15) { rows in
      for row in rows {
        let start = row * width
        let (greatest, sum) = Tensor.exponentials(
          x + start, out + start, count: width, normalised: false)
        guard greatest != -.infinity else {
          (out + start).update(repeating: -.infinity, count: width)
          continue
        }
        // The greatest value is taken off first: it may be so large that log(sum) would be lost.
        let (shift, total) = (Vector(repeating: greatest), Vector(repeating: log(sum)))
        Kernel.map(x + start, out + start, count: width) { $0 - shift - total }
      }
    }
    return result.recording(
      [self], [{ $0 - result.exponential() * $0.summed(to: result.shape.dropLast() + [1]) }])
  }

  /// Writes e^(x − max) of a row, divided by its sum when asked, and returns the two.
  @inline(__always)
  private static func exponentials(
    _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, count: Int, normalised: Bool
  ) -> (greatest: Float, sum: Float) {
    let greatest = Kernel.maximum(x, count: count)
    guard greatest != -.infinity else {
      out.update(repeating: 0, count: count)
      return (greatest, 0)
    }
    let shift = Vector(repeating: greatest)
    var total = Vector(repeating: 0)
    var i = 0
    while i + 8 <= count {
      let value = (Vector(loading: x + i) - shift).exponential()
      total += value
      value.store(to: out + i)
      i += 8
    }
    if i < count {
      let rest = count - i
      let value = (Vector(loading: x + i, count: rest, filling: -.infinity) - shift).exponential()
      total += value
      value.store(to: out + i, count: rest)
    }
    let sum = total.total
    if normalised {
      let factor = Vector(repeating: 1 / sum)
      Kernel.map(out, out, count: count) { $0 * factor }
    }
    return (greatest, sum)
  }

  /// The mean cross-entropy in nats of logits `[…, class]` against a class each.
  ///
  /// - Parameter targets: A class for every row.
  /// - Returns: A scalar.
  public func crossEntropy(targets: [Int]) -> Tensor {
    crossEntropy(targets: targets.map(Optional.some))
  }

  /// The mean cross-entropy in nats of logits `[…, class]` against a class each.
  ///
  /// - Parameter targets: A class for every row, or nil for a row that does not count.
  /// - Returns: A scalar; 0 when no row counts.
  package func crossEntropy(targets: [Int?]) -> Tensor {
    let width = shape.last ?? 1
    let rows = count / max(width, 1)
    precondition(
      targets.count == rows, "\(targets.count) targets for the \(rows) rows of logits \(shape)")
    for case let target? in targets {
      precondition(
        target >= 0 && target < width, "the target \(target) is not one of \(width) classes")
    }
    let exponentials = Tensor(uninitialized: shape)
    let losses = Tensor.zeros([rows])
    let sums = Tensor.zeros([rows])
    nonisolated(unsafe) let (x, e, loss, sum) = (
      storage.base, exponentials.storage.base, losses.storage.base, sums.storage.base
    )
    Parallel.forEachChunk(of: rows, work: count, grain: 1 << 15) { part in
      for row in part {
        guard let target = targets[row] else { continue }
        let start = row * width
        let parts = Tensor.exponentials(x + start, e + start, count: width, normalised: false)
        sum[row] = parts.sum
        // No class of a row of −∞ has any probability.
        let likely = x[start + target] - parts.greatest
        loss[row] = parts.sum == 0 ? .infinity : log(parts.sum) - likely
      }
    }
    let counted = targets.count { $0 != nil }
    let mean = losses.values.reduce(0) { $0 + Double($1) } / Double(max(counted, 1))
    return Tensor(scalar: Float(mean)).recording(
      [self],
      [
        { [shape] gradient in
          let input = Tensor(uninitialized: shape)
          let weight = gradient.scalar / Float(max(counted, 1))
          nonisolated(unsafe) let (e, out, sum) = (
            exponentials.storage.base, input.storage.base, sums.storage.base
          )
          Parallel.forEachChunk(of: rows, work: input.count, grain: 1 << 16) { part in
            for row in part {
              let start = row * width
              guard let target = targets[row] else {
                (out + start).update(repeating: 0, count: width)
                continue
              }
              let factor = Vector(repeating: sum[row] == 0 ? 0 : weight / sum[row])
              Kernel.map(e + start, out + start, count: width) { $0 * factor }
              out[start + target] -= weight
            }
          }
          return input
        }
      ])
  }
}
