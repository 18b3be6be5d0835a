import Coursework
import IdiomsVocabulary
import SheetTools
import Tensors
import Transformers

extension IdiomsSheet {
  /// 7.7: what two heads do together.
  static let ablateTogether = Exercise(
    "7.7", "Ablate together", points: 4, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      """
      One function does it all: how much the mean loss grows when a *list* of heads is zeroed. Then ask \
      it for lists of one and of two.
      """,
      """
      Two heads of one layer are in one tensor, `[batch, position, head, headWidth]`; two interventions \
      at one point are made one after the other.
      """,
      """
      Entry (a, b) is growth({a, b}) − growth({a}) − growth({b}); entry (a, a) is growth({a}). The \
      matrix is symmetric, so half of it is enough work.
      """,
      """
      `matrix[i, j] = Float(both - alone[i] - alone[j])`, and the same for `matrix[j, i]`. Losses as in \
      7.6: over all tokens, each counting alike. Keep the clean loss; it is needed once.
      """,
    ],
    interpretation: """
      Above 0: together the two cost more than one by one. One stood in for the other, and looked idle \
      alone. Below 0: both serve one thing, and once it is broken there is nothing more to lose. \
      Ablating heads one at a time, as the thesis does, sees neither. A head without an effect of its \
      own may be the spare of another.
      """,
    cases: { generator in
      let kinds: [(String, [(Int, Int)])] = [
        ("heads of two layers", [(0, 1), (1, 0), (2, 2)]),
        ("heads of one layer", [(1, 2), (1, 0), (1, 1)]),
        ("both", [(1, 1), (0, 2), (1, 2)]),
      ]
      return try kinds.map { name, heads in
        let question = try drawn(
          using: &generator,
          { generator in
            HeadQuestion(
              model: IdiomsModel(using: &generator),
              heads: heads.map { HeadPlace(layer: $0.0, head: $0.1) },
              sentences: randomSentences(using: &generator))
          }, until: { try interplayKey($0).isDecided() })
        return Case(name, question)
      }
    },
    parts: [Part(IdiomsAsks.interplay) { try interplayKey($0).judge }])

  private static func interplayKey(_ key: HeadQuestion) throws -> TensorKey {
    let oracle = AblationOracle(model: try key.model.made(), sentences: key.sentences)
    let count = key.heads.count
    /// Losses with pairs taken away, those with one on the diagonal.
    func losses(_ loss: ([AblationOracle.Prediction]) -> Double) throws -> (Double, [[Double]]) {
      (
        loss(try oracle.predictions()),
        try key.heads.map { a in
          try key.heads.map { b in loss(try oracle.predictions(without: [a, b])) }
        }
      )
    }
    let (clean, found) = try losses { AblationOracle.loss($0) }
    typealias Entry = (_ both: Double, _ a: Double, _ b: Double) -> Double
    func matrix(
      _ clean: Double, _ found: [[Double]], _ entry: Entry = { $0 - $1 - $2 },
      diagonal: (Double) -> Double = { $0 }, isMirrored: Bool = false
    ) -> [Double] {
      (0..<count).flatMap { i in
        (0..<count).map { j in
          let (a, b) = isMirrored ? (max(i, j), min(i, j)) : (i, j)
          return i == j
            ? diagonal(found[i][i] - clean)
            : entry(found[a][b] - clean, found[a][a] - clean, found[b][b] - clean)
        }
      }
    }
    /// A mistake that treats the two heads of a pair differently: in all of the matrix, or in one half
    /// of it, of which the other is the mirror image.
    func lopsided(_ sentence: String, _ entry: @escaping Entry) -> [Mistake<Tensor>] {
      [false, true].flatMap { isMirrored in
        [entry, { entry($0, $2, $1) }].map {
          Mistake(sentence, matrix(clean, found, $0, isMirrored: isMirrored))
        }
      }
    }
    return TensorKey(
      matrix(clean, found), shape: [count, count], named: "the interplay", axes: ["head", "head"],
      tolerance: 5e-4
    ) {
      let (cleanMean, foundMean) = try losses { AblationOracle.bySentence($0, \.loss) }
      let plain: [Mistake<Tensor>] = [
        Mistake(
          "the growth for both is there; take off what each costs alone",
          matrix(clean, found, { both, _, _ in both })
        ),
        Mistake(
          "the sign is wrong: together less one by one", matrix(clean, found, { $1 + $2 - $0 })),
        Mistake(
          "these are losses and not their growth: each has the clean loss in it",
          matrix(0, found)
        ),
        Mistake(
          "the diagonal is empty; it holds the single costs",
          matrix(clean, found, diagonal: { _ in 0 })),
        Mistake(
          "on the diagonal a head was taken off from itself; it holds the single costs",
          matrix(clean, found, diagonal: { -$0 })
        ),
        Mistake(
          "the greater of the single costs was taken off; take off both",
          matrix(clean, found, { $0 - max($1, $2) })
        ),
        Mistake(
          "sentences' means were averaged; every predicted token counts alike",
          matrix(cleanMean, foundMean)
        ),
      ]
      return plain
        + lopsided("the cost of one head alone was taken off; take off both") { both, a, _ in
          both - a
        }
        + lopsided("one of the two heads alone was zeroed; both are to be, in one run") { _, _, b in
          -b
        }
    }
  }
}
