import Tensors

/// How weights `[output, input]`, or biases `[output]`, lie in a stored tensor.
enum WeightLayout {
  /// One, as it is.
  case whole
  /// One, as `[input, output]`.
  case transposed
  /// Three side by side, `[input, 3 · output]`.
  case columns
  /// Three whose rows alternate after each `width` of them, `[head · 3 · width, input]`.
  case rowsOfHeads(width: Int)
}

extension SafetensorsFile {
  /// Reads the weights that a stored tensor holds, each of the given shape.
  ///
  /// The file is read once, some rows at a time, straight into where the values stay.
  ///
  /// - Parameter stayNarrow: Whether values of sixteen bits stay so: in the file's own place where
  ///   they lie there as they are wanted, and in memory of their own where they do not.
  func tensors(
    _ name: String, layout: WeightLayout, shape: [Int], stayNarrow: Bool
  ) throws(CheckpointError) -> [Tensor] {
    let count = shape.reduce(1, *)
    guard stayNarrow, let format = try elementType(of: name).narrowFormat else {
      if case .whole = layout { return [try tensor(name).reshaped(to: shape)] }
      let storages = (0..<layout.count).map { _ in TensorStorage.weights(count: count) }
      try read(name, layout: layout, shape: shape, into: storages.map(\.base))
      return storages.map { Tensor(storage: $0, shape: shape) }
    }
    if case .whole = layout, let values = try valuesInPlace(name) {
      return [Tensor(values, shape: shape)]
    }
    // Two values in the place of one.
    let storages = (0..<layout.count).map { _ in TensorStorage.weights(count: (count + 1) / 2) }
    let halves = storages.map {
      UnsafeMutableRawPointer($0.base).assumingMemoryBound(to: UInt16.self)
    }
    try read(name, layout: layout, shape: shape, into: halves)
    return zip(halves, storages).map {
      Tensor(NarrowValues($0, count: count, format: format, owner: $1), shape: shape)
    }
  }

  /// Reads the values of a tensor to where its weights stay.
  private func read<Value>(
    _ name: String, layout: WeightLayout, shape: [Int], into targets: [UnsafeMutablePointer<Value>]
  ) throws(CheckpointError) {
    let (outputs, inputs) = (shape[0], shape.dropFirst().reduce(1, *))
    switch layout {
    case .whole:
      try forEachRows(of: name, width: inputs, as: Value.self) { values, rows in
        (targets[0] + rows.lowerBound * inputs).update(from: values, count: rows.count * inputs)
      }
    case .transposed, .columns:
      let width = targets.count * outputs
      try forEachRows(of: name, width: width, as: Value.self) { values, rows in
        for (index, target) in targets.enumerated() {
          for output in 0..<outputs {
            let target = target + output * inputs + rows.lowerBound
            let source = values + index * outputs + output
            for row in 0..<rows.count { target[row] = source[row * width] }
          }
        }
      }
    case .rowsOfHeads(let width):
      try forEachRows(of: name, width: inputs, as: Value.self) { values, rows in
        for row in rows {
          let output = row / (3 * width) * width + row % width
          (targets[row / width % 3] + output * inputs)
            .update(from: values + (row - rows.lowerBound) * inputs, count: inputs)
        }
      }
    }
  }
}

extension WeightLayout {
  /// How many weights there are in one tensor.
  fileprivate var count: Int {
    switch self {
    case .whole, .transposed: 1
    case .columns, .rowsOfHeads: 3
    }
  }
}
