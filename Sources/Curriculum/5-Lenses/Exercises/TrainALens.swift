import Coursework
import Interpretability
import LensesVocabulary
import SheetTools
import Tensors
import Transformers

extension LensSheet {
  /// States the student has seen, of a layer and the last one, and others of texts that are not in
  /// them.
  struct TuningKey {
    var model: LensModel
    var seen: ResidualStates
    var fresh: ResidualStates
  }

  /// 5.7: a translator of one layer, trained by KL to the final distribution.
  static let tunedLens = Exercise(
    "5.7", "Train a tuned lens", points: 6, difficulty: 4, importance: 4, minutes: 40,
    timeLimit: 60,
    hints: [
      """
      What should a layer's translated state predict: the next token of the text, or what the model \
      itself will say in the end? The lens is to show the model, not to replace it.
      """,
      """
      KL(p ‖ p̃) differs from the cross-entropy −Σ p log p̃ by the entropy of p, which your weights do \
      not touch. So minimise the cross-entropy, with p the softmax of the model's own logits. Least \
      squares to the last state minimises something else, and is not enough here.
      """,
      """
      `var added = AffineMap(weight: .zeros([width, width]), bias: .zeros([width]))` adds nothing yet; with \
      it the lens says `model.logits(ofNormed: model.finalNorm(rows + added(rows)))`. `added.gradients { \
      added in … }` takes gradients of the loss that you compute inside. Draw some 128 of the positions \
      for each step, with `gathering`.
      """,
      """
      A hundred steps of 128 positions: inside, `return -(goal * logits.logSoftmax()).sum() / 128`; outside, \
      `var optimiser = AdamW()` once, and `optimiser.update(&added, gradients: gradients, rate: 0.005 * (1 \
      - Float(step) / 100))` once a step: large steps at first, small ones in the end.
      """,
    ],
    interpretation: """
      Lower than the logit lens on texts that the lens was not trained on: the layer held more of the \
      final distribution than the model's own unembedding could read. Lower than least squares too: those \
      make the states alike, in directions that no logit depends on as much as in others. But now there \
      are trained weights between you and the layer, and the warnings of Sheet 2 apply. A translator that \
      is strong enough could compute what the next blocks would have. That it is one linear map a layer is \
      what keeps it honest.
      """,
    cases: { generator in
      try [("an early layer", LensModel.reader, 1...2), ("another model", .otherReader, 2...3)].map
      {
        name, model, layers in
        let layer = Int.random(in: layers, using: &generator)
        var known: Set<[Int]> = []
        /// A layer's states and the last layer's, at all positions of texts that have not been had.
        func states(_ positions: Range<Int>) throws -> ResidualStates {
          var texts: [[Int]] = []
          while texts.reduce(0, { $0 + $1.count }) < positions.lowerBound {
            texts += LensTexts.drawn(7, seed: generator.next()).filter { known.insert($0).inserted }
          }
          let all = try model.states(of: texts).values
          let count = min(all.shape[1], positions.upperBound)
          return ResidualStates(
            .stack([layer, all.shape[0] - 1].map { all[at: $0].slice(0..<count) }),
            lastIsNormed: false)
        }
        let seen = try states(640..<700)
        return Case(
          name, question: StatesToTuneOn(model: model, states: seen, seed: generator.next()),
          key: TuningKey(model: model, seen: seen, fresh: try states(500..<600)))
      }
    },
    parts: [Part(LensAsks.translator, judge: TranslatorJudge.init)])
}

/// Holds a translator against the logit lens and least squares on texts it has not seen.
private struct TranslatorJudge: Judge {
  private let model: Transformer
  private let seen: ResidualStates
  private let fresh: ResidualStates
  /// log p of the model, `[position, token]`, on fresh positions.
  private let clean: Tensor
  private let squares: AffineMap
  /// What the logit lens leaves, and least squares do.
  private let (plain, affine): (Double, Double)

  init(_ key: LensSheet.TuningKey) throws {
    model = try key.model.made()
    (seen, fresh) = (key.seen, key.fresh)
    squares = .leastSquares(from: seen.values[at: 0], to: seen.values[at: 1])
    clean = model.logits(ofNormed: model.finalNorm(fresh.values[at: 1])).logSoftmax()
    let own = fresh.values[at: 0]
    plain = Self.divergence(own, from: clean, in: model)
    affine = Self.divergence(squares(own), from: clean, in: model)
  }

  /// How much of what least squares leave a translator may leave: a trained one leaves two thirds to
  /// three quarters, one trained on fifty positions more than all of it.
  private static let margin = 0.92

  /// The mean KL(p ‖ p̃) of translated states, in nats.
  private static func divergence(
    _ states: Tensor, from clean: Tensor, in model: Transformer
  ) -> Double {
    let found = model.logits(ofNormed: model.finalNorm(states)).logSoftmax()
    return Double((clean.exponential() * (clean - found)).sum().scalar) / Double(states.shape[0])
  }

  private func divergence(_ added: AffineMap) -> Double {
    let own = fresh.values[at: 0]
    return Self.divergence(own + added(own), from: clean, in: model)
  }

  private func isGood(_ added: AffineMap) -> Bool { divergence(added) <= Self.margin * affine }

  func verdict(on added: AffineMap) -> Verdict {
    let width = model.configuration.width
    if let problem = Verdict.problem(
      with: added.weight, shape: [width, width], named: "the translator's weight")
      ?? Verdict.problem(with: added.bias, shape: [width], named: "the translator's bias")
    {
      return problem
    }
    return isGood(added) ? .passed() : .failed(reason(added))
  }

  private func less(_ map: AffineMap, identities: Float = 1) -> AffineMap {
    var map = map
    for place in 0..<map.weight.shape[0] { map.weight[place, place] -= identities }
    return map
  }

  /// How far what a map gives is from the last states, as a multiple of what least squares leave.
  private func excess(_ map: AffineMap) -> Float {
    let (own, last) = (seen.values[at: 0], seen.values[at: 1])
    func error(_ map: AffineMap) -> Float {
      let rest = map(own) - last
      return (rest * rest).sum().scalar
    }
    return error(map) / error(squares)
  }

  private func reason(_ added: AffineMap) -> String {
    let found = divergence(added)
    if added.weight.values.allSatisfy({ $0 == 0 }) {
      return added.bias.values.allSatisfy({ $0 == 0 })
        ? "all weights are zero: this is the logit lens, untrained"
        : "the matrix is zero and only the bias was trained"
    }
    let (asMap, asAdded) = (excess(added), excess(less(added, identities: -1)))
    if asAdded <= 1.2, asAdded < asMap {
      return
        "this is least squares to the last state: it makes the states alike, and the lens is to make alike "
        + "what is read off them; train by KL to the final distribution"
    }
    if asMap <= 1.2 || isGood(less(added)) {
      return
        "the matrix holds the identity already, and h + A h counts the state twice; A is what is added"
    }
    var turned = added
    turned.weight = added.weight.transposed()
    if isGood(turned) {
      return "the matrix is transposed: what is added is h Aᵀ + b, as `AffineMap` computes it"
    }
    guard found.isFinite else {
      return "the lens gives no numbers: its weights have grown too large"
    }
    if found >= plain {
      return "on new texts the divergence is no lower than the logit lens's"
    }
    return found >= affine
      ? "on new texts the divergence is lower than the logit lens's, and no lower than with least squares: "
        + "train on all positions, or longer, or with another rate"
      : "on new texts the divergence is hardly lower than with least squares, and can be three quarters of "
        + "it: train longer, on all positions, or with another rate"
  }
}
