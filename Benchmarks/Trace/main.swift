// A decoder of GPT-2's kind with random weights, timed: logits and every activation of a batch.
//
// usage: Trace (small | gpt2) ROWS LENGTH [runs]
//
// Beside it, in the same run, stands the time of the matrix products alone, into memory that is
// already there: what no forward pass on this machine can be faster than.

import Tensors
import Transformers

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3, ["small", "gpt2"].contains(arguments[0]),
  let rows = Int(arguments[1]), let length = Int(arguments[2]), rows > 0, length > 0
else { fatalError("usage: Trace (small | gpt2) ROWS LENGTH [runs]") }
let runs = max(arguments.count > 3 ? Int(arguments[3]) ?? 15 : 15, 1)

let shape =
  arguments[0] == "gpt2"
  ? Shape(rows: rows, length: length, layers: 12, heads: 12, width: 768, vocabulary: 50257)
  : Shape(rows: rows, length: length, layers: 6, heads: 8, width: 128, vocabulary: 2000)
let stack = TransformerConfiguration.Stack(
  layerCount: shape.layers, headCount: shape.heads, headWidth: shape.width / shape.heads,
  feedForwardWidth: 4 * shape.width)
let configuration = TransformerConfiguration.gpt2(
  vocabularySize: shape.vocabulary, width: shape.width, decoder: stack, positions: 256,
  startToken: 0, endToken: nil)
var generator = SeededGenerator(seed: 0)
let model = Transformer(configuration: configuration, using: &generator)
let tokens = (0..<rows).map { _ in
  (0..<length).map { _ in Int.random(in: 0..<shape.vocabulary, using: &generator) }
}
let input = ModelInput(tokens: tokens)

var products = Products(of: shape)
var times: [Double] = []
var bounds: [Double] = []
for run in 0..<(runs + 2) {
  let time = try ContinuousClock().measure {
    let result = try model.run(input, capturing: .everything)
    precondition(result.logits.shape == [rows, length, shape.vocabulary])
  }
  let bound = ContinuousClock().measure { products.run() }
  if run >= 2 {
    times.append(time / .milliseconds(1))
    bounds.append(bound / .milliseconds(1))
  }
}
times.sort()
bounds.sort()
print(
  "trace \(arguments[0]) \(rows) × \(length): median \(times[runs / 2]) ms, least \(times[0]) ms,",
  "products alone \(bounds[runs / 2]) ms, least \(bounds[0]) ms, n=\(runs)")
