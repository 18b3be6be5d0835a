import Coursework
import Foundation
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

extension SortingSheet {
  /// 4.10: the same loop asked for another thing, and what it has learned.
  static let nextElement = Exercise(
    "4.10", "The next element", points: 5, difficulty: 4, importance: 5, minutes: 35,
    hints: [
      """
      `START a b c d` has five rows of logits, 0 to 4. Which of them has read a, b and c, and not d? \
      That row alone is asked, for d alone.
      """,
      """
      A sequence that was left out may still have been met in pieces: 10 12 14 16 was, if 8 10 12 14 \
      was not left out. But was it 16 that was asked for there? Look for the last three numbers, in \
      a row, in all sequences of the training.
      """,
      """
      Three groups, and every asked sequence is in one: in the training; else with its last three \
      numbers in a row in one of the training (of four numbers there are two such places); else new. \
      For the table count, over the whole training, what stands right behind each number.
      """,
      """
      `let windows = Set(training.flatMap { [Array($0[0...2]), Array($0[1...3])] })`; a sequence is \
      met if `Set(training).contains($0)`, moved if `windows.contains(Array($0[1...3]))`. What is \
      written: `logits.slice(axis: 1, 3..<4).argmax()`, of `model.model(ModelInput(tokens: …))` with \
      `model.sequences.tokens(of:)`. The table of 14 is the k for which `followers[14][k]` is greatest.
      """,
    ],
    interpretation: """
      Both models know nearly all that they learned from. The one whose loss counts the fourth number \
      alone gets nothing else right. The other seems to carry the rules over: it gets most of what was \
      left out. But that is sequences whose end it has met at another place; of what is new it gets few, \
      and at most of these it writes the neighbour that it has met most often. That is 4.4 again, in \
      finer print: ask what the answer can be read off from, and leave that out.
      """,
    cases: { generator in
      try TrainedSequences.Objective.allCases.map { objective in
        let trained = try TrainedSequences.kept(objective)
        return Case(
          objective == .fourth
            ? "a model that was asked for the fourth number"
            : "one that was asked for every number",
          try question(about: trained, using: &generator))
      }
    },
    parts: [
      Part(SortingAsks.nextElementLoss) { NextElementWork($0).loss },
      Part(SortingAsks.nextElementAccuracy) { question in
        Judgement { NextElementWork(question).verdict(onAccuracy: $0) }
      },
      Part(SortingAsks.carryOver, judge: CarryOverJudge.init),
    ])

  /// Questions until one tells every way to count from every other.
  private static func question(
    about trained: TrainedSequences, using generator: inout SeededGenerator
  ) throws -> ContinuedSequences {
    let clear = try trained.clearSequences()
    var best: (question: ContinuedSequences, ways: Int)?
    for _ in 0..<30 {
      let asked =
        (clear.met.shuffled(using: &generator).prefix(20)
        + clear.leftOut.shuffled(using: &generator).prefix(30)).shuffled(using: &generator)
      let given = Array(trained.training.shuffled(using: &generator).prefix(12))
      let question = ContinuedSequences(
        given: given, logits: plantedLogits(for: given, trained.model, using: &generator),
        model: trained.model, training: trained.training, asked: asked)
      let ways =
        CarryOverJudge(question).distinctWays + NextElementWork(question).distinctAccuracies
      if best.map({ ways > $0.ways }) ?? true { best = (question, ways) }
    }
    return best!.question
  }

  /// Logits that are right now and then: at about half of the rows the greatest is the next token's.
  private static func plantedLogits(
    for given: [[Int]], _ model: SequenceModel, using generator: inout SeededGenerator
  ) -> Tensor {
    let rows = NumberSequences.length + 1
    var logits = Tensor.randomNormal(
      [given.count, rows, model.sequences.vocabularySize], standardDeviation: 2, using: &generator)
    for (place, sequence) in given.enumerated() {
      let tokens = model.sequences.tokens(of: sequence)
      for row in 0..<rows {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0...2 where row + 1 < rows: logits[place, row, tokens[row + 1]] = 12
        case 3: logits[place, row, tokens[row]] = 12
        case 4: logits[place, row, tokens[rows - 1]] = 12
        default: break
        }
      }
    }
    return logits
  }
}

extension TrainedSequences {
  /// The sequences at which the likeliest number is clearly the likeliest, and a table is sure too.
  fileprivate func clearSequences() throws -> (met: [[Int]], leftOut: [[Int]]) {
    let head = NaiveHead(model.model)
    func isClear(_ sequence: [Int]) -> Bool {
      let logits = head.logits(of: model.sequences.tokens(of: sequence), at: 3..<4)[0]
        .sorted(by: >)
      return logits[0] - logits[1] > 1e-3
    }
    let seen = SeenSequences(training)
    return (
      training.filter(isClear), leftOut.filter { isClear($0) && seen.isSure(of: $0[2]) }
    )
  }
}

