import Coursework
import Foundation
import Interpretability
import LensesVocabulary
import Tensors

extension LensSheet {
  /// 5.4: the clean model's surprise at the lens's choice.
  static let whoseSurprise = Exercise(
    "5.4", "Whose surprise?", points: 3, difficulty: 3, importance: 4, minutes: 20,
    hints: [
      "Two distributions and two choices: which distribution is asked, and about which token?",
      """
      Surprisal asks the *model* how surprised it would be at the *lens's* choice: −log p(argmax p̃), \
      with p from the last layer and p̃ from the lens.
      """,
      """
      The token comes from the layer, its probability from the last layer. `logSoftmax()` gives \
      natural logarithms, so nats.
      """,
      """
      `let clean = logits[at: last].logSoftmax()`; for each layer `let choice = \
      logits[at: layer].argmax()`, and the value at a position is `-clean[position, \
      choice[position]]`. Their mean and deviation as in 5.3.
      """,
    ],
    interpretation: """
      At the last layer surprisal is not zero: it is how unsure the model itself is of its best token. \
      That is the floor; a lens can come down to it and not below. Prec@1 calls a near miss and \
      nonsense the same; surprisal tells them apart. A lens can be sure of itself and very surprising: \
      its own −log p̃(argmax p̃) would be small there, which is why the wrong one of the two looks so \
      good in early layers.
      """,
    cases: { generator in
      try [
        ("positions of texts", LensModel.reader), ("another model", .otherReader),
        ("a model half trained", .earlyReader),
      ].map { Case($0.0, try LensPool.drawn(20, of: $0.1, using: &generator).logits) }
    },
    parts: [Part(LensAsks.surprisal) { surprise($0) }])

  private static func surprise(_ logits: Tensor) -> Judgement<[Spread]> {
    let m = LensMeasures(logits)
    let last = m.layers - 1
    let p = m.logProbabilities
    func right(_ layer: Int, _ position: Int) -> Double {
      -p[last][position][m.first(layer, position)]
    }
    let expected = Expected(
      m.spread(right), tolerance: 1e-3, named: "the surprisal",
      axes: ["layer", "mean or deviation"]
    ) {
      [
        Mistake(
          "this is the lens's surprise at its own choice; ask the model, whose distribution is the last "
            + "layer's", m.spread { -p[$0][$1][m.first($0, $1)] }
        ),
        Mistake(
          "this is the lens's surprise at the model's choice; asked is the model's at the lens's",
          m.spread { -p[$0][$1][m.first(last, $1)] }
        ),
        Mistake(
          "these are bits; nats are asked for", m.spread(scale: 1 / Foundation.log(2), right)),
        Mistake(
          "the sign is wrong: surprise is −log p, and never negative",
          m.spread(scale: -1, right)
        ),
        Mistake(
          "this is the entropy of each layer, its mean surprise at itself, and no choice was made",
          m.spread { layer, position in
            -p[layer][position].reduce(0) { $0 + Foundation.exp($1) * $1 }
          }
        ),
        Mistake(
          "the deviation was divided by one position less; that of the positions themselves is asked for",
          m.spread(correction: 1, right)
        ),
        Mistake(
          "this is the standard error of the mean, not the deviation over positions",
          m.spread(isError: true, right)
        ),
        Mistake(
          "this is a difference of logits: take the logarithm of the softmax",
          m.spread { -Double(m.logits[last][$1][m.first($0, $1)]) }
        ),
      ]
    }
    return Judgement { try expected.verdict(on: LensMeasures.tensor($0)) }
  }
}
