/// Pearson's correlation; not a number where a list holds what is none.
///
/// - Returns: nil when either list is the same everywhere or has fewer than two values.
package func pearson(_ x: [Double], _ y: [Double]) -> Double? {
  precondition(x.count == y.count, "\(x.count) values do not fit \(y.count)")
  guard x.count > 1 else { return nil }
  let (meanX, meanY) = (x.mean, y.mean)
  var (xy, xx, yy) = (0.0, 0.0, 0.0)
  for (a, b) in zip(x, y) {
    xy += (a - meanX) * (b - meanY)
    xx += (a - meanX) * (a - meanX)
    yy += (b - meanY) * (b - meanY)
  }
  return xx == 0 || yy == 0 ? nil : xy / (xx * yy).squareRoot()
}

/// Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank.
///
/// - Returns: nil when either list is the same everywhere or has fewer than two values.
package func spearman(_ x: [Double], _ y: [Double]) -> Double? {
  pearson(ranks(x), ranks(y))
}

private func ranks(_ values: [Double]) -> [Double] {
  // What is no number has no place among others.
  if values.contains(where: \.isNaN) { return values.map { _ in .nan } }
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for place in start..<end { ranks[order[place]] = Double(start + end - 1) / 2 }
    start = end
  }
  return ranks
}
