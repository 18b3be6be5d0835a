import Coursework
import Foundation
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

/// Runs a trained prompt itself, and holds the four accuracies against its own.
struct PromptComparisonJudge: Judge {
  /// The most that a trained prompt's loss on its training texts may be, in nats; chance is 0.7 or 1.1.
  static let greatestLoss = 0.4

  private let task: PromptTask
  private let runs: PromptRuns
  private let start: [Double]
  private let unprompted: [Double]
  /// What a linear probe gets on the test texts, and on its own training texts.
  private let probe: (test: Double, training: Double)

  init(_ question: PrefixedTexts) throws {
    task = question.task
    runs = PromptRuns(model: try question.model.made())
    start = try runs.margins(task.prefix, on: task.test, answers: task.answers)
    unprompted = try runs.margins(nil, on: task.test, answers: task.answers)
    let (training, test) = (
      try Self.ends(of: task.training, in: runs.model), try Self.ends(of: task.test, in: runs.model)
    )
    let mean = training.mean(axis: 0)
    let deviation = ((training - mean) * (training - mean)).mean(axis: 0).squareRoot() + 1e-6
    let fitted = SoftmaxRegression(l2: 0.01).fit(
      ((training - mean) / deviation).doubleRows, task.training.map(\.label),
      classes: task.answers.count, steps: 250)
    func accuracy(_ vectors: Tensor, _ texts: [LabelledText]) -> Double {
      let found = SoftmaxRegression.probabilities(
        fitted, ((vectors - mean) / deviation).doubleRows)
      return Self.share(zip(found, texts).map { $0.firstIndex(of: $0.max()!) == $1.label })
    }
    probe = (accuracy(test, task.test), accuracy(training, task.training))
  }

  /// What leaves the last block where each text ends, `[text, width]`.
  static func ends(of texts: [LabelledText], in model: Transformer) throws -> Tensor {
    let words = texts.map { text in
      WordTokens(tokens: text.tokens, words: [text.tokens.count - 1..<text.tokens.count])
    }
    let last = model.configuration.stacks[0].stack.layerCount
    return try model.representations(of: words, layers: [last]).layers[0]
  }

  private static func share(_ right: [Bool]) -> Double {
    Double(right.count { $0 }) / Double(right.count)
  }

  private func accuracy(_ margins: [Double]) -> Double { Self.share(margins.map { $0 > 0 }) }

  /// Whether a share is that of these margins; texts on which two answers are level may go either way.
  private func equals(_ answer: Double, _ margins: [Double]) -> Bool {
    let level = Double(margins.count { abs($0) < 1e-3 }) / Double(margins.count)
    return abs(answer - accuracy(margins)) <= level + 1e-5
  }

  func verdict(on answer: PromptComparison) throws -> Verdict {
    let shares = [answer.trained, answer.untrained, answer.probe, answer.majority]
    guard shares.allSatisfy({ $0.isFinite && (0...1).contains($0) }) else {
      return .invalid("an accuracy is a share between 0 and 1")
    }
    if let problem = Verdict.problem(
      with: answer.prefix, shape: task.prefix.shape, named: "the prefix",
      axes: ["vector", "width"])
    {
      return problem
    }
    return .combining([
      try promptVerdict(answer), untrainedVerdict(answer.untrained), probeVerdict(answer.probe),
      majorityVerdict(answer.majority),
    ])
  }

  private func promptVerdict(_ answer: PromptComparison) throws -> Verdict {
    if answer.prefix == task.prefix {
      return .failed("the prefix is the one that training begins with: it has not been trained")
    }
    let logits = try runs.logits(answer.prefix, on: task.training.map(\.tokens))
    let loss = PromptRuns.loss(
      logits, labels: task.training.map(\.label), answers: task.answers)
    guard loss.isFinite else {
      return .invalid("the model's answers behind the prefix are not finite")
    }
    if loss > Self.greatestLoss {
      return .failed(
        "the prefix is not trained to the end: the loss on the training texts can be far lower; make "
          + "more steps, or others, and let the rate fall",
        detail: "the loss is \(loss) nats")
    }
    let margins = try runs.margins(answer.prefix, on: task.test, answers: task.answers)
    if equals(answer.trained, margins) { return .passed() }
    if equals(
      answer.trained,
      try runs.margins(answer.prefix, on: task.training, answers: task.answers))
    {
      return .failed(
        "the trained prompt is measured on the texts that it was trained on, not on the test texts")
    }
    if equals(
      answer.trained,
      try runs.margins(answer.prefix, on: task.test, answers: task.answers, overAll: true))
    {
      return .failed("the best of all tokens is taken; only those in `answers` compete")
    }
    if equals(answer.trained, start) {
      return .failed("the trained and the untrained prompt have changed places")
    }
    return .failed("behind the prefix that came back, the model has another accuracy")
  }

  private func untrainedVerdict(_ answer: Double) -> Verdict {
    if equals(answer, start) { return .passed() }
    if equals(answer, unprompted) {
      return .failed(
        "the untrained prompt is left out; the model is to read `task.prefix` as it is")
    }
    return .failed("that is not the accuracy behind `task.prefix`, as it is before training")
  }

  private func probeVerdict(_ answer: Double) -> Verdict {
    // Probes that are trained otherwise differ on a few of so few texts, of 128 numbers each.
    let room = 0.3
    if abs(answer - probe.test) <= room { return .passed() }
    if abs(answer - probe.training) < 1e-5 {
      return .failed("the probe is measured on the texts that it was trained on")
    }
    return .failed(
      answer > probe.test
        ? "the probe does better than a linear probe can where the text ends, without a prompt"
        : "the probe does worse than it could; is it one on what leaves the last block, where the "
          + "text ends?")
  }

  private func majorityVerdict(_ answer: Double) -> Verdict {
    func frequency(_ label: Int, _ texts: [LabelledText]) -> Double {
      Self.share(texts.map { $0.label == label })
    }
    func leaders(_ texts: [LabelledText]) -> [Int] {
      let most = task.answers.indices.map { frequency($0, texts) }.max()!
      return task.answers.indices.filter { frequency($0, texts) == most }
    }
    func isOneOf(_ shares: [Double]) -> Bool { shares.contains { abs(answer - $0) < 1e-5 } }
    let leading = leaders(task.training)
    if isOneOf(leading.map { frequency($0, task.test) }) { return .passed() }
    if isOneOf(leaders(task.test).map { frequency($0, task.test) }) {
      return .failed(
        "the majority class was taken from the test texts: what is most frequent is learned in "
          + "training")
    }
    if isOneOf(leading.map { frequency($0, task.training) }) {
      return .failed("the majority class is measured on the training texts, not on the test texts")
    }
    return .failed("the accuracy of the majority class is wrong")
  }
}
