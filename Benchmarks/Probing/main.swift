// All layers of the embedded translator for every word of 1,000 sentences, and a linear probe for
// the word's class on each, timed from token ids to test accuracies.
//
// usage: Probing [FILE]     with FILE, writes the same words for another program and times nothing

import Foundation
import Interpretability
import Laboratory
import Models
import Tensors
import Transformers

let loaded = try LoadedModel(EmbeddedModel.translator.name)
let sentences = TranslatorCorpus(seed: 1).sameDistribution().map(\.annotated)
let tokens = try sentences.map { try WordTokens($0, tokenizer: loaded.tokenizer!) }
let task = try WordTask("word-class", in: sentences)
var generator = SeededGenerator(seed: 0)
let split = try TaskSplit(task, by: .sentence, using: &generator)

/// What another program needs to do the same.
struct Words: Encodable {
  var model: String
  var tokens: [[Int]]
  /// The place of each word's last token, by sentence.
  var last: [[Int]]
  var labels: [Int]
  var train: [Int]
  var test: [Int]
}

if let file = CommandLine.arguments.dropFirst().first {
  let words = Words(
    model: EmbeddedModel.translator.directory.path, tokens: tokens.map(\.tokens),
    last: tokens.map { $0.words.map { $0.upperBound - 1 } }, labels: task.labels,
    train: split.training, test: split.test)
  try JSONEncoder().encode(words).write(to: URL(fileURLWithPath: file))
} else {
  var accuracies: [Double] = []
  let times = try (0..<6).map { _ in
    try ContinuousClock().measure {
      let representations = try loaded.model.representations(of: tokens)
      let findings = try probeLayers(task, split: split, representations: representations)
      accuracies = findings.layers.map(\.accuracy.value)
    }
  }
  let sorted = times.dropFirst().map { $0 / .milliseconds(1) }.sorted()
  print("probing: median \(sorted[sorted.count / 2]) ms, accuracies \(accuracies)")
}
