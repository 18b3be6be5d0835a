import Coursework
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.6: one prediction from five sides.
  static let readAnExample = Exercise(
    "8.6", "Read an example", points: 4, difficulty: 3, importance: 4, minutes: 30,
    hints: [
      """
      Two runs, with the head and without it, and one position of each. Three of the five fields come \
      from the first run's trace.
      """,
      """
      What the head adds by itself is what it mixes at the position, through W_O and W_U, divided by the \
      scale of the final norm of the run as it is.
      """,
      """
      The lens reads `.residualPre(.blocks, layer)`, through `model.finalNorm` and `model.logits(ofNormed:)`. The \
      attention is the *row* of the pattern, `pattern[at: head][at: position]`.
      """,
      """
      `added = mixed.matmul(matrices.output).matmul(matrices.unembedding) / scale`, where `mixed` is \
      `[1, headWidth]`: the position and the head's slice of \
      `trace[.block(.blocks, layer, .attention(.own, .mixed))][at: 0]`. `after` is the run with `replacement` in \
      its place at *every* position.
      """,
    ],
    interpretation: """
      Read the five together. The lens says what was predicted before the head; the pattern, where it \
      looked; what it adds, what it did about that. And then hold `after − before` against `added`: they \
      are not each other's negative. Later layers read what the head wrote, and earlier positions lost \
      it too. Where the two differ most is where a story told from direct effects alone goes wrong.
      """,
    cases: { generator in
      try [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
        // Behind the head a layer hears of its absence.
        let head = model.head(layers: kind == .narrow ? 0...0 : 0...1, using: &generator)
        let text = model.text(kind == .tours ? 22 : 9, using: &generator)
        let width = try model.made().configuration.decoder!.headWidth
        let question = ReplacedHead(
          model: model, head: head,
          replacement: .randomNormal([width], standardDeviation: 0.5, using: &generator),
          texts: [text], position: Int.random(in: 3...(text.count - 2), using: &generator))
        let name =
          switch kind {
          case .narrow: "random tokens, two layers"
          case .wide: "random tokens, three layers"
          default: "a tour"
          }
        return Case(name, question)
      }
    },
    parts: [Part(SuppressionAsks.example, judge: example)])

  private static func example(_ key: ReplacedHead) throws -> FieldJudge<PredictionExample> {
    let model = try key.model.made()
    let head = PlainHead(HeadMatrices(of: key.head, in: model))
    let text = key.texts[0]
    let (place, position) = (key.head, key.position)
    let run = try PlainRun(model, text)
    let replacement = key.replacement.values.map(Double.init)
    func without(_ values: [Double], at positions: Range<Int>? = nil) throws -> [[Double]] {
      try PlainRun(
        model, text, intervening: [place.replaced(by: values, at: positions)]
      ).logits
    }
    let scale = try run.scales()[position]
    func added(_ mixed: [Double], scale: Double) -> [Double] {
      let wrote = Plain.times(mixed, head.output)
      return head.directions.map { Plain.dot(wrote, $0) / scale }
    }
    let mixed = try run.rows(place, .mixed)[position]
    let before = run.logits[position]
    let after = try without(replacement)[position]
    let lens = try run.lens(before: place.layer)[position]
    let pattern = try run.pattern(place)
    func expected(
      _ name: String, _ right: [Double], _ axis: String = "token",
      _ mistakes: @escaping () throws -> [Mistake<Tensor>]
    ) -> Expected<Tensor> {
      Expected(
        right, shape: [right.count], tolerance: 1e-3, named: name, axes: [axis],
        mistakes: mistakes)
    }
    return FieldJudge([
      .init(
        \.before,
        expected("`before`", before) {
          [
            Mistake("`before` and `after` have changed places", after),
            Mistake(
              "`before` holds log-probabilities: logits are asked for", Plain.logSoftmax(before)),
            Mistake(
              "`before` is of the position behind: position i holds the prediction of token i + 1",
              run.logits[position + 1]),
          ]
        }),
      .init(
        \.after,
        expected("`after`", after) {
          [
            Mistake("`after` is the run as it is: nothing was taken away", before),
            Mistake(
              "zeros stand in the head's place: `replacement` does",
              try without(replacement.map { _ in 0 })[position]),
            Mistake(
              "the head was taken away at this position alone; earlier positions have lost it too",
              try without(replacement, at: position..<(position + 1))[position]),
            Mistake(
              "the head's direct effect was taken off the logits; later layers must hear of its absence",
              Plain.sum(before, added(mixed, scale: scale), factor: -1)),
          ]
        }),
      .init(
        \.added,
        expected("`added`", added(mixed, scale: scale)) {
          [
            Mistake(
              "`added` is not divided by the scale of the final norm", added(mixed, scale: 1)),
            Mistake(
              "`added` is before minus after: what the head does by itself is what it mixes through W_O and "
                + "W_U",
              Plain.sum(before, after, factor: -1)),
            Mistake(
              "`added` is held against the replacement; what the head adds is asked for, whole",
              added(Plain.sum(mixed, replacement, factor: -1), scale: scale)),
            Mistake(
              "`added` is of the position's own value; the head mixes those of all it attends to",
              added(try run.rows(place, .value)[position], scale: scale)),
            Mistake(
              "`added` is of the position behind",
              added(
                try run.rows(place, .mixed)[position + 1], scale: try run.scales()[position + 1])
            ),
          ]
        }),
      .init(
        \.lens,
        expected("`lens`", lens) {
          [
            Mistake(
              "the lens reads behind the head's layer; in front of it the head has not written yet",
              try run.lens(before: place.layer + 1)[position]),
            Mistake(
              "the lens went to the unembedding without the final norm",
              try run.lens(before: place.layer, isNormed: false)[position]),
            Mistake("`lens` holds log-probabilities: logits are asked for", Plain.logSoftmax(lens)),
          ]
        }),
      .init(
        \.attention,
        expected("`attention`", pattern[position], "position") {
          [
            Mistake(
              "this is a column of the pattern, how others attend to the position; its row is how it attends",
              pattern.map { $0[position] }),
            Mistake(
              "these are scores; attention is their softmax", try run.scores(place)[position]),
            Mistake(
              "this is the mean over the layer's heads",
              Plain.mean(
                try (0..<run.heads).map {
                  try run.pattern(HeadPlace(layer: place.layer, head: $0))[position]
                })),
          ]
        }),
    ])
  }
}

/// The judge of an answer of several fields, each with a judge of its own: the first that is wrong has
/// the word.
struct FieldJudge<Answer: Codable & Sendable>: Judge {
  struct Field {
    let verdict: (Answer) throws -> Verdict

    init<Value: Codable & Sendable>(
      _ value: @escaping (Answer) -> Value, _ judge: some Judge<Value>
    ) {
      verdict = { try judge.verdict(on: value($0)) }
    }
  }

  let fields: [Field]

  init(_ fields: [Field]) { self.fields = fields }

  func verdict(on answer: Answer) throws -> Verdict {
    for field in fields {
      let verdict = try field.verdict(answer)
      if verdict.status != .passed { return verdict }
    }
    return .passed()
  }
}
