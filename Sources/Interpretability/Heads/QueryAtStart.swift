import Foundation
public import Interpretability
import Interventions
import Tensors
public import Transformers

/// How a head's query looks for the start of the text when nothing else calls it.
///
/// A query is made of a bias and of what the text says. The bias alone asks for a direction of the
/// residual stream; a head rests at the first token when that direction is found there and nowhere
/// else. What a prediction has to add to the query before the head leaves the start is a threshold that
/// follows.
///
/// After McDougall et al., "Copy Suppression", 2023.
public struct QueryAtStart: Sendable {
  /// The cosine of the residual stream that enters the layer with the direction that the query bias
  /// asks for, the mean over texts by position.
  public let cosines: [Float]
  /// The score that the query bias gives a key, the mean over texts by position.
  public let scores: [Float]
  /// How much more of a score the start has than other positions on the average: what has to be made
  /// up for elsewhere.
  public let threshold: Float
  /// How far a prediction has to reach before the head leaves the start for it, by token.
  ///
  /// For every token that stands in the texts behind the start: how far the normalised state has to
  /// reach along the token's unembedding, as a length, before the head looks at the token as much as at
  /// the start; the mean over its places. Left out are tokens for which no length is enough.
  public let lengths: [Int: Float]
}

extension HeadCircuits {
  /// Tests how a head's query bias looks for the start of texts.
  ///
  /// - Throws: ``HeadError`` for a model that turns or normalises keys, and what running it throws.
  /// - Returns: Nil where a head has no query bias, not even the norm's.
  public func queryAtStart(of head: HeadAddress, on texts: ModelInput) throws -> QueryAtStart? {
    let head = try checked(head)
    if case .rotary = model.configuration.position { throw HeadError.turnsKeys }
    if model.configuration.normalizesQueriesAndKeys { throw HeadError.normsQueries }
    guard let bias = queryBias(head) else { return nil }
    let (key, query) = (key(head), query(head))
    let direction = bias.reshaped(to: [1, bias.count]).matmul(key)
    let norm = Self.length(direction.values)
    if norm == 0 { return nil }
    let longest = texts.tokens.first?.count ?? 0
    var (cosines, scores, counts) = (
      Array(repeating: 0.0, count: longest), Array(repeating: 0.0, count: longest),
      Array(repeating: 0.0, count: longest)
    )
    var lengths: [Int: (sum: Double, count: Double)] = [:]
    let point = HookPoint.residualPre(stackName, head.layer)
    for batch in texts.batches() {
      let run = try RecordedRun(model, batch, capturing: [])
      for row in batch.tokens.indices {
        let there = batch.tokens[row].indices.filter { batch.mask?[row][$0] ?? true }
        if there.isEmpty { continue }
        let states = normed(try run.trace[point][at: row].gathering(there))
        let keys = states.matmul(transposing: key)
        let asked = states.matmul(transposing: direction).values
        for (place, value) in asked.enumerated() {
          let size = Self.length(states[at: place].values)
          cosines[place] += size == 0 ? 0 : Double(value / (norm * size))
          scores[place] += Double(value * scoreScale)
          counts[place] += 1
        }
        // What a unit of each token's unembedding asks of its own key and of the start's.
        let tokens = there.map { batch.tokens[row][$0] }
        let units = unembedding.gathering(tokens)
        let queries = units.matmul(transposing: query)
        let start = keys[at: 0].values
        for place in tokens.indices.dropFirst() {
          let unit = Self.length(units[at: place].values)
          let asked = queries[at: place].values
          let own = Kernel.dot(asked, keys[at: place].values, count: asked.count)
          let gain = own - Kernel.dot(asked, start, count: asked.count)
          // What is no number is no gain.
          guard unit > 0, gain > 0 else { continue }
          let needed = (scoreGap(bias, start, keys[at: place].values)) / (gain / unit)
          let old = lengths[tokens[place]] ?? (0, 0)
          lengths[tokens[place]] = (old.sum + Double(needed), old.count + 1)
        }
      }
    }
    let last = counts.lastIndex { $0 > 0 } ?? 0
    func means(_ sums: [Double]) -> [Float] { (0...last).map { Float(sums[$0] / counts[$0]) } }
    let byPosition = means(scores)
    let rest = (1..<max(last + 1, 1)).reduce((0.0, 0.0)) {
      ($0.0 + scores[$1], $0.1 + counts[$1])
    }
    return QueryAtStart(
      cosines: means(cosines), scores: byPosition,
      threshold: rest.1 > 0 ? byPosition[0] - Float(rest.0 / rest.1) : 0,
      lengths: lengths.mapValues { Float($0.sum / $0.count) })
  }

  /// By how much the bias prefers one key to another, before scores are scaled.
  private func scoreGap(_ bias: Tensor, _ first: [Float], _ second: [Float]) -> Float {
    zip(bias.values, zip(first, second)).reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
  }

  static func length(_ values: [Float]) -> Float {
    Float(values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
  }
}
