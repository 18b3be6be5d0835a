// Integrated gradients of one logit over the source of an encoder–decoder of FLAN-T5-small's shape
// with random weights, timed: 64 steps, 12 source and 9 target tokens, by default 5 times.
//
// usage: IntegratedGradients [runs]

import Interpretability
import Tensors
import Transformers

let stack = TransformerConfiguration.Stack(
  layerCount: 8, headCount: 6, headWidth: 64, feedForwardWidth: 1024)
let configuration = TransformerConfiguration.t5(
  vocabularySize: 32128, width: 512, encoder: stack, decoder: stack, activation: .geluTanh,
  isGated: true, tiesEmbeddings: false)
var generator = SeededGenerator(seed: 0)
let model = Transformer(configuration: configuration, using: &generator)
let source = (0..<12).map { _ in Int.random(in: 3..<30_000, using: &generator) }
let target = (0..<9).map { _ in Int.random(in: 3..<30_000, using: &generator) }
let prediction = try ExplainedPrediction(
  model, ModelInput(source, decoderTokens: target), target: AttributionTarget(7, at: 8))

let runs = max(CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5, 1)
let times = try (0..<(runs + 1)).map { _ in
  try ContinuousClock().measure {
    let found = try prediction.integratedGradients(steps: 64)
    precondition(found.tokens.source.count == 12 && found.convergenceDelta.isFinite)
  }
}
let sorted = times.dropFirst().map { $0 / .milliseconds(1) }.sorted()
print("64 steps: median \(sorted[runs / 2]) ms, least \(sorted[0]) ms, n=\(runs)")
