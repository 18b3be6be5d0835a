import AttentionVocabulary
import Coursework
import Foundation
import Tensors

/// Scores of heads in loops of Double, as they should be and as they are often misread.
struct DetectionReading: Sendable {
  /// Whether a key is one that a head is looked for at.
  typealias Detects = @Sendable (_ text: ReadText, _ query: Int, _ key: Int) -> Bool
  /// What the attention on the ones of D is divided by.
  private enum Over { case rowsWithOnes, rows, ones }

  private let texts: [ReadText]
  private let planted: HeadScores?
  private let heads: [String]?

  init(_ key: AttentionSheet.DetectionKey) {
    texts = key.texts
    planted = key.planted
    heads = key.heads
  }

  private static let kinds: [Detects] = [
    { $2 == $1 - 1 }, { $2 < $1 && $0.tokens[$2] == $0.tokens[$1] },
    { $2 <= $1 && $2 > 0 && $0.isRead[$2 - 1] && $0.tokens[$2 - 1] == $0.tokens[$1] },
    { $1 == $0.isRead.lastIndex(of: true) && $2 == $0.indirectObject },
  ]

  /// The same where padding is taken for a token, in front of what is looked behind too.
  private static let unread: [Detects] = [
    kinds[0], kinds[1], { $2 <= $1 && $2 > 0 && $0.tokens[$2 - 1] == $0.tokens[$1] }, kinds[3],
  ]

  private static let names = [
    "the previous-token scores", "the duplicate-token scores", "the induction scores",
    "the scores for the indirect object",
  ]

  /// - Parameter attention: What a row gives to a key, for a text and a head.
  private func share(
    _ detects: Detects, over: Over = .rowsWithOnes, in texts: [ReadText], heads: Int,
    countsPadding: Bool = false, attention: (ReadText, Int, Int, Int) -> Double
  ) -> [Double] {
    var (found, rows, ones) = ([Double](repeating: 0, count: heads), 0.0, 0.0)
    for text in texts {
      for query in text.tokens.indices where countsPadding || text.isRead[query] {
        let keys = text.tokens.indices.filter {
          (countsPadding || text.isRead[$0]) && detects(text, query, $0)
        }
        ones += Double(keys.count)
        rows += over == .rowsWithOnes && keys.isEmpty ? 0 : 1
        for head in 0..<heads {
          found[head] += keys.reduce(0) { $0 + attention(text, head, query, $1) }
        }
      }
    }
    let divisor = over == .ones ? ones : rows
    return found.map { divisor > 0 ? $0 / divisor : 0 }
  }

  private var headCount: Int { texts[0].pattern.shape[0] }

  private func share(
    _ detects: Detects, over: Over = .rowsWithOnes, in some: [ReadText]? = nil,
    countsPadding: Bool = false
  ) -> [Double] {
    share(
      detects, over: over, in: some ?? texts, heads: headCount, countsPadding: countsPadding
    ) { Double($0.pattern[$1, $2, $3]) }
  }

  // MARK: Scores

  var scoresJudge: Expected<HeadScores> {
    let expected = planted ?? HeadScores(Self.kinds.map { share($0) })
    let judge = Expected<HeadScores>(
      comparing: { answer in
        .combining(
          try zip(zip(answer.lists, expected.lists), zip(Self.names, single)).map { lists, kind in
            let (name, mistakes) = kind
            return try Expected(lists.1, named: name, of: "head") {
              mistakes.map { Mistake($0.0, share($0.1)) }
            }.verdict(on: lists.0)
          })
      },
      isSame: { Verdict.areSame($0.lists.flatMap(\.self), $1.lists.flatMap(\.self)) },
      mistakes: { common })
    return heads.map { judge.praising(report(expected, $0)) } ?? judge
  }

  /// Mistakes in all scores.
  private var common: [Mistake<HeadScores>] {
    func combined(_ sentence: String, _ share: (Detects) -> [Double]) -> Mistake<HeadScores> {
      Mistake(sentence, HeadScores(Self.kinds.map(share)))
    }
    let everywhere =
      "every row counts here; where D has no one there is nothing to find, and the row says nothing "
      + "about a head"
    let padding =
      "padding is counted: where `isRead` is false there is no token, neither in a row nor in a column"
    let means = { (detects: Detects) -> [Double] in
      let each = texts.map { share(detects, in: [$0]) }
      return each[0].indices.map { head in
        each.reduce(0) { $0 + $1[head] } / Double(each.count)
      }
    }
    return [
      combined(everywhere) { share($0, over: .rows) },
      combined(
        "this divides by the number of ones in D; divide by the rows that have one, for a row sums to 1"
      ) { share($0, over: .ones) },
      combined(padding) { share($0, countsPadding: true) },
      combined(padding) { share($0, over: .rows, countsPadding: true) },
      Mistake(padding, HeadScores(Self.unread.map { share($0, countsPadding: true) })),
      combined(
        "this is the mean of the texts' scores; take all their rows together, for some texts have few",
        means),
      combined("one text is counted; a score is taken over all of them") {
        share($0, in: [texts[0]])
      },
      combined(
        "queries and keys are exchanged: the row is the query, the column the key it attends to"
      ) { detects in share { detects($0, $2, $1) } },
    ]
  }

