import Coursework
import Foundation
import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Transformers

extension GradientsSheet {
  /// 3.4: integrated gradients, and whether they add up.
  static let integratedGradients = Exercise(
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
      let translator = try SheetTranslator.translator()
      let filler = try translator.filler()
      var cases: [Case<BaselinePath, BaselinePath>] = []
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
    parts: [
      Part(GradientsAsks.integratedGradients, judge: integrals),
      Part(GradientsAsks.completenessGap, judge: gap),
    ])

  /// - Parameter isShort: whether the scores of the question add up to too little instead of too
  ///   much, so that the sign of the gap tells.
  private static func integralCase(
    _ name: String, _ number: NumberSource, from baseline: Tensor, steps: Int, isShort: Bool,
    using generator: inout SeededGenerator
  ) throws -> Case<BaselinePath, BaselinePath> {
    var path = BaselinePath(number: number, baseline: baseline, steps: steps, scores: [])
    let work = try PathWork(path)
    let expected = work.expected
    let missing = (try work.difference() - expected.reduce(0, +)) / Float(expected.count)
    path.scores = expected.map {
      let more = Float.random(in: 0.1...0.5, using: &generator)
      return $0 + missing + (isShort ? -more : more)
    }
    return Case(name, path)
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

  private static func integrals(of question: BaselinePath) throws -> Expected<[Float]> {
    let work = try PathWork(question)
    return Expected(
      work.expected, tolerance: 2e-3, named: "the list of integrated gradients", of: "piece",
      mistakes: work.mistakes
    ).otherwise { answer in
      // The judge's own gradients: what they throw, the right answer's would have thrown before.
      (try? work.mistakesInSteps())?
        .first { Verdict.areSame(answer, $0.answer, tolerance: 2e-3) }
        .map { .failed($0.sentence) }
    }
  }

  private static func gap(of question: BaselinePath) throws -> Expected<Float> {
    let number = try question.number.number()
    let sum = question.scores.reduce(0, +)
    let value = try number(number.embeddings).scalar
    let start = try number(question.baseline).scalar
    let gap = sum - value + start
    func isNear(_ answer: Float, _ other: Float) -> Bool {
      abs(answer - other) <= 2e-3 * max(1, abs(sum), abs(value))
    }
    return Expected(
      comparing: { answer in
        guard answer.isFinite else { return .invalid("the gap is not a finite number") }
        if isNear(answer, gap) { return .passed() }
        return .failed(
          "the gap is off: it is the sum of the scores less f(x) − f(x′)",
          detail: "the gap is \(answer) and should be \(gap)")
      },
      isSame: isNear
    ) {
      [
        Mistake(
          "the gap has the wrong sign: what the scores add up to, less what they should", -gap),
        Mistake("the baseline's own number is missing: f(x) − f(x′) is shared out", sum - value),
        Mistake("the number itself is missing: f(x) − f(x′) is shared out", sum - start),
        Mistake("this is what the scores add up to; take off what they should", sum),
        Mistake("the difference is added and should be taken off", sum + value - start),
        Mistake(
          "this is the gap as a share of the difference; leave it in the units of the number",
          gap / (value - start)),
        Mistake("the sign is lost: a sum that falls short has a gap below 0", abs(gap)),
      ]
    }
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
