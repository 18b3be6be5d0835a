import Coursework
import Foundation
import Laboratory
import SortingVocabulary
import Tensors

extension SortingSheet {
  /// 4.3: a mean over what is there.
  static let paddedLoss = Exercise(
    "4.3", "The loss of a batch with padding", points: 4, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      "Which predictions count? One needs two tokens of the text: one that is read, one that is asked for.",
      """
      Take your table of 4.1. The entry at position p counts if tokens p and p + 1 are both text. \
      With padding behind it is enough to look at p + 1; with padding in front it is not.
      """,
      """
      Add up minus the log-probabilities that count, over the whole batch, and divide once, by how \
      many they are. A mean of the texts' means gives short texts more weight than long ones.
      """,
      """
      `var (sum, count) = (Float(0), 0)`; for each text and each p in `0..<(length − 1)`: \
      `if mask[text][p] && mask[text][p + 1] { sum -= table[text, p]; count += 1 }`; \
      `return sum / Float(count)`.
      """,
    ],
    interpretation: """
      Padding is easy to predict, so a loss that counts it looks better the more of it there is: \
      two runs with other batch sizes can then not be compared. And a text that is alone with its \
      padding must have the loss it has without: that is a test worth writing for every loop of \
      yours.
      """,
    cases: { generator in
      [
        paddedCase("padding behind", [7, 3, 5], isBehind: true, using: &generator),
        paddedCase("padding in front", [3, 8, 4], isBehind: false, using: &generator),
        paddedCase("no padding", [5, 5], isBehind: true, using: &generator),
        paddedCase("one long text, many short", [11, 2, 2, 2], isBehind: true, using: &generator),
      ]
    },
    parts: [Part(SortingAsks.loss) { PaddedTable($0).expected }])

  private static func paddedCase(
    _ name: String, _ lengths: [Int], isBehind: Bool, using generator: inout SeededGenerator
  ) -> Case<PaddedLogits, PaddedLogits> {
    let (tokens, longest) = (12, lengths.max() ?? 0)
    var batch = PaddedBatch(tokens: [], mask: [])
    for length in lengths {
      // Token 0 fills up; it is also a token of texts, so that only the mask tells.
      let text = (0..<length).map { _ in Int.random(in: 0..<tokens, using: &generator) }
      let (padding, none) = (
        [Int](repeating: 0, count: longest - length),
        [Bool](repeating: false, count: longest - length)
      )
      let here = [Bool](repeating: true, count: length)
      batch.tokens.append(isBehind ? text + padding : padding + text)
      batch.mask.append(isBehind ? here + none : none + here)
    }
    var logits = Tensor.randomNormal(
      [lengths.count, longest, tokens], standardDeviation: 2, using: &generator)
    for text in lengths.indices {
      // As in a trained model: padding is expected, and its loss is small.
      for position in 0..<longest { logits[text, position, 0] += 4 }
    }
    return Case(name, PaddedLogits(batch: batch, logits: logits))
  }
}

/// What a batch with padding lost, prediction by prediction.
private struct PaddedTable {
  private let tokens: [[Int]]
  private let mask: [[Bool]]
  private let table: LogTable

  init(_ question: PaddedLogits) {
    tokens = question.batch.tokens
    mask = question.batch.mask
    table = LogTable(question.logits)
  }

  /// Minus the log-probabilities of what counts, a list a text.
  private func losses(
    asking target: (Int, Int) -> Int? = { _, p in p + 1 }, where counts: (Int, Int) -> Bool
  ) -> [[Double]] {
    tokens.indices.map { text in
      tokens[text].indices.compactMap { position in
        guard let place = target(text, position), place < tokens[text].count,
          counts(text, position)
        else { return nil }
        return -table.logs[text][position][tokens[text][place]]
      }
    }
  }

  /// Right means of a table that is wrong: those of who calls a 4.1 that has a fault.
  private func mistakesOfTheTable(where counts: (Int, Int) -> Bool) -> [Mistake<Float>] {
    func mean(_ value: (_ text: Int, _ position: Int) -> Double) -> Double {
      let values = tokens.indices.flatMap { text in
        (0..<(tokens[text].count - 1)).filter { counts(text, $0) }.map { value(text, $0) }
      }
      return -values.reduce(0, +) / Double(max(values.count, 1))
    }
    let over = table.normalisedOverPositions
    let tables: [(String, Double)] = [
      (
        "a row is asked there for the token that it reads itself",
        mean { table.logs[$0][$1][tokens[$0][$1]] }
      ),
      (
        "the rows there are one further on",
        mean { table.logs[$0][$1 + 1][tokens[$0][$1 + 1]] }
      ),
      (
        "the shift there goes the wrong way", mean { table.logs[$0][$1 + 1][tokens[$0][$1]] }
      ),
      (
        "every row is asked there for the last token",
        mean { table.logs[$0][$1][tokens[$0].last!] }
      ),
      ("it holds logits", mean { table.logits[$0][$1][tokens[$0][$1 + 1]] }),
      ("it holds probabilities", mean { exp(table.logs[$0][$1][tokens[$0][$1 + 1]]) }),
      ("a softmax went over positions there", mean { over[$0][$1][tokens[$0][$1 + 1]] }),
    ]
    return tables.map {
      Mistake("this follows from a table as of 4.1 that is wrong: \($0.0). Mend 4.1 first", $0.1)
    }
  }

  /// The mean over the text's own predictions, told from other means.
  var expected: Expected<Float> {
    func mean(_ losses: [[Double]]) -> Double {
      let all = losses.flatMap(\.self)
      return all.reduce(0, +) / Double(max(all.count, 1))
    }
    func isThere(_ text: Int, _ p: Int) -> Bool {
      p + 1 < mask[text].count && mask[text][p] && mask[text][p + 1]
    }
    let right = losses(where: isThere)
    let (sum, expected) = (right.flatMap(\.self).reduce(0, +), mean(right))
    return Expected(Float(expected), named: "the loss") {
      let cells = Double(tokens.count * (tokens[0].count - 1))
      let rows = right.filter { !$0.isEmpty }.map { $0.reduce(0, +) / Double($0.count) }
      return [
        Mistake("the sign is turned: a loss is minus the mean log-probability", -expected),
        Mistake(
          "padding is counted: it is easy to predict, and makes the loss too small",
          mean(losses { _, _ in true })),
        Mistake(
          "the sum is right and is divided by all positions, padding among them: divide by what "
            + "counts", sum / cells),
        Mistake(
          "this is the mean of the texts' means, in which a short text weighs as much as a long one",
          rows.reduce(0, +) / Double(max(rows.count, 1))),
        Mistake("this is a sum; the mean over the tokens that count is asked for", sum),
        Mistake(
          "the sum is divided by the number of texts, not by that of tokens that count",
          sum / Double(tokens.count)),
        Mistake(
          "the mask is that of the tokens that are read: a row that reads the last token of a text "
            + "would be asked for padding", mean(losses { text, p in mask[text][p] })),
        Mistake(
          "the first token of a text that stands behind padding is counted: nothing that was text "
            + "predicted it",
          mean(losses { text, p in p + 1 < mask[text].count && mask[text][p + 1] })),
        Mistake(
          "each row is asked for the token that it reads: shift, as in 4.1",
          mean(losses(asking: { _, p in p }) { text, p in mask[text][p] })),
        Mistake("the loss is in bits; nats are asked for", expected / log(2)),
      ] + mistakesOfTheTable(where: isThere)
    }
  }
}
