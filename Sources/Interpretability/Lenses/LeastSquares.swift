import Foundation
public import Tensors

/// A map x ↦ x Wᵀ + b.
public struct AffineMap: Codable, Sendable {
  /// W, `[output, input]`.
  public var weight: Tensor
  /// b, `[output]`.
  public var bias: Tensor

  /// A map with these weights.
  public init(weight: Tensor, bias: Tensor) {
    precondition(
      weight.rank == 2 && bias.shape == [weight.shape[0]],
      "a weight \(weight.shape) and a bias \(bias.shape) do not make an affine map")
    self.weight = weight
    self.bias = bias
  }

  /// `[row, input]` to `[row, output]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.matmul(transposing: weight, adding: bias) }

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
    precondition(
      x.rank == 2 && y.rank == 2 && x.shape[0] == y.shape[0] && x.shape[0] > 0,
      "rows \(x.shape) and \(y.shape) do not pair up")
    let (inner, outer) = (x.shape[1], y.shape[1])
    let (meanX, meanY) = (x.mean(axis: 0), y.mean(axis: 0))
    let (a, b) = (x.detached() - meanX, y.detached() - meanY)
    let at = a.transposed()
    var gram = at.matmul(a).values.map { Double($0) }
    let target = at.matmul(b).values.map { Double($0) }
    let trace = (0..<inner).reduce(0) { $0 + gram[$1 * inner + $1] }
    let penalty = max(Double(ridge) * trace / Double(inner), .leastNormalMagnitude)
    for index in 0..<inner { gram[index * inner + index] += penalty }
    let solved = solve(&gram, target, size: inner, columns: outer)
    let weight = Tensor(solved.map { Float($0) }, shape: [inner, outer]).transposed()
    let shift = meanX.reshaped(to: [1, inner]).matmul(transposing: weight)
    return AffineMap(weight: weight, bias: meanY - shift.reshaped(to: [outer]))
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
