import Coursework
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.4: every head's direct effect on the truth.
  static let survey = Exercise(
    "8.4", "A survey", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      What a head adds to the stream is `hook_result`; what that does to the logit of a token is its \
      product with the token's column of W_U, when the final norm divides by what it divided by in the \
      run.
      """,
      """
      Position i predicts token i + 1. So the row of the result at i belongs to the column of W_U of \
      `text[i + 1]`, and the last position of a text has no next token.
      """,
      """
      `.block(.blocks, layer, .attention(.own, .result))` is `[batch, position, head, width]`, and \
      `.finalNorm(.blocks, .scale)` is `[batch, position, 1]`. A long text counts more than a short one: sum over \
      everything, divide once.
      """,
      """
      `let directions = unembedding.transposed().gathering(Array(text.dropFirst()))`, `[position, width]`, divided by \
      the scales; for each head `(result * directions).sum()` over the positions 0 ..< count − 1.
      """,
    ],
    interpretation: """
      Most heads help the true next token a little, many do next to nothing, and in GPT-2 small a few are \
      clearly below zero: on the average they make the right answer *less* likely. That is no verdict. The \
      survey says what a head does by itself, to this one token, on these texts. In the reader of tours no \
      head is negative, though half of them suppress: what they write against never comes next there. What a \
      head does to all wrong tokens, and what later layers make of it, is not in it either.
      """,
    cases: { generator in
      [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
        let texts = (kind == .tours ? [9, 24, 16] : [5, 9, 3]).map {
          model.text($0, using: &generator)
        }
        let name =
          switch kind {
          case .narrow: "random tokens, two layers"
          case .wide: "random tokens, three layers"
          default: "tours"
          }
        return Case(
          name, HeadOnTexts(model: model, head: HeadPlace(layer: 0, head: 0), texts: texts))
      }
    },
    parts: [Part(SuppressionAsks.survey, judge: survey)])

  private static func survey(_ key: HeadOnTexts) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let head = PlainHead(HeadMatrices(of: key.head, in: model))
    let runs = try key.texts.map { try PlainRun(model, $0) }
    /// Effects of every head at every position of every text, `[layer][head][text][position]`.
    func effects(
      on targets: (PlainRun) -> [Int: Int] = { $0.nextTokens }, isScaled: Bool = true,
      along directions: [[Double]]? = nil
    ) throws -> [[[[Double]]]] {
      let found = try runs.map { run in
        try run.headEffects(
          on: targets(run), along: directions ?? head.directions,
          scales: isScaled ? run.scales() : nil)
      }
      return runs[0].indicesOfHeads { layer, head in found.map { $0[layer][head] } }
    }
    func table(
      _ effects: [[[[Double]]]],
      _ reduce: ([[Double]]) -> Double = { Plain.mean($0.flatMap(\.self)) }
    ) -> [[Double]] { effects.map { $0.map(reduce) } }
    let right = try effects()
    return Expected(
      table(right), tolerance: 1e-3, named: "the survey", axes: ["layer", "head"]
    ) {
      /// Each head's result through the final norm by itself.
      func normedAlone() throws -> [[Double]] {
        try runs[0].indicesOfHeads { layer, index in
          let values = try runs.flatMap { run in
            let wrote = try run.result(HeadPlace(layer: layer, head: index))
            return run.nextTokens.map { position, token in
              let row = Plain.centred(wrote[position])
              let scale = (Plain.dot(row, row) / Double(row.count) + 1e-5).squareRoot()
              return Plain.dot(row, head.directions[token]) / scale
            }
          }
          return Plain.mean(values)
        }
      }
      return [
        Mistake(
          "these are effects on the token that stands there; position i predicts token i + 1",
          table(
            try effects(on: { run in
              Dictionary(uniqueKeysWithValues: run.tokens.enumerated().map { ($0, $1) })
            }))),
        Mistake(
          "these are effects on the token that stands there; position i predicts token i + 1",
          table(
            try effects(on: { run in
              Dictionary(
                uniqueKeysWithValues: run.tokens.dropLast().enumerated().map { ($0, $1) })
            }))),
        Mistake(
          "the scale of the final norm is missing: W_U reads a stream that was divided by it",
          table(try effects(isScaled: false))),
        Mistake(
          "the model's own unembedding was taken: the final norm's weight is not in it, and logits are not "
            + "held against the mean of all; take `unembedding`",
          table(try effects(along: (model.unembedding ?? model.embedding).doubleRows))),
        Mistake(
          "each head was normed by itself: the norm divides by the scale that the whole stream had in the "
            + "run, or what the heads add up to is no longer the logit",
          try normedAlone()),
        Mistake(
          "each text has the same weight here, however long it is: the mean is over positions",
          table(right) { Plain.mean($0.map(Plain.mean)) }),
        Mistake(
          "these are sums; the mean is asked for", table(right) { $0.joined().reduce(0, +) }),
        Mistake(
          "the size of effects was averaged, and so no head can be negative",
          table(right) { Plain.mean($0.joined().map { abs($0) }) }),
        Mistake(
          "only the last prediction of each text counts here",
          table(right) { Plain.mean($0.map { $0[$0.count - 1] }) }),
        Mistake(
          "the signs are turned: below 0 lowers the next token",
          table(right) { -Plain.mean($0.flatMap(\.self)) }),
        Mistake(
          "rows are heads here; layers come first", Plain.transposed(table(right))),
      ]
    }
  }
}

extension PlainRun {
  /// A value for every head, by layer.
  func indicesOfHeads<Value>(_ value: (Int, Int) throws -> Value) rethrows -> [[Value]] {
    try (0..<layers).map { layer in try (0..<heads).map { try value(layer, $0) } }
  }
}
