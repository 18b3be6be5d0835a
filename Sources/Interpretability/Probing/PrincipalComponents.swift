public import Tensors

/// Vectors seen from their two directions of greatest spread.
///
/// Pearson, "On Lines and Planes of Closest Fit to Systems of Points in Space", 1901.
public struct PrincipalComponents: Sendable {
  /// The place of each vector along the directions, `[vector, 2]`.
  public let places: Tensor
  /// The share of the whole spread that each direction has.
  public let shares: [Double]

  /// The two main directions of `[vector, width]`.
  ///
  /// - Throws: ``ProbingError`` for fewer than three vectors, or vectors that are all the same.
  public init(_ vectors: Tensor) throws(ProbingError) {
    precondition(vectors.rank == 2, "vectors come as [vector, width], not \(vectors.shape)")
    let (count, width) = (vectors.shape[0], vectors.shape[1])
    guard count > 2, width > 1 else {
      throw ProbingError(
        "\(counted(count, "vector")) of width \(width) make no plane; give at least three of width 2"
      )
    }
    let centred = vectors - vectors.mean(axis: 0, keepingAxis: true)
    let covariance = centred.transposed().matmul(centred) / Float(count)
    let trace = (0..<width).reduce(0.0) { $0 + Double(covariance[$1, $1]) }
    guard trace > 0 else {
      throw ProbingError("the vectors are all the same; there is no spread to see")
    }
    var rest = covariance
    var directions: [Tensor] = []
    var shares: [Double] = []
    for _ in 0..<2 {
      let (direction, value) = Self.greatest(rest)
      directions.append(direction)
      shares.append(Double(value) / trace)
      let column = direction.reshaped(to: [width, 1])
      rest = rest - column.matmul(column.transposed()) * value
    }
    places = centred.matmul(transposing: .stack(directions))
    self.shares = shares
  }

  /// The eigenvector of the greatest eigenvalue by power iteration, its greatest entry positive.
  private static func greatest(_ matrix: Tensor) -> (Tensor, Float) {
    let width = matrix.shape[0]
    var generator = SeededGenerator(seed: 1)
    var vector = Tensor.randomNormal([width, 1], using: &generator)
    var value: Float = 0
    for _ in 0..<300 {
      let next = matrix.matmul(vector)
      let length = (next * next).sum().scalar.squareRoot()
      guard length > 0 else { break }
      vector = next / length
      if abs(length - value) <= 1e-7 * length { break }
      value = length
    }
    let greatest = vector.values.max { abs($0) < abs($1) } ?? 1
    return ((vector * (greatest < 0 ? -1 : 1)).reshaped(to: [width]), value)
  }
}
