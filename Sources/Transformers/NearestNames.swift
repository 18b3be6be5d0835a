/// The names that are most like one that was not found, best first.
///
/// Likeness is the number of characters to insert, delete or replace; Levenshtein, 1966.
package func nearestNames(
  to name: String, in names: some Sequence<String>, count: Int = 3
) -> [String] {
  let wanted = Array(name.utf8.prefix(200))
  // Beyond some thousands the search would be slower than the reader's patience is long.
  let scored = names.prefix(5_000).map { (name: $0, distance: distance(wanted, $0)) }
  return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    .prefix(count).map(\.name)
}

private func distance(_ a: [UInt8], _ other: String) -> Int {
  let b = Array(other.utf8.prefix(200))
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
