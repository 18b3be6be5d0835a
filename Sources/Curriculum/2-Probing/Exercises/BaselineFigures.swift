import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.4: what the architecture alone gives, layer by layer.
  static let randomWeightsFigure = SheetFigure(
    "5-random-weights.png", "the model, an untrained one and the majority class, by your probes"
  ) { ask, file in
    let corpus = try ProbedCorpus.figures.get()
    let (task, split) = try wordClasses.get()
    let model = try SheetTranslator.translator().model
    let layers = model.configuration.representationCount(of: .encoder)
    let questions = (0..<layers).map { layer in
      var labels = [Int](repeating: 0, count: corpus.sentences.reduce(0) { $0 + $1.words.count })
      for (row, label) in zip(task.rows, task.labels) { labels[row] = label }
      return SeededWords(
        words: ProbedWords(
          sentences: corpus.tokens, labels: labels, classes: task.classes.count, layer: layer,
          training: split.training.map { task.rows[$0] }, test: split.test.map { task.rows[$0] }),
        seed: 4)
    }
    let found = try ask.all(ProbingAsks.baselines, questions)
    let test = split.test.map { task.labels[$0] }
    let groups = split.test.map { task.sentences[$0] }
    for classes in found.flatMap({ [$0.trained, $0.untrained] }) {
      try requireCount(classes.count, test.count, of: "list of classes", for: "test word")
    }
    func accuracies(_ classes: [[Int]]) -> [Estimate] {
      classes.map { Bootstrap().accuracy(of: $0, labels: test, groups: groups) }
    }
    var plot = LinePlot(
      [
        series("trained", accuracies(found.map(\.trained))),
        series("random weights", accuracies(found.map(\.untrained))),
      ], title: "The class of a word, with and without training", x: layerAxis(layers),
      y: Axis("accuracy on test words", range: 0...1))
    plot.reference = (
      "majority class", agreement(test.map { _ in found[0].majority }, test)
    )
    try plot.write(to: file)
  }

  /// 2.5: the same accuracies with two error bars each.
  static let errorBarFigure = SheetFigure(
    "6-error-bars.png",
    "your intervals over sentences beside those over words"
  ) { ask, file in
    let corpus = try ProbedCorpus.figures.get()
    // A question about the whole sentence, put to each of its words.
    let sentences = corpus.sentences.map { sentence in
      var sentence = sentence
      let isNegated = sentence.words.contains { $0.labels["word-class"] == "negation" }
      for index in sentence.words.indices {
        sentence.words[index].labels["negated"] = isNegated ? "yes" : "no"
      }
      return sentence
    }
    let task = try WordTask("negated", in: sentences) { !$0.isPunctuation }
    var generator = SeededGenerator(seed: 6)
    let split = try TaskSplit(task, by: .sentence, using: &generator)
    let layers = try corpus.representations().layers
    let baselines = wordBaselines(task, split)
    let plots = try [true, false].map { bySentence in
      let questions = try layers.map { layer in
        func part(_ places: [Int]) -> (features: Tensor, labels: [Int]) {
          (layer.gathering(places.map { task.rows[$0] }), places.map { task.labels[$0] })
        }
        let (training, test) = (part(split.training), part(split.test))
        let probe = try Probe.training(
          on: training.features, labels: training.labels, classes: task.classes.count,
          development: part(split.development)
        ).probe
        let right = zip(probe.predictions(test.features), test.labels).map { $0 == $1 }
        let sentences = split.test.map { task.sentences[$0] }
        return AnsweredWords(
          right: right, units: bySentence ? sentences : Array(right.indices), level: 0.95,
          samples: 1_000, seed: 8)
      }
      let found = try ask.all(ProbingAsks.interval, questions).map { $0[0] }
      var line = series("probe", found)
      line.intervalIsBand = false
      var plot = LinePlot(
        [
          line, level("bigram", baselines.bigram, layers: layers.count),
          level("majority class", baselines.majority, layers: layers.count),
        ], title: bySentence ? "Sentences drawn again" : "Words drawn again",
        x: layerAxis(layers.count), y: Axis("accuracy on test words", range: 0.4...1))
      plot.plotSize = FigureSize(width: 150, height: 130)
      return plot
    }
    try FigureRow(plots).write(to: file)
  }

  /// 2.6: accuracy and selectivity of both kinds of probe at every layer.
  static let linearOrNotFigure = SheetFigure(
    "7-linear-or-not.png", "what a hidden layer adds to accuracy, and takes from selectivity"
  ) { ask, file in
    let (task, split) = try wordClasses.get()
    let control = try controlTask(task, ask)
    let layers = try ProbedCorpus.figures.get().representations().layers
    let questions = layers.map { layer in
      ProbesToCompare(
        data: ControlledVectors(
          vectors: layer.gathering(task.rows), labels: task.labels, controlLabels: control.labels,
          classes: task.classes.count, training: split.training, test: split.test),
        hidden: 64, seed: 9)
    }
    let found = try ask.all(ProbingAsks.compareProbes, questions)
    for findings in found {
      try requireCount(findings.count, 2, of: "list of findings", for: "kind of probe")
    }
    let test = split.test
    let (labels, controls) = (test.map { task.labels[$0] }, test.map { control.labels[$0] })
    let groups = test.map { task.sentences[$0] }
    func right(_ classes: [Int], _ labels: [Int]) -> [Double] {
      zip(classes, labels).map { $0 == $1 ? 1 : 0 }
    }
    for outcome in found.flatMap({ $0 }).flatMap({ [$0.task, $0.control] }) {
      try requireCount(outcome.predictions.count, test.count, of: "list of answers", for: "word")
    }
    let lines = ["linear", "hidden layer"].enumerated().flatMap { kind, name in
      let own = found.map { right($0[kind].task.predictions, labels) }
      let twin = found.map { right($0[kind].control.predictions, controls) }
      return [
        series("\(name): accuracy", own.map { Bootstrap().mean(of: $0, groups: groups) }),
        // Paired: the probe and its twin answer for the same words.
        series(
          "\(name): selectivity",
          zip(own, twin).map { Bootstrap().mean(of: zip($0, $1).map(-), groups: groups) }),
      ]
    }
    try LinePlot(
      lines, title: "The class of a word, by two kinds of probe", x: layerAxis(layers.count),
      y: Axis("share of test words", range: 0...1)
    ).write(to: file)
  }

  /// The accuracies on the test words of the class most frequent in training, and of the class most
  /// frequent there for a word with the one before it.
  private static func wordBaselines(
    _ task: WordTask, _ split: TaskSplit
  ) -> (majority: Double, bigram: Double) {
    func pair(_ place: Int) -> String {
      let isFirst = place == 0 || task.sentences[place - 1] != task.sentences[place]
      return (isFirst ? "" : task.types[place - 1]) + " " + task.types[place]
    }
    func leader(_ places: [Int]) -> Int {
      task.classes.indices.max { a, b in
        places.count { task.labels[$0] == a } < places.count { task.labels[$0] == b }
      }!
    }
    let majority = leader(split.training)
    let known = Dictionary(grouping: split.training, by: pair).mapValues(leader)
    func accuracy(_ answer: (Int) -> Int) -> Double {
      Double(split.test.count { answer($0) == task.labels[$0] }) / Double(split.test.count)
    }
    return (accuracy { _ in majority }, accuracy { known[pair($0)] ?? majority })
  }
}
