// A training step of a decoder, timed: 6 layers, 8 heads, width 128, 2,000 tokens, on 64 × 24 tokens.
// Run through Benchmarks/run.py, which times PyTorch in the same minutes.

import Tensors
import Transformers

let configuration = TransformerConfiguration.gpt2(
  vocabularySize: 2000, width: 128,
  decoder: .init(layerCount: 6, headCount: 8, headWidth: 16, feedForwardWidth: 512),
  positions: 256, startToken: 0, endToken: nil)
var generator = SeededGenerator(seed: 0)
var model = Transformer(configuration: configuration, using: &generator)
var optimizer = AdamW()
let rows = (0..<64).map { _ in (0..<24).map { _ in Int.random(in: 0..<2000, using: &generator) } }

/// The mean loss of predicting every token from those before it.
@Sendable func loss(_ model: Transformer, _ rows: [[Int]]) -> Tensor {
  let targets: [Int?] = rows.flatMap { $0.dropFirst().map(Optional.some) + [nil] }
  return try! model(ModelInput(tokens: rows)).crossEntropy(targets: targets)
}

let shards: [(shard: [[Int]], share: Float)] = [
  (Array(rows[..<32]), 0.5), (Array(rows[32...]), 0.5),
]
let times = (0..<13).map { _ in
  ContinuousClock().measure {
    let result = lossAndGradients(of: model, shards: shards, loss: loss)
    optimizer.update(&model, gradients: result.gradients, rate: 1e-3)
  }
}
let sorted = times.dropFirst(3).map { $0 / .milliseconds(1) }.sorted()
print("training step 64 x 24: median \(sorted[5]) ms, least \(sorted[0]) ms, n=\(sorted.count)")
