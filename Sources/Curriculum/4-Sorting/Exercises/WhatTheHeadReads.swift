import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

extension SortingSheet {
  /// 4.7: where the one head looks.
  static let whatTheHeadReads = Exercise(
    "4.7", "What the head reads", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      "Which rows matter? Those that predict sorted numbers: 4.2 says which.",
      """
      Capture `.pattern(.blocks, 0)`: `[list, head, query, key]`. A row is a query. Take the \
      position with the greatest weight, and then the token that stands there.
      """,
      """
      For the share: the row of place 0 reads MID, and its next number is the least of the list; \
      the row of place i reads sorted number i − 1, and its next number is sorted number i.
      """,
      """
      `let run = try sorter.model.run(ModelInput(tokens: tokens), capturing: [.pattern(.blocks, \
      0)])`; for each list and each row of 4.2, `(n + 1)..<(2 * n + 1)`, the key with the greatest \
      `pattern[list, 0, row, key]`, and `tokens[list][key]`. The share counts where \
      `tokensRead[list][place] == lists[list].sorted()[place]`.
      """,
    ],
    interpretation: """
      Nearly always the head reads the least number that is greater than the one it stands on. \
      Nobody told it so: the loss did. But not always, least where two numbers are one apart, and \
      there the list is sorted all the same. So this is half of an explanation. Attention says \
      where information comes from, not what becomes of it; that is in the other circuit.
      """,
    cases: { generator in
      let trained = try LiveTraining.result.get().sorter
      let untrained = SorterTrainer(
        lists: SortingLists(numbers: 24, length: 4), width: 24, headWidth: 8,
        recipe: SorterRecipe(seed: generator.next())
      ).sorter
      return try [
        ("the trained sorter", trained, 12), ("a head that has learned nothing", untrained, 6),
      ]
      .map { name, sorter, count in
        let others = sorter.lists.draw(.test, count: 10, using: &generator)
        let question = ReadingHead(
          sorter: sorter,
          lists: try clearLists(for: sorter, count: count, using: &generator),
          otherLists: others,
          otherReads: others.map { list in
            let sorted = list.sorted()
            // Now and then the number itself, or a number from anywhere.
            return sorted.indices.map { place in
              switch Int.random(in: 0..<5, using: &generator) {
              case 0: place == 0 ? sorter.lists.startToken : sorted[place - 1]
              case 1: list.randomElement(using: &generator)!
              default: sorted[place]
              }
            }
          })
        return Case(name, question)
      }
    },
    parts: [
      Part(SortingAsks.tokensRead) { question in
        Judgement { HeadJudge(question).verdict(onReads: $0) }
      },
      Part(SortingAsks.shareOfNextNumbers) { question in
        Judgement { HeadJudge(question).verdict(onShare: $0) }
      },
    ])

  /// Lists for which the greatest weight of every row is clearly the greatest.
  private static func clearLists(
    for sorter: Sorter, count: Int, using generator: inout SeededGenerator
  ) throws -> [[Int]] {
    let naive = NaiveSorter(sorter)
    var found: [[Int]] = []
    for list in sorter.lists.draw(.test, count: 60 * count, using: &generator)
    where found.count < count {
      let isClear = naive.attention(sorting: list).allSatisfy { row in
        let sorted = row.sorted(by: >)
        return sorted[0] - sorted[1] > 1e-3
      }
      if isClear { found.append(list) }
    }
    return found
  }
}

/// Tells what a head reads from what else might be read off its pattern.
private struct HeadJudge {
  private let question: ReadingHead

  init(_ question: ReadingHead) { self.question = question }

