import Coursework
import Foundation
import SortingVocabulary
import Tensors

extension SortingSheet {
  /// 4.12: among how many tokens a model seems to choose.
  static let perplexity = Exercise(
    "4.12", "Perplexity", points: 2, difficulty: 2, importance: 4, minutes: 10,
    hints: [
      "Your table of 4.1 holds all that is needed.",
      "First the mean over all tokens of all texts, then the exponential. What if it is the other way?",
      """
      With `let values = try logProbabilities(of: tokens, under: logits).values`: \
      `exp(-values.reduce(0, +) / Float(values.count))`.
      """,
    ],
    interpretation: """
      A model that knows nothing of 50,000 tokens has a perplexity of 50,000; one of 20 is as \
      uncertain as a die of twenty faces. Two models' perplexities can be compared if they cut texts \
      into the same tokens, and not otherwise: longer tokens are fewer and harder.
      """,
    cases: { generator in
      [
        perplexityCase("one text of four tokens", [1, 4], tokens: 9, using: &generator),
        perplexityCase("three texts of six tokens", [3, 6], tokens: 7, using: &generator),
        perplexityCase(
          "two texts, one of them easy", [2, 5], tokens: 6, easy: 5, using: &generator),
      ]
    },
    parts: [Part(SortingAsks.perplexity) { PerplexityTable($0).expected }])

  private static func perplexityCase(
    _ name: String, _ shape: [Int], tokens count: Int, easy: Float = 0,
    using generator: inout SeededGenerator
  ) -> Case<TextLogits, TextLogits> {
    let tokens = (0..<shape[0]).map { _ in
      (0..<shape[1]).map { _ in Int.random(in: 0..<count, using: &generator) }
    }
    var logits = Tensor.randomNormal(shape + [count], standardDeviation: 1.5, using: &generator)
    // The last text is as the model expects, so that a mean of the texts' perplexities is another.
    for place in 0..<(shape[1] - 1) {
      logits[shape[0] - 1, place, tokens[shape[0] - 1][place + 1]] += easy
    }
    return Case(name, TextLogits(tokens: tokens, logits: logits))
  }
}

/// What a text's tokens lost, one by one, and what is made of it.
private struct PerplexityTable {
  private let tokens: [[Int]]
  private let table: LogTable

  init(_ question: TextLogits) {
    tokens = question.tokens
    table = LogTable(question.logits)
  }

  private func losses(shift: Int) -> [Double] {
    let places = tokens[0].count - shift
    return LogTable.gather(table.logs, places: places, row: { $0 }) { tokens[$0][$1 + shift] }
      .map { -$0 }
  }

  var expected: Expected<Float> {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let losses = losses(shift: 1)
    let right = exp(mean(losses))
    return Expected(Float(right), named: "the perplexity") {
      let places = tokens[0].count - 1
      let texts = tokens.indices.map { Array(losses[($0 * places)..<(($0 + 1) * places)]) }
      return [
        Mistake("this is the mean loss: its exponential is asked for", mean(losses)),
        Mistake("the sign is turned: a perplexity is never below 1", 1 / right),
        Mistake(
          "each row is asked for the token that it reads: shift, as in 4.1",
          exp(mean(self.losses(shift: 0)))),
        Mistake(
          "the exponential was taken before the mean, so that one hard token outweighs all others",
          mean(losses.map(exp))),
        Mistake(
          "this is the mean of the texts' perplexities: one exponential of the mean over all tokens is "
            + "asked for", mean(texts.map { exp(mean($0)) })),
        Mistake(
          "this is the exponential of the sum: divide by the number of tokens first",
          exp(losses.reduce(0, +))),
        Mistake(
          "the loss is in nats, so that the exponential is to the base of e, not of 2",
          exp2(mean(losses))),
      ]
    }
  }
}
