import Answering
import Coursework
import Foundation
import GradientsVocabulary
import Interpretability
import SheetTools
import Tensors
import Transformers

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
      let translator = try SheetTranslator.translator()
      let filler = try translator.filler()
      var cases: [Case<TargetAndFoil, TargetAndFoil>] = []
      while cases.count < 2 {
        let pair = translator.pairs(count: 1, using: &generator)[0]
        guard let prediction = try translator.genderContrast(in: pair) else { continue }
        cases.append(
          translatorContrast(
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
    parts: [Part(GradientsAsks.contrast, judge: contrastiveScores)])

  private static func translatorContrast(
    _ name: String, _ prediction: TranslatorPrediction, filler: Tensor, steps: Int
  ) -> Case<TargetAndFoil, TargetAndFoil> {
    Case(
      name,
      TargetAndFoil(
        row: .translator(prediction), target: prediction.target.token,
        foil: prediction.target.foil!,
        baseline: Tensor.zeros([prediction.source.count, filler.count]) + filler, steps: steps))
  }

  private static func formulaContrast(
    _ name: String, _ formulas: [Formula], target: Int, foil: Int, steps: Int,
    using generator: inout SeededGenerator
  ) -> Case<TargetAndFoil, TargetAndFoil> {
    let shape = formulas[0].weights.shape
    let embeddings = Tensor.randomNormal(shape, standardDeviation: 1.5, using: &generator)
    let baseline = Tensor.randomNormal(shape, standardDeviation: 1.5, using: &generator)
    return Case(
      name,
      TargetAndFoil(
        row: .formulas(formulas, embeddings: embeddings), target: target, foil: foil,
        baseline: baseline, steps: steps))
  }

  private static func contrastiveScores(of question: TargetAndFoil) throws -> Expected<[Float]> {
    // Integrals are linear, so the contrast is what one logit has more than the other.
    let target = try question.shares(of: question.target)
    let foil = try question.shares(of: question.foil)
    let contrast = zip(target, foil).map { $0 - $1 }
    return Expected(
      contrast.map { Float($0) }, tolerance: 2e-3, named: "the list of contrastive scores",
      of: "piece"
    ) {
      var mistakes: [Mistake<[Float]>] = [
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
          contrast.map { $0 * Double(question.steps) }),
        Mistake(
          "this takes the gradient at the end of the way alone; take one in every step",
          zip(
            try question.sharesOfTheEnd(of: question.target),
            try question.sharesOfTheEnd(of: question.foil)
          ).map { $0 - $1 }),
      ]
      if let probabilities = try question.sharesOfProbabilities() {
        mistakes.append(
          Mistake(
            "this explains a difference of probabilities; take that of the logits", probabilities))
      }
      return mistakes
    }
  }
}

extension TargetAndFoil {
  /// Integrated gradients of the logit of a token by the midpoint rule, `[position]`.
  fileprivate func shares(of token: Int) throws -> [Double] {
    switch row {
    case .translator(let prediction):
      try shares(of: AttributionTarget(token, at: prediction.target.position), in: prediction)
    case .formulas(let formulas, let embeddings):
      formulas[token].shares(
        of: embeddings, from: baseline,
        at: (0..<steps).map { (Double($0) + 0.5) / Double(steps) })
    }
  }

  /// x − x′ times the gradient of the logit of a token at x, `[position]`.
  fileprivate func sharesOfTheEnd(of token: Int) throws -> [Double] {
    switch row {
    case .translator(let prediction):
      try shares(
        of: AttributionTarget(token, at: prediction.target.position), in: prediction, by: .right,
        steps: 1)
    case .formulas(let formulas, let embeddings):
      formulas[token].shares(of: embeddings, from: baseline, at: [1])
    }
  }

  /// Integrated gradients of the difference of the probabilities, `[position]`; nil for formulas.
  fileprivate func sharesOfProbabilities() throws -> [Double]? {
    guard case .translator(let prediction) = row else { return nil }
    return try shares(
      of: AttributionTarget(
        target, at: prediction.target.position, against: foil, measure: .probability),
      in: prediction)
  }

  private func shares(
    of target: AttributionTarget, in prediction: TranslatorPrediction,
    by rule: IntegrationRule = .midpoint, steps: Int? = nil
  ) throws -> [Double] {
    var other = prediction
    other.target = target
    return try other.explained().integratedGradients(
      from: .embeddings(EmbeddingValues(source: baseline)), by: rule, steps: steps ?? self.steps
    ).tokens.source.map(Double.init)
  }
}
