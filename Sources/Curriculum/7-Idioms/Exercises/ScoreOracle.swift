import Coursework
import Foundation
import IdiomsVocabulary
import SheetTools
import Tensors

/// The scores in plain loops of Double, right and wrong.
struct ScoreOracle {
  private let pattern: [[Double]]
  private let result: [[Double]]
  let span: Set<Int>
  private var length: Int { pattern.count }

  init(_ head: HeadOnSentence) {
    (pattern, result, span) = (head.pattern.doubleRows, head.result.doubleRows, Set(head.span))
  }

  /// What may be misunderstood.
  struct Choices: Sendable {
    /// Which pairs count, besides that the key does not stand behind the query.
    var counts: @Sendable (_ query: Bool, _ key: Bool) -> Bool
    /// Whether a position is in the phrase, by whether it is in the span.
    var phrase: @Sendable (Bool) -> Bool = { $0 }
    var countsMasked = false
    var correction = 0.0
    var isVariance = false
    var isGreatestOfAll = false
    var sharesAllQueries = false
    var sumsResult = false
    var resultEverywhere = false
    /// The sign of the deviation.
    var sign = -1.0
    var squash: @Sendable (Double) -> Double = { 2 * (1 / (1 + exp(-$0)) - 0.5) }
  }

  static let idiom = Choices(counts: { $0 || $1 })
  static let literal = Choices(counts: { !$0 && !$1 }, phrase: { !$0 })

  /// The six numbers; means of nothing are 0.
  func numbers(_ choices: Choices) -> [Double] {
    var weights: [Double] = []
    var greatest: [Double] = []
    var stays: [Double] = []
    var written: [Double] = []
    for query in 0..<length {
      var row: [Double] = []
      var inside = 0.0
      for key in 0..<length where choices.countsMasked || key <= query {
        if choices.counts(span.contains(query), span.contains(key)) {
          row.append(pattern[query][key])
        }
        if choices.phrase(span.contains(key)) { inside += pattern[query][key] }
      }
      weights += row
      if let best = row.max() { greatest.append(best) }
      let isIn = choices.phrase(span.contains(query))
      if isIn || choices.sharesAllQueries { stays.append(inside) }
      if isIn || choices.resultEverywhere { written += result[query] }
    }
    let mean = DoubleCorrelation.mean
    let centre = mean(weights)
    let variance =
      weights.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
      / (Double(weights.count) - choices.correction)
    let deviation = choices.isVariance ? variance : variance.squareRoot()
    let most = choices.isGreatestOfAll ? weights.max() ?? .nan : mean(greatest)
    let added = choices.sumsResult ? written.reduce(0, +) : mean(written)
    let sum = centre + choices.sign * deviation + most + mean(stays) + added
    return [centre, deviation, most, mean(stays), added, choices.squash(sum)]
  }

  /// What is right and wrong of one of the two scores.
  func key(_ right: Choices, mistakes own: [(String, Choices)]) -> TensorKey {
    func changed(_ change: (inout Choices) -> Void) -> [Double] {
      var choices = right
      change(&choices)
      return numbers(choices)
    }
    return TensorKey(
      numbers(right), shape: [6], named: "mean, deviation, greatest, phrase, result, score",
      axes: ["component"], tolerance: 1e-4
    ) {
      let special: [Mistake<Tensor>] = own.map { Mistake($0.0, numbers($0.1)) }
      let general: [Mistake<Tensor>] = [
        Mistake(
          "pairs whose key stands behind the query were counted; a causal head cannot attend there, and "
            + "zeros lower the mean", changed { $0.countsMasked = true }
        ),
        Mistake(
          "the deviation was divided by one pair less; divide by their number",
          changed { $0.correction = 1 }
        ),
        Mistake("this is the variance; take its root", changed { $0.isVariance = true }),
        Mistake("the deviation was added; it is taken off", changed { $0.sign = 1 }),
        Mistake(
          "the greatest of all pairs was taken; it is the mean over queries of each one's greatest",
          changed { $0.isGreatestOfAll = true }
        ),
        Mistake(
          "the attention that goes to the phrase was averaged over all queries; those in the phrase are "
            + "meant", changed { $0.sharesAllQueries = true }
        ),
        Mistake(
          "what the head adds was averaged over the whole sentence; the phrase is meant",
          changed { $0.resultEverywhere = true }
        ),
        Mistake(
          "what the head adds was summed; take the mean over positions and width",
          changed { $0.sumsResult = true }
        ),
        Mistake(
          "the score is the plain sum; it goes through 2 (σ − ½)", changed { $0.squash = { $0 } }),
        Mistake(
          "the score is σ of the sum; stretch it: 2 (σ − ½) lies between −1 and 1",
          changed { $0.squash = { 1 / (1 + exp(-$0)) } }
        ),
      ]
      return special + general
    }
  }

  /// A score as numbers in the order of the judge's.
  static func tensor(_ parts: ScoreParts) -> Tensor {
    Tensor(
      [parts.mean, parts.deviation, parts.greatest, parts.phrase, parts.result, parts.score].map {
        Float($0)
      }, shape: [6])
  }
}

extension IdiomsSheet {
  /// A head of random attention on a sentence of so many tokens.
  static func randomHead(
    _ length: Int, span: [Int], using generator: inout SeededGenerator
  ) -> HeadOnSentence {
    let scores = Tensor.randomNormal([length, length], standardDeviation: 1.5, using: &generator)
    var pattern = Tensor.zeros([length, length])
    for query in 0..<length {
      let row = (0...query).map { exp(scores[query, $0]) }
      let total = row.reduce(0, +)
      for key in 0...query { pattern[query, key] = row[key] / total }
    }
    return HeadOnSentence(
      pattern: pattern,
      result: .randomNormal([length, 6], standardDeviation: 0.5, using: &generator) + 0.2,
      span: span)
  }
}
