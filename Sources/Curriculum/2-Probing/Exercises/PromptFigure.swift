import Coursework
import Figures
import Foundation
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Tokenizers
import Transformers

extension ProbingSheet {
  static let promptFigure = SheetFigure(
    "11-prompt.png", "how well a prompt makes two models say whether the first noun is plural"
  ) { file in
    let translator = try SheetTranslator.translator()
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
      var probe = PromptProbe(answers: tokens, for: model, length: 2, using: &generator)
      func accuracy() throws -> Double {
        let found = try probe.predictions(model, on: test.map(\.tokens))
        return Double(zip(found, test).count { $0 == $1.label }) / Double(test.count)
      }
      let before = try accuracy()
      let steps = 40
      let schedule = LearningRateSchedule(peak: 0.5, warmUpSteps: 0, totalSteps: steps)
      var optimizer = AdamW()
      for step in 0..<steps {
        let batch = (0..<6).map { _ in training.randomElement(using: &generator)! }
        var watched = probe
        watched.prefix = probe.prefix.requiringGradient()
        let loss = try watched.logits(model, on: batch.map(\.tokens))
          .crossEntropy(targets: batch.map(\.label))
        let slopes = gradient(of: loss, withRespectTo: [watched.prefix])
        optimizer.update(&probe, gradients: slopes, rate: schedule.rate(at: step))
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
