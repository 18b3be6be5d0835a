/// The area under the ROC curve of scores that are to tell some things from all others.
///
/// It is the chance that one of them is scored above one of the others, where the same score counts
/// half: 1 where all of them come first, 0.5 where the scores say nothing.
///
/// - Parameters:
///   - scores: The greater, the sooner a thing is taken for one of them.
///   - isMeant: Whether it is one.
/// - Returns: Nil where all are of one kind, or a score is no number.
/// - Precondition: there is one of either for everything.
public func rocArea(_ scores: [Double], of isMeant: [Bool]) -> Double? {
  precondition(scores.count == isMeant.count, "\(scores.count) scores of \(isMeant.count) things")
  let meant = isMeant.count(where: \.self)
  let others = isMeant.count - meant
  guard meant > 0, others > 0, !scores.contains(where: \.isNaN) else { return nil }
  let order = scores.indices.sorted { scores[$0] < scores[$1] }
  // Mann and Whitney: the sum of ranks, those of the same score shared.
  var (sum, first) = (0.0, 0)
  while first < order.count {
    var last = first
    while last + 1 < order.count, scores[order[last + 1]] == scores[order[first]] { last += 1 }
    let rank = Double(first + last) / 2 + 1
    sum += rank * Double(order[first...last].count { isMeant[$0] })
    first = last + 1
  }
  return (sum - Double(meant * (meant + 1)) / 2) / Double(meant * others)
}

extension EdgeAttribution {
  /// How well the sizes of scores recover a circuit that is known: the area under the ROC curve.
  ///
  /// - Returns: Nil for no edges, for all edges, and where a score is no number.
  public func recovery(of edges: Set<CircuitEdge>) -> Double? {
    rocArea(scores.map { abs($0.score) }, of: scores.map { edges.contains($0.edge) })
  }
}

extension CircuitEvaluator {
  /// How well ACDC recovers a circuit that is known: the area under the ROC curve of the greatest of
  /// some thresholds at which each edge stays.
  ///
  /// The curve is that of Conmy et al., 2023, who sweep τ; an edge that goes and comes again as τ grows
  /// counts by where it is last.
  ///
  /// - Returns: Nil for no edges and for all edges.
  /// - Throws: ``CircuitError/threshold(_:_:)``, and what running the model throws.
  public func recoveryByACDC(
    of edges: Set<CircuitEdge>, thresholds: [Double]
  ) throws -> Double? {
    var scores: [CircuitEdge: Double] = [:]
    for (place, threshold) in thresholds.sorted().enumerated() {
      for edge in try CircuitSearch(self, .acdc, threshold: threshold).run().circuit.edges {
        scores[edge] = Double(place + 1)
      }
    }
    let all = graph.edges
    return rocArea(all.map { scores[$0, default: 0] }, of: all.map(edges.contains))
  }
}
