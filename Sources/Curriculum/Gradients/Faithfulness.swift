import Coursework
import Foundation
import Interpretability
import Laboratory
import Tensors

extension GradientsSheet {
  /// 3.8: what becomes of the number as pieces are taken away.
  static let isItFaithful = Exercise(
    "3.8", "Is it faithful?", points: 5, difficulty: 3, importance: 5, minutes: 30, timeLimit: 30,
    hints: [
      """
      If a score is right, taking away what it scores high should hurt, and soon. Which piece goes \
      first, and does it come back when the next one goes?
      """,
      """
      Sort the positions by score, the highest first; a score of −3 comes after one of 0.1. Start with \
      the embeddings as they are: that is the first value, before anything is taken away.
      """,
      """
      Keep one tensor and write the baseline's rows into it, one after the other. For the area, \
      neighbouring values make a trapezoid of the mean of their heights; all are equally wide, and \
      together the curve is 1 wide.
      """,
      """
      `let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }`; begin with \
      `[try number(x).scalar]` and append after every replaced row. The area is the mean of \
      `(curve[i] + curve[i + 1]) / 2` over the `curve.count - 1` pairs of neighbours.
      """,
    ],
    interpretation: """
      A curve that falls at once says: these pieces were needed. Now the cautions. A random order falls \
      too, since every order ends with nothing; only the distance from random scores counts. Sentences \
      with holes are sentences the model never saw, so part of the fall is surprise. And a curve judges \
      an order, not the sizes of the scores. Many sentences, the same baseline for all methods, random \
      scores beside them: then a difference means something.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      let filler = try translator.filler()
      var cases: [Case<CurveQuestion, CurveKey>] = []
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let prediction = try translator.prediction(of: pair, using: &generator)
      let explained = try prediction.explained()
      cases.append(
        try curveCase(
          "a word of a translation, scores with equals among them", .translator(prediction),
          baseline: Tensor.zeros(explained.embeddings.source.shape) + filler, using: &generator
        ) { try Double(explained.at(EmbeddingValues(source: $0)).value()) })
      for (name, kind, count) in [
        ("a sum of projections", Formula.Kind.linear, 6),
        ("a product, which is gone with its first factor", .product, 4),
      ] {
        let weights = Tensor.randomNormal([count, 3], using: &generator)
        let formula = Formula(kind: kind, weights: weights)
        cases.append(
          try curveCase(
            name, .formula(formula, embeddings: .randomNormal([count, 3], using: &generator)),
            baseline: .randomNormal([count, 3], using: &generator), using: &generator
          ) { formula.onPaper($0) })
      }
      return cases
    },
    ask: { answers, question in
      let number = try question.number.number()
      return CurveAnswer(
        deletion: try unlessUnanswered {
          try answers.deletionCurve(of: number, by: question.scores, baseline: question.baseline)
        },
        area: try unlessUnanswered { try answers.area(under: question.curve) })
    },
    verify: { key, answer in
      if answer.deletion == nil && answer.area == nil { return .unanswered }
      return .combining([
        answer.deletion.map { judgeDeletion($0, key) }
          ?? .failed("`deletionCurve` is not answered yet"),
        answer.area.map { judgeArea($0, key.curve.map(Double.init)) }
          ?? .failed("`area` is not answered yet"),
      ])
    })

  struct CurveQuestion: Codable, Sendable {
    var number: NumberQuestion
    var scores: [Float]
    /// `[position, width]`.
    var baseline: Tensor
    /// A curve whose area is asked for, of values drawn at random.
    var curve: [Float]
  }

  struct CurveAnswer: Codable, Sendable {
    var deletion: [Float]?
    var area: Float?
  }

  struct CurveKey: Codable, Sendable {
    var deletion: [Float]
    var mistakes: [Mistake]
    var curve: [Float]
  }

  private static func curveCase(
    _ name: String, _ number: NumberQuestion, baseline: Tensor,
    using generator: inout SeededGenerator, value: (Tensor) throws -> Double
  ) throws -> Case<CurveQuestion, CurveKey> {
    let embeddings = try number.number().embeddings
    let scores = plantedScores(embeddings.shape[0], using: &generator)
    let curve = (0..<7).map { _ in Float.random(in: -1...3, using: &generator) } + [2.5]
    let work = try DeletionWork(
      embeddings: embeddings, baseline: baseline, scores: scores, value: value)
    return Case(
      name,
      question: CurveQuestion(number: number, scores: scores, baseline: baseline, curve: curve),
      key: CurveKey(
        deletion: work.deletion.map { Float($0) }, mistakes: work.mistakes, curve: curve))
  }

  /// Scores of which two are equal, and the strongest is negative.
  private static func plantedScores(_ count: Int, using generator: inout SeededGenerator) -> [Float]
  {
    let equal = Float.random(in: 0.4...0.6, using: &generator)
    let drawn = (0..<(count - 3)).map { _ in Float.random(in: -1...1, using: &generator) }
    return ([equal, equal, -1.5] + drawn).shuffled(using: &generator)
  }

  private static func judgeDeletion(_ answer: [Float], _ key: CurveKey) -> Verdict {
    if answer.count == key.deletion.count - 1 {
      return .invalid(
        """
        the curve has a value too few: before the first piece goes the number has a value too, and \
        after the last one
        """)
    }
    return .compare(
      answer, to: key.deletion, knowing: key.mistakes, tolerance: 2e-3,
      named: "the deletion curve", of: "deleted")
  }

  private static func judgeArea(_ answer: Float, _ curve: [Double]) -> Verdict {
    let sum = curve.reduce(0, +)
    let steps = Double(curve.count - 1)
    let trapezoids = sum - (curve[0] + curve[curve.count - 1]) / 2
    let mistakes: [(String, Double)] = [
      ("the area is as wide as there are steps; the whole curve is 1 wide", trapezoids),
      ("this is the sum of the values; an area has a width", sum),
      (
        "this is the mean of the values: at the ends only half a step belongs to each",
        sum / Double(curve.count)
      ),
      (
        "every value counts for the step behind it, and the last for none: trapezoids take both ends",
        (sum - curve[curve.count - 1]) / steps
      ),
      (
        "every value counts for the step before it, and the first for none: trapezoids take both ends",
        (sum - curve[0]) / steps
      ),
      (
        "there is one step less than there are values: divide by the steps",
        trapezoids / Double(curve.count)
      ),
    ]
    return .compare(
      [answer], to: [Float(trapezoids / steps)],
      knowing: mistakes.map { Mistake($0.0, [$0.1]) }, named: "the area", of: "curve")
  }
}

/// Curves of a number under deletion in any order, each value from embeddings made anew, and what
/// becomes of them with a mistake.
struct DeletionWork {
  let deletion: [Double]
  let mistakes: [Mistake]

  /// - Parameter value: The number of embeddings `[position, width]`.
  init(
    embeddings: Tensor, baseline: Tensor, scores: [Float], value: (Tensor) throws -> Double
  ) throws {
    let positions = Array(scores.indices)
    func number(without gone: some Collection<Int>, filler: Tensor) throws -> Double {
      let gone = Set(gone)
      return try value(
        Tensor(
          rows: positions.map { (gone.contains($0) ? filler : embeddings)[at: $0].values }))
    }
    func curve(_ order: [Int], filler: Tensor) throws -> [Double] {
      try (0...order.count).map { try number(without: order[..<$0], filler: filler) }
    }
    /// By falling score, and among equals from left to right, or from right to left.
    func order(_ score: (Float) -> Float = { $0 }, equalsFromTheRight: Bool = false) -> [Int] {
      (equalsFromTheRight ? positions.reversed() : positions)
        .map { (place: $0, score: score(scores[$0])) }
        .reduce(into: [(place: Int, score: Float)]()) { sorted, next in
          let place = sorted.firstIndex { $0.score < next.score } ?? sorted.count
          sorted.insert(next, at: place)
        }.map(\.place)
    }
    let highestFirst = order()
    let deletion = try curve(highestFirst, filler: baseline)
    let full = deletion[0]
    self.deletion = deletion
    mistakes = [
      Mistake(
        "the lowest score goes first; the highest should",
        try curve(order { -$0 }, filler: baseline)),
      Mistake(
        "pieces go by the strength of their scores; a strong negative score goes last",
        try curve(order { abs($0) }, filler: baseline)),
      Mistake(
        "every piece comes back before the next one goes; what is deleted stays deleted",
        try [full] + highestFirst.map { try number(without: [$0], filler: baseline) }),
      Mistake(
        "this begins with nothing and brings pieces back: an insertion curve",
        try (0...scores.count).map {
          try number(without: highestFirst[$0...], filler: baseline)
        }),
      Mistake(
        "zeros stand in the place of what is deleted, and the baseline should",
        try curve(highestFirst, filler: .zeros(baseline.shape))),
      Mistake(
        "pieces go from left to right, whatever their scores",
        try curve(positions, filler: baseline)),
      Mistake(
        "these are losses; the curve holds the number itself", deletion.map { full - $0 }),
      Mistake(
        "the curve is divided by its first value; leave it in the units of the number",
        deletion.map { $0 / full }),
      Mistake(
        "equal scores go from right to left, and should from left to right",
        try curve(order(equalsFromTheRight: true), filler: baseline)),
    ]
  }
}

extension Formula {
  /// The formula in loops of Double.
  func onPaper(_ embeddings: Tensor) -> Double {
    let projections = zip(embeddings.doubleRows, weights.doubleRows).map { row, weights in
      zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    switch kind {
    case .linear: return projections.reduce(0, +)
    case .product: return projections.reduce(1, *)
    case .saturating: return min(1, projections.reduce(0, +))
    }
  }
}
