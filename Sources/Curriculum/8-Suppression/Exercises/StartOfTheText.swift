import Coursework
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.9: what a head rests on when nothing calls it.
  static let startOfTheText = Exercise(
    "8.9", "Start of the text", points: 4, difficulty: 4, importance: 3, minutes: 40,
    hints: [
      """
      With no text in it, a query is its bias. A key is a state through W_K. So what direction of the \
      *residual stream* does the bias ask for?
      """,
      """
      score = (x W_K) · b = x · (W_K b): the direction is `matrices.key` times the bias, `[width]`. The state is \
      the residual stream in front of the layer as the norm leaves it: its mean taken off. The cosine does not \
      mind the scale.
      """,
      """
      `.block(.blocks, layer, .norm(1, .normalized))` is the state with its mean off and divided by its \
      scale. One cosine for every position of every text, then the mean over texts.
      """,
      """
      For the second part: run with another first token; then, with the old one, `Intervention(at: \
      .positionEmbedding)` that copies row `position` of `[batch, position, width]` over row 0, and nothing else. \
      Average `pattern[q, 0]` over q from 1 on: the first position can look nowhere else.
      """,
    ],
    interpretation: """
      In GPT-2 small the cosine of head 10.7 is 0.45 to 0.47 at position 0 and very negative elsewhere: \
      the query bias alone sends the head to the start, and a prediction has to be strong enough to call it \
      away. What marks the place can be the token or the position. Where only one token is ever seen \
      at the start, both are learned together, and only a swap tells them apart.
      """,
    cases: { generator in
      try [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        while true {
          let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
          let head = model.head(layers: 0...1, using: &generator)
          let length = kind == .tours ? 16 : 8
          let texts = (0..<3).map { _ in model.text(length, using: &generator) }
          let question = StartOfTexts(
            model: model, head: head, texts: texts,
            token: kind == .tours
              ? tourTokens.randomElement(using: &generator)!
              : model.different(1, using: &generator)[0],
            position: Int.random(in: 2..<(length - 1), using: &generator))
          let name =
            switch kind {
            case .narrow: "random tokens, two layers"
            case .wide: "random tokens, three layers"
            default: "tours"
            }
          if try StartLoop(question).isClear { return Case(name, question) }
        }
      }
    },
    parts: [
      Part(SuppressionAsks.startCosines) { try StartLoop($0).cosineJudge },
      Part(SuppressionAsks.startAttention) { try StartLoop($0).attentionJudge },
    ])
}

/// The start of texts, one position at a time, and what becomes of it by mistake.
private struct StartLoop {
  private let key: StartOfTexts
  private let model: Transformer
  private let head: PlainHead
  private let runs: [PlainRun]

  init(_ key: StartOfTexts) throws {
    self.key = key
    let made = try key.model.made()
    model = made
    head = PlainHead(HeadMatrices(of: key.head, in: made))
    runs = try key.texts.map { try PlainRun(made, $0) }
  }

  /// A value of a state and what is asked for, the mean over texts by position.
  private func means(
    _ point: HookPoint? = nil, _ direction: [Double]? = nil,
    _ value: ([Double], [Double]) -> Double = { Plain.cosine(Plain.centred($0), $1) }
  ) throws -> [Double] {
    let asked = direction ?? head.key.map { Plain.dot($0, head.queryBias) }
    return Plain.mean(
      try runs.map { run in
        try run.rows(point ?? .residualPre(.blocks, key.head.layer)).map { value($0, asked) }
      })
  }

  var cosineJudge: Expected<Tensor> {
    get throws {
      let right = try means()
      return Expected(
        right, shape: [right.count], tolerance: 1e-3, named: "the cosine", axes: ["position"]
      ) {
        let keys = try runs.map { run in
          try run.rows(key.head, .key).map { Plain.cosine($0, head.queryBias) }
        }
        let states = try runs.map { try $0.rows(.residualPre(.blocks, key.head.layer)) }
        let asked = head.key.map { Plain.dot($0, head.queryBias) }
        let meanStates = states[0].indices.map { position in
          Plain.mean(states.map { Plain.centred($0[position]) })
        }
        return [
          Mistake(
            "these are products: a cosine is divided by both lengths",
            try means { Plain.dot(Plain.centred($0), $1) }),
          Mistake(
            "the mean of the state is still in it: the layer's norm takes it off before the head reads",
            try means { Plain.cosine($0, $1) }),
          Mistake(
            "these are cosines of keys; the residual stream is asked, and W_K stands between",
            Plain.mean(keys)),
          Mistake(
            "this is the stream behind the layer",
            try means(.residualPost(.blocks, key.head.layer))),
          Mistake(
            "the bias went through W_Q: it is a query already, and what it asks for lies behind W_K",
            try means(nil, head.query.map { Plain.dot($0, head.queryBias) })),
          Mistake(
            "these are cosines of mean states; the mean is over cosines",
            meanStates.map { Plain.cosine($0, asked) }),
          Mistake(
            "only the first text counts here",
            try runs[0].rows(.residualPre(.blocks, key.head.layer))
              .map { Plain.cosine(Plain.centred($0), asked) }),
        ]
      }
    }
  }

