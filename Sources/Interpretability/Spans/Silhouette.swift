import Interpretability
public import Tensors

/// How well points fit the clusters they are put into.
///
/// Rousseeuw, "Silhouettes: a Graphical Aid to the Interpretation and Validation of Cluster Analysis",
/// 1987.
public enum Silhouette {
  /// For each row of `[point, width]` (b − a) / max(a, b), a the mean distance to the others of its
  /// cluster and b that to the nearest other cluster; 0 for a cluster of one.
  ///
  /// - Throws: ``SpanError`` unless there are at least two clusters and fewer than points.
  public static func values(_ points: Tensor, labels: [Int]) throws(SpanError) -> [Float] {
    precondition(
      points.rank == 2 && points.shape[0] == labels.count, "a label for each row of a matrix")
    let names = Set(labels).sorted()
    guard names.count >= 2, names.count < labels.count else {
      throw SpanError(
        "\(counted(names.count, "cluster")) of \(counted(labels.count, "point")) have no "
          + "silhouettes; take at least two clusters, and fewer than points")
    }
    let distances = pairwiseDistances(points)
    return labels.indices.map { point in
      let means = names.map { name in
        let others = labels.indices.filter { labels[$0] == name && $0 != point }
        return others.isEmpty
          ? Double.nan
          : others.reduce(0) { $0 + distances[point][$1] } / Double(others.count)
      }
      let own = names.firstIndex(of: labels[point])!
      if means[own].isNaN { return 0 }
      let nearest = means.indices.filter { $0 != own }.map { means[$0] }.min()!
      let greater = max(means[own], nearest)
      return greater == 0 ? 0 : Float((nearest - means[own]) / greater)
    }
  }
}

/// Euclidean distances of the rows of `[point, width]`.
func pairwiseDistances(_ points: Tensor) -> [[Double]] {
  let rows = (0..<points.shape[0]).map { points[at: $0].values.map(Double.init) }
  return rows.map { a in
    rows.map { b in
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
  }
}
