// A training step of a decoder of six layers and width 128, timed.
//
//   TrainingStep VOCABULARY HEADS ROWS LENGTH
//
// Run through Benchmarks/compare.py, which times PyTorch in the same minutes.

import Tensors
import Transformers

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard numbers.count == 4 else { fatalError("usage: TrainingStep VOCABULARY HEADS ROWS LENGTH") }
let (vocabulary, heads, rowCount, length) = (numbers[0], numbers[1], numbers[2], numbers[3])

let configuration = TransformerConfiguration.gpt2(
  vocabularySize: vocabulary, width: 128,
  decoder: .init(layerCount: 6, headCount: heads, headWidth: 128 / heads, feedForwardWidth: 512),
  positions: 256, startToken: 0, endToken: nil)
var generator = SeededGenerator(seed: 0)
var model = Transformer(configuration: configuration, using: &generator)
var optimizer = AdamW()
let rows = (0..<rowCount).map { _ in
  (0..<length).map { _ in Int.random(in: 0..<vocabulary, using: &generator) }
}

/// The mean loss of predicting every token from those before it.
@Sendable func loss(_ model: Transformer, _ rows: [[Int]]) -> Tensor {
  let targets: [Int?] = rows.flatMap { $0.dropFirst().map(Optional.some) + [nil] }
  return try! model(ModelInput(tokens: rows)).crossEntropy(targets: targets)
}

let shards: [(shard: [[Int]], share: Float)] = [
  (Array(rows[..<(rowCount / 2)]), 0.5), (Array(rows[(rowCount / 2)...]), 0.5),
]
let times = (0..<13).map { _ in
  ContinuousClock().measure {
    let result = lossAndGradients(of: model, shards: shards, loss: loss)
    optimizer.update(&model, gradients: result.gradients, rate: 1e-3)
  }
}
let sorted = times.dropFirst(3).map { $0 / .milliseconds(1) }.sorted()
print("training step \(rowCount) x \(length): median \(sorted[5]) ms, least \(sorted[0]) ms")
