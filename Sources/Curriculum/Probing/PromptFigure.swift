import Coursework
import Figures
import Foundation
import Interpretability
import Tensors
import Tokenizers
import Transformers

/// A prefix as something to be trained.
private struct Prompt: Parameterized, Sendable {
  var prefix: Tensor

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("prefix", &prefix)
  }
}

extension ProbingSheet {
  static let promptFigure = SheetFigure(
    "11-prompt.png", "how well a prompt makes two models say whether the first noun is plural",
    of: (any ProbingAnswers).self
  ) { answers, file in
    let translator = try translator()
    let corpus = try ProbedCorpus.figures.get()
    let examples = zip(corpus.sentences, corpus.tokens).compactMap { sentence, tokens in
      sentence.words.first { $0.labels["word-class"] == "noun" }?.labels["number"].map {
        LabelledText(tokens: tokens.tokens, label: $0 == "plural" ? 1 : 0)
      }
    }
    let (test, training) = (Array(examples.prefix(120)), Array(examples.dropFirst(120)))
    var generator = SeededGenerator(seed: 6)
    let untrained = Transformer(configuration: translator.model.configuration, using: &generator)
    let seed = generator.next()

    /// The share of test sentences answered rightly, before training and after it.
    func accuracies(_ model: Transformer, saying words: [String]) throws -> [Double] {
      let tokens = try words.map {
        try translator.tokenizer.encode($0, addingSpecialTokens: false)[0]
      }
      var generator = SeededGenerator(seed: seed)
      var prompt = Prompt(
        prefix: model.embedding.gathering(
          (0..<2).map { _ in
            Int.random(in: 0..<model.configuration.vocabularySize, using: &generator)
          }))
      func accuracy() throws -> Double {
        let rows = (0..<prompt.prefix.shape[0]).map { prompt.prefix[at: $0].values }
        let logits = try PromptRuns(model: model).logits(
          test.map { _ in rows }, on: test.map(\.tokens))
        let right = zip(logits, test).count { logits, example in
          (logits[tokens[1]] > logits[tokens[0]]) == (example.label == 1)
        }
        return Double(right) / Double(test.count)
      }
      let before = try accuracy()
      let steps = 40
      let schedule = LearningRateSchedule(peak: 0.5, warmUpSteps: 0, totalSteps: steps)
      var optimizer = AdamW()
      for step in 0..<steps {
        let batch = (0..<6).map { _ in training.randomElement(using: &generator)! }
        let found = try answers.promptStep(
          of: prompt.prefix, on: batch, answers: tokens, in: model)
        guard found.gradient.shape == prompt.prefix.shape else {
          throw FigureError(
            "your gradient has the shape \(found.gradient.shape), and the prefix has "
              + "\(prompt.prefix.shape)")
        }
        optimizer.update(&prompt, gradients: [found.gradient], rate: schedule.rate(at: step))
      }
      return [before, try accuracy()]
    }
    var plot = BarPlot(
      groups: ["any prefix", "trained prefix"],
      [
        .init(
          "translator, “Le” or “Les”", try accuracies(translator.model, saying: ["Le", "Les"])),
        .init(
          "translator, “Paris” or “Rome”",
          try accuracies(translator.model, saying: ["Paris", "Rome"])),
        .init("untrained, “Le” or “Les”", try accuracies(untrained, saying: ["Le", "Les"])),
      ], title: "Is the first noun plural?", y: Axis("share of right answers", range: 0...1))
    let most = Double(test.count { $0.label == 0 }) / Double(test.count)
    plot.reference = ("one answer always", max(most, 1 - most))
    try plot.write(to: file)
  }
}
