/// The names that are most like one that was not found, best first.
///
/// Likeness is the number of characters to insert, delete or replace (Levenshtein 1966).
package func nearest(to name: String, among names: [String], limit: Int = 3) -> [String] {
  let wanted = Array(name.utf8.prefix(200))
  // Beyond some thousands the search would be slower than the reader's patience is long.
  let scored = names.prefix(5_000).map { ($0, distance(wanted, Array($0.utf8.prefix(200)))) }
  return scored.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(limit).map(\.0)
}

private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}

/// The error for a tensor that is not there.
func missing(_ name: String, from names: [String], in place: String) -> CheckpointError {
  guard !names.isEmpty else {
    return CheckpointError("\(place) has no tensor \(quoted(name)): it holds none at all.")
  }
  let candidates = nearest(to: name, among: names).map(quoted).joined(separator: ", ")
  return CheckpointError("\(place) has no tensor \(quoted(name)); the nearest are \(candidates).")
}
