import Coursework
import Interpretability
import LensesVocabulary
import SheetTools
import Tensors
import Transformers

extension LensSheet {
  /// States the student has not seen.
  struct TuningKey {
    var model: LensModel
    var fresh: ResidualStates
  }

  /// 5.7: a translator for every layer, trained by KL to the final distribution.
  static let tunedLens = Exercise(
    "5.7", "Train a tuned lens", points: 6, difficulty: 4, importance: 4, minutes: 40,
    timeLimit: 30,
    hints: [
      """
      What should a layer's translated state predict: the next token of the text, or what the model \
      itself will say in the end? The lens is to show the model, not to replace it.
      """,
      """
      KL(p ‖ p̃) differs from the cross-entropy −Σ p log p̃ by the entropy of p, which your weights do \
      not touch. So minimise the cross-entropy, with p the softmax of the model's own logits.
      """,
      """
      Train each layer by itself. `var added = AffineMap(weight: .zeros([width, width]), bias: \
      .zeros([width]))` adds nothing yet; with it the lens says `model.logits(ofNormed: \
      model.finalNorm(own + added(own)))`. `added.gradients { added in … }` takes gradients of the loss \
      that you compute inside.
      """,
      """
      A few hundred steps on all positions at once with a rate of 0.01 will do: inside, `return -(clean \
      * logits.logSoftmax()).sum() / Float(states.positionCount)`; outside, `var optimiser = AdamW()` \
      once a layer, and `optimiser.update(&added, gradients: gradients, rate: 0.01)` once a step.
      """,
    ],
    interpretation: """
      Lower at every layer, on positions the lens was not trained on: the layer held more of the final \
      distribution than the model's own unembedding could read. But now there are trained weights \
      between you and the layer, and the warnings of Sheet 2 apply. A translator that is strong enough \
      could compute what the next blocks would have. That it is one linear map a layer is what keeps it \
      honest.
      """,
    cases: { generator in
      try ["one model", "another model"].map { name in
        let spec = LensModel(.layerNorm, using: &generator)
        let model = try spec.made()
        func states(_ texts: Int) throws -> ResidualStates {
          try model.residualStates(
            of: ModelInput(
              tokens: (0..<texts).map { _ in LensModel.text(20, using: &generator) }))
        }
        return Case(
          name,
          question: StatesToTuneOn(
            model: spec, states: try states(40), seed: generator.next()),
          key: TuningKey(model: spec, fresh: try states(12)))
      }
    },
    parts: [Part(LensAsks.tunedLens, judge: TunedLensJudge.init)])
}

/// Holds a lens against the logit lens on positions it has not seen.
private struct TunedLensJudge: Judge {
  private let model: Transformer
  private let fresh: ResidualStates
  private let plain: [Double]

  init(_ key: LensSheet.TuningKey) throws {
    model = try key.model.made()
    fresh = key.fresh
    plain = model.reading(of: fresh).divergence.map(\.mean)
  }

  /// How much of the logit lens's divergence a lens may leave: a trained one leaves a tenth, the
  /// same one with the identity added twice over a third.
  private static let margin = 0.3

  private func divergence(_ lens: [AffineMap]) -> [Double] {
    model.reading(of: fresh, through: TunedLens(translators: lens)).divergence.map(\.mean)
  }

  private func isGood(_ lens: [AffineMap]) -> Bool {
    zip(divergence(lens), plain).dropLast().allSatisfy { $0 <= Self.margin * $1 }
  }

  private func edited(
    _ lens: [AffineMap], _ edit: (inout AffineMap) -> Void
  ) -> [AffineMap] {
    var copy = lens
    for layer in copy.indices { edit(&copy[layer]) }
    return copy
  }

  func verdict(on lens: [AffineMap]) -> Verdict {
    let (layers, width) = (fresh.layerCount, LensModel.width)
    guard lens.count == layers - 1 else {
      return .invalid(
        lens.count == layers
          ? "the last layer has a translator; it is the model's own and needs none"
          : "there are \(lens.count) translators, not \(layers - 1): one for every layer "
            + "but the last")
    }
    for (layer, translator) in lens.enumerated() {
      if let problem = Verdict.problem(
        with: translator.weight, shape: [width, width], named: "the weight of layer \(layer)")
        ?? Verdict.problem(
          with: translator.bias, shape: [width], named: "the bias of layer \(layer)")
      {
        return problem
      }
    }
    if isGood(lens) { return .passed() }
    return .failed(reason(lens))
  }

  private func reason(_ lens: [AffineMap]) -> String {
    let found = divergence(lens)
    if lens.allSatisfy({ $0.weight.values.allSatisfy { $0 == 0 } }) {
      return lens.allSatisfy({ $0.bias.values.allSatisfy { $0 == 0 } })
        ? "all weights are zero: this is the logit lens, untrained"
        : "the matrices are zero and only the biases were trained"
    }
    let identity = edited(lens) { translator in
      for place in 0..<LensModel.width { translator.weight[place, place] -= 1 }
    }
    if isGood(identity) {
      return
        "the matrix holds the identity already, and h + A h counts the state twice; A is what is "
        + "added"
    }
    if isGood(edited(lens, { $0.weight = $0.weight.transposed() })) {
      return "the matrix is transposed: what is added is h Aᵀ + b, as `AffineMap` computes it"
    }
    var reversed = lens
    reversed.reverse()
    if isGood(reversed) {
      return "the translators are in the wrong order; the first layer comes first"
    }
    if lens.dropFirst().allSatisfy({ $0.weight == lens[0].weight }) {
      return "all layers have the same translator; each layer needs its own"
    }
    let worst = zip(found, plain).dropLast().enumerated().max {
      $0.element.0 / $0.element.1 < $1.element.0 / $1.element.1
    }!
    guard worst.element.0.isFinite else {
      return "the lens gives no numbers at layer \(worst.offset): its weights have grown too large"
    }
    return worst.element.0 >= worst.element.1
      ? "on new positions the divergence at layer \(worst.offset) is no lower than the logit lens's"
      : "on new positions the divergence at layer \(worst.offset) is lower than the logit lens's, and can "
        + "be much lower; train longer, on all positions, or with another rate"
  }
}
