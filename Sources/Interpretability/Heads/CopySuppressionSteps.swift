import Foundation
public import Interpretability
import Interventions
import Tensors
public import Transformers

/// The three steps of copy suppression at one position: a token of the text is predicted, the head
/// attends to it, the head writes against it.
public struct CopySuppressionStep: Sendable {
  /// Where; the token is the one of the earlier text that is likeliest before the head.
  public let place: TokenPlace
  /// The token's place among all predictions before the head: 0 for the likeliest.
  public let rank: Int
  /// Its probability before the head.
  public let probability: Float
  /// The head's attention to where the token stands, its places together.
  public let attention: Float
  /// What the head adds from there to the token's logit, held against the mean over all tokens; below
  /// zero where it suppresses.
  public let effect: Float
}

extension [CopySuppressionStep] {
  /// How much a head suppresses what is predicted and stands in the text.
  ///
  /// The mean effect with its sign turned; 0 of no steps.
  public var suppression: Float { -map(\.effect).average }

  /// The correlation of attention and effect; near −1 where a head suppresses what it looks at.
  public var correlation: Double? {
    pearson(map { Double($0.attention) }, map { Double($0.effect) })
  }

  /// The share of positions where the token is among so many predictions, is attended to by so much,
  /// and is suppressed.
  public func share(rank: Int = 10, attention: Float = 0.1) -> Double {
    isEmpty
      ? 0
      : Double(count { $0.rank < rank && $0.attention >= attention && $0.effect < 0 })
        / Double(count)
  }
}

extension HeadCircuits {
  /// The three steps at every position that has a token before it, for some heads.
  ///
  /// The first token of a text, where heads rest, is no candidate.
  ///
  /// - Throws: ``HeadError``, and what running the model throws.
  public func copySuppressionSteps(
    of heads: [HeadAddress], on texts: ModelInput
  ) throws -> [HeadAddress: [CopySuppressionStep]] {
    let heads = try heads.map(checked)
    guard model.configuration.normPlacement == .before else { throw HeadError.normsAfter }
    var steps: [HeadAddress: [CopySuppressionStep]] = [:]
    let name = stackName
    var points: Set<HookPoint> = [.finalNorm(name, .scale)]
    for head in heads {
      points.formUnion([
        .block(name, head.layer, .attention(.own, .value)), .pattern(name, head.layer),
      ])
    }
    let byLayer = Dictionary(grouping: heads, by: \.layer)
    for (number, batch) in texts.batches(of: 16).enumerated() {
      let run = try RecordedRun(model, batch, capturing: points)
      for row in batch.tokens.indices {
        let there = batch.tokens[row].indices.filter { batch.mask?[row][$0] ?? true }
        let scales = try run.trace[.finalNorm(name, .scale)][at: row].values
        for (layer, heads) in byLayer.sorted(by: { $0.key < $1.key }) {
          let states = try run.trace[.residualPre(name, layer)][at: row].gathering(there)
          let lens = model.logits(ofNormed: model.finalNorm(states)).logSoftmax()
          let found = there.indices.dropFirst().map { index -> LensPick in
            let earlier = there[1...index]
            return LensPick(lens[at: index].values, of: batch.tokens[row], at: Array(earlier))
          }
          let pattern = try run.trace[.pattern(name, layer)][at: row]
          let values = try run.trace[.block(name, layer, .attention(.own, .value))][at: row]
          let units = unembedding.gathering(found.map(\.token))
          for head in heads {
            let written = units.matmul(transposing: output(head))
            let shared = shared(head)
            let local = zip(there.dropFirst(), found.enumerated()).map { position, pick in
              let attended = pick.element.positions.map { pattern[head.head, position, $0] }
              let toward = written[at: pick.offset].values
              let effect = zip(attended, pick.element.positions).reduce(Float(0)) { sum, source in
                let value = values[at: source.1][at: shared].values
                return sum + source.0 * zip(value, toward).reduce(0) { $0 + $1.0 * $1.1 }
              }
              return CopySuppressionStep(
                place: TokenPlace(
                  row: number * 16 + row, position: position, token: pick.element.token),
                rank: pick.element.rank, probability: pick.element.probability,
                attention: attended.reduce(0, +), effect: effect / scales[position])
            }
            steps[head, default: []] += local
          }
        }
      }
    }
    return steps
  }
}

/// The token of an earlier text that is likeliest at a place.
private struct LensPick {
  let token: Int
  let rank: Int
  let probability: Float
  /// Where it stands.
  let positions: [Int]

  init(_ logProbabilities: [Float], of text: [Int], at earlier: [Int]) {
    let best = earlier.max { logProbabilities[text[$0]] < logProbabilities[text[$1]] }!
    token = text[best]
    let (token, value) = (token, logProbabilities[token])
    rank = logProbabilities.count { $0 > value }
    probability = exp(value)
    positions = earlier.filter { text[$0] == token }
  }
}
