// Scores of spans, timed, and what they say of a model.
//
// usage: Spans scores|cage|runs|memory [sentences]     a decoder of Pythia-14m's shape, random weights
//        Spans evidence MODEL SENTENCES.tsv            correlations of scores with what ablation costs
//
// `scores` fills a cage and reads every score of it; `runs` is five scorers that each run the
// sentences, `cage` five that read them once run.

import Foundation
import Laboratory
import Spans
import Tensors
import Transformers

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "evidence", arguments.count == 3 {
  try evidence(of: arguments[1], sentences: arguments[2])
} else if let task = arguments.first {
  try measure(task, count: arguments.count > 1 ? Int(arguments[1]) ?? 1_000 : 1_000)
} else {
  print("usage: Spans scores|cage|runs|memory [sentences], or Spans evidence MODEL SENTENCES.tsv")
}

/// One scorer's pass over all sentences.
func score(_ model: Transformer, _ source: some SpanSource, _ number: Int) throws {
  let scorer = SpanScorer(
    model, weights: number == 1 ? .processed : .stored, comparesNGrams: number == 2)
  let attribution = try SpanAttribution(model)
  try source.forEachBatch { batch in
    switch number {
    case 0...2: _ = try scorer.scores(batch)
    case 3: _ = try attribution.rows(batch)
    default: _ = batch.lastWord(0)
    }
  }
}

func measure(_ task: String, count: Int) throws {
  var configuration = TransformerConfiguration.gpt2(
    vocabularySize: 50_304, width: 128,
    decoder: .init(layerCount: 6, headCount: 4, headWidth: 32, feedForwardWidth: 512),
    positions: 128, startToken: 0, endToken: nil)
  configuration.tiesEmbeddings = false
  var generator = SeededGenerator(seed: 1)
  let model = Transformer(configuration: configuration, using: &generator)
  let sentences = try (0..<count).map { _ in
    try SpanTokens(
      tokens: (0..<20).map { _ in Int.random(in: 3..<50_000, using: &generator) },
      span: [8, 9, 10])
  }
  let points = SpanScorer.points(in: configuration)
    .union(SpanAttribution.points(in: configuration))
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  defer { try? FileManager.default.removeItem(at: folder) }
  let run = try SpanRun(model, sentences, capturing: points)
  var times: [Double] = []
  for _ in 0..<3 {
    try? FileManager.default.removeItem(at: folder)
    let time = try ContinuousClock().measure {
      if task == "runs" {
        for number in 0..<5 { try score(model, run, number) }
      } else {
        let cage = try Cage.fill(folder, with: run)
        for number in 0..<5 { try score(model, cage, number) }
      }
    }
    times.append(time / .milliseconds(1))
  }
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  print(
    "\(task) \(count): median \(times.sorted()[1]) ms, peak memory \(usage.ru_maxrss / 1024) MB")
}
