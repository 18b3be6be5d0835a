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
      let mean = Vector(repeating: centring ? Kernel.mean(x, count: width) : 0)
      let squares = Kernel.sum(x, count: width) { ($0 - mean) * ($0 - mean) }
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
      let mean = Vector(repeating: centring ? Kernel.mean(x, count: width) : 0)
      let factor = Vector(repeating: factor.storage.base[row])
      Kernel.map(x, result.storage.base + row * width, count: width) { ($0 - mean) * factor }
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
      Kernel.map(
        x, w.storage.base, b.storage.base, result.storage.base + row * width, count: width
      ) { $0 * $1 + $2 }
    }
    return result.recording(
      [self, weight, bias],
      [{ $0 * w }, { ($0 * input).summed(to: w.shape) }, { $0.summed(to: b.shape) }])
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
