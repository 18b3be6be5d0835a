import Coursework
import Foundation
import Interpretability
import Laboratory
import Tensors

extension GradientsSheet {
  /// 3.4: integrated gradients, and whether they add up.
  static let integratedGradients = Exercise<any GradientsAnswers>(
    "3.4", "Integrated gradients", points: 5, difficulty: 4, importance: 5, minutes: 30,
    timeLimit: 30,
    hints: [
      """
      In the picture of 3.3 the slope at the end of the way is small, and the slopes on the way are \
      not. What do all of them together, each over its little stretch, add up to?
      """,
      """
      Cut the way into equal steps and look at the middle of each: step k of n stands at \
      α = (k + ½) / n, where the embeddings are x′ + α (x − x′). Average the gradients there.
      """,
      """
      Multiply the mean gradient by x − x′, coordinate by coordinate, and add up each row. The gap is \
      what all rows together make, less f(x) − f(x′).
      """,
      """
      In a loop over the steps: `let x = (baseline + difference * alpha).requiringGradient()`, \
      `total += gradient(of: try number(x), withRespectTo: [x])[0]`. Then \
      `(difference * total / Float(steps)).sum(axis: 1).values`.
      """,
    ],
    interpretation: """
      With enough steps the shares add up to exactly what the sentence gains over the baseline: that is \
      completeness, and no gradient at a single point has it. Mind the “enough”. The logit climbs in \
      sudden steps where attention makes up its mind, and steps of the sum that fall before or behind \
      such a place miss it. The gap tells you, and it costs two runs: report it with every heat map.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      let filler = try translator.filler()
      var cases: [Case<IntegralQuestion, IntegralKey>] = []
      for (pair, keeps) in zip(translator.pairs(count: 2, using: &generator), [true, false]) {
        let prediction = try translator.prediction(of: pair, using: &generator)
        var baseline = Tensor.zeros([prediction.source.count, filler.count]) + filler
        if keeps {
          let embeddings = try prediction.explained().embeddings.source
          for position in prediction.frame(of: pair) {
            for column in 0..<filler.count {
              baseline[position, column] = embeddings[position, column]
            }
          }
        }
        cases.append(
          try integralCase(
            keeps ? "from padding between instruction and end" : "from padding alone",
            .translator(prediction), from: baseline, steps: keeps ? 12 : 7, isShort: keeps,
            using: &generator))
      }
      let (weights, embeddings) = saturatedTokens(using: &generator)
      cases.append(
        try integralCase(
          "a sum that is no more than 1, from nothing",
          .formula(Formula(kind: .saturating, weights: weights), embeddings: embeddings),
          from: .zeros(embeddings.shape), steps: 40, isShort: false, using: &generator))
      cases.append(
        try integralCase(
          "a product, from a baseline that is not 0",
          .formula(
            Formula(kind: .product, weights: .randomNormal([3, 2], using: &generator)),
            embeddings: .randomNormal([3, 2], using: &generator)),
          from: .randomNormal([3, 2], using: &generator), steps: 3, isShort: true,
          using: &generator))
      return cases
    },
    ask: { answers, question in
      let number = try question.number.number()
      return IntegralAnswer(
        scores: try unlessUnanswered {
          try answers.integratedGradients(
            of: number, from: question.baseline, steps: question.steps)
        },
        gap: try unlessUnanswered {
          try answers.completenessGap(
            of: question.scores, for: number, from: question.baseline)
        })
    },
    verify: { key, answer in
      if answer.scores == nil && answer.gap == nil { return .unanswered }
      return .combining([
        answer.scores.map {
          .compare(
            $0, to: key.expected, knowing: key.mistakes, tolerance: 2e-3,
            named: "the list of integrated gradients", of: "piece")
        } ?? .failed("`integratedGradients` is not answered yet"),
        answer.gap.map { judgeGap($0, key) } ?? .failed("`completenessGap` is not answered yet"),
      ])
    })

  struct IntegralQuestion: Codable, Sendable {
    var number: NumberQuestion
    /// `[position, width]`.
    var baseline: Tensor
    var steps: Int
    /// Scores whose gap is asked for; they need not be integrated gradients.
    var scores: [Float]
  }

  struct IntegralAnswer: Codable, Sendable {
    var scores: [Float]?
    var gap: Float?
  }

  struct IntegralKey: Codable, Sendable {
    var expected: [Float]
    var mistakes: [Mistake]
    /// The sum of the scores whose gap was asked for.
    var sum: Float
    /// f(x).
    var value: Float
    /// f(x′).
    var start: Float
  }

  /// - Parameter isShort: whether the scores of the question add up to too little instead of too
  ///   much, so that the sign of the gap tells.
  static func integralCase(
    _ name: String, _ number: NumberQuestion, from baseline: Tensor, steps: Int, isShort: Bool,
    using generator: inout SeededGenerator
  ) throws -> Case<IntegralQuestion, IntegralKey> {
    let function = try number.number()
    let work = try PathWork(function, from: baseline, steps: steps)
    let (value, start) = (
      try function(function.embeddings).scalar, try function(baseline).scalar
    )
    let missing = (value - start - work.expected.reduce(0, +)) / Float(work.expected.count)
    let scores = work.expected.map {
      let more = Float.random(in: 0.1...0.5, using: &generator)
      return $0 + missing + (isShort ? -more : more)
    }
    return Case(
      name,
      question: IntegralQuestion(
        number: number, baseline: baseline, steps: steps, scores: scores),
      key: IntegralKey(
        expected: work.expected, mistakes: try work.mistakes(), sum: scores.reduce(0, +),
        value: value, start: start))
  }

  /// Weights and embeddings whose projections are all positive and add up to 2.5.
  static func saturatedTokens(
    using generator: inout SeededGenerator
  ) -> (weights: Tensor, embeddings: Tensor) {
    let weights = Tensor.randomNormal([4, 3], using: &generator)
    let factors = Tensor.randomUniform([4, 1], in: 0.5..<1.5, using: &generator)
    let embeddings = weights * factors
    return (weights, embeddings * (2.5 / (weights * embeddings).sum().scalar))
  }

  private static func judgeGap(_ answer: Float, _ key: IntegralKey) -> Verdict {
    let gap = key.sum - key.value + key.start
    func isNear(_ other: Float) -> Bool {
      abs(answer - other) <= 2e-3 * max(1, abs(key.sum), abs(key.value))
    }
    guard answer.isFinite else { return .invalid("the gap is not a finite number") }
    if isNear(gap) { return .passed() }
    let detail = "the gap is \(answer) and should be \(gap)"
    let reasons: [(Float, String)] = [
      (-gap, "the gap has the wrong sign: what the scores add up to, less what they should"),
      (key.sum - key.value, "the baseline's own number is missing: f(x) − f(x′) is shared out"),
      (key.sum - key.start, "the number itself is missing: f(x) − f(x′) is shared out"),
      (key.sum, "this is what the scores add up to; take off what they should"),
      (key.sum + key.value - key.start, "the difference is added and should be taken off"),
      (
        gap / (key.value - key.start),
        "this is the gap as a share of the difference; leave it in the units of the number"
      ),
      (abs(gap), "the sign is lost: a sum that falls short has a gap below 0"),
    ]
    return .failed(
      reasons.first { isNear($0.0) && !isNear(gap) }?.1
        ?? "the gap is off: it is the sum of the scores less f(x) − f(x′)", detail: detail)
  }
}

extension TranslatorPrediction {
  /// The positions of the instruction and of the end token, which say nothing of the sentence.
  func frame(of pair: SentencePair) -> [Int] {
    words.indices.filter { position in
      words[position].map { pair.source[$0].isPrefix } ?? true
    }
  }
}
