public import Transformers

/// The edges of a spanning tree of least total length, by Prim's method.
///
/// - Parameters:
///   - distances: A symmetric matrix, `[word][word]`.
///   - words: The words to be spanned; nil for all.
/// - Returns: One edge fewer than words, the smaller index first; of equal edges the earliest found.
public func minimumSpanningTree(
  _ distances: [[Double]], over words: [Int]? = nil
) -> [WordEdge] {
  let words = words ?? Array(distances.indices)
  guard let first = words.first else { return [] }
  var nearest = Dictionary(uniqueKeysWithValues: words.dropFirst().map { ($0, first) })
  var edges: [WordEdge] = []
  while !nearest.isEmpty {
    let (word, end) = nearest.min {
      (distances[$0.key][$0.value], $0.key) < (distances[$1.key][$1.value], $1.key)
    }!
    edges.append(WordEdge(word, end))
    nearest[word] = nil
    for (other, known) in nearest where distances[other][word] < distances[other][known] {
      nearest[other] = word
    }
  }
  return edges
}

/// The share of gold edges that are among the predicted ones; nil for fewer than two words.
///
/// The unlabelled undirected attachment score.
public func undirectedAttachment(_ predicted: [WordEdge], gold: [WordEdge]) -> Double? {
  gold.isEmpty ? nil : Double(Set(gold).intersection(predicted).count) / Double(gold.count)
}

/// The mean over sentence lengths of the mean over all correlations at that length, so that many
/// short sentences do not outweigh the long ones; as Hewitt and Manning report it.
///
/// - Parameters:
///   - correlations: For every sentence its length in words and its correlations.
///   - lengths: Which lengths count.
/// - Returns: nil when no sentence of such a length has a correlation.
public func meanOverLengths(
  _ correlations: [(length: Int, values: [Double])], lengths: ClosedRange<Int> = 5...50
) -> Double? {
  let grouped = Dictionary(
    correlations.filter { lengths.contains($0.length) && !$0.values.isEmpty }
      .map { ($0.length, $0.values) }, uniquingKeysWith: +)
  // In order of length: a sum must not depend on a dictionary's.
  let means = grouped.sorted { $0.key < $1.key }.map { $1.reduce(0, +) / Double($1.count) }
  return means.isEmpty ? nil : means.reduce(0, +) / Double(means.count)
}
