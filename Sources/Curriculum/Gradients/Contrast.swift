import Coursework
import Foundation
import Interpretability
import Tensors

extension GradientsSheet {
  /// 3.6: why this token and not that one.
  static let contrast = Exercise(
    "3.6", "Why brun and not brune?", points: 4, difficulty: 3, importance: 4, minutes: 20,
    timeLimit: 30,
    hints: [
      """
      A shared reason is no reason for a choice. What number is large when “brun” is preferred to \
      “brune”, and stays the same when both logits rise together?
      """,
      """
      The number is logit(target) − logit(foil). Everything else is integrated gradients as in 3.4: \
      one number, one way from the baseline.
      """,
      """
      `try row(x)` holds all logits. To keep the history that a gradient needs, cut the two out with \
      `slice`, not with a subscript that gives a Float.
      """,
      """
      In the loop: `let logits = try row(x)`, \
      `let number = (logits.slice(target..<(target + 1)) - logits.slice(foil..<(foil + 1))).sum()`, \
      and add up `gradient(of: number, withRespectTo: [x])[0]`.
      """,
    ],
    interpretation: """
      Ask “why brun?” and you are told of everything that makes brown things brown. That “brune” would \
      have been served by the same words nearly as well does not show. Ask “why brun and not brune?” and \
      what both share cancels. What is left is about gender, which English does not mark: it is in the \
      noun, and once the noun is written it is in what the decoder reads of its own. The difference is \
      smaller than either logit, and the gap need not be: look at it again. A contrast needs no \
      probabilities, for the sum that makes logits into log-probabilities is taken off again. And always \
      say what your foil was; another foil is another \
      question.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      let filler = try translator.filler()
      var cases: [Case<ContrastQuestion, ContrastKey>] = []
      while cases.count < 2 {
        let pair = translator.pairs(count: 1, using: &generator)[0]
        guard let prediction = try translator.genderContrast(in: pair) else { continue }
        cases.append(
          try translatorContrast(
            "an adjective against its other gender \(cases.count + 1)", prediction,
            filler: filler, steps: 6 + 3 * cases.count))
      }
      let weights = Tensor.randomNormal([4, 3], using: &generator)
      var others = weights
      for column in 0..<3 { others[2, column] *= -1 }
      cases.append(
        formulaContrast(
          "two tokens that differ in what they make of one piece",
          [Formula(kind: .linear, weights: weights), Formula(kind: .linear, weights: others)],
          target: 1, foil: 0, steps: 2, using: &generator))
      cases.append(
        formulaContrast(
          "a token that needs all pieces against one that adds them",
          [
            Formula(kind: .linear, weights: .randomNormal([3, 4], using: &generator)),
            Formula(kind: .linear, weights: .randomNormal([3, 4], using: &generator)),
            Formula(kind: .product, weights: .randomNormal([3, 4], using: &generator)),
          ], target: 2, foil: 0, steps: 5, using: &generator))
      return cases
    },
    ask: { answers, question in
      try answers.contrast(
        in: try question.row.row(), target: question.target, foil: question.foil,
        from: question.baseline, steps: question.steps)
    },
    verify: { key, answer in
      .compare(
        answer, to: key.expected, knowing: key.mistakes, tolerance: 2e-3,
        named: "the list of contrastive scores", of: "piece")
    })

  struct ContrastQuestion: Codable, Sendable {
    var row: RowQuestion
    var target: Int
    var foil: Int
    /// `[position, width]`.
    var baseline: Tensor
    var steps: Int
  }

  struct ContrastKey: Codable, Sendable {
    var expected: [Float]
    var mistakes: [Mistake]

    /// - Parameters:
    ///   - target: Integrated gradients of the target's logit alone.
    ///   - foil: Those of the foil's logit alone; integrals are linear, so the contrast is what one has
    ///     more than the other.
    ///   - last: x − x′ times the gradient of the difference at x.
    ///   - steps: How many gradients there are.
    init(target: [Double], foil: [Double], last: [Double], steps: Int) {
      let contrast = zip(target, foil).map { $0 - $1 }
      expected = contrast.map { Float($0) }
      mistakes = [
        Mistake(
          "this explains the target alone: the foil's logit must be taken off", target),
        Mistake("this explains the foil alone; the number is target minus foil", foil),
        Mistake(
          "every score has the wrong sign: it is the target's logit less the foil's",
          contrast.map { -$0 }),
        Mistake(
          "the foil is added to the target, and should be taken off",
          zip(target, foil).map { $0 + $1 }),
        Mistake(
          "the signs are lost before the foil is taken off; take the difference of the logits first",
          zip(target, foil).map { abs($0) - abs($1) }),
        Mistake(
          "the signs are lost: what speaks for the foil is negative", contrast.map { abs($0) }),
        Mistake(
          "the gradients are added and not averaged: divide by the number of steps",
          contrast.map { $0 * Double(steps) }),
        Mistake(
          "this takes the gradient at the end of the way alone; take one in every step", last),
      ]
    }
  }

  private static func translatorContrast(
    _ name: String, _ prediction: TranslatorPrediction, filler: Tensor, steps: Int
  ) throws -> Case<ContrastQuestion, ContrastKey> {
    let (token, foil) = (prediction.target.token, prediction.target.foil!)
    let baseline = Tensor.zeros([prediction.source.count, filler.count]) + filler
    func shares(
      _ token: Int, against foil: Int? = nil, by rule: IntegrationRule = .midpoint,
      steps: Int = steps, measure: AttributionTarget.Measure = .logit
    ) throws -> [Double] {
      var other = prediction
      other.target = AttributionTarget(
        token, at: prediction.target.position, against: foil, measure: measure)
      return try other.explained().integratedGradients(
        from: .embeddings(EmbeddingValues(source: baseline)), by: rule, steps: steps
      ).tokens.source.map(Double.init)
    }
    var key = ContrastKey(
      target: try shares(token), foil: try shares(foil),
      last: try shares(token, against: foil, by: .right, steps: 1), steps: steps)
    key.mistakes.append(
      Mistake(
        "this explains a difference of probabilities; take that of the logits",
        try shares(token, against: foil, measure: .probability)))
    return Case(
      name,
      question: ContrastQuestion(
        row: .translator(prediction), target: token, foil: foil, baseline: baseline, steps: steps),
      key: key)
  }

  private static func formulaContrast(
    _ name: String, _ formulas: [Formula], target: Int, foil: Int, steps: Int,
    using generator: inout SeededGenerator
  ) -> Case<ContrastQuestion, ContrastKey> {
    let shape = formulas[0].weights.shape
    let embeddings = Tensor.randomNormal(shape, standardDeviation: 1.5, using: &generator)
    let baseline = Tensor.randomNormal(shape, standardDeviation: 1.5, using: &generator)
    func shares(_ token: Int, at place: (Int) -> Double, _ steps: Int) -> [Double] {
      formulas[token].shares(of: embeddings, from: baseline, at: (0..<steps).map(place))
    }
    func middles(_ token: Int) -> [Double] {
      shares(token, at: { (Double($0) + 0.5) / Double(steps) }, steps)
    }
    return Case(
      name,
      question: ContrastQuestion(
        row: .formulas(formulas, embeddings: embeddings), target: target, foil: foil,
        baseline: baseline, steps: steps),
      key: ContrastKey(
        target: middles(target), foil: middles(foil),
        last: zip(shares(target, at: { _ in 1 }, 1), shares(foil, at: { _ in 1 }, 1)).map {
          $0 - $1
        },
        steps: steps))
  }
}

extension Formula {
  /// What the projections contribute on the straight way from a baseline, by the mean slope at some
  /// places, in double precision: what paper says of each kind.
  ///
  /// - Precondition: the formula is no saturating one, whose slope jumps.
  func shares(of embeddings: Tensor, from baseline: Tensor, at places: [Double]) -> [Double] {
    precondition(kind != .saturating, "the slope of a saturating formula jumps")
    func projections(_ x: Tensor) -> [Double] {
      zip(x.doubleRows, weights.doubleRows).map { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let (end, start) = (projections(embeddings), projections(baseline))
    return end.indices.map { own in
      let slopes = places.map { place in
        kind == .linear
          ? 1
          : end.indices.reduce(1) {
            $1 == own ? $0 : $0 * (start[$1] + place * (end[$1] - start[$1]))
          }
      }
      return (end[own] - start[own]) * slopes.reduce(0, +) / Double(places.count)
    }
  }
}
