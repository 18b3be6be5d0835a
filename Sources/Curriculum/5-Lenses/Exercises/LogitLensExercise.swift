import Coursework
import Interpretability
import Laboratory
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// 5.1: the residual stream of every layer through the final norm and the unembedding.
  static let logitLens = Exercise(
    "5.1", "The logit lens", points: 4, difficulty: 2, importance: 5, minutes: 20,
    hints: [
      """
      The model turns its last residual stream into logits with two steps that are always the same: \
      the final norm and the unembedding. What if you gave them an earlier one?
      """,
      """
      `model.configuration.residualPoints` lists where to look: what the first block reads, then what \
      leaves each block. Capture them all in one run.
      """,
      """
      `model.finalNorm(_:)` takes the statistics of what it is given, and `model.logits(ofNormed:)` \
      unembeds. Both work on any number of leading axes.
      """,
      """
      `let points = model.configuration.residualPoints`; `let run = try model.run(ModelInput(tokens), \
      capturing: .points(Set(points)))`; then stack `model.logits(ofNormed: \
      model.finalNorm(try run.trace[point][at: 0]))` over the points.
      """,
    ],
    interpretation: """
      No weight was trained for this: the lens works as far as the blocks write into one common space \
      that the unembedding reads. Early layers often speak another dialect, so gibberish there says \
      that the lens does not understand, not that the layer knows nothing.
      """,
    cases: { generator in
      [
        ("a story", LensModel.reader, LensTexts.beginning(9, of: .narrative, using: &generator)),
        ("facts", .otherReader, LensTexts.beginning(7, of: .facts, using: &generator)),
        ("pairs", .wideReader, LensTexts.beginning(8, of: .fewShot, using: &generator)),
        ("a first word alone", .reader, [LensTexts.word(using: &generator)]),
      ].map { Case($0.0, TextOfModel(model: $0.1, tokens: $0.2)) }
    },
    parts: [Part(LensAsks.logitLens, judge: lens)])

  private static func lens(_ key: TextOfModel) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let states = try model.residualStates(of: ModelInput(key.tokens))
    let oracle = LensOracle(model)
    let rows = (0..<states.layerCount).map { LensOracle.rows(states.values[at: $0]) }
    func logits(_ make: ([[Double]]) -> [[Double]], layers: Range<Int>? = nil) -> Tensor {
      .stack((layers ?? rows.indices).map { oracle.logits(make(rows[$0])) })
    }
    let normed: ([[Double]]) -> [[Double]] = { $0.map { oracle.normed($0) } }
    let scales = rows[rows.count - 1].map { oracle.scale($0) }
    let expected = logits(normed)
    let last = rows.count - 1
    return Expected(
      expected, tolerance: 1e-3, named: "the lens", axes: ["layer", "position", "token"]
    ) {
      [
        Mistake(
          "the residual stream went to the unembedding without the final norm", logits { $0 }),
        Mistake(
          "there is one layer too few: the lens begins with what the first block reads",
          logits(normed, layers: 1..<(last + 1))
        ),
        Mistake(
          "the last layer is missing: what leaves the last block is read too",
          logits(normed, layers: 0..<last)
        ),
        Mistake(
          "every layer was divided by the scale of the last one; the norm takes the statistics of what it "
            + "is given",
          logits { zip($0, scales).map { oracle.normed($0, scale: $1) } }
        ),
        Mistake(
          "the norm was applied twice",
          logits { $0.map { oracle.normed(oracle.normed($0)) } }
        ),
        Mistake(
          "these are probabilities, not logits; leave the softmax to whoever needs it",
          expected.softmax()
        ),
        Mistake("these are log-probabilities, not logits", expected.logSoftmax()),
        Mistake(
          "only the last position was read; every position has its lens",
          .stack(
            (0...last).map { expected[at: $0].slice((key.tokens.count - 1)..<key.tokens.count) })
        ),
        Mistake(
          "the axes are position, layer, token; layers come first", expected.permuted([1, 0, 2])),
      ]
    }
  }
}
