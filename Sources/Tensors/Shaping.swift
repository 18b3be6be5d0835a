extension Tensor {
  /// The same values under another shape of the same count; nothing is copied.
  public func reshaped(to newShape: [Int]) -> Tensor {
    precondition(
      newShape.reduce(1, *) == count && newShape.allSatisfy { $0 >= 0 },
      "the shape \(shape) holds \(count) values and \(newShape) holds \(newShape.reduce(1, *))")
    return Tensor(storage: storage, shape: newShape)
      .recording([self], [{ [shape] in $0.reshaped(to: shape) }])
  }

  /// The axes in another order: `permuted([1, 0])` transposes a matrix.
  public func permuted(_ order: [Int]) -> Tensor {
    precondition(
      order.sorted() == Array(0..<rank), "\(order) is not an order of the axes of \(shape)")
    if rank < 2 { return self }
    let newShape = order.map { shape[$0] }
    var strides = Array(repeating: 1, count: rank)
    for axis in shape.indices.reversed().dropFirst() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let steps = order.map { strides[$0] }
    let result = Tensor(uninitialized: newShape)
    let source = widened().storage
    defer { withExtendedLifetime(source) {} }
    let (x, out) = (source.base, result.storage.base)
    let (width, step) = (newShape[rank - 1], steps[rank - 1])
    Tensor.forEachRow(of: newShape, strides: steps) { row, start in
      if step == 1 {
        (out + row * width).update(from: x + start, count: width)
      } else {
        for i in 0..<width { out[row * width + i] = x[start + i * step] }
      }
    }
    let inverse = (0..<rank).map { axis in order.firstIndex(of: axis)! }
    return result.recording([self], [{ $0.permuted(inverse) }])
  }

  /// The matrix with its last two axes exchanged.
  public func transposed() -> Tensor {
    precondition(rank >= 2, "only a matrix can be transposed, not the shape \(shape)")
    return permuted(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  /// The part of the tensor that a range selects along an axis.
  public func slice(axis: Int = 0, _ range: Range<Int>) -> Tensor {
    precondition(
      axis >= 0 && axis < rank && range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "the range \(range) along axis \(axis) is outside the shape \(shape)")
    var newShape = shape
    newShape[axis] = range.count
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    let result = Tensor(uninitialized: newShape)
    let (full, part) = (shape[axis] * inner, range.count * inner)
    for row in 0..<outer {
      storage.copy(
        part, from: row * full + range.lowerBound * inner, to: result.storage.base + row * part)
    }
    return result.recording(
      [self],
      [
        { [shape] gradient in
          let input = Tensor.zeros(shape)
          for row in 0..<outer {
            (input.storage.base + row * full + range.lowerBound * inner)
              .update(from: gradient.storage.base + row * part, count: part)
          }
          return input
        }
      ])
  }

  /// One entry along the first axis, without that axis: `pattern[at: 2]` of
  /// `[head, query, key]` is the third head's `[query, key]`.
  public subscript(at index: Int) -> Tensor {
    precondition(
      rank > 0 && index >= 0 && index < shape[0], "the index \(index) is outside \(shape)")
    return slice(index..<(index + 1)).reshaped(to: Array(shape.dropFirst()))
  }

  /// Tensors joined along an axis; the other axes are equal.
  public static func concatenation(_ parts: [Tensor], axis: Int) -> Tensor {
    precondition(!parts.isEmpty, "there is nothing to concatenate")
    precondition(
      parts[0].shape.indices.contains(axis), "the axis \(axis) is not one of \(parts[0].shape)")
    var newShape = parts[0].shape
    for part in parts {
      var shape = part.shape
      precondition(shape.count == newShape.count, "\(shape) cannot be joined to \(newShape)")
      shape[axis] = newShape[axis]
      precondition(
        shape == newShape, "\(part.shape) cannot be joined to \(parts[0].shape) along axis \(axis)")
    }
    newShape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    let inner = newShape[(axis + 1)...].reduce(1, *)
    let outer = newShape[..<axis].reduce(1, *)
    let result = Tensor(uninitialized: newShape)
    var starts: [Range<Int>] = []
    var start = 0
    for part in parts {
      let width = part.shape[axis] * inner
      for row in 0..<outer {
        part.storage.copy(
          width, from: row * width,
          to: result.storage.base + row * newShape[axis] * inner + start * inner)
      }
      starts.append(start..<(start + part.shape[axis]))
      start += part.shape[axis]
    }
    return result.recording(parts, starts.map { range in { $0.slice(axis: axis, range) } })
  }

  /// Tensors of one shape side by side along a new first axis.
  public static func stack(_ parts: [Tensor]) -> Tensor {
    concatenation(parts.map { $0.reshaped(to: [1] + $0.shape) }, axis: 0)
  }

  /// Rows of a table `[row, …]` picked by index, `[indices.count, …]`; an embedding.
  public func gathering(_ indices: [Int]) -> Tensor {
    precondition(rank >= 1, "a scalar has no rows to gather")
    let width = shape.dropFirst().reduce(1, *)
    let result = Tensor(uninitialized: [indices.count] + shape.dropFirst())
    for (row, index) in indices.enumerated() {
      precondition(
        index >= 0 && index < shape[0], "the row \(index) is outside a table of \(shape[0]) rows")
      storage.copy(width, from: index * width, to: result.storage.base + row * width)
    }
    return result.recording(
      [self],
      [
        { [shape] gradient in
          let table = Tensor.zeros(shape)
          for (row, index) in indices.enumerated() {
            Kernel.add(
              gradient.storage.base + row * width, to: table.storage.base + index * width,
              count: width)
          }
          return table
        }
      ])
  }

  /// One value of every row `[row, column]`, by the row's column; `[row]`.
  package func gatheringColumns(_ columns: [Int]) -> Tensor {
    precondition(
      rank == 2 && columns.count == shape[0],
      "\(columns.count) columns for a matrix of shape \(shape)")
    let width = shape[1]
    let flat = reshaped(to: [count, 1])
    let picked = flat.gathering(
      columns.enumerated().map { row, column in
        precondition(column >= 0 && column < width, "the column \(column) is outside \(shape)")
        return row * width + column
      })
    return picked.reshaped(to: [columns.count])
  }
}
