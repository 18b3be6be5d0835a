import Answering
import Foundation
import Interpretability
import Synchronization
import Tensors
import Transformers
import XCTest

@testable import Coursework
@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Exercise 2.10: what is rejected, what is accepted.
final class PromptAnswersTests: XCTestCase {
  private typealias Question = PrefixedTexts

  private let exercise = ProbingSheet.promptAnswers

  /// Where a wrong answer puts the prefix.
  private enum Place { case front, behind, over, added }

  /// Loss and gradient, one text at a time.
  ///
  /// - Parameters:
  ///   - place: Where the prefix goes.
  ///   - row: Which row is read, of so many; nil for the last.
  ///   - score: The loss of a row `[1, token]` for a class.
  private static func step(
    _ question: Question, _ place: Place = .front, sums: Bool = false,
    row: ((_ length: Int, _ text: Int) -> Int)? = nil, score: ((Tensor, Int) -> Tensor)? = nil
  ) throws -> PromptStep {
    let model = try question.model.made()
    let watched = question.prefix.requiringGradient()
    let (length, width) = (watched.shape[0], watched.shape[1])
    let room = Array(repeating: model.configuration.padToken, count: length)
    let losses = try question.examples.map { example in
      let tokens =
        switch place {
        case .front, .added: room + example.tokens
        case .behind: example.tokens + room
        case .over: example.tokens
        }
      let start = place == .behind ? example.tokens.count : 0
      let learned = Intervention(at: .embedding) { embedded in
        var middle = watched.reshaped(to: [1, length, width])
        if place == .added { middle = middle + embedded.slice(axis: 1, 0..<length) }
        let end = embedded.shape[1]
        if start + length > end { middle = middle.slice(axis: 1, 0..<(end - start)) }
        let parts = [
          start > 0 ? embedded.slice(axis: 1, 0..<start) : nil, middle,
          start + length < end ? embedded.slice(axis: 1, (start + length)..<end) : nil,
        ]
        return .concatenation(parts.compactMap { $0 }, axis: 1)
      }
      let logits = try model.run(ModelInput(tokens), intervening: [learned]).logits[at: 0]
      let last = row?(length, example.tokens.count) ?? tokens.count - 1
      let scores = logits.slice(axis: 0, last..<(last + 1))
      if let score { return score(scores, example.label) }
      return scores.transposed().gathering(question.answers).transposed()
        .crossEntropy(targets: [example.label])
    }
    let sum = losses.dropFirst().reduce(losses[0]) { $0 + $1 }
    let loss = sums ? sum : sum / Float(losses.count)
    return PromptStep(
      loss: loss.scalar, gradient: gradient(of: loss, withRespectTo: [watched])[0])
  }