  /// Mistakes in one score.
  private var single: [[(String, Detects)]] {
    [
      [
        (
          "this scores the next token; the previous one stands at key = query − 1", { $2 == $1 + 1 }
        ),
        (
          "this scores the token itself; the previous one stands at key = query − 1",
          { $2 == $1 }
        ),
        (
          "this counts the first row's own place as its previous token; it has none",
          { $2 == max($1 - 1, $0.isRead.firstIndex(of: true) ?? 0) }
        ),
      ],
      [
        (
          "a token is not a duplicate of itself: only earlier copies count",
          { $2 <= $1 && $0.tokens[$2] == $0.tokens[$1] }
        ),
        (
          "a token is not a duplicate of itself, and only copies before it count",
          { $0.tokens[$2] == $0.tokens[$1] }
        ),
        (
          "later copies do not count: a duplicate-token head looks back",
          { $2 != $1 && $0.tokens[$2] == $0.tokens[$1] }
        ),
      ],
      [
        (
          "this scores earlier copies themselves; an induction head looks at the token behind a copy",
          Self.kinds[1]
        ),
        (
          "this scores the token before an earlier copy; an induction head looks behind it",
          { $2 + 1 < $1 && $0.tokens[$2 + 1] == $0.tokens[$1] }
        ),
        (
          "where a token follows its own copy, the token behind the copy is the query itself, and it "
            + "counts", { Self.kinds[2]($0, $1, $2) && $2 < $1 }
        ),
        (
          "only the latest copy is counted; any earlier one may be looked behind",
          { text, query, key in
            Self.kinds[2](text, query, key)
              && !((key + 1)..<(query + 1)).contains { Self.kinds[2](text, query, $0) }
          }
        ),
      ],
      [
        (
          "every row is counted; the name is asked for in one, the last that is read",
          { $2 == $0.indirectObject && $2 <= $1 }
        ),
        (
          "this is the row of the indirect object; it is looked at from the last row that is read",
          { $1 == $0.indirectObject && $2 == ($0.isRead.lastIndex(of: true) ?? 0) }
        ),
        (
          "the last row of the pattern is padding in some texts; the last that is *read* counts",
          { $1 == $0.tokens.count - 1 && $2 == $0.indirectObject }
        ),
        (
          "this is the row before the last; the last row that is read predicts the name",
          { $1 + 1 == $0.isRead.lastIndex(of: true) && $2 == $0.indirectObject }
        ),
      ],
    ]
  }

  // MARK: Even attention

  private func even(
    _ detects: Detects,
    share keys: (_ text: ReadText, _ query: Int) -> Int = DetectionReading.visible
  ) -> Double {
    share(detects, in: texts, heads: 1) { text, _, query, key in
      key <= query ? 1 / Double(max(keys(text, query), 1)) : 0
    }[0]
  }

  /// How many keys a row may see.
  private static func visible(_ text: ReadText, _ query: Int) -> Int {
    text.isRead[...query].count { $0 }
  }

  var evenJudge: Expected<EvenScores> {
    let expected = EvenScores(Self.kinds.map { even($0) })
    return Expected(
      comparing: { answer in
        .compare(
          answer.values, to: expected.values, named: "the list of even scores", of: "kind of head")
      },
      isSame: { Verdict.areSame($0.values, $1.values) }
    ) {
      func mistake(_ sentence: String, _ even: (Detects) -> Double) -> Mistake<EvenScores> {
        Mistake(sentence, EvenScores(Self.kinds.map(even)))
      }
      return [
        mistake(
          "a decoder never looks ahead: row i spreads its attention over the keys up to i, not over "
            + "all of the text"
        ) { even($0) { text, _ in text.isRead.count { $0 } } },
        mistake("padding in front is no key: an even row spreads over what is read") {
          even($0) { $1 + 1 }
        },
        mistake("padding is no key: an even row spreads over what is read, up to itself") {
          even($0) { text, _ in text.tokens.count }
        },
        mistake(
          "this is the share of ones among all keys; take every row's share, and then their mean"
        ) { detects in
          var (ones, keys) = (0.0, 0.0)
          for text in texts {
            for query in text.tokens.indices where text.isRead[query] {
              let found = (0...query).count { text.isRead[$0] && detects(text, query, $0) }
              ones += Double(found)
              keys += found > 0 ? Double(Self.visible(text, query)) : 0
            }
          }
          return keys > 0 ? ones / keys : 0
        },
        mistake(
          "every row counts here; where D has no one there is nothing to find, for an even head either"
        ) { detects in
          share(detects, over: .rows, in: texts, heads: 1) { text, _, query, key in
            key <= query ? 1 / Double(Self.visible(text, query)) : 0
          }[0]
        },
      ]
    }
  }

  // MARK: What was found

  /// The strongest head of every kind, beside an even one.
  private func report(_ scores: HeadScores, _ heads: [String]) -> String {
    let kinds = ["one back", "at copies", "behind copies", "at the indirect object"]
    let found = zip(kinds, zip(scores.lists, Self.kinds)).compactMap { kind, values -> String? in
      let (list, detects) = values
      guard let best = list.indices.max(by: { list[$0] < list[$1] }), list[best] > 0,
        heads.indices.contains(best)
      else { return nil }
      let (own, evenly) = (
        String(format: "%.2f", list[best]), String(format: "%.2f", even(detects))
      )
      return "\(kind) \(heads[best]) with \(own) (even \(evenly))"
    }
    return "most looks " + found.joined(separator: ", ")
  }
}

extension HeadScores {
  /// The scores, a number a head each.
  fileprivate var lists: [[Float]] { [previousToken, duplicateToken, induction, indirectObject] }

  fileprivate init(_ lists: [[Double]]) {
    let lists = lists.map { $0.map(Float.init) }
    self.init(
      previousToken: lists[0], duplicateToken: lists[1], induction: lists[2],
      indirectObject: lists[3])
  }
}

extension EvenScores {
  fileprivate var values: [Float] { [previousToken, duplicateToken, induction, indirectObject] }

  fileprivate init(_ values: [Double]) {
    let values = values.map(Float.init)
    self.init(
      previousToken: values[0], duplicateToken: values[1], induction: values[2],
      indirectObject: values[3])
  }
}
