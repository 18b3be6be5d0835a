import Coursework
import Foundation
import Interpretability
import Tensors
import Transformers

extension GradientsSheet {
  /// 3.7: the gradient at every layer and position, and through cross-attention.
  static let traceTheGradient = Exercise(
    "3.7", "Trace it through cross-attention", points: 5, difficulty: 4, importance: 4, minutes: 35,
    timeLimit: 30,
    hints: [
      """
      One run back passes every layer on its way to the embeddings. You only have to ask for the \
      gradients where it passes: `gradient(of:withRespectTo:)` takes a list.
      """,
      """
      A tensor can be asked for if it was computed from one that requires a gradient. So run once to \
      capture `.embedding` and `.decoderEmbedding`, and run again with each replaced by itself, \
      `requiringGradient()`.
      """,
      """
      The points are `.residualPre(.encoder, layer)`, `.residualPre(.decoder, layer)` and \
      `.pattern(.decoder, layer, .cross)`. What `run.trace[point]` returns still has its history: ask \
      for the gradient with respect to that.
      """,
      """
      The number is `run.logits.slice(axis: 1, position..<(position + 1)).slice(axis: 2, \
      target..<(target + 1)).sum()`. A residual's gradient is `[1, position, width]`: the root of the \
      sum of squares over axis 2. A pattern's is `[1, head, target, source]`: times the pattern, summed \
      over heads and targets.
      """,
    ],
    interpretation: """
      Compare within a row, not between rows: where the stream is longer a unit is less of it. In the \
      embeddings many words count. Higher up the sentence has been read, and the prediction hangs mostly \
      on the position of one word: what the others had to say has moved there. In the decoder's map the \
      columns behind the row that predicts are 0, for the decoder cannot look ahead. The map of \
      cross-attention shows where one stack is carried over to the other. Attention × gradient has a \
      sign, and a head that looks at a word and is not listened to gets nothing: attention alone could \
      not tell you.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let prediction = try translator.prediction(of: pair, using: &generator)
      var cases = [try traceCase("a word of a translation", .translator, prediction)]
      for (name, encoderLayers, decoderLayers, heads, lengths) in [
        ("a deep decoder of one head", 1, 3, 1, (5, 4)),
        ("a deep encoder of three heads", 4, 2, 3, (4, 4)),
      ] {
        let (source, decoder) = (
          Array(3..<(3 + lengths.0)).shuffled(using: &generator),
          Array(3..<(3 + lengths.1)).shuffled(using: &generator)
        )
        cases.append(
          try traceCase(
            name,
            .drawn(
              seed: generator.next(), encoderLayers: encoderLayers,
              decoderLayers: decoderLayers, heads: heads),
            TranslatorPrediction(
              source: source, decoder: decoder,
              words: Array(repeating: nil, count: lengths.0),
              target: AttributionTarget(Int.random(in: 0..<20, using: &generator), at: 2))))
      }
      return cases
    },
    ask: { answers, question in
      let prediction = question.prediction
      return try answers.gradientMaps(
        of: question.model.model(),
        input: ModelInput(prediction.source, decoderTokens: prediction.decoder),
        target: prediction.target.token, position: prediction.target.position)
    },
    verify: { key, answer in
      .combining([
        key.encoder.verdict(on: answer.encoder), key.decoder.verdict(on: answer.decoder),
        key.cross.verdict(on: answer.cross),
      ])
    })

  struct TraceQuestion: Codable, Sendable {
    var model: TracedModel
    var prediction: TranslatorPrediction
  }

  /// Whose gradients are traced.
  enum TracedModel: Codable, Sendable {
    /// The translator.
    case translator
    /// A small model with random weights.
    case drawn(seed: UInt64, encoderLayers: Int, decoderLayers: Int, heads: Int)

    func model() throws -> Transformer {
      guard case .drawn(let seed, let encoderLayers, let decoderLayers, let heads) = self else {
        return try AttentionSheet.translator().model
      }
      func stack(_ layers: Int) -> TransformerConfiguration.Stack {
        TransformerConfiguration.Stack(
          layerCount: layers, headCount: heads, headWidth: 5, feedForwardWidth: 14)
      }
      var generator = SeededGenerator(seed: seed)
      return Transformer(
        configuration: .t5(
          vocabularySize: 20, width: 12, encoder: stack(encoderLayers),
          decoder: stack(decoderLayers), activation: .geluTanh, isGated: true,
          tiesEmbeddings: true), using: &generator)
    }
  }

  struct TraceKey: Codable, Sendable {
    var encoder: MapKey
    var decoder: MapKey
    var cross: MapKey
  }

  /// A map that is wanted, and what usual mistakes make of it.
  struct MapKey: Codable, Sendable {
    var name: String
    /// `[layer, position]`.
    var wanted: Tensor
    var mistakes: [Mistake]

    init(_ name: String, _ rows: [[Double]], _ mistakes: [(String, [[Double]])]) {
      self.name = name
      wanted = Tensor(rows: rows.map { $0.map { Float($0) } })
      self.mistakes = mistakes.map { Mistake($0.0, $0.1.flatMap { $0 }) }
    }

    func verdict(on answer: Tensor) -> Verdict {
      // Of maps whose values are all small, small differences count.
      let greatest = wanted.values.map { abs($0) }.max() ?? 1
      let tolerance = 2e-3 * min(1, greatest)
      let verdict = Verdict.compare(
        answer, to: wanted, tolerance: tolerance, named: name, axes: ["layer", "position"])
      guard verdict.status != .passed,
        let mistake = mistakes.first(where: { $0.gives(answer.values, tolerance: tolerance) })
      else { return verdict }
      return .failed(mistake.sentence, detail: verdict.detail)
    }
  }

  private static func traceCase(
    _ name: String, _ traced: TracedModel, _ prediction: TranslatorPrediction
  ) throws -> Case<TraceQuestion, TraceKey> {
    let work = try TraceWork(
      traced.model(), ModelInput(prediction.source, decoderTokens: prediction.decoder),
      target: prediction.target)
    return Case(
      name, question: TraceQuestion(model: traced, prediction: prediction),
      key: TraceKey(
        encoder: try work.residuals(.encoder, named: "the encoder's map"),
        decoder: try work.residuals(.decoder, named: "the decoder's map"), cross: work.cross()))
  }
}
