// Heads of models with random weights, timed: the diagonals of OV and QK circuits over GPT-2's
// vocabulary, and what the loss of every token becomes without each head. `compare.py` runs the same in
// PyTorch and over TransformerLens's hooks beside it.
//
// usage: Heads shares | ranks [heads]     diagonals of so many heads, layer after layer
//        Heads ablation [runs]            every head of a model of the reader's shape, 20,064 tokens
//
// `shares` counts no further than is needed to say whether an entry is among the ten greatest or least;
// `ranks` counts all.

import Foundation
import Heads
import Interpretability
import Interventions
import Tensors
import Transformers

let arguments = Array(CommandLine.arguments.dropFirst())
let number = arguments.count > 1 ? Int(arguments[1]) ?? 2 : 2
let clock = ContinuousClock()

func model(
  layers: Int, heads: Int, width: Int, vocabulary: Int, positions: Int
) -> Transformer {
  var generator = SeededGenerator(seed: 0)
  let stack = TransformerConfiguration.Stack(
    layerCount: layers, headCount: heads, headWidth: width / heads, feedForwardWidth: 4 * width)
  return Transformer(
    configuration: .gpt2(
      vocabularySize: vocabulary, width: width, decoder: stack, positions: positions,
      startToken: 0, endToken: nil), using: &generator)
}

switch arguments.first {
case "shares", "ranks":
  let gpt2 = model(layers: 12, heads: 12, width: 768, vocabulary: 50_257, positions: 1024)
  let circuits = try HeadCircuits(gpt2)
  let embedded = try circuits.embedded(.mlp0)
  let limit = arguments.first == "shares" ? 10 : nil
  var sum = 0.0
  let time = try clock.measure {
    for index in 0..<number {
      let head = circuits.heads[index * circuits.heads.count / number]
      sum += circuits.outputDiagonal(head, of: embedded, until: limit).shareAmongLeast()
      sum += try circuits.queryDiagonal(head, of: embedded, until: limit).shareAmongGreatest()
    }
  }
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let memory = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  print(
    "\(arguments[0]): median \(time / .milliseconds(1)) ms for \(number) heads,",
    "shares together \(sum), peak \(memory.split(separator: "\t").last ?? "")")
case "ablation":
  let reader = model(layers: 6, heads: 4, width: 128, vocabulary: 1_219, positions: 96)
  var generator = SeededGenerator(seed: 1)
  let texts = (0..<209).map { _ in
    (0..<96).map { _ in Int.random(in: 0..<1_219, using: &generator) }
  }
  let ablation = HeadAblation(reader, ModelInput(tokens: texts))
  let groups = reader.configuration.heads.map { [$0] }
  var times: [Double] = []
  for _ in 0..<max(number, 1) {
    times.append(try clock.measure { _ = try ablation.effects(of: groups) } / .milliseconds(1))
  }
  times.sort()
  print("ablation: median \(times[times.count / 2]) ms, n=\(times.count)")
default:
  fatalError("usage: Heads shares | ranks | ablation [number]")
}
