public import Tensors

extension AffineMap {
  /// The map with the least Σ ‖W x + b − y‖² + λ ‖W‖² over rows.
  ///
  /// A little λ keeps the map defined when there are fewer rows than columns. It is meant relative to
  /// the mean variance of the columns of x, times the number of rows.
  ///
  /// - Parameters:
  ///   - x: `[row, input]`.
  ///   - y: `[row, output]`.
  ///   - ridge: λ.
  public static func leastSquares(from x: Tensor, to y: Tensor, ridge: Float = 1e-5) -> AffineMap {
    let (meanX, meanY) = (x.mean(axis: 0), y.mean(axis: 0))
    let weight = (x - meanX).leastSquares(to: y - meanY, ridge: ridge).transposed()
    let shift = meanX.reshaped(to: [1, x.shape[1]]).matmul(transposing: weight)
    return AffineMap(weight: weight, bias: meanY - shift.reshaped(to: [y.shape[1]]))
  }
}