  private func misconception(
    _ name: String, says: String?, step: @escaping @Sendable (Question) throws -> PromptStep
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.promptStep, name, says: says, answer: step)
  }

  func testWrongStepsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("softmax over all tokens", says: "the softmax is over all tokens") { question in
        try Self.step(
          question,
          score: { row, label in row.crossEntropy(targets: [question.answers[label]]) })
      },
      misconception("behind", says: "behind the text") { try Self.step($0, .behind) },
      misconception("no room", says: "make room in front") { try Self.step($0, .over) },
      misconception("added to padding", says: "added to what stood in its room") {
        try Self.step($0, .added)
      },
      misconception("not read", says: "the prefix changes nothing") { question in
        let model = try question.model.made()
        let logits = try question.examples.map {
          try model(ModelInput($0.tokens))[at: 0][at: $0.tokens.count - 1].values
        }
        return PromptStep(
          loss: Float(
            PromptRuns.loss(
              logits, labels: question.examples.map(\.label), answers: question.answers)),
          gradient: .zeros(question.prefix.shape))
      },
      misconception("the first row", says: "which has read no text") {
        try Self.step($0, row: { _, _ in 0 })
      },
      misconception("rows counted without the prefix", says: "before the text ends") {
        try Self.step($0, row: { $1 - 1 })
      },
      misconception("sum over texts", says: "the losses of the texts are added up") {
        try Self.step($0, sums: true)
      },
      misconception("mean of losses, gradient of their sum", says: "of the sum over texts") {
        PromptStep(
          loss: try Self.step($0).loss, gradient: try Self.step($0, sums: true).gradient)
      },
      misconception("log-probability", says: "the loss has the wrong sign") {
        let step = try Self.step($0)
        return PromptStep(loss: -step.loss, gradient: -step.gradient)
      },
      misconception("the way down", says: "the gradient has the wrong sign") {
        let step = try Self.step($0)
        return PromptStep(loss: step.loss, gradient: -step.gradient)
      },
      misconception("nothing watched", says: "the gradient is zero") {
        PromptStep(loss: try Self.step($0).loss, gradient: .zeros($0.prefix.shape))
      },
      misconception("bits", says: "in bits") {
        let step = try Self.step($0)
        return PromptStep(loss: step.loss / log(2 as Float), gradient: step.gradient)
      },
      misconception("gradient of one text", says: "as the gradient says") {
        var question = $0
        question.examples = [question.examples[0]]
        question.examples[0].label = ($0.examples[0].label + 1) % $0.answers.count
        return PromptStep(
          loss: try Self.step($0).loss, gradient: try Self.step(question).gradient)
      },
      misconception("one vector for all", says: "has the shape") {
        let step = try Self.step($0)
        return PromptStep(loss: step.loss, gradient: step.gradient.sum(axis: 0))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.promptStep, "all texts as one batch") {
        (question: Question) in
        let model = try question.model.made()
        let watched = question.prefix.requiringGradient()
        let (length, width) = (watched.shape[0], watched.shape[1])
        let pad = model.configuration.padToken
        let (tokens, mask) = ModelInput.padding(
          question.examples.map { Array(repeating: pad, count: length) + $0.tokens }, with: pad)
        let count = tokens.count
        let learned = Intervention(at: .embedding) { embedded in
          .concatenation(
            [
              Tensor.zeros([count, length, width]) + watched.reshaped(to: [1, length, width]),
              embedded.slice(axis: 1, length..<embedded.shape[1]),
            ], axis: 1)
        }
        let logits = try model.run(
          ModelInput(tokens: tokens, mask: mask), intervening: [learned]
        ).logits
        let positions = logits.shape[1]
        let rows = question.examples.enumerated().map { index, example in
          index * positions + length + example.tokens.count - 1
        }
        let loss = logits.reshaped(to: [count * positions, logits.shape[2]]).gathering(rows)
          .transposed().gathering(question.answers).transposed()
          .crossEntropy(targets: question.examples.map(\.label))
        return PromptStep(
          loss: loss.scalar, gradient: gradient(of: loss, withRespectTo: [watched])[0])
      },
      Variant(
        of: exercise, in: ProbingAsks.promptStep,
        "probabilities and their logarithm, each text's gradient by itself"
      ) { (question: Question) in
        let steps = try question.examples.map { example in
          var alone = question
          alone.examples = [example]
          return try Self.step(
            alone,
            score: { row, label in
              let answers = row.transposed().gathering(question.answers).transposed()
              return -answers.softmax().gatheringColumns([label]).sum().logarithm()
            })
        }
        let sum = steps.dropFirst().reduce(steps[0].gradient) { $0 + $1.gradient }
        return PromptStep(
          loss: steps.reduce(0) { $0 + $1.loss } / Float(steps.count),
          gradient: sum / Float(steps.count))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  // MARK: The comparison

  private static let trained = Mutex<[Data: PromptComparison]>([:])

  /// What the solution finds; the same question is answered once.
  private static func right(_ question: Question) throws -> PromptComparison {
    let key = try Coding.encode(question)
    if let known = trained.withLock({ $0[key] }) { return known }
    let found = try Solution2.Answers().comparePrompts(
      on: question.task, in: question.model.made())
    trained.withLock { $0[key] = found }
    return found
  }

  private func misconception(
    _ name: String, says: String?,
    _ change: @escaping @Sendable (inout PromptComparison, Question) throws -> Void
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.comparePrompts, name, says: says) {
      (question: Question) in
      var answer = try Self.right(question)
      try change(&answer, question)
      return answer
    }
  }

  private static func share(_ label: Int, _ texts: [LabelledText]) -> Double {
    Double(texts.count { $0.label == label }) / Double(texts.count)
  }

  private static func leader(_ question: Question, _ texts: [LabelledText]) -> Int {
    question.answers.indices.max { share($0, texts) < share($1, texts) }!
  }

  private static func accuracy(
    _ prefix: Tensor?, _ question: Question, on texts: [LabelledText], overAll: Bool = false
  ) throws -> Double {
    let margins = try PromptRuns(model: question.model.made()).margins(
      prefix, on: texts, answers: question.answers, overAll: overAll)
    return Double(margins.count { $0 > 0 }) / Double(margins.count)
  }

  func testWrongComparisonsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("not trained", says: "it has not been trained") { answer, question in
        answer.prefix = question.task.prefix
        answer.trained = answer.untrained
      },
      misconception("one step", says: "is not trained to the end") { answer, question in
        let slope = try Solution2.Answers().promptStep(
          of: question.task.prefix, on: Array(question.task.training.prefix(4)),
          answers: question.answers, in: question.model.made()
        ).gradient
        answer.prefix = question.task.prefix - slope * 0.001
        answer.trained = try Self.accuracy(answer.prefix, question, on: question.task.test)
      },
      misconception("a prompt that is not the one it is of", says: "has another accuracy") {
        answer, _ in answer.trained = 0.123
      },
      misconception("no prompt at all", says: "`task.prefix`") { answer, _ in
        answer.untrained = 0.0123
      },
      misconception("the majority of the test texts", says: "majority class") {
        answer, question in
        let other = question.answers.indices.first {
          $0 != Self.leader(question, question.task.training)
        }!
        answer.majority = Self.share(other, question.task.test) + 0.017
      },
      misconception("a majority measured in training", says: "measured on the training texts") {
        answer, question in
        answer.majority = Self.share(
          Self.leader(question, question.task.training), question.task.training)
      },
      misconception("a probe that guesses", says: "the probe does worse") { answer, _ in
        answer.probe = 0.2
      },
      misconception("per cent", says: "between 0 and 1") { answer, _ in answer.trained *= 100 },
      misconception("a prompt of another length", says: "the prefix") { answer, _ in
        answer.prefix = answer.prefix[at: 0]
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherWaysToTrainAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.comparePrompts, "all texts in every step") {
        (question: Question) in
        var answer = try Self.right(question)
        let task = question.task
        let model = try question.model.made()
        var generator = SeededGenerator(seed: 1)
        var probe = PromptProbe(
          answers: task.answers, for: model, length: task.prefix.shape[0], using: &generator)
        probe.prefix = task.prefix
        var optimizer = AdamW()
        for step in 0..<80 {
          let watched = probe.requiringGradients()
          let loss = try watched.logits(model, on: task.training.map(\.tokens))
            .crossEntropy(targets: task.training.map(\.label))
          optimizer.update(
            &probe, gradients: gradient(of: loss, withRespectTo: [watched.prefix]),
            rate: 0.1 * (1 - Float(step) / 80))
        }
        answer.prefix = probe.prefix
        answer.trained = try Self.accuracy(probe.prefix, question, on: task.test)
        return answer
      },
      Variant(of: exercise, in: ProbingAsks.comparePrompts, "the library's probe") {
        (question: Question) in
        var answer = try Self.right(question)
        let task = question.task
        let model = try question.model.made()
        let probe = try Probe.training(
          on: PromptComparisonJudge.ends(of: task.training, in: model),
          labels: task.training.map(\.label), classes: task.answers.count
        ).probe
        let found = probe.predictions(try PromptComparisonJudge.ends(of: task.test, in: model))
        answer.probe =
          Double(zip(found, task.test).count { $0 == $1.label }) / Double(found.count)
        return answer
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// What the sheet's text says: on things it was not trained on, a trained prompt beats the untrained
  /// one and the majority class by far, and an untrained reader learns next to nothing by it.
  func testATrainedPromptWinsOnTheReaderAlone() throws {
    var generator = SeededGenerator(seed: 17)
    for texts in [PromptTexts.arrow, .slept] {
      let task = try texts.task(length: 3, using: &generator)
      func compared(_ model: PromptedModel) throws -> PromptComparison {
        try Solution2.Answers().comparePrompts(on: task, in: model.made())
      }
      let reader = try compared(.reader)
      XCTAssertGreaterThan(reader.trained, max(reader.untrained, reader.majority) + 0.2)
      XCTAssertGreaterThanOrEqual(reader.trained, reader.probe - 0.05)
      let other = try compared(.untrained(seed: 2))
      XCTAssertLessThan(other.trained, reader.trained - 0.2)
    }
  }

  /// A prefix of words' own embeddings is those words: no intervention is needed to run them.
  func testAPrefixOfWordsIsReadAsThoseWords() throws {
    var generator = SeededGenerator(seed: 3)
    let model = try PromptedModel.reader.made()
    let task = try PromptTexts.isIn.task(length: 2, using: &generator)
    let texts = task.training.prefix(3).map(\.tokens)
    let words = [30, 41]
    let prompted = try PromptRuns(model: model).logits(model.embedding.gathering(words), on: texts)
    for (text, logits) in zip(texts, prompted) {
      let plain = try model(ModelInput(words + text))[at: 0][at: words.count + text.count - 1]
      for (a, b) in zip(plain.values, logits) { XCTAssertEqual(a, b, accuracy: 1e-3) }
    }
  }

  /// The gradient that answers are held against says how the loss changes when the prefix is moved:
  /// by central differences of another way to run the model, over steps that rounding leaves alone.
  func testTheGradientIsTheSlopeOfTheLoss() throws {
    var generator = SeededGenerator(seed: 12)
    let runs = PromptRuns(model: try PromptedModel.reader.made())
    let task = try PromptTexts.isIn.task(length: 2, isOfWords: false, using: &generator)
    let texts = task.training.prefix(3).map(\.tokens)
    let prefix = task.prefix
    let gradient = try runs.gradient(
      of: prefix, on: texts, labels: [0, 1, 2], answers: task.answers)
    let length = (gradient * gradient).sum().scalar.squareRoot()
    XCTAssertGreaterThan(length, 0.01)
    func loss(_ prefix: Tensor) throws -> Double {
      PromptRuns.loss(
        try runs.logits(prefix, on: texts), labels: [0, 1, 2], answers: task.answers)
    }
    for _ in 0..<3 {
      // Half along the gradient, so that there is a slope to be seen.
      let noise = Tensor.randomNormal(prefix.shape, using: &generator)
      let direction =
        gradient / length + noise / (noise * noise).sum().scalar.squareRoot()
      let step: Float = 0.005
      let slope =
        try (loss(prefix + direction * step) - loss(prefix - direction * step))
        / Double(2 * step)
      let expected = Double((gradient * direction).sum().scalar)
      XCTAssertEqual(slope, expected, accuracy: 0.05 * Double(length))
    }
  }

  /// By hand: of scores 0 and log 3 the second has probability ¾; a third token adds as much again.
  func testTheLossByHand() {
    let logits: [[Float]] = [[0, log(3), log(4)], [0, log(3), log(4)]]
    XCTAssertEqual(
      PromptRuns.loss(logits, labels: [1, 1], answers: [0, 1]), log(4.0 / 3), accuracy: 1e-6)
    XCTAssertEqual(
      PromptRuns.loss(logits, labels: [0, 1], answers: [0, 1], overAll: true),
      (log(8.0) + log(8.0 / 3)) / 2, accuracy: 1e-6)
  }

  func testNonsenseEarnsNoFullMarks() {
    let gradients: [@Sendable ([Int]) -> Tensor] = [
      { _ in .zeros([0]) }, { Tensor(repeating: .nan, shape: $0) },
      { Tensor(repeating: 1e38, shape: $0) }, { .zeros($0) }, { Tensor(repeating: 1, shape: $0) },
    ]
    for gradient in gradients {
      for loss: Float in [.nan, 0, 1e38, -Float.infinity] {
        let nonsense = misconception("nonsense", says: nil) { question in
          PromptStep(loss: loss, gradient: gradient(question.prefix.shape))
        }
        XCTAssertNil(nonsense.fault(seeds: [1]))
      }
    }
    for number in [Double.nan, .infinity, -1, 1e308, 0.5] {
      let nonsense = misconception("nonsense", says: nil) { answer, _ in
        answer = PromptComparison(
          prefix: .zeros(answer.prefix.shape), trained: number, untrained: number, probe: number,
          majority: number)
      }
      XCTAssertNil(nonsense.fault(seeds: [1]))
    }
  }
}
