import CKernels

/// The steps of layer norm and RMS norm. What lies between them can be looked at and changed, so they
/// are not one.
///
/// Ba, Kiros and Hinton, "Layer Normalization", 2016; Zhang and Sennrich, "Root Mean Square Layer
/// Normalization", 2019.
extension Tensor {
  /// √(mean of squares + ε) along the last axis, `[…, 1]`.
  ///
  /// - Parameter centring: Whether the row's mean is taken off first, as layer norm does.
  public func rootMeanSquare(epsilon: Float, centring: Bool = false) -> Tensor {
    precondition(rank > 0, "a scalar has no rows to take a mean of")
    let width = shape[rank - 1]
    let result = Tensor(uninitialized: shape.dropLast() + [1])
    forEachRow { row, x in
      let mean = centring ? Kernel.mean(x, count: width) : 0
      let squares = KernelSet.best.squares(x, mean, width)
      result.storage.base[row] = (squares / Float(width) + epsilon).squareRoot()
    }
    let input = detached()
    return result.recording(
      [self], [{ input.scaled(byRow: $0 / (result * Float(width)), centring: centring) }])
  }

  /// The values divided by a scale of their row's, `[…, 1]`.
  ///
  /// - Parameter centring: Whether the row's mean is taken off first, as layer norm does.
  public func standardised(by scale: Tensor, centring: Bool = false) -> Tensor {
    precondition(
      rank > 0 && scale.shape == shape.dropLast() + [1],
      "the rows of the shape \(shape) have scales \(shape.dropLast() + [1]), not \(scale.shape)")
    let factor = Tensor(repeating: 1, shape: scale.shape) / scale.detached()
    let result = scaled(byRow: factor, centring: centring)
    return result.recording(
      [self, scale],
      [
        { $0.scaled(byRow: factor, centring: centring) },
        { -($0 * result).summed(to: factor.shape) * factor },
      ])
  }

  /// The rows times a number each, `[…, 1]`, their mean taken off first when `centring`.
  private func scaled(byRow factor: Tensor, centring: Bool) -> Tensor {
    let width = shape[rank - 1]
    let result = Tensor(uninitialized: shape)
    forEachRow { row, x in
      let mean = centring ? Kernel.mean(x, count: width) : 0
      KernelSet.best.normalise(
        x, mean, factor.storage.base[row], nil, nil, result.storage.base + row * width, width)
    }
    return result
  }

  /// `self · weight + bias`, with a weight and a bias for every place of the last axis.
  public func scaled(by weight: Tensor, adding bias: Tensor) -> Tensor {
    let width = shape.last ?? 1
    precondition(
      weight.shape == [width] && bias.shape == [width],
      "the weight \(weight.shape) and the bias \(bias.shape) must be [\(width)], a value for every "
        + "place of the last axis of \(shape)")
    let (input, w, b) = (detached(), weight.detached(), bias.detached())
    let result = Tensor(uninitialized: shape)
    forEachRow { row, x in
      KernelSet.best.normalise(
        x, 0, 1, w.storage.base, b.storage.base, result.storage.base + row * width, width)
    }
    return result.recording(
      [self, weight, bias],
      [
        { $0 * w }, { $0.summedProducts(with: input, width: width) },
        { $0.summed(to: b.shape) },
      ])
  }

  /// The norm in one: to the bit what the steps above give one after the other, when nobody looks at
  /// what lies between them.
  ///
  /// - Parameters:
  ///   - weight: A factor for every place of the last axis.
  ///   - bias: A summand for every place, or nil; with one the row's mean is taken off first.
  package func normalised(weight: Tensor, bias: Tensor?, epsilon: Float) -> Tensor {
    let width = shape.last ?? 1
    precondition(
      weight.shape == [width] && (bias == nil || bias?.shape == [width]),
      "the weight \(weight.shape) and the bias \(bias?.shape ?? [width]) must be [\(width)], a value "
        + "for every place of the last axis of \(shape)")
    let (input, w, b) = (detached(), weight.detached(), bias?.detached())
    let centres = bias != nil
    let result = Tensor(uninitialized: shape)
    // Of each row its mean and the reciprocal of its scale.
    let statistics = Tensor(uninitialized: [count / max(width, 1), 2])
    forEachRow { row, x in
      let mean = centres ? Kernel.mean(x, count: width) : 0
      let squares = KernelSet.best.squares(x, mean, width)
      let factor = 1 / (squares / Float(width) + epsilon).squareRoot()
      statistics.storage.base[2 * row] = mean
      statistics.storage.base[2 * row + 1] = factor
      KernelSet.best.normalise(
        x, mean, factor, w.storage.base, b?.storage.base, result.storage.base + row * width, width)
    }
    return result.recording(
      [self, weight, bias],
      jointly: { gradient, wanted in
        gradient.pulledBackThroughNorm(
          of: input, statistics: statistics, weight: w, centres: centres, wanted: wanted)
      })
  }

  /// The gradients of a norm's input, weight and bias for the gradient of its result.
  private func pulledBackThroughNorm(
    of input: Tensor, statistics: Tensor, weight: Tensor, centres: Bool, wanted: [Bool]
  ) -> [Tensor?] {
    let width = weight.count
    let rows = statistics.shape[0]
    // Blocks of rows add up on their own, so that the sums do not depend on the number of threads.
    let blockRows = 64
    let blocks = (rows + blockRows - 1) / blockRows
    let result = Tensor(uninitialized: shape)
    let parts = Tensor.zeros([2, blocks, width])
    nonisolated(unsafe) let (g, x, out, sums, numbers) = (
      storage.base, input.storage.base, result.storage.base, parts.storage.base,
      statistics.storage.base
    )
    Parallel.forEachChunk(of: blocks, work: count, grain: 1 << 16) { part in
      for block in part {
        let weightSums = wanted[1] ? sums + block * width : nil
        let biasSums = wanted[2] ? sums + (blocks + block) * width : nil
        for row in (block * blockRows)..<min((block + 1) * blockRows, rows) {
          let start = row * width
          KernelSet.best.normGradient(
            g + start, x + start, numbers[2 * row], numbers[2 * row + 1], weight.storage.base,
            centres ? 1 : 0, out + start, weightSums, biasSums, width)
        }
      }
    }
    return [result]
      + (0..<2).map { index in
        guard wanted[index + 1] else { return nil }
        let total = Tensor.zeros([width])
        KernelSet.best.addRows(
          sums + index * blocks * width, blocks, width, width, total.storage.base)
        return total
      }
  }

  /// Visits the rows along the last axis, on several threads when there are many.
  private func forEachRow(_ body: @Sendable (_ row: Int, _ values: UnsafePointer<Float>) -> Void) {
    let width = shape.last ?? 1
    nonisolated(unsafe) let x = storage.base
    Parallel.forEachChunk(of: count / max(width, 1), work: count, grain: 1 << 16) { rows in
      for row in rows { body(row, x + row * width) }
    }
  }
}
