import Coursework
import Foundation
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.11: what is rejected, what is accepted.
final class SoftPromptsTests: XCTestCase {
  func testWrongSoftPromptsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ change: @escaping @Sendable (inout StatesToPrompt) throws -> Void
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.softPrompts, name, says: says) {
        (question: StatesToPrompt) in
        var question = question
        try change(&question)
        return try Solution6.Answers().softPrompt(
          for: question.states, layer: question.layer, targets: question.targets,
          length: question.length, in: try question.model.made(), seed: question.seed)
      }
    }
    let untrained = {
      (name: String, says: String?, rows: @escaping @Sendable (StatesToPrompt) -> Tensor) in
      Misconception(of: PatchscopesSheet.softPrompts, name, says: says) {
        (question: StatesToPrompt) in SoftPrompt(rows: rows(question))
      }
    }
    let misconceptions = [
      untrained("zeros", "nothing was trained") { .zeros([$0.length, $0.states.shape[1]]) },
      untrained("random", "hardly better than behind an untrained one") {
        var generator = SeededGenerator(seed: $0.seed)
        return .randomNormal(
          [$0.length, $0.states.shape[1]], standardDeviation: 0.5, using: &generator)
      },
      untrained("too short", "the shape") { .zeros([$0.length - 1, $0.states.shape[1]]) },
      untrained("no numbers", "NaN") {
        Tensor(repeating: .nan, shape: [$0.length, $0.states.shape[1]])
      },
      wrong("shuffled targets", "does row i go with target i") {
        $0.targets = Array($0.targets.dropFirst(7)) + $0.targets.prefix(7)
      },
      wrong("one state for all", "does row i go with target i") { question in
        let first = question.states.slice(0..<1)
        question.states = .concatenation(
          Array(repeating: first, count: question.targets.count), axis: 0)
      },
      wrong("a single row", "on all rows") {
        $0.states = $0.states.slice(0..<1)
        $0.targets = [$0.targets[0]]
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: [Checker.publicSeed]) }, [])
  }

  func testOtherRightSoftPromptsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.softPrompts, "another start and rate, in two batches") {
        (question: StatesToPrompt) in
        let model = try question.model.made()
        let (length, width) = (question.length, question.states.shape[1])
        var generator = SeededGenerator(seed: question.seed &+ 1)
        var prompt = SoftPrompt(
          rows: .randomNormal([length, width], standardDeviation: 0.2, using: &generator))
        var optimiser = AdamW()
        let half = question.targets.count / 2
        for step in 0..<80 {
          let own = step % 2 == 0 ? 0..<half : half..<question.targets.count
          let states = question.states.slice(own)
          let (_, gradients) = try prompt.gradients { prompt in
            // The vectors and the states in one stream, where states go in at the first layer.
            let vectors = Intervention(at: .embedding) { embedding in
              .concatenation(
                [
                  .stack(Array(repeating: prompt.rows, count: own.count)),
                  embedding.slice(axis: 1, length..<(length + 1)),
                ], axis: 1)
            }
            let state = Intervention(at: model.configuration.residualPoints[question.layer]) {
              .concatenation(
                [
                  $0.slice(axis: 1, 0..<length),
                  states.reshaped(to: [own.count, 1, width]),
                ], axis: 1)
            }
            return try model.run(
              ModelInput(
                tokens: Array(repeating: Array(repeating: 5, count: length + 1), count: own.count)),
              intervening: [vectors, state]
            ).logits.slice(axis: 1, length..<(length + 1))
              .reshaped(to: [own.count, model.configuration.vocabularySize])
              .crossEntropy(targets: Array(question.targets[own]))
          }
          optimiser.update(&prompt, gradients: gradients, rate: 0.05)
        }
        return prompt
      },
      Variant(of: PatchscopesSheet.softPrompts, "from words, by the signs of gradients") {
        (question: StatesToPrompt) in
        let model = try question.model.made()
        let (count, length) = (question.targets.count, question.length)
        let width = question.states.shape[1]
        // The stream that the first block reads, positions and all, is put together by hand.
        let blank = ModelInput(
          tokens: Array(repeating: Array(repeating: 3, count: length + 1), count: count))
        let points = model.configuration.residualPoints
        let empty = try model.run(blank, capturing: [points[0]]).trace[points[0]]
        let positions = empty[at: 0] - model.embedding[at: 3]
        let states = question.states.reshaped(to: [count, 1, width])
        var meant = Tensor.zeros([count, model.configuration.vocabularySize])
        for (row, target) in question.targets.enumerated() { meant[row, target] = 1 }
        var rows = model.embedding.gathering(Array(question.targets.prefix(length)))
        for step in 0..<60 {
          let leaf = rows.requiringGradient()
          let front = leaf + positions.slice(0..<length)
          let stream = Tensor.concatenation(
            [
              Tensor.zeros([count, length, width]) + front,
              empty.slice(axis: 1, length..<(length + 1)),
            ],
            axis: 1)
          let state = Intervention(at: points[question.layer]) {
            .concatenation([$0.slice(axis: 1, 0..<length), states], axis: 1)
          }
          let logs = try model.run(blank, intervening: [.replace(points[0], with: stream), state])
            .logits.slice(axis: 1, length..<(length + 1)).reshaped(to: meant.shape).logSoftmax()
          let slope = gradient(of: (logs * meant).sum(), withRespectTo: [leaf])[0]
          let rate = 0.1 * (1 - Float(step) / 60)
          rows += Tensor(
            slope.values.map { $0 > 0 ? rate : $0 < 0 ? -rate : 0 }, shape: rows.shape)
        }
        return SoftPrompt(rows: rows)
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault(seeds: [Checker.publicSeed]) }, [])
  }
}
