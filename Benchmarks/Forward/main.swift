// An encoder–decoder of FLAN-T5-small's shape with random weights, timed: logits and all attention
// of 12 source and 9 target tokens, by default 61 times.
//
// usage: Forward [runs]

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
let input = ModelInput(source, decoderTokens: target)

let runs = max(CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 61, 1)
let times = try (0..<(runs + 3)).map { _ in
  try ContinuousClock().measure {
    let run = try model.run(input, capturing: .matching("*.hook_pattern"))
    precondition(run.trace.points.count == 24 && run.logits.shape == [1, 9, 32128])
  }
}
let sorted = times.dropFirst(3).map { $0 / .milliseconds(1) }.sorted()
print("forward 12 -> 9: median \(sorted[runs / 2]) ms, least \(sorted[0]) ms, n=\(runs)")
