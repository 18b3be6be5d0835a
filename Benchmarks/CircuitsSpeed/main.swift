// Circuits, timed: what is otherwise a loop of forward passes with hooks. `compare.py` times that loop
// beside it.
//
// usage: Circuits (acdc | attribution | nodes) [runs]
//
// acdc: the reader's 1,108 edges on 64 pairs of numerals, τ 0.05; nodes: its heads and MLPs on 256;
// attribution: all edges of GPT-2 small's shape on 16 pairs of 16 random tokens.

import Circuits
import Laboratory
import Models
import Tensors
import Transformers

let arguments = Array(CommandLine.arguments.dropFirst())
guard let name = arguments.first, ["acdc", "attribution", "nodes"].contains(name) else {
  fatalError("usage: Circuits (acdc | attribution | nodes) [runs]")
}
let runs = max(arguments.count > 1 ? Int(arguments[1]) ?? 3 : 3, 1)

func numerals(_ count: Int, on model: Transformer) throws -> TaskSet {
  let task = ReaderTask.all.first { $0.name == "numerals" }!
  func ids(_ text: String) -> [Int] {
    ReaderVocabulary.encode(text.split(separator: " ").map(String.init))
  }
  let drawn = task.texts(4 * count, seed: 0).map { texts in
    TaskSet.Pair(
      clean: ids(texts.clean), corrupted: ids(texts.corrupted), answer: ids(texts.answer)[1],
      foil: ids(texts.foil)[1], template: texts.template)
  }
  return try TaskSet(drawn).filtered(on: model).balanced(to: count)
}

let work: () throws -> String
switch name {
case "attribution":
  var generator = SeededGenerator(seed: 0)
  let model = Transformer(
    configuration: .gpt2(
      vocabularySize: 50_257, width: 768,
      decoder: .init(layerCount: 12, headCount: 12, headWidth: 64, feedForwardWidth: 3072),
      positions: 256, startToken: 0, endToken: nil), using: &generator)
  let pairs = (0..<16).map { _ in
    func text() -> [Int] { (0..<16).map { _ in Int.random(in: 0..<50_257, using: &generator) } }
    return TaskSet.Pair(clean: text(), corrupted: text(), answer: 5, foil: 6)
  }
  work = {
    let evaluator = try CircuitEvaluator(model, TaskSet(pairs))
    return "\(try EdgeAttribution(evaluator).scores.count) edges"
  }
default:
  let model = try LoadedModel("reader").model
  let task = try numerals(name == "acdc" ? 64 : 256, on: model)
  work = {
    let evaluator = try CircuitEvaluator(model, task)
    let search =
      name == "acdc"
      ? try CircuitSearch(evaluator, .acdc, threshold: 0.05)
      : try CircuitSearch(evaluator, .nodes, threshold: 0.2)
    let found = try search.run()
    return "\(task.pairs.count) pairs, \(found.circuit.edges.count) edges, \(found.runs) runs"
  }
}
var times: [Double] = []
var outcome = ""
for run in 0...runs {
  let time = try ContinuousClock().measure { outcome = try work() }
  // The first warms up, unless it is the only one.
  if run > 0 { times.append(time / .milliseconds(1)) }
}
times.sort()
print("\(name): median \(times[runs / 2]) ms, least \(times[0]) ms, n=\(runs), \(outcome)")
