import Coursework
import IdiomsVocabulary
import SheetTools
import Tensors

extension IdiomsSheet {
  /// 7.3: five components, and what they are made into.
  static let theIdiomScore = Exercise(
    "7.3", "The idiom score", points: 4, difficulty: 3, importance: 4, minutes: 30,
    hints: [
      """
      List the pairs first. Which pairs of a query and a key touch the span? And which of them can a \
      causal head attend to at all?
      """,
      """
      A pair (query, key) with key ≤ query counts when one or both are in the span. Mean and deviation \
      are over these; “greatest” is a mean too, over the queries that have such pairs.
      """,
      """
      “phrase” asks something else: of the queries *in* the span, how much of their attention stays in \
      it? That is a sum over keys, and a mean over those queries alone. “result” is one mean over the \
      span's positions and the width.
      """,
      """
      For each query collect `row = (0...query).filter { span.contains(query) || span.contains($0) \
      }.map { pattern[query, $0] }`; all rows joined give mean and deviation, `row.max()` of those that \
      are not empty gives greatest. The score: `2 * (1 / (1 + exp(-sum)) - 0.5)`.
      """,
    ],
    interpretation: """
      Look at the units. Four components are shares of attention and lie between 0 and 1; the fifth is \
      in the units of the residual stream, and in a model with layer norms whose weights were processed \
      it is exactly 0, because what a head adds is centred. “phrase” counts what stays in the span and \
      is large for any span that begins a sentence. A sum of such things is a number, but of what?
      """,
    cases: { generator in
      let kinds: [(String, Int, [Int])] = [
        ("an idiom of three tokens", 8, [3, 4, 5]), ("an idiom of one token", 7, [4]),
        ("an idiom at the end", 7, [5, 6]), ("an idiom that is broken up", 9, [2, 3, 6]),
      ]
      return try kinds.enumerated().map { number, kind in
        let head = try drawn(
          using: &generator, { randomHead(kind.1, span: kind.2, using: &$0) },
          // In the first every mistake shows; at the end, no query but the span's reads it.
          until: { try idiomKey($0).isDecided(allowsSame: number > 0) })
        return Case(kind.0, head)
      }
    },
    parts: [
      Part(IdiomsAsks.idiomScore) { head in
        let judge = idiomKey(head).judge
        return Judgement { try judge.verdict(on: ScoreOracle.tensor($0)) }
      }
    ])

  private static func idiomKey(_ head: HeadOnSentence) -> TensorKey {
    var both = ScoreOracle.idiom
    both.counts = { $0 && $1 }
    var queries = ScoreOracle.idiom
    queries.counts = { query, _ in query }
    var keys = ScoreOracle.idiom
    keys.counts = { _, key in key }
    var one = ScoreOracle.idiom
    one.counts = { $0 != $1 }
    return ScoreOracle(head).key(
      ScoreOracle.idiom,
      mistakes: [
        ("only pairs with both tokens in the span were counted; one is enough", both),
        ("only queries in the span were counted; the key may be in it instead", queries),
        ("only keys in the span were counted; the query may be in it instead", keys),
        ("pairs with both tokens in the span were left out; they touch it too", one),
      ])
  }
}
