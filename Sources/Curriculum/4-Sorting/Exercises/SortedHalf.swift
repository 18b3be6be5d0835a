import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

extension SortingSheet {
  /// 4.2: the same for lists, where the cut is the shift.
  static let sortedHalf = Exercise(
    "4.2", "The shift, and where it went", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      "Write down a sequence of three numbers with its indices. Which row predicts the first sorted one?",
      """
      `START a b c MID s t u`: the row of MID, index 4, predicts s. The row of u, the last, \
      predicts what comes after the end, and nothing does.
      """,
      """
      So the rows are n + 1 … 2n, and the numbers they predict are at n + 2 … 2n + 1. Once the \
      logits are cut, row i belongs to sorted number i: shifting again would be once too often.
      """,
      """
      `logits.slice(axis: 1, (n + 1)..<(2 * n + 1))`; then `half.logSoftmax()` and, for each list \
      and place, the entry of `tokens[list][n + 2 + place]`.
      """,
    ],
    interpretation: """
      `logProbs[:, :-1]` at `tokens[:, 1:]` and a plain gather after a cut are the same thing: in \
      both, the row that has just read token t is asked for token t + 1. In the one you write the \
      shift, in the other the cut begins one row before the numbers it is for. Code that has both, \
      or neither, runs just as well, and its loss goes down just as well.
      """,
    cases: { generator in
      [
        ("three lists of five", 3, SortingLists(numbers: 30)),
        ("one list of two", 1, SortingLists(numbers: 9, length: 2)),
        ("lists of three", 4, SortingLists(numbers: 12, length: 3)),
      ].map { name, count, lists in
        let drawn = lists.draw(.training, count: count, using: &generator)
        let size = lists.vocabularySize
        let question = ListLogits(
          lists: lists, tokens: drawn.map { lists.tokens(of: $0) },
          logits: .randomNormal(
            [count, lists.sequenceLength, size], standardDeviation: 2, using: &generator),
          half: .randomNormal([count, lists.length, size], standardDeviation: 2, using: &generator))
        return Case(name, question)
      }
    },
    parts: [
      Part(SortingAsks.sortedHalf, judge: half),
      Part(SortingAsks.sortedLogProbabilities, judge: logs),
    ])

  private static func half(of question: ListLogits) -> Expected<Tensor> {
    let (n, logits) = (question.lists.length, LogTable(question.logits))
    func rows(_ range: Range<Int>, _ values: [[[Double]]]) -> [Double] {
      values.flatMap { $0[range].flatMap(\.self) }
    }
    let last = 2 * n + 2
    return Expected(
      rows((n + 1)..<(2 * n + 1), logits.logits),
      shape: [question.tokens.count, n, question.lists.vocabularySize],
      named: "the half", axes: ["list", "place", "token"]
    ) {
      [
        Mistake(
          "these are the rows that read the sorted numbers; each predicts the one after it",
          rows((n + 2)..<last, logits.logits)),
        Mistake(
          "the last row is among them: it predicts what comes after the end",
          rows((n + 1)..<last, logits.logits)),
        Mistake(
          "the row of MID is missing, and nothing else predicts the first sorted number",
          rows((n + 2)..<(2 * n + 1), logits.logits)),
        Mistake(
          "the row before the last number is missing, which predicts it: the cut ends one too early",
          rows((n + 1)..<(2 * n), logits.logits)),
        Mistake(
          "cut and shifted as well: the row of MID is the first, and the cut is all the shift there is",
          rows(n..<(2 * n - 1), logits.logits)),
        Mistake(
          "these are rows of the list as it came, which nobody can predict",
          rows(0..<n, logits.logits)),
        Mistake(
          "these are rows of the list as it came, which nobody can predict",
          rows(1..<(n + 1), logits.logits)),
        Mistake(
          "the rows begin one too early: the last number of the list predicts MID",
          rows(n..<(2 * n), logits.logits)),
        Mistake(
          "the rows are right; leave the logits as they are, the other method normalises them",
          rows((n + 1)..<(2 * n + 1), logits.logs)),
      ]
    }
  }

  private static let shiftedTwice =
    "the cut has shifted already: a shift on top of it asks each row for the number after next"

  private static func logs(of question: ListLogits) -> Expected<Tensor> {
    let (n, tokens, table) = (question.lists.length, question.tokens, LogTable(question.half))
    func values(_ token: @escaping (Int, Int) -> Int, _ values: [[[Double]]]? = nil) -> [Double] {
      LogTable.gather(values ?? table.logs, places: n, row: { $0 }, token: token)
    }
    func right(_ list: Int, _ place: Int) -> Int { tokens[list][n + 2 + place] }
    return Expected(
      values(right), shape: [tokens.count, n], named: "the table", axes: ["list", "place"]
    ) {
      [
        Mistake(
          Self.shiftedTwice,
          LogTable.gather(table.logs, places: n - 1, row: { $0 }) { right($0, $1 + 1) }),
        Mistake(
          "each row was asked for the token that it reads: the cut began one row before the numbers",
          values { tokens[$0][n + 1 + $1] }),
        Mistake(
          "the numbers are those of the list as it came, not of the sorted half",
          values { tokens[$0][1 + $1] }),
        Mistake(
          "every row was asked for the last number: each place has a number of its own",
          values { list, _ in right(list, n - 1) }),
        Mistake("these are logits: normalise each row", values(right, table.logits)),
        Mistake("the sign is turned: a log-probability is never above 0", values(right).map(-)),
        Mistake(
          "the shift goes the wrong way on top of the cut: row i belongs to sorted number i",
          LogTable.gather(table.logs, places: n - 1, row: { $0 + 1 }, token: right)),
      ]
    }.otherwise { answer in
      // Shifted twice, with something of its own in the last place, for which there is no number.
      guard answer.shape == [tokens.count, n], n > 2 else { return nil }
      let isShifted = tokens.indices.allSatisfy { list in
        (0..<(n - 1)).allSatisfy { place in
          let shifted = table.logs[list][place][right(list, place + 1)]
          return abs(Double(answer[list, place]) - shifted) <= 1e-4 * max(1, abs(shifted))
        }
      }
      return isShifted ? .failed(Self.shiftedTwice) : nil
    }
  }
}
