import AttentionVocabulary
import Coursework
import Foundation
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// 1.7: previous-token, duplicate-token and first-token scores.
  static let detectHeads = Exercise(
    "1.7", "Detect", points: 4, difficulty: 2, importance: 4, minutes: 20,
    hints: [
      """
      Draw, for the sentence “a b a c”, the picture of a head that reads nothing but the token \
      before. Where are its ones? Is there one in the first row?
      """,
      """
      That picture is D, a matrix `[query, key]` of 0 and 1. Multiply it with the attention A, \
      place by place: what is left is the attention the head spends where D expects it.
      """,
      """
      Divide what is left by *all* the attention of the head, Σ A, which is the number of rows. \
      The first row has no token before it, so even a perfect head stays a little below 1.
      """,
      """
      D[query, key] is 1 for “previous” when `key == query - 1`; for “duplicate” when \
      `key < query && tokens[key] == tokens[query]`; for “first” when `key == 0`. One score a \
      head: `(pattern[at: head] * d).sum().scalar / pattern[at: head].sum().scalar`.
      """,
    ],
    interpretation: """
      Three numbers now stand for a picture you would have had to look at, and you can have them \
      for every head of every model. Read them with care. The scores overlap: in row 1 the previous \
      token is the first one. A head with nothing to do often rests on the first token, so a high \
      first-token score may mean “idle”. And a head that scores high here *looks like* a \
      previous-token head on these sentences; whether the model uses it as one is another question, \
      and 1.10 asks it.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let run = try translator.run(pair, capturing: .matching("*.attn.hook_pattern"))
      let input = try translator.input(of: pair)
      let layer = translator.model.configuration.decoder!.layerCount - 1
      let planted = PlantedHeads(using: &generator)
      return [
        Case(
          "heads made by hand", question: planted.sequence,
          key: DetectionKey(sequence: planted.sequence, planted: planted.scores)),
        detectionCase(
          "self-attention of the decoder", try run.trace[.pattern(.decoder, layer)][at: 0],
          input.decoderTokens![0]),
        detectionCase(
          "self-attention of the encoder", try run.trace[.pattern(.encoder, 0)][at: 0],
          input.tokens[0]),
        detectionCase("a sequence of one token", Tensor([1, 1], shape: [2, 1, 1]), [4]),
      ]
    },
    parts: [Part(AttentionAsks.headScores) { DetectionReading($0.sequence).judge($0.planted) }])

  /// A sequence, and the scores of heads that were made to have them.
  struct DetectionKey {
    var sequence: AttendedTokens
    var planted: HeadScores?
  }

  private static func detectionCase(
    _ name: String, _ pattern: Tensor, _ tokens: [Int]
  ) -> Case<AttendedTokens, DetectionKey> {
    let sequence = AttendedTokens(pattern: pattern, tokens: tokens)
    return Case(name, question: sequence, key: DetectionKey(sequence: sequence))
  }
}

/// Heads whose score is known without adding up attention: every row shares its attention evenly
/// over keys that are listed.
struct PlantedHeads {
  private let tokens: [Int]
  /// The keys that every row reads, `[head][query]`.
  private let reads: [[[Int]]]

  init(using generator: inout SeededGenerator) {
    // More than twice as many places as tokens: one of them stands there three times at least.
    let length = Int.random(in: 9...12, using: &generator)
    let tokens = (0..<length).map { _ in Int.random(in: 20..<24, using: &generator) }
    self.tokens = tokens
    let places = tokens.indices
    reads = [
      places.map { [max($0 - 1, 0)] },
      places.map { _ in [0] },
      places.map { row in
        let copies = places.filter { $0 < row && tokens[$0] == tokens[row] }
        return copies.isEmpty ? [row] : copies
      },
      places.map { [min($0 + 1, length - 1)] },
      places.map { row in places.filter { tokens[$0] == tokens[row] } },
      places.map { _ in
        let count = Int.random(in: 2...4, using: &generator)
        return Array(places.shuffled(using: &generator).prefix(count))
      },
    ]
  }

  var sequence: AttendedTokens {
    var pattern = Tensor.zeros([reads.count, tokens.count, tokens.count])
    for (head, rows) in reads.enumerated() {
      for (query, keys) in rows.enumerated() {
        for key in keys { pattern[head, query, key] = 1 / Float(keys.count) }
      }
    }
    return AttendedTokens(pattern: pattern, tokens: tokens)
  }

  var scores: HeadScores {
    /// The mean over rows of the share of the row's keys that are among those expected.
    func score(_ expected: (Int) -> Set<Int>) -> [Float] {
      reads.map { rows in
        let shares = rows.enumerated().map { query, keys in
          Double(expected(query).intersection(keys).count) / Double(keys.count)
        }
        return Float(shares.reduce(0, +) / Double(rows.count))
      }
    }
    return HeadScores(
      previousToken: score { [$0 - 1] },
      duplicateToken: score { query in
        Set((0..<query).filter { tokens[$0] == tokens[query] })
      },
      firstToken: score { _ in [0] })
  }
}

/// Scores of heads in loops of Double, as they should be and as they are often misread.
private struct DetectionReading: Sendable {
  private let pattern: Tensor
  private let tokens: [Int]

  init(_ sequence: AttendedTokens) {
    pattern = sequence.pattern
    tokens = sequence.tokens
  }

  typealias Detects = (_ query: Int, _ key: Int) -> Bool
  /// How attention on the detection pattern becomes a score.
  private enum Share { case ofAttention, ofOnes, ofRowsWithOnes, ofCells }

  private var kinds: [Detects] {
    [
      { $1 == $0 - 1 }, { [tokens] in $1 < $0 && tokens[$1] == tokens[$0] }, { $1 == 0 },
    ]
  }

  private var scores: HeadScores {
    let lists = kinds.map { share(.ofAttention, $0).map(Float.init) }
    return HeadScores(
      previousToken: lists[0], duplicateToken: lists[1], firstToken: lists[2])
  }

  private func share(_ share: Share, _ detects: Detects) -> [Double] {
    let length = tokens.count
    return (0..<pattern.shape[0]).map { head in
      var (found, attention, ones, rows) = (0.0, 0.0, 0.0, 0.0)
      for query in 0..<length {
        let keys = (0..<length).filter { detects(query, $0) }
        found += keys.reduce(0) { $0 + Double(pattern[head, query, $1]) }
        attention += (0..<length).reduce(0) { $0 + Double(pattern[head, query, $1]) }
        ones += Double(keys.count)
        rows += keys.isEmpty ? 0 : 1
      }
      return switch share {
      case .ofAttention: found / attention
      case .ofOnes: found / ones
      case .ofRowsWithOnes: found / rows
      case .ofCells: found / Double(length * length)
      }
    }
  }

  /// Judges scores, of heads that were made to have theirs or of any.
  func judge(_ planted: HeadScores?) -> Expected<HeadScores> {
    let expected = (planted ?? scores).lists
    let names = ["the previous-token score", "the duplicate-token score", "the first-token score"]
    return Expected(
      comparing: { answer in
        .combining(
          try zip(zip(answer.lists, expected), zip(names, single)).map { lists, kind in
            let (name, mistakes) = kind
            let judge = Expected(lists.1, named: name, of: "head") {
              mistakes.map { Mistake($0.0, share(.ofAttention, $0.1)) }
            }
            return try judge.verdict(on: lists.0)
          })
      },
      isSame: { Verdict.areSame($0.lists.flatMap(\.self), $1.lists.flatMap(\.self)) },
      mistakes: { common })
  }

  /// Mistakes in all three scores.
  private var common: [Mistake<HeadScores>] {
    func combined(_ sentence: String, _ share: (Detects) -> [Double]) -> Mistake<HeadScores> {
      let lists = kinds.map { share($0).map(Float.init) }
      return Mistake(
        sentence,
        HeadScores(previousToken: lists[0], duplicateToken: lists[1], firstToken: lists[2]))
    }
    return [
      combined(
        "this divides by the number of ones in D; divide by all the attention there is, Σ A"
      ) { share(.ofOnes, $0) },
      combined(
        """
        this looks only at rows in which D has a one; a row without one counts too, for the head \
        spends its attention there as well
        """
      ) { share(.ofRowsWithOnes, $0) },
      combined(
        "this is the mean over all cells, which shrinks as the sequence grows; divide by Σ A"
      ) {
        share(.ofCells, $0)
      },
      combined(
        "queries and keys are exchanged: the row is the query, the column the key it attends to"
      ) {
        detects in share(.ofAttention) { detects($1, $0) }
      },
    ]
  }

  /// Mistakes in one score, in the order previous, duplicate, first.
  private var single: [[(String, Detects)]] {
    [
      [
        (
          "this scores the next token; the previous one stands at key = query − 1", { $1 == $0 + 1 }
        ),
        ("this scores the token itself; the previous one stands at key = query − 1", { $1 == $0 }),
        (
          "this counts the first row's own place as its previous token; it has none",
          { $1 == max($0 - 1, 0) }
        ),
      ],
      [
        (
          "a token is not a duplicate of itself: only earlier copies count",
          { [tokens] in $1 <= $0 && tokens[$1] == tokens[$0] }
        ),
        (
          "a token is not a duplicate of itself, and only copies before it count",
          { [tokens] in tokens[$1] == tokens[$0] }
        ),
        (
          "later copies do not count: a duplicate-token head looks back",
          { [tokens] in $1 != $0 && tokens[$1] == tokens[$0] }
        ),
        (
          "only later copies are counted here; a duplicate-token head looks back",
          { [tokens] in $1 > $0 && tokens[$1] == tokens[$0] }
        ),
      ],
      [
        (
          "this scores the last token of the sequence, not the first",
          { [tokens] in $1 == tokens.count - 1 }
        ),
        ("the first row's attention to the first token counts too", { $1 == 0 && $0 > 0 }),
      ],
    ]
  }
}

extension HeadScores {
  /// The three scores, a number a head each.
  fileprivate var lists: [[Float]] { [previousToken, duplicateToken, firstToken] }
}
