extension Tensor {
  /// The sum of all values, a scalar.
  public func sum() -> Tensor {
    Tensor(scalar: Kernel.sum(storage.base, count: count))
      .recording([self], [{ [shape] in Tensor(repeating: $0.scalar, shape: shape) }])
  }

  /// The mean of all values, a scalar.
  public func mean() -> Tensor { sum() / Float(max(count, 1)) }

  /// The sum along one axis, which stays with length 1 when `keepingAxis`.
  public func sum(axis: Int, keepingAxis: Bool = false) -> Tensor {
    precondition(axis >= 0 && axis < rank, "the axis \(axis) is not one of \(shape)")
    var kept = shape
    kept[axis] = 1
    let full = shape
    let result = summed(to: kept).recording([self], [{ $0.stretched(to: full) }])
    if keepingAxis { return result }
    kept.remove(at: axis)
    return result.reshaped(to: kept)
  }

  /// The mean along one axis, which stays with length 1 when `keepingAxis`.
  public func mean(axis: Int, keepingAxis: Bool = false) -> Tensor {
    sum(axis: axis, keepingAxis: keepingAxis) / Float(max(shape[axis], 1))
  }

  /// The index of the greatest value along the last axis, for every row; the first of equals.
  ///
  /// NaN counts as greatest, so that it is seen and not passed over.
  public func argmax() -> [Int] {
    let width = shape.last ?? 1
    precondition(width > 0, "the rows of the shape \(shape) hold no values")
    return (0..<(count / width)).map { row in
      let x = storage.base + row * width
      var best = 0
      for i in 1..<width where x[i] > x[best] || (x[i].isNaN && !x[best].isNaN) { best = i }
      return best
    }
  }
}
