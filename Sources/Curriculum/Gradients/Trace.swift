import Coursework
import Foundation
import Interpretability
import Tensors
import Transformers

extension GradientsSheet {
  /// 3.7: the gradient at every layer and position, and through cross-attention.
  static let traceTheGradient = Exercise<any GradientsAnswers>(
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
      Read the decoder's map from the bottom: at first all of the prediction hangs on what was written \
      before, and in the row that predicts. Columns to its right are 0: the decoder cannot look ahead. \
      The encoder's map shows where the sentence can still be changed, layer by layer, and the map of \
      cross-attention where one is carried over to the other. Attention × gradient has a sign: a head \
      that looks at a word and is not listened to gets nothing. That is what attention alone could not \
      tell you.
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

/// The gradients of a run, from the library, and maps of them in loops of Double.
struct TraceWork {
  private let model: Transformer
  private let found: [HookPoint: TracedGradient]
  /// The same of the log-probability, and of the logit in the rows before and after.
  private let others: [(sentence: String, gradients: [HookPoint: TracedGradient])]
  private let position: Int

  init(_ model: Transformer, _ input: ModelInput, target: AttributionTarget) throws {
    self.model = model
    position = target.position
    var points: [HookPoint] = []
    for (name, stack) in model.configuration.stacks {
      for layer in 0..<stack.layerCount {
        points += [.residualPre(name, layer), .residualPost(name, layer)]
        if name == .decoder { points.append(.pattern(.decoder, layer, .cross)) }
      }
    }
    func gradients(
      _ change: (inout AttributionTarget) -> Void = { _ in }
    ) throws -> [HookPoint: TracedGradient] {
      var target = target
      change(&target)
      return try ExplainedPrediction(model, input, target: target).gradients(at: points)
    }
    found = try gradients()
    let rows = input.decoderTokens?[0].count ?? 0
    let neighbours = [position - 1, position + 1].filter { (0..<rows).contains($0) }
    others =
      [
        (
          "the gradient is of the log-probability; take that of the logit",
          try gradients { $0.measure = .logProbability }
        )
      ]
      + (try neighbours.map { row in
        (
          "the gradient is of another row of the logits; `position` is the row, counted from 0",
          try gradients { $0.position = row }
        )
      })
  }

  private func layers(_ stack: StackName) -> Range<Int> {
    0..<(model.configuration.stacks.first { $0.name == stack }?.stack.layerCount ?? 0)
  }

  /// The map of a stack's residual streams.
  func residuals(_ stack: StackName, named name: String) throws -> GradientsSheet.MapKey {
    func map(
      _ gradients: [HookPoint: TracedGradient], after: Bool = false,
      _ reduce: (_ gradient: [Double], _ activation: [Double]) -> Double
    ) -> [[Double]] {
      layers(stack).map { layer in
        let point = HookPoint.block(stack, layer, after ? .residualPost : .residualPre)
        let traced = gradients[point]!
        return zip(traced.gradient[at: 0].doubleRows, traced.activation[at: 0].doubleRows)
          .map(reduce)
      }
    }
    func length(_ row: [Double], _: [Double]) -> Double {
      row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    return GradientsSheet.MapKey(
      name, map(found, length),
      others.map { ($0.sentence, map($0.gradients, length)) } + [
        (
          "\(name) holds squares of lengths: the root is not taken",
          map(found) { gradient, _ in gradient.reduce(0) { $0 + $1 * $1 } }
        ),
        (
          "\(name) adds coordinates up with their signs; a length is the root of their squares",
          map(found) { gradient, _ in gradient.reduce(0, +) }
        ),
        (
          "\(name) adds absolute values up; a length is the root of the sum of squares",
          map(found) { gradient, _ in gradient.reduce(0) { $0 + abs($1) } }
        ),
        (
          "\(name) is multiplied by what is there; the length of the gradient alone is asked for",
          map(found) { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
        ),
        (
          "\(name) holds the lengths of the residual stream itself, not of its gradient",
          map(found) { length($1, $0) }
        ),
        (
          "\(name) is one layer late: row l is the stream before layer l, not after it",
          map(found, after: true, length)
        ),
      ])
  }

  /// The map of cross-attention.
  func cross() -> GradientsSheet.MapKey {
    let name = "the map of cross-attention"
    typealias Entry = (attention: Double, gradient: Double)
    func map(
      _ gradients: [HookPoint: TracedGradient], rows: Range<Int>? = nil,
      averagesHeads: Bool = false, bySource: Bool = true, _ reduce: (Entry) -> Double
    ) -> [[Double]] {
      layers(.decoder).map { layer in
        let traced = gradients[.pattern(.decoder, layer, .cross)]!
        // [1, head, target, source]
        let (attention, gradient) = (traced.activation, traced.gradient)
        let (heads, targets, sources) = (
          attention.shape[1], attention.shape[2], attention.shape[3]
        )
        var sums = Array(repeating: 0.0, count: bySource ? sources : targets)
        for head in 0..<heads {
          for row in rows ?? 0..<targets {
            for source in 0..<sources {
              sums[bySource ? source : row] += reduce(
                (Double(attention[0, head, row, source]), Double(gradient[0, head, row, source])))
            }
          }
        }
        return sums.map { averagesHeads ? $0 / Double(heads) : $0 }
      }
    }
    func product(_ entry: Entry) -> Double { entry.attention * entry.gradient }
    return GradientsSheet.MapKey(
      name, map(found, product),
      others.map { ($0.sentence, map($0.gradients, product)) } + [
        ("\(name) holds attention alone; multiply it with its gradient", map(found, \.attention)),
        (
          "\(name) holds the gradient alone; multiply it with the attention", map(found, \.gradient)
        ),
        (
          "the signs are lost in \(name): what speaks against the prediction is negative",
          map(found) { abs(product($0)) }
        ),
        (
          "\(name) counts one row alone; rows before it are read by it in later layers",
          map(found, rows: position..<(position + 1), product)
        ),
        ("\(name) averages the heads; add them up", map(found, averagesHeads: true, product)),
        (
          "\(name) is summed over the source; keep the source and sum over the rows",
          map(found, bySource: false, product)
        ),
      ])
  }
}