  /// The attention to the first position of a changed text.
  private func attention(
    _ text: [Int]? = nil, _ interventions: [Intervention] = [],
    _ value: (([[Double]]) -> Double)? = nil
  ) throws -> Double {
    let run = try PlainRun(model, text ?? key.texts[0], intervening: interventions)
    let pattern = try run.pattern(key.head)
    return value?(pattern) ?? Plain.mean(pattern.dropFirst().map { $0[0] })
  }

  /// Puts a row of an activation in the place of the first, or of several.
  private func copying(
    _ position: Int, to targets: Range<Int> = 0..<1, at point: HookPoint = .positionEmbedding,
    exchanges: Bool = false
  ) -> Intervention {
    Intervention(at: point) { rows in
      var changed = rows
      for column in 0..<rows.shape[2] {
        for target in targets { changed[0, target, column] = rows[0, position, column] }
        if exchanges { changed[0, position, column] = rows[0, 0, column] }
      }
      return changed
    }
  }

  private var other: [Int] { [key.token] + key.texts[0].dropFirst() }

  private func wanted() throws -> [Double] {
    [try attention(), try attention(other), try attention(nil, [copying(key.position)])]
  }

  var isClear: Bool {
    get throws {
      if key.model.kind == .tours { return true }
      let values = try wanted()
      // What the last position gives to the first is no share of an even row.
      let last = try attention(nil, []) { $0[$0.count - 1][0] }
      return abs(last - 1 / Double(key.texts[0].count)) > 0.02 && abs(values[0] - values[1]) > 0.02
        && abs(values[0] - values[2]) > 0.02
        && abs(values[1] - values[2]) > 0.02
    }
  }

  var attentionJudge: FieldJudge<StartAttention> {
    get throws {
      let right = try wanted()
      let zeroth: ([[Double]]) -> Double = { Plain.mean($0.map { $0[0] }) }
      let place = copying(key.position)
      let number = SuppressionSheet.number
      return FieldJudge([
        .init(
          { Double($0.asItIs) },
          number(right[0], "`asItIs`") {
            [
              (
                "the first position counts here: it can look nowhere else",
                (try? attention(nil, [], zeroth)) ?? 0
              ),
              (
                "this is the mean over the layer's heads",
                (try? Plain.mean(
                  (0..<runs[0].heads).map {
                    Plain.mean(
                      try runs[0].pattern(HeadPlace(layer: key.head.layer, head: $0)).dropFirst()
                        .map { $0[0] })
                  })) ?? 0
              ),
              (
                "only the last position's attention counts here",
                (try? attention(nil, []) { $0[$0.count - 1][0] }) ?? 0
              ),
              (
                "this is a sum; the mean is asked for",
                right[0] * Double(key.texts[0].count - 1)
              ),
              (
                "this is the row of the first position; how others look at it is its column",
                (try? attention(nil, []) { Plain.mean($0[0]) }) ?? 0
              ),
            ]
          }),
        .init(
          { Double($0.otherToken) },
          number(right[1], "`otherToken`") {
            [
              ("the first token is still there", right[0]),
              (
                "the token was put in front of the text; it takes the place of the first",
                (try? attention([key.token] + key.texts[0])) ?? 0
              ),
              ("the two changes have changed places", right[2]),
            ]
          }),
        .init(
          { Double($0.otherPosition) },
          number(right[2], "`otherPosition`") {
            [
              ("the first position's embedding is still there", right[0]),
              (
                "the token was changed too; here it is the old one",
                (try? attention(other, [place])) ?? 0
              ),
              (
                "the first position got the whole state of another; only its position embedding is exchanged",
                (try? attention(
                  nil, [copying(key.position, at: .residualPre(.blocks, 0))])) ?? 0
              ),
              (
                "the other position lost its embedding to the first; it keeps its own",
                (try? attention(nil, [copying(key.position, exchanges: true)])) ?? 0
              ),
              (
                "the other position got the first's embedding; it is the other way round",
                (try? attention(
                  nil, [copying(0, to: key.position..<(key.position + 1))])) ?? 0
              ),
              (
                "every position got that embedding; only the first is to",
                (try? attention(
                  nil, [copying(key.position, to: 0..<key.texts[0].count)])) ?? 0
              ),
            ]
          }),
      ])
    }
  }
}