/// What logits say of the fourth numbers of sequences, and what else might be read off them.
private struct NextElementWork {
  private let sequences: [[Int]]
  private let tokens: [[Int]]
  private let table: LogTable
  private let row = NumberSequences.length - 1

  init(_ question: ContinuedSequences) {
    sequences = question.given
    tokens = question.given.map { question.model.sequences.tokens(of: $0) }
    table = LogTable(question.logits)
  }

  private func mean(
    _ values: [[[Double]]], rows: Range<Int>, token: (_ tokens: [Int], _ row: Int) -> Int
  ) -> Double {
    let all = zip(values, tokens).flatMap { values, tokens in
      rows.map { values[$0][token(tokens, $0)] }
    }
    return all.reduce(0, +) / Double(all.count)
  }

  private static func next(_ tokens: [Int], _ row: Int) -> Int { tokens[row + 1] }
  private static func own(_ tokens: [Int], _ row: Int) -> Int { tokens[row] }

  var loss: Expected<Float> {
    let row = row..<(row + 1)
    let right = -mean(table.logs, rows: row, token: Self.next)
    return Expected(Float(right), named: "the loss") {
      [
        Mistake("the sign is turned: a loss is minus the mean log-probability", -right),
        Mistake(
          "every row is counted, as in 4.1; here the fourth number alone is asked for",
          -mean(table.logs, rows: 0..<(self.row + 1), token: Self.next)),
        Mistake(
          "the last row was asked: it has read the fourth number; the row before predicts it",
          -mean(
            table.logs, rows: (self.row + 1)..<(self.row + 2), token: Self.own)),
        Mistake(
          "each row was asked for the token that it reads; the third number's row predicts the fourth",
          -mean(table.logs, rows: row, token: Self.own)),
        Mistake(
          "the row of the second number was asked: the first that has read three is one further on",
          -mean(table.logs, rows: (self.row - 1)..<self.row) { tokens, _ in tokens.last! }),
        Mistake(
          "this is a sum; the mean over the sequences is asked for",
          right * Double(sequences.count)),
        Mistake(
          "these are logits: normalise each row first",
          -mean(table.logits, rows: row, token: Self.next)),
        Mistake("the loss is in bits; nats are asked for", right / log(2)),
      ]
    }
  }

  private func share(
    rows: Range<Int>, allOf: Bool = false, token: (_ tokens: [Int], _ row: Int) -> Int
  ) -> Double {
    let hits = zip(table.logits, tokens).map { logits, tokens in
      rows.map { row in
        logits[row].indices.max { logits[row][$0] < logits[row][$1] }! == token(tokens, row)
      }
    }
    if allOf { return Double(hits.count { $0.allSatisfy(\.self) }) / Double(hits.count) }
    return Double(hits.joined().count { $0 }) / Double(hits.count * rows.count)
  }

  private var accuracies: [(share: Double, sentence: String)] {
    let row = row..<(row + 1)
    return [
      (
        share(rows: 0..<(self.row + 1), token: Self.next),
        "every row is counted, as in 4.1; here the fourth number alone is asked for"
      ),
      (
        share(rows: 0..<(self.row + 1), allOf: true, token: Self.next),
        "a sequence counts here when every number is right; the fourth alone is asked for"
      ),
      (
        share(rows: (self.row + 1)..<(self.row + 2), token: Self.own),
        "the last row was asked: it has read the fourth number; the row before predicts it"
      ),
      (
        share(rows: row, token: Self.own),
        "each row was asked for the token that it reads; the third number's row predicts the fourth"
      ),
      (
        share(rows: (self.row - 1)..<self.row) { tokens, _ in tokens.last! },
        "the row of the second number was asked: the first that has read three is one further on"
      ),
    ]
  }

  private var accuracy: Double { share(rows: row..<(row + 1), token: Self.next) }

  /// How many ways to count give shares of their own.
  var distinctAccuracies: Int { Set(accuracies.map(\.share) + [accuracy]).count }

  func verdict(onAccuracy answer: Double) -> Verdict {
    guard answer.isFinite else { return .invalid("the share is \(answer), which is no number") }
    func isClose(_ value: Double) -> Bool { abs(answer - value) < 1e-6 }
    let right = accuracy
    if isClose(right) { return .passed() }
    let detail = "it is \(answer) and should be \(right)"
    let others = [
      (right * 100, "this is in per cent; a share is at most 1"),
      (right * Double(sequences.count), "this is a count: divide by the number of sequences"),
      (1 - right, "this is the share of the sequences that are wrong"),
    ]
    let mistake = (accuracies.map { ($0.share, $0.sentence) } + others).first { isClose($0.0) }
    return .failed(
      mistake?.1 ?? "the share is too \(answer < right ? "small" : "large")", detail: detail)
  }
}
