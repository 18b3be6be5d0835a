import Coursework
import Foundation
import IdiomsVocabulary
import SheetTools
import Tensors
import Transformers

extension IdiomsSheet {
  /// 7.11: whether a score foresees what a head is worth.
  static let scoreAgainstImportance = Exercise(
    "7.11", "Score against importance", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      Two questions: is the *order* of heads by score that by effect; and what happens when those with \
      the greatest scores are gone?
      """,
      """
      Spearman's coefficient is Pearson's of ranks. Equal values share the mean of the ranks they take \
      up together.
      """,
      """
      `rank = (number that are smaller) + (number that are equal, itself among them, + 1) / 2`. For the \
      other half, sort all (layer, head) by `scores[layer, head]`, take the first, zero them in one run \
      a sentence (7.7), and take hits and losses at positions i < n − 1, each against `tokens[i + 1]`.
      """,
      """
      `let order = (0..<scores.count).sorted { scores.values[$0] > scores.values[$1] }.prefix(count)`, \
      with `HeadPlace(layer: $0 / heads, head: $0 % heads)`. Count hits and positions over all sentences; \
      divide once.
      """,
    ],
    interpretation: """
      In the thesis, taking away the three heads with the greatest idiom score changes nothing (55.49 to \
      55.63 %), and three by attribution cost six points. In the reader those by attention cost as much as \
      those by ablation itself: accuracy falls from 0.69 to 0.47 or 0.48. And attribution finds them or \
      not, as it happens: in the wide reader its three cost nothing at all (0.67 to 0.69). What decides is \
      whether one head of layer 0 is in the list, which literal sentences need as much. Over all 24 heads \
      the score's rank correlation with what zeroing costs is 0.34, and its interval over heads reaches \
      from −0.15 to 0.72: neither the thesis nor the reader settles it.
      """,
    cases: { generator in
      func ranks(_ count: Int, ties: Int) -> ([Double], [Double]) {
        let a = (0..<count).map { _ in pow(Double.random(in: 0..<3, using: &generator), 3) }
        var b = a.map { $0 + Double.random(in: -9...9, using: &generator) }
        var tied = a
        for index in 0..<ties {
          tied[index] = tied[index + ties]
          b[2 * index] = b[2 * index + 1]
        }
        return (tied, b)
      }
      let kinds: [(String, Int, Int, Int, SpanKind)] = [
        ("no ties, two heads away", 12, 0, 2, .formal),
        ("ties, four heads away", 16, 4, 4, .literal),
        ("few heads, six away", 9, 2, 6, .formal),
      ]
      return try kinds.map { name, count, ties, away, kind in
        while true {
          let (score, effect) = ranks(count, ties: ties)
          let question = ForecastQuestion(
            score: score, effect: effect, count: away,
            scores: .randomNormal([6, 4], using: &generator),
            sentences: idiomTexts(kind, count: 3, using: &generator).map(\.tokens), model: .reader)
          // Without ties, whatever becomes of them is the same.
          guard try foresightKey(question).isDecided(allowsSame: ties == 0) else { continue }
          let heads = try ChosenHeads(question)
          guard heads.isClear, try heads.qualityKey().isDecided() else { continue }
          return Case(name, question)
        }
      }
    },
    parts: [
      Part(IdiomsAsks.foresight) { question in
        let judge = foresightKey(question).judge
        return Judgement { (found: Double) in try judge.verdict(on: Tensor([Float(found)])) }
      },
      Part(IdiomsAsks.quality) { try ChosenHeads($0).judge() },
    ])

  private static func foresightKey(_ key: ForecastQuestion) -> TensorKey {
    typealias Numbers = DoubleCorrelation
    let (a, b) = (key.score, key.effect)
    let (ranksOfA, ranksOfB) = (Numbers.ranks(a), Numbers.ranks(b))
    func spearman(_ shared: ([Double]) -> Double) -> Double {
      Numbers.pearson(Numbers.ranks(a, shared: shared), Numbers.ranks(b, shared: shared))
    }
    /// Ranks by a sort that leaves equal values as they stand.
    func ordinal(_ values: [Double]) -> [Double] {
      values.indices.map { place in
        Double(
          values.indices.count {
            values[$0] < values[place] || values[$0] == values[place] && $0 <= place
          })
      }
    }
    var (agree, apart, comparable) = (0.0, 0.0, 0.0)
    for i in a.indices {
      for j in 0..<i {
        let sign = (a[i] - a[j]) * (b[i] - b[j])
        if sign > 0 { agree += 1 } else if sign < 0 { apart += 1 }
        comparable += 1
      }
    }
    let right = Numbers.pearson(ranksOfA, ranksOfB)
    return TensorKey(
      [right], shape: [1], named: "the rank correlation", axes: ["number"], tolerance: 1e-4
    ) {
      [
        Mistake(
          "this is Pearson's correlation of the values; rank them first",
          [Numbers.pearson(a, b)]),
        Mistake(
          "equal values got different ranks; they share the mean of them",
          [Numbers.pearson(ordinal(a), ordinal(b))]
        ),
        Mistake(
          "equal values got the least of their ranks; they share the mean of them",
          [spearman { $0.min()! }]
        ),
        Mistake(
          "equal values got the greatest of their ranks; they share the mean of them",
          [spearman { $0.max()! }]
        ),
        Mistake("one of the two was ranked the other way round", [-right]),
        Mistake("only one of the two was ranked", [Numbers.pearson(ranksOfA, b)]),
        Mistake("only one of the two was ranked", [Numbers.pearson(a, ranksOfB)]),
        Mistake(
          "this is Kendall's τ, of pairs in the same order; asked is Spearman's",
          [(agree - apart) / comparable]),
        Mistake("the coefficient is squared", [right * right]),
        Mistake(
          "places in the sorted list were correlated: rank[i] is where value i stands, not which value "
            + "stands at i",
          [
            Numbers.pearson(
              a.indices.sorted { (a[$0], $0) < (a[$1], $1) }.map(Double.init),
              b.indices.sorted { (b[$0], $0) < (b[$1], $1) }.map(Double.init))
          ]
        ),
      ]
    }
  }
}

/// Heads that a score chooses, taken away together, right and wrong.
private struct ChosenHeads {
  private let key: ForecastQuestion
  private let oracle: AblationOracle
  private let found: [AblationOracle.Prediction]

  init(_ key: ForecastQuestion) throws {
    self.key = key
    oracle = AblationOracle(model: try key.model.made(), sentences: key.sentences)
    found = try oracle.predictions(without: Self.chosen(key, key.count))
  }

  private static func chosen(
    _ key: ForecastQuestion, _ count: Int, by order: (Float, Float) -> Bool = { $0 > $1 }
  ) -> [HeadPlace] {
    let heads = (0..<key.scores.shape[0]).flatMap { layer in
      (0..<key.scores.shape[1]).map { HeadPlace(layer: layer, head: $0) }
    }
    return Array(
      heads.sorted { order(key.scores[$0.layer, $0.head], key.scores[$1.layer, $1.head]) }
        .prefix(count))
  }

  /// Whether no choice hangs on a rounding, and sizes, signs and order choose other heads each.
  var isClear: Bool {
    let orders: [(Float, Float) -> Bool] = [{ $0 > $1 }, { $0 < $1 }, { abs($0) > abs($1) }]
    let choices = Set(orders.map { Set(Self.chosen(key, key.count, by: $0)) })
    return choices.count == orders.count && found.allSatisfy { $0.margin > 2e-3 }
  }

  func judge() -> Judgement<Quality> {
    let judge = qualityKey().judge
    return Judgement {
      try judge.verdict(on: Tensor([Float($0.accuracy), Float($0.loss)], shape: [2]))
    }
  }

  func qualityKey() -> TensorKey {
    func numbers(_ predictions: [AblationOracle.Prediction]) -> [Double] {
      [AblationOracle.accuracy(predictions), AblationOracle.loss(predictions)]
    }
    func quality(_ heads: [HeadPlace], shift: Int = 1) throws -> [Double] {
      numbers(try oracle.predictions(without: heads, shift: shift))
    }
    let heads = Self.chosen(key, key.count)
    let right = numbers(found)
    let all = Double(key.sentences.reduce(0) { $0 + $1.count })
    return TensorKey(
      right, shape: [2], named: "accuracy and loss", axes: ["number"], tolerance: 2e-4
    ) {
      let single = try heads.map { try quality([$0]) }
      return [
        Mistake(
          "the heads of the least scores were zeroed; those of the greatest are asked for",
          try quality(Self.chosen(key, key.count, by: <))
        ),
        Mistake(
          "heads were chosen by the size of the score without its sign",
          try quality(Self.chosen(key, key.count, by: { abs($0) > abs($1) }))
        ),
        Mistake("nothing was zeroed", try quality([])),
        Mistake("one head too many was zeroed", try quality(Self.chosen(key, key.count + 1))),
        Mistake("one head too few was zeroed", try quality(Self.chosen(key, key.count - 1))),
        Mistake(
          "heads were zeroed one by one and the results averaged; zero them in one run",
          [0, 1].map { place in single.reduce(0) { $0 + $1[place] } / Double(single.count) }
        ),
        Mistake(
          "sentences' means were averaged; every predicted token counts alike",
          [
            AblationOracle.bySentence(found) { $0.isRight ? 1 : 0 },
            AblationOracle.bySentence(found, \.loss),
          ]
        ),
        Mistake(
          "position i was held against token i, which stands there already",
          try quality(heads, shift: 0)
        ),
        Mistake(
          "the last position was counted as wrong; what it predicts is not in the sentence",
          [right[0] * Double(found.count) / all, right[1]]
        ),
        Mistake(
          "layers and heads are exchanged: rows of the scores are layers",
          try quality(
            heads.map { HeadPlace(layer: $0.head, head: min($0.layer, key.scores.shape[1] - 1)) })
        ),
        Mistake("the accuracy is the share that is wrong", [1 - right[0], right[1]]),
        Mistake("the accuracy is in per cent", [100 * right[0], right[1]]),
        Mistake(
          "the loss is summed over tokens; take the mean",
          [right[0], right[1] * Double(found.count)]
        ),
      ]
    }
  }
}
