import Coursework
import Foundation
import Laboratory
import SortingVocabulary
import Tensors

extension SortingSheet {
  /// 4.1: what a language model thought of the text that it read.
  static let gather = Exercise(
    "4.1", "Gather the log-probabilities", points: 4, difficulty: 2, importance: 5, minutes: 20,
    hints: [
      """
      Three steps: make log-probabilities of logits, keep the rows that predict a token of the \
      text, and take from each row the number of that token.
      """,
      "The row at position 0 has read token 0. Which token does it predict? And the last row?",
      """
      `logits.logSoftmax()` normalises over tokens and does not overflow. Rows 0 … n − 2 predict \
      tokens 1 … n − 1: `logits[:, :-1]` at `tokens[:, 1:]`, as Python would write it.
      """,
      """
      With `let logs = logits.logSoftmax()`, row by row: \
      `logs[text, position, tokens[text][position + 1]]` for every position but the last; \
      `Tensor(values, shape: [tokens.count, tokens[0].count - 1])`.
      """,
    ],
    interpretation: """
      Everything that is said of a language model in numbers starts here: perplexity is the \
      exponential of minus the mean of this table. The first token has no entry, because nobody \
      predicted it, and the last row has no use, because nobody knows what it should have said.
      """,
    cases: { generator in
      [
        gatherCase("two texts of six tokens", [2, 6], tokens: 9, using: &generator),
        gatherCase("one text of two tokens", [1, 2], tokens: 5, using: &generator),
        gatherCase("a token again and again", [3, 5], tokens: 3, using: &generator),
        gatherCase("large logits", [2, 4], tokens: 7, spread: 120, using: &generator),
      ]
    },
    parts: [Part(SortingAsks.logProbabilities, judge: table)])

  private static func table(of question: TextLogits) -> Expected<Tensor> {
    let (tokens, table) = (question.tokens, LogTable(question.logits))
    let places = tokens[0].count - 1
    func values(
      _ values: [[[Double]]], row: (Int) -> Int = { $0 }, token: (Int, Int) -> Int
    ) -> [Double] {
      LogTable.gather(values, places: places, row: row, token: token)
    }
    func next(_ batch: Int, _ place: Int) -> Int { tokens[batch][place + 1] }
    let right = values(table.logs, token: next)
    return Expected(
      right, shape: [tokens.count, places], named: "the table", axes: ["text", "position"]
    ) {
      let own = "a row was asked for the token that it reads itself; it predicts the next"
      return [
        Mistake(own, values(table.logs) { tokens[$0][$1] }),
        Mistake(own, values(table.logs, row: { $0 + 1 }, token: next)),
        Mistake(
          own, LogTable.gather(table.logs, places: places + 1, row: { $0 }) { tokens[$0][$1] }),
        Mistake(
          "the shift goes the wrong way: a row cannot tell of what came before it",
          values(table.logs, row: { $0 + 1 }) { tokens[$0][$1] }),
        Mistake(
          "every row was asked for the last token of its text: each has a token of its own",
          values(table.logs) { batch, _ in tokens[batch][places] }),
        Mistake(
          "these are the logits themselves: only differences of logits mean anything until they "
            + "are normalised", values(table.logits, token: next)),
        Mistake("these are probabilities: take logarithms", right.map(exp)),
        Mistake("the sign is turned: a log-probability is never above 0", right.map(-)),
        Mistake(
          "the logarithm is to the base of 2; nats are asked for", right.map { $0 / log(2) }),
        Mistake(
          "a softmax went over positions: the tokens of one row compete, not the rows",
          values(table.normalisedOverPositions, token: next)),
      ]
    }.otherwise { answer in
      guard answer.shape == [tokens.count, places],
        zip(answer.values, right).allSatisfy({ LogTable.isLogOfProbability($0, insteadOf: $1) })
      else { return nil }
      return .failed(
        """
        right until a probability is too small for a Float and becomes 0, whose logarithm is −∞: \
        `logSoftmax()` goes from logits to log-probabilities without one
        """)
    }
  }

  private static func gatherCase(
    _ name: String, _ shape: [Int], tokens count: Int, spread: Float = 2,
    using generator: inout SeededGenerator
  ) -> Case<TextLogits, TextLogits> {
    // A text that does not end in the token it began with, so that mistakes differ.
    let tokens = (0..<shape[0]).map { _ in
      var text = (0..<shape[1]).map { _ in Int.random(in: 0..<count, using: &generator) }
      text[shape[1] - 1] = (text[0] + 1) % count
      return text
    }
    let logits = Tensor.randomNormal(shape + [count], standardDeviation: spread, using: &generator)
    return Case(name, TextLogits(tokens: tokens, logits: logits + 3))
  }
}
