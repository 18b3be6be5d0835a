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
  func tensors(
    _ name: String, layout: WeightLayout, shape: [Int]
  ) throws(CheckpointError) -> [Tensor] {
    let (outputs, inputs) = (shape[0], shape.dropFirst().reduce(1, *))
    switch layout {
    case .whole: return [try tensor(name).reshaped(to: shape)]
    case .transposed, .columns:
      let count = if case .columns = layout { 3 } else { 1 }
      let storages = (0..<count).map { _ in TensorStorage.weights(count: outputs * inputs) }
      try forEachRows(of: name, width: count * outputs) { values, rows in
        for (index, storage) in storages.enumerated() {
          for output in 0..<outputs {
            let target = storage.base + output * inputs + rows.lowerBound
            let source = values + index * outputs + output
            for row in 0..<rows.count { target[row] = source[row * count * outputs] }
          }
        }
      }
      return storages.map { Tensor(storage: $0, shape: shape) }
    case .rowsOfHeads(let width):
      let storages = (0..<3).map { _ in TensorStorage.weights(count: outputs * inputs) }
      try forEachRows(of: name, width: inputs) { values, rows in
        for row in rows {
          let output = row / (3 * width) * width + row % width
          (storages[row / width % 3].base + output * inputs)
            .update(from: values + (row - rows.lowerBound) * inputs, count: inputs)
        }
      }
      return storages.map { Tensor(storage: $0, shape: shape) }
    }
  }
}
