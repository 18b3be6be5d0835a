import Coursework
import Foundation
import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
import Tensors

extension GradientsSheet {
  /// 3.9: which method ranks pieces as occlusion does.
  static let attentionAgainstGradients = Exercise(
    "3.9", "Attention against gradients", points: 4, difficulty: 3, importance: 4, minutes: 25,
    timeLimit: 30,
    hints: [
      """
      Attention weights and logits have no common unit. What can be compared is the order: which piece \
      comes first, which second. Give every value its place among the others.
      """,
      """
      The rank of a value: how many are smaller, plus half of how many others are equal. Then Pearson's \
      correlation of the two lists of ranks. When all are equal there is no spread to divide by: 0.
      """,
      """
      Attention cannot be negative, so compare absolute scores, of occlusion too. One correlation a \
      sentence and method; then the mean over the sentences; then the method whose mean is greatest.
      """,
      """
      `values.map { value in Float(values.count { $0 < value }) + Float(values.count { $0 == value } - 1) \
      / 2 }` are the ranks from 0. For each name in `sentences[0].methods.keys` add up \
      `rankCorrelation(scores.map { abs($0) }, occlusion.map { abs($0) })` over the sentences.
      """,
    ],
    interpretation: """
      No method here is the truth, and occlusion is not either: it asks about one piece at a time, so two \
      pieces that can stand in for each other both seem useless, and a sentence with a hole is a strange \
      sentence. It is at least an experiment: something was changed and something happened. A method that \
      does not agree with it owes you a reason. And mind what attention has no access to: it is the same \
      for every word that might be written in a place, so it cannot say why this one was.
      """,
    cases: { generator in
      let planted = ScoresToRank(
        pairs: plantedPairs(using: &generator), sets: PlantedMethods.sets(using: &generator))
      let translator = try SheetTranslator.translator()
      let samples = try translator.pairs(count: 3, using: &generator).map {
        try FaithfulnessSample($0, translator, using: &generator, steps: 4)
      }
      let sentences = samples.map(\.methodScores)
      let measured = ScoresToRank(
        pairs: sentences.flatMap { sentence in
          sentence.methods.keys.sorted().prefix(2).map {
            RankedLists(x: sentence.methods[$0]!, y: sentence.occlusion)
          }
        }, sets: [sentences])
      return [
        Case("lists and scores drawn at random", planted),
        Case("sentences of the translator", measured),
      ]
    },
    parts: [
      Part(GradientsAsks.rankCorrelation, judge: correlations),
      Part(GradientsAsks.mostFaithful, judge: picks),
    ])

  /// Lists without and with equal values, some far from a line, some without spread.
  private static func plantedPairs(
    using generator: inout SeededGenerator
  ) -> [RankedLists] {
    func noise(_ count: Int) -> [Float] { Tensor.randomNormal([count], using: &generator).values }
    let x = noise(9)
    let bent = zip(x, noise(9)).map { exp(2 * $0) - 0.7 * $1 }
    let coarse = noise(12).map { ($0 * 1.5).rounded() }
    let coarser = zip(coarse, noise(12)).map { ($0 + 1.5 * $1).rounded() }
    return [
      RankedLists(x: x, y: bent),
      // Equal values at the beginning and at the end, whatever was drawn.
      RankedLists(x: [2, 2] + coarse + [-3, -3], y: [1, 4] + coarser + [0, 5]),
      RankedLists(x: x, y: x.map { -exp($0) }),
      RankedLists(x: noise(5), y: Array(repeating: 2, count: 5)),
      RankedLists(x: [0, 0, 0], y: [1, 4, 2]),
      RankedLists(x: [1, 1, 5], y: [10, 40, 20]),
    ]
  }

  private static func correlations(of question: ScoresToRank) -> Expected<[Float]> {
    let (pairs, work) = (question.pairs, RankWork(question.pairs))
    return Expected(
      work.expected, tolerance: 1e-4, named: "the list of correlations", of: "pair",
      mistakes: { work.mistakes }
    ).otherwise { answer in
      guard let place = answer.firstIndex(where: \.isNaN), pairs.indices.contains(place),
        [pairs[place].x, pairs[place].y].contains(where: { Set($0).count == 1 })
      else { return nil }
      return .invalid(
        """
        a correlation with a list that is the same everywhere is NaN: its ranks have no spread to \
        divide by, and 0 is the answer
        """)
    }
  }

