import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// 1.1: depth and widths of a model from the shapes of its activations.
  static let readTheModel = Exercise(
    "1.1", "Read the model", points: 3, difficulty: 2, importance: 4, minutes: 20,
    hints: [
      """
      Every activation has a name and a shape. Print them, sorted by name, and look at the ones \
      that begin with `encoder.0`. Which axis stays the same wherever you look?
      """,
      """
      Layers are counted from 0, in the encoder and in the decoder on their own. The two need not \
      be equally deep. The number in a name is a number: as text, "10" comes before "9".
      """,
      """
      `attn.hook_q` is `[batch, position, head, headWidth]`, `hook_resid_pre` is `[batch, position, \
      width]` and `mlp.hook_post` is `[batch, position, feedForwardWidth]`. No width follows from \
      another: read each where it stands.
      """,
      """
      `let q = shapes["encoder.0.attn.hook_q"]!` gives the source length as `q[1]`, the heads as \
      `q[2]` and the head width as `q[3]`. The decoder's own `hook_q` gives the target length. For \
      the depth, count the names that end in `.attn.hook_q` and begin with `encoder.`, then those \
      that begin with `decoder.`, which have `.cross_attn.hook_q` besides.
      """,
      """
      Weights: what has a head to make of the stream, and what does it write back? Four matrices for \
      each attention, between the stream's width and all heads side by side. A block of the decoder \
      has two attentions. An MLP goes from the width to its own and back; with a gate it goes there \
      twice.
      """,
    ],
    interpretation: """
      Eight numbers, and you know how the model is built. Six belong to the model; the two lengths \
      belong to the sentence. The head width is a choice of its own: FLAN-T5 small has 6 heads of \
      width 64, side by side 384, in a residual stream of width 512. A head reads from that stream \
      and writes back into it, whatever its own width. Shapes also tell you what an axis means: \
      before you read any activation, find out which axis is the batch, the head, the position. And \
      weigh what you look at: the translator's MLPs, of which this sheet shows nothing, have 369,000 \
      weights, all of its attention has 258,000.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let input = try translator.input(of: pair)
      let ranges = ShapeRanges(encoderLayers: 3...4, decoderLayers: 5...7)
      let weighed = try randomModel(ranges.drawn(using: &generator), isGated: true, &generator)
      var cases = [try modelCase("the translator", translator.model, input, weighed: weighed)]
      for (name, ranges) in [
        ("a deep encoder", ShapeRanges(encoderLayers: 11...13, decoderLayers: 2...4)),
        ("a deep decoder", ShapeRanges(encoderLayers: 2...3, decoderLayers: 5...7)),
        (
          "one head and one target piece",
          ShapeRanges(encoderLayers: 4...6, decoderLayers: 2...3, heads: 1...1, target: 1...1)
        ),
      ] {
        cases.append(
          try randomCase(name, ranges, isGated: cases.count % 2 == 0, using: &generator))
      }
      return cases
    },
    parts: [
      Part(AttentionAsks.modelShape, weight: 2) { key in Judgement { judge($0, key.shape) } },
      Part(AttentionAsks.weights) { key in Judgement { WeightField.verdict(on: $0, key) } },
    ])

  /// The shape of one model, and that of another with the weights it really has.
  struct ModelKey {
    var shape: ModelShape
    var weighed: ModelShape
    var hasGate: Bool
    var weights: WeightCounts
  }

  /// A model with random weights: shapes are all that is looked at.
  private static func randomCase(
    _ name: String, _ ranges: ShapeRanges, isGated: Bool, using generator: inout SeededGenerator
  ) throws -> Case<ShownModel, ModelKey> {
    let shape = ranges.drawn(using: &generator)
    let model = try randomModel(shape, isGated: Bool.random(using: &generator), &generator)
    let tokens = { (count: Int) in (0..<count).map { $0 + 2 } }
    let input = ModelInput(tokens(shape.sourceLength), decoderTokens: tokens(shape.targetLength))
    let weighed = try randomModel(ranges.drawn(using: &generator), isGated: isGated, &generator)
    return try modelCase(name, model, input, weighed: weighed)
  }

  private static func randomModel(
    _ shape: ModelShape, isGated: Bool, _ generator: inout SeededGenerator
  ) throws -> Transformer {
    let stack = { (layers: Int) in
      TransformerConfiguration.Stack(
        layerCount: layers, headCount: shape.heads, headWidth: shape.headWidth,
        feedForwardWidth: shape.feedForwardWidth)
    }
    let configuration = TransformerConfiguration.t5(
      vocabularySize: 50, width: shape.width, encoder: stack(shape.encoderLayers),
      decoder: stack(shape.decoderLayers), activation: .geluTanh, isGated: isGated,
      tiesEmbeddings: true)
    return Transformer(configuration: configuration, using: &generator)
  }

  /// A question from what a run really captured; the key is the configuration, which no shape
  /// went into, and the parameters that the model to be weighed really has.
  private static func modelCase(
    _ name: String, _ model: Transformer, _ input: ModelInput, weighed: Transformer
  ) throws -> Case<ShownModel, ModelKey> {
    let trace = try model.run(input, capturing: .everything).trace
    var shapes: [String: [Int]] = [:]
    for point in trace.points { shapes[point.description] = try trace[point].shape }
    let shown = shape(
      of: model, source: input.tokens[0].count, target: input.decoderTokens![0].count)
    let other = shape(of: weighed, source: 1, target: 1)
    let hasGate = weighed.configuration.isGated
    return Case(
      name, question: ShownModel(shapes: shapes, weighed: other, hasGate: hasGate),
      key: ModelKey(
        shape: shown, weighed: other, hasGate: hasGate, weights: WeightCounts(of: weighed)))
  }

  private static func shape(of model: Transformer, source: Int, target: Int) -> ModelShape {
    let (encoder, decoder) = (model.configuration.encoder!, model.configuration.decoder!)
    return ModelShape(
      encoderLayers: encoder.layerCount, decoderLayers: decoder.layerCount,
      heads: encoder.headCount, width: model.configuration.width, headWidth: encoder.headWidth,
      feedForwardWidth: encoder.feedForwardWidth, sourceLength: source, targetLength: target)
  }

  private static func judge(_ answer: ModelShape, _ key: ModelShape) -> Verdict {
    let fields = ShapeField.all
    let wrong = fields.filter { answer[keyPath: $0.value] != key[keyPath: $0.value] }
    guard !wrong.isEmpty else { return .passed("all eight numbers are right") }
    let detail = wrong.map {
      "\($0.name) is \(key[keyPath: $0.value]), not \(answer[keyPath: $0.value])"
    }.joined(separator: "; ")
    let rest = wrong.count == 1 ? "" : "; \(wrong.count) of \(fields.count) numbers are wrong"
    return .partial(
      Double(fields.count - wrong.count) / Double(fields.count),
      (reason(answer, key) ?? "\(wrong[0].name) is wrong: \(wrong[0].place)") + rest,
      detail: detail)
  }

  /// What was probably read instead, where the wrong number gives it away.
  private static func reason(_ answer: ModelShape, _ key: ModelShape) -> String? {
    if answer.sourceLength == key.targetLength, answer.targetLength == key.sourceLength,
      key.sourceLength != key.targetLength
    {
      return "source and target length are exchanged: the encoder reads the source"
    }
    for field in ShapeField.all {
      let (found, wanted) = (answer[keyPath: field.value], key[keyPath: field.value])
      guard found != wanted else { continue }
      if let mistake = field.mistakes.first(where: { $0.value(key) == found }) {
        return "\(field.name) is wrong: \(mistake.says)"
      }
    }
    return nil
  }
}
