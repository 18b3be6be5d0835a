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

/// Exercise 2.10, the comparison of prompts: what is rejected, what is accepted.
final class PromptComparisonTests: XCTestCase {
  private typealias Question = PrefixedTexts

  private let exercise = ProbingSheet.promptAnswers

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

  func testNonsenseEarnsNoFullMarks() {
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
