import Coursework
import Foundation
import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
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
      let translator = try SheetTranslator.translator()
      let filler = try translator.filler()
      var cases: [Case<DeletionScores, DeletionScores>] = []
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let prediction = try translator.prediction(of: pair, using: &generator)
      cases.append(
        curveCase(
          "a word of a translation, scores with equals among them", .translator(prediction),
          baseline: Tensor.zeros([prediction.source.count, filler.count]) + filler,
          using: &generator))
      for (name, kind, count) in [
        ("a sum of projections", Formula.Kind.linear, 6),
        ("a product, which is gone with its first factor", .product, 4),
      ] {
        let weights = Tensor.randomNormal([count, 3], using: &generator)
        let embeddings = Tensor.randomNormal([count, 3], using: &generator)
        cases.append(
          curveCase(
            name, .formula(Formula(kind: kind, weights: weights), embeddings: embeddings),
            baseline: .randomNormal([count, 3], using: &generator), using: &generator))
      }
      return cases
    },
    parts: [
      Part(GradientsAsks.deletionCurve, judge: deletion),
      Part(GradientsAsks.area, judge: curveArea),
    ])

  private static func curveCase(
    _ name: String, _ number: NumberSource, baseline: Tensor,
    using generator: inout SeededGenerator
  ) -> Case<DeletionScores, DeletionScores> {
    let scores = plantedScores(baseline.shape[0], using: &generator)
    let curve = (0..<7).map { _ in Float.random(in: -1...3, using: &generator) } + [2.5]
    return Case(
      name, DeletionScores(number: number, scores: scores, baseline: baseline, curve: curve))
  }

  /// Scores of which two are equal, and the strongest is negative.
  private static func plantedScores(_ count: Int, using generator: inout SeededGenerator) -> [Float]
  {
    let equal = Float.random(in: 0.4...0.6, using: &generator)
    let drawn = (0..<(count - 3)).map { _ in Float.random(in: -1...1, using: &generator) }
    return ([equal, equal, -1.5] + drawn).shuffled(using: &generator)
  }

  private static func deletion(of question: DeletionScores) throws -> Expected<[Float]> {
    let work = try DeletionWork(
      embeddings: question.number.number().embeddings, baseline: question.baseline,
      scores: question.scores, value: question.number.knownValue())
    let wanted = work.deletion.map { Float($0) }
    return Expected(
      wanted, tolerance: 2e-3, named: "the deletion curve", of: "deleted", mistakes: work.mistakes
    ).otherwise { answer in
      guard answer.count == wanted.count - 1 else { return nil }
      return .invalid(
        """
        the curve has a value too few: before the first piece goes the number has a value too, and \
        after the last one
        """)
    }
  }

  private static func curveArea(_ question: DeletionScores) -> Expected<Float> {
    let curve = question.curve.map(Double.init)
    let (first, last) = (curve[0], curve[curve.count - 1])
    let sum = curve.reduce(0, +)
    let steps = Double(curve.count - 1)
    let trapezoids = sum - (first + last) / 2
    return Expected(Float(trapezoids / steps), named: "the area") {
      [
        Mistake(
          "the area is as wide as there are steps; the whole curve is 1 wide", trapezoids),
        Mistake("this is the sum of the values; an area has a width", sum),
        Mistake(
          "this is the mean of the values: at the ends only half a step belongs to each",
          sum / Double(curve.count)),
        Mistake(
          "every value counts for the step behind it, and the last for none: trapezoids take both ends",
          (sum - last) / steps),
        Mistake(
          "every value counts for the step before it, and the first for none: trapezoids take both ends",
          (sum - first) / steps),
        Mistake(
          "there is one step less than there are values: divide by the steps",
          trapezoids / Double(curve.count)),
      ]
    }
  }
}

/// Curves of a number under deletion in any order, each value from embeddings made anew, and what
/// becomes of them with a mistake.
struct DeletionWork {
  let deletion: [Double]
  private let embeddings: Tensor
  private let baseline: Tensor
  private let scores: [Float]
  private let value: (Tensor) throws -> Double

  /// - Parameter value: The number of embeddings `[position, width]`.
  init(
    embeddings: Tensor, baseline: Tensor, scores: [Float],
    value: @escaping (Tensor) throws -> Double
  ) throws {
    self.embeddings = embeddings
    self.baseline = baseline
    self.scores = scores
    self.value = value
    deletion = try Self.curve(Self.order(of: scores), embeddings, baseline, value)
  }

  private static func number(
    without gone: some Collection<Int>, _ embeddings: Tensor, _ filler: Tensor,
    _ value: (Tensor) throws -> Double
  ) throws -> Double {
    let gone = Set(gone)
    return try value(
      Tensor(
        rows: (0..<embeddings.shape[0]).map {
          (gone.contains($0) ? filler : embeddings)[at: $0].values
        }))
  }

  private static func curve(
    _ order: [Int], _ embeddings: Tensor, _ filler: Tensor, _ value: (Tensor) throws -> Double
  ) throws -> [Double] {
    try (0...order.count).map { try number(without: order[..<$0], embeddings, filler, value) }
  }

  /// By falling score, and among equals from left to right, or from right to left.
  private static func order(of scores: [Float], equalsFromTheRight: Bool = false) -> [Int] {
    (equalsFromTheRight ? scores.indices.reversed() : Array(scores.indices))
      .reduce(into: [Int]()) { sorted, next in
        let place = sorted.firstIndex { scores[$0] < scores[next] } ?? sorted.count
        sorted.insert(next, at: place)
      }
  }

  func mistakes() throws -> [Mistake<[Float]>] {
    let highestFirst = Self.order(of: scores)
    let full = deletion[0]
    func curve(_ order: [Int], filler: Tensor? = nil) throws -> [Double] {
      try Self.curve(order, embeddings, filler ?? baseline, value)
    }
    func number(without gone: some Collection<Int>) throws -> Double {
      try Self.number(without: gone, embeddings, baseline, value)
    }
    return [
      Mistake(
        "the lowest score goes first; the highest should",
        try curve(Self.order(of: scores.map { -$0 }))),
      Mistake(
        "pieces go by the strength of their scores; a strong negative score goes last",
        try curve(Self.order(of: scores.map { abs($0) }))),
      Mistake(
        "every piece comes back before the next one goes; what is deleted stays deleted",
        try [full] + highestFirst.map { try number(without: [$0]) }),
      Mistake(
        "this begins with nothing and brings pieces back: an insertion curve",
        try (0...scores.count).map { try number(without: highestFirst[$0...]) }),
      Mistake(
        "zeros stand in the place of what is deleted, and the baseline should",
        try curve(highestFirst, filler: .zeros(baseline.shape))),
      Mistake(
        "pieces go from left to right, whatever their scores", try curve(Array(scores.indices))),
      Mistake(
        "these are losses; the curve holds the number itself", deletion.map { full - $0 }),
      Mistake(
        "the curve is divided by its first value; leave it in the units of the number",
        deletion.map { $0 / full }),
      Mistake(
        "equal scores go from right to left, and should from left to right",
        try curve(Self.order(of: scores, equalsFromTheRight: true))),
    ]
  }
}
