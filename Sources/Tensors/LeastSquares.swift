extension Tensor {
  /// The matrix W with the least ‖X W − Y‖² + λ ‖W‖², where X is this tensor.
  ///
  /// There is no constant in it: take the means off the columns of X first where there should be.
  /// No gradient flows through it.
  ///
  /// - Parameters:
  ///   - target: Y, `[row, output]`; X is `[row, input]`.
  ///   - ridge: λ, relative to the mean of the squared lengths of the columns of X. A little of it keeps
  ///     W defined when there are fewer rows than columns.
  /// - Returns: W, `[input, output]`.
  public func leastSquares(to target: Tensor, ridge: Float = 1e-5) -> Tensor {
    precondition(
      rank == 2 && target.rank == 2 && shape[0] == target.shape[0] && shape[0] > 0,
      "rows \(shape) and \(target.shape) do not pair up")
    let (inner, outer) = (shape[1], target.shape[1])
    let (x, transposed) = (detached(), detached().transposed())
    var gram = transposed.matmul(x).values.map { Double($0) }
    let products = transposed.matmul(target.detached()).values.map { Double($0) }
    let trace = (0..<inner).reduce(0) { $0 + gram[$1 * inner + $1] }
    let penalty = max(Double(ridge) * trace / Double(inner), .leastNormalMagnitude)
    for index in 0..<inner { gram[index * inner + index] += penalty }
    let solved = Self.solve(&gram, products, size: inner, columns: outer)
    return Tensor(solved.map { Float($0) }, shape: [inner, outer])
  }

  /// Solves a symmetric positive definite system by Cholesky's factors, in place.
  private static func solve(
    _ a: inout [Double], _ b: [Double], size: Int, columns: Int
  ) -> [Double] {
    a.withUnsafeMutableBufferPointer { a in
      for column in 0..<size {
        for row in column..<size {
          var sum = a[row * size + column]
          for k in 0..<column { sum -= a[row * size + k] * a[column * size + k] }
          if row == column {
            // Rounding may leave nothing of a direction that the rows do not have.
            a[row * size + row] = max(sum, .leastNormalMagnitude).squareRoot()
          } else {
            a[row * size + column] = sum / a[column * size + column]
          }
        }
      }
    }
    var x = b
    x.withUnsafeMutableBufferPointer { x in
      for row in 0..<size {
        for k in 0..<row {
          let factor = a[row * size + k]
          for c in 0..<columns { x[row * columns + c] -= factor * x[k * columns + c] }
        }
        for c in 0..<columns { x[row * columns + c] /= a[row * size + row] }
      }
      for row in (0..<size).reversed() {
        for k in (row + 1)..<max(size, row + 1) {
          let factor = a[k * size + row]
          for c in 0..<columns { x[row * columns + c] -= factor * x[k * columns + c] }
        }
        for c in 0..<columns { x[row * columns + c] /= a[row * size + row] }
      }
    }
    return x
  }
}