  private static func picks(of question: ScoresToRank) -> Judgement<[String]> {
    Judgement { verdict(onPicks: $0, question.sets) }
  }

  private static func verdict(onPicks answer: [String], _ sets: [[MethodScores]]) -> Verdict {
    guard answer.count == sets.count else {
      return .invalid("there are \(answer.count) methods for \(sets.count) sets of sentences")
    }
    let means = sets.map { PlantedMethods.means($0) }
    let isRight = zip(answer, means).map { name, means in
      means[name].map { $0 >= means.values.max()! - 1e-4 } ?? false
    }
    if isRight.allSatisfy({ $0 }) { return .passed() }
    if let stranger = zip(answer, means).first(where: { $1[$0] == nil }) {
      return .invalid(
        "a method is named that is not among the sentence's methods", detail: "“\(stranger.0)”")
    }
    let mistake = PlantedMethods.Mistake.allCases.first { mistake in
      sets.count > 1 && answer == sets.map { PlantedMethods.pick($0, mistake) }
    }
    return .failed(
      mistake?.sentence
        ?? "the method is wrong for \(isRight.count { !$0 }) of \(sets.count) sets of sentences")
  }
}

/// Spearman's correlation in Double, by counting, and what becomes of it with a mistake.
struct RankWork {
  let expected: [Float]
  private let lists: [(x: [Double], y: [Double])]

  init(_ pairs: [RankedLists]) {
    lists = pairs.map { ($0.x.map(Double.init), $0.y.map(Double.init)) }
    expected = lists.map { Float(Self.spearman($0.x, $0.y)) }
  }

  /// The mean of the places that a value and its equals take.
  static func ranks(_ values: [Double]) -> [Double] {
    values.map { value in
      Double(values.count { $0 < value }) + Double(values.count { $0 == value } - 1) / 2
    }
  }

  static func spearman(_ x: [Double], _ y: [Double]) -> Double {
    DoubleCorrelation.pearson(ranks(x), ranks(y))
  }

  var mistakes: [Mistake<[Float]>] {
    func all(_ value: (_ x: [Double], _ y: [Double]) -> Double) -> [Double] {
      lists.map { value($0.x, $0.y) }
    }
    func all(ranked rank: ([Double]) -> [Double]) -> [Double] {
      all { DoubleCorrelation.pearson(rank($0), rank($1)) }
    }
    /// Positions in the order of their values, equals from left to right.
    func sorted(_ values: [Double]) -> [Int] {
      values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    }
    func inTurn(_ values: [Double]) -> [Double] {
      let order = sorted(values)
      return values.indices.map { Double(order.firstIndex(of: $0)!) }
    }
    func short(_ rank: ([Double]) -> [Double]) -> [Double] {
      all { x, y in
        let (n, squares) = (
          Double(x.count), zip(rank(x), rank(y)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        )
        return 1 - 6 * squares / (n * (n * n - 1))
      }
    }
    let equals = "equal values share the mean of their ranks; they were given different ones"
    let formula =
      "1 − 6 Σ d² / n (n² − 1) holds only where no values are equal; correlate the ranks"
    return [
      Mistake(
        "this is Pearson's correlation of the values; give every value its rank first",
        all(DoubleCorrelation.pearson)),
      Mistake(equals, all(ranked: inTurn)),
      Mistake(formula, short(Self.ranks)),
      Mistake(formula, short(inTurn)),
      Mistake(
        "equal values share the mean of their ranks, not the lowest of them",
        all(ranked: { values in values.map { value in Double(values.count { $0 < value }) } })),
      Mistake(
        "equal values share the mean of their ranks, and the next value does not follow at once",
        all(ranked: { values in
          let distinct = Set(values).sorted()
          return values.map { Double(distinct.firstIndex(of: $0)!) }
        })),
      Mistake(
        """
        sorting gives the position at every rank, and you want the rank at every position: the other \
        way round
        """, all(ranked: { sorted($0).map(Double.init) })),
      Mistake(
        "a correlation keeps its sign: −1 when one order is the other backwards",
        all { abs(Self.spearman($0, $1)) }),
    ]
  }
}
