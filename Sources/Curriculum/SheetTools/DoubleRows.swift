package import Tensors

extension Tensor {
  /// The rows of a matrix in Double.
  package var doubleRows: [[Double]] {
    let values = values
    return (0..<shape[0]).map { row in
      values[(row * shape[1])..<((row + 1) * shape[1])].map(Double.init)
    }
  }
}
