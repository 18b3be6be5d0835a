import Answering
import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Coursework
@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Exercise 2.10, a step of training: what is rejected, what is accepted.
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
  }
}
