import Coursework
import Foundation
import Interpretability
import LensesVocabulary
import Tensors

extension LensSheet {
  /// 5.3: how often lens and model choose the same token.
  static let precisionAtOne = Exercise(
    "5.3", "Prec@1", points: 4, difficulty: 2, importance: 5, minutes: 20,
    hints: [
      "What does the model choose at a position? The last layer of `logits` says. Go through the others.",
      """
      At every layer and position there is a 1 (same token) or a 0 (another). `.argmax()` of a tensor \
      gives the greatest column of every row. The spread is the root of the mean squared distance from \
      the mean.
      """,
      """
      `next` is what the text goes on with, and the model may be wrong about that: it is not asked. \
      `argmax` names the first of equals. A lens whose two best tokens have the same logit has not \
      chosen: count the tokens that reach the greatest value, and write 0 where there is more than one.
      """,
      """
      For each layer, with `let row = logits[at: layer][at: position].values`: a 1 where \
      `row.count { $0 == row[choice[position]] } == 1 && choice[position] == final[position]`, else a \
      0. Then their `Spread(mean:deviation:)`; divide by the number of positions both times.
      """,
    ],
    interpretation: """
      Prec@1 says when the answer is settled in the lens's eyes, and no more. The spread of zeros and \
      ones is √(p(1 − p)): it says nothing that the mean does not, so for an error bar take intervals \
      as on Sheet 2. Ties are no fine point: rounded to bfloat16, one reading of the reader in sixty \
      ties, and a table of “top tokens” then shows whatever comes first in the vocabulary.
      """,
    cases: { generator in
      try [
        ("positions of texts", LensModel.reader, false),
        ("logits in half precision, with ties", .reader, true),
        ("another model", .earlyReader, false),
      ].map { name, model, isHalf in
        Case(name, try LensPool.close(23, of: model, isHalf: isHalf, using: &generator))
      }
    },
    parts: [Part(LensAsks.precision) { agreement($0) }])

  private static func agreement(_ key: LensOverTexts) -> Judgement<[Spread]> {
    let m = LensMeasures(key.logits)
    let last = m.layers - 1
    func hit(_ layer: Int, _ position: Int) -> Double {
      m.choice(layer, position) == m.first(last, position) ? 1 : 0
    }
    func careless(_ layer: Int, _ position: Int) -> Double {
      m.first(layer, position) == m.first(last, position) ? 1 : 0
    }
    let expected = Expected(
      m.spread(hit), tolerance: 1e-4, named: "prec@1", axes: ["layer", "mean or deviation"]
    ) {
      [
        Mistake(
          "a tie was taken for a choice: where several tokens share the greatest logit the lens has "
            + "chosen none", m.spread(careless)
        ),
        Mistake(
          "logits that come near the greatest were taken for ties; only what is equal ties, and the lens "
            + "has chosen however small its lead",
          m.spread {
            m.nearest($0, $1, within: 0.01) == 1 && m.first($0, $1) == m.first(last, $1) ? 1 : 0
          }
        ),
        Mistake(
          "layers were held against the token that comes next in the text, not against what the model "
            + "says", m.spread { m.choice($0, $1) == key.next[$1] ? 1 : 0 }
        ),
        Mistake(
          "layers were held against the token that comes next in the text, not against what the model "
            + "says", m.spread { m.first($0, $1) == key.next[$1] ? 1 : 0 }
        ),
        Mistake(
          "layers were held against the next layer, not against the last",
          m.spread {
            m.choice($0, $1) == m.first(min($0 + 1, last), $1) ? 1 : 0
          }
        ),
        Mistake(
          "layers were held against the first one, not against the last",
          m.spread { m.choice($0, $1) == m.first(0, $1) ? 1 : 0 }
        ),
        Mistake(
          "these are per cent; fractions from 0 to 1 are asked for", m.spread(scale: 100, hit)
        ),
        Mistake(
          "the deviation was divided by one position less; that of the positions themselves is asked for",
          m.spread(correction: 1, hit)
        ),
        Mistake(
          "this is the standard error of the mean, not the deviation over positions",
          m.spread(isError: true, hit)
        ),
        Mistake(
          "this is how probable the model's choice is to the lens, not how often they agree",
          m.spread { Foundation.exp(m.logProbabilities[$0][$1][m.first(last, $1)]) }
        ),
        Mistake(
          "this is the share of disagreement; prec@1 counts agreement",
          m.spread { 1 - hit($0, $1) }
        ),
      ]
    }
    return Judgement { try expected.verdict(on: LensMeasures.tensor($0)) }
  }
}
