import CKernels
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
      for row in rows { KernelSet.best.softmax(x + row * width, out + row * width, width) }
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
              KernelSet.best.softmaxGradient(g + start, y + start, out + start, width)
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
        let greatest = KernelSet.best.maximum(x + start, width)
        let sum = KernelSet.best.exponentials(x + start, greatest, out + start, width)
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
        let greatest = KernelSet.best.maximum(x + start, width)
        let total = KernelSet.best.exponentials(x + start, greatest, e + start, width)
        sum[row] = total
        // No class of a row of −∞ has any probability.
        loss[row] = total == 0 ? .infinity : log(total) - (x[start + target] - greatest)
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
              let factor = sum[row] == 0 ? 0 : weight / sum[row]
              KernelSet.best.scale(e + start, factor, out + start, width)
              out[start + target] -= weight
            }
          }
          return input
        }
      ])
  }
}