  func verdict(onReads answer: [[Int]]) -> Verdict {
    let lists = question.sorter.lists
    let n = lists.length
    guard answer.count == question.lists.count else {
      return .invalid("there are \(answer.count) lists of tokens for \(question.lists.count) lists")
    }
    let maps = question.lists.map { NaiveSorter(question.sorter).attention(sorting: $0) }
    let tokens = question.lists.map { lists.tokens(of: $0) }
    func greatest(_ weights: [Double]) -> Int { weights.indices.max { weights[$0] < weights[$1] }! }
    let positions = maps.map { $0.map(greatest) }
    let right = zip(positions, tokens).map { places, tokens in places.map { tokens[$0] } }
    if answer == right { return .passed() }
    let detail = "the first list's should be \(right[0])"
    let mistakes: [([[Int]], String)] = [
      (positions, "these are positions; the tokens that stand there are asked for"),
      (
        question.lists.map { $0.sorted() },
        "these are the sorted numbers, not what this head looks at: it need not be a good one"
      ),
    ]
    if let mistake = mistakes.first(where: { $0.0 == answer }) {
      return .failed(mistake.1, detail: detail)
    }
    if answer.contains(where: { $0.count != n }) {
      return .invalid("each list has \(n) rows that predict a sorted number, from MID on")
    }
    if zip(answer, right).allSatisfy({ Array($0.dropLast()) == Array($1.dropFirst()) }) {
      return .failed(
        "the rows begin one too late: the first number is predicted by the row of MID",
        detail: detail)
    }
    let columns = zip(maps, tokens).map { map, tokens in
      lists.sortedRows.map { column -> Int in
        let place = map.indices.max { map[$0][column] < map[$1][column] }!
        return tokens[lists.sortedRows.lowerBound + place]
      }
    }
    if answer == columns {
      return .failed(
        "this is who looks at each position, not where each looks: a row of the pattern is a query",
        detail: detail)
    }
    let sources = zip(maps, tokens).map { map, tokens in
      map.map { weights in tokens[(1...n).max { weights[$0] < weights[$1] }!] }
    }
    if answer == sources {
      return .failed(
        "only the list as it came was looked through: START, MID and sorted numbers can be read too",
        detail: detail)
    }
    let least = zip(maps, tokens).map { map, tokens in
      zip(lists.sortedRows, map).map { row, weights in
        tokens[(0...row).min { weights[$0] < weights[$1] }!]
      }
    }
    if answer == least {
      return .failed("this is where each row looks least: take the greatest weight", detail: detail)
    }
    return .failed("some rows look elsewhere", detail: detail)
  }

  func verdict(onShare answer: Double) -> Verdict {
    guard answer.isFinite else { return .invalid("the share is \(answer), which is no number") }
    let pairs = zip(question.otherReads, question.otherLists).map { ($0, $1.sorted()) }
    let n = question.sorter.lists.length
    func share(of rows: Range<Int>, _ isSo: ([Int], [Int], Int) -> Bool) -> Double {
      let hits = pairs.reduce(0) { sum, pair in sum + rows.count { isSo(pair.0, pair.1, $0) } }
      return Double(hits) / Double(pairs.count * rows.count)
    }
    let right = share(of: 0..<n) { $0[$2] == $1[$2] }
    func isClose(_ value: Double) -> Bool { abs(answer - value) < 1e-6 }
    if isClose(right) { return .passed() }
    let mistakes: [(Double, String)] = [
      (right * 100, "this is in per cent; a share is at most 1"),
      (1 - right, "this is the share of the rows that do not"),
      (right * Double(pairs.count * n), "this is a count: divide by the number of rows"),
      (
        share(of: 0..<n) { reads, sorted, place in place > 0 && reads[place] == sorted[place - 1] },
        "these rows read their own number; greater than it is asked for"
      ),
      (
        share(of: 0..<n) { reads, sorted, place in
          place == 0 ? sorted.contains(reads[0]) : reads[place] > sorted[place - 1]
        }, "any greater number is counted; only the least of them is the next"
      ),
      (
        share(of: 1..<n) { $0[$2] == $1[$2] },
        "the row of MID is left out: its next number is the least of the list"
      ),
      (
        Double(pairs.count { $0.0 == $0.1 }) / Double(pairs.count),
        "whole lists are counted; the share of rows is asked for"
      ),
    ]
    if let mistake = mistakes.first(where: { isClose($0.0) }) {
      return .failed(mistake.1, detail: "it is \(answer) and should be \(right)")
    }
    return .failed(
      "the share is too \(answer < right ? "small" : "large")",
      detail: "it is \(answer) and should be \(right)")
  }
}
