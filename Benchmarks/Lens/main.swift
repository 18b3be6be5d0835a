// The logit lens of a decoder of GPT-2-small's shape with random weights, timed: 2,000 positions
// (20 texts of 100 tokens), every layer; from token ids to the best token, its probability, entropy,
// KL to the last layer and surprisal of each.
//
// usage: Lens [runs]

import Interpretability
import Tensors
import Transformers

let configuration = TransformerConfiguration.gpt2(
  vocabularySize: 50_257, width: 768,
  decoder: .init(layerCount: 12, headCount: 12, headWidth: 64, feedForwardWidth: 3_072),
  positions: 1_024, startToken: 0, endToken: nil)
var generator = SeededGenerator(seed: 0)
let model = Transformer(configuration: configuration, using: &generator)
let texts = (0..<20).map { _ in
  (0..<100).map { _ in Int.random(in: 0..<50_257, using: &generator) }
}

let runs = max(CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2, 1)
let times = try (0..<(runs + 1)).map { _ in
  try ContinuousClock().measure {
    let states = try model.residualStates(of: ModelInput(tokens: texts))
    let reading = model.reading(of: states)
    precondition(reading.cells.count == 13 && reading.precision[12].mean == 1)
  }
}
let sorted = times.dropFirst().map { $0 / .milliseconds(1) }.sorted()
print("2,000 positions: median \(sorted[runs / 2]) ms, least \(sorted[0]) ms, n=\(runs)")
