import Coursework
import Foundation
import GradientsVocabulary
import Interpretability
import SheetTools
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
      let translator = try SheetTranslator.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let prediction = try translator.prediction(of: pair, using: &generator)
      var cases = [
        Case(
          "a word of a translation",
          TracedPrediction(model: .named(prediction.model), prediction: prediction))
      ]
      for (name, encoderLayers, decoderLayers, heads, lengths) in [
        ("a deep decoder of one head", 1, 3, 1, (5, 4)),
        ("a deep encoder of three heads", 4, 2, 3, (4, 4)),
      ] {
        let (source, decoder) = (
          Array(3..<(3 + lengths.0)).shuffled(using: &generator),
          Array(3..<(3 + lengths.1)).shuffled(using: &generator)
        )
        let model = TracedModel.drawn(
          seed: generator.next(), encoderLayers: encoderLayers, decoderLayers: decoderLayers,
          heads: heads)
        let prediction = TranslatorPrediction(
          source: source, decoder: decoder, words: Array(repeating: nil, count: lengths.0),
          target: AttributionTarget(Int.random(in: 0..<20, using: &generator), at: 2))
        cases.append(Case(name, TracedPrediction(model: model, prediction: prediction)))
      }
      return cases
    },
    parts: [Part(GradientsAsks.gradientMaps, judge: tracedMaps)])

  private static func tracedMaps(of question: TracedPrediction) throws -> Judgement<GradientMaps> {
    let work = try TraceWork(question)
    let encoder = work.residuals(.encoder, named: "the encoder's map")
    let decoder = work.residuals(.decoder, named: "the decoder's map")
    let cross = work.cross
    return Judgement { answer in
      .combining([
        try encoder.verdict(on: answer.encoder), try decoder.verdict(on: answer.decoder),
        try cross.verdict(on: answer.cross),
      ])
    }
  }
}
