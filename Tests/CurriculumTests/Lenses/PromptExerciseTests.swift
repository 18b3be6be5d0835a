import Answering
import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Coursework
@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercises 5.5 and 5.6: what is rejected, what is accepted.
final class PromptExerciseTests: XCTestCase {
  private typealias Cutting = @Sendable ([[Int]], Int, inout SeededGenerator) -> [[Int]]

  private static func answer(
    _ question: TextsToTrim, seeds: [UInt64]? = nil, _ cut: Cutting
  ) -> [[[Int]]] {
    let seeds = seeds ?? [question.seeds[0], question.seeds[0], question.seeds[1]]
    return seeds.map { seed in
      var generator = SeededGenerator(seed: seed)
      return cut(question.texts, question.minimum, &generator)
    }
  }

  private static let right: Cutting = { texts, minimum, generator in
    TrimmedPrompts.drawn(from: texts, minimum: minimum, using: &generator)
  }

  private func trimming(
    _ name: String, says: String?, _ cut: @escaping Cutting
  ) -> Misconception {
    Misconception(of: LensSheet.randomPositions, name, says: says) { (question: TextsToTrim) in
      Self.answer(question, cut)
    }
  }

  func testWrongSamplesAreRejectedWithTheirSentence() {
    let misconceptions = [
      trimming("whole texts", says: "nothing was cut") { texts, minimum, _ in
        texts.filter { $0.count >= minimum }
      },
      trimming("the end is kept", says: "the beginning was cut off") { texts, minimum, generator in
        texts.filter { $0.count >= minimum }.map {
          Array($0.suffix(Int.random(in: minimum...$0.count, using: &generator)))
        }
      },
      trimming("never whole", says: "no prompt is a whole text") { texts, minimum, generator in
        texts.filter { $0.count >= minimum }.map {
          Array($0.prefix(Int.random(in: minimum...max($0.count - 1, minimum), using: &generator)))
        }
      },
      trimming("never short", says: "as short as the minimum") { texts, minimum, generator in
        texts.filter { $0.count >= minimum }.map {
          Array($0.prefix(Int.random(in: min(minimum + 1, $0.count)...$0.count, using: &generator)))
        }
      },
      trimming("one length for all", says: "draw for each text by itself") {
        texts, minimum, generator in
        let count = Int.random(in: minimum...9, using: &generator)
        return texts.filter { $0.count >= minimum }.map { Array($0.prefix(count)) }
      },
      trimming("up to the longest", says: "whole texts are too many") {
        texts, minimum, generator in
        let longest = texts.map(\.count).max()!
        return texts.filter { $0.count >= minimum }.map {
          Array($0.prefix(Int.random(in: minimum...longest, using: &generator)))
        }
      },
      trimming("short ones stay", says: "still there") { texts, minimum, generator in
        texts.map {
          let least = min(minimum, $0.count)
          return Array($0.prefix(Int.random(in: least...$0.count, using: &generator)))
        }
      },
      trimming("the minimum is forgotten", says: "shorter than the minimum") {
        texts, minimum, generator in
        texts.filter { $0.count >= minimum }.map {
          Array($0.prefix(Int.random(in: 1...$0.count, using: &generator)))
        }
      },
      Misconception(of: LensSheet.randomPositions, "no seed", says: "the second time") {
        (question: TextsToTrim) in
        Self.answer(question, seeds: [1, 2, 3], Self.right)
      },
      Misconception(of: LensSheet.randomPositions, "one seed", says: "two seeds give the same") {
        (question: TextsToTrim) in
        Self.answer(question, seeds: [1, 1, 1], Self.right)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  /// What the seed does not fix may look fixed for as long as one process lasts: it is asked of two.
  func testSamplesThatDifferFromRunToRunAreRejected() throws {
    for aCase in try LensSheet.randomPositions.cases(seed: 3) {
      let question = try JSONDecoder().decode(TextsToTrim.self, from: aCase.question)
      let part = try XCTUnwrap(aCase.parts.first)
      let merge = try XCTUnwrap(part.merge)
      func verdict(_ seeds: [UInt64]) throws -> Verdict {
        let answers = try [[1, 1, 2], seeds].map {
          try Coding.encode(Self.answer(question, seeds: $0, Self.right))
        }
        return part.judge.verdict(on: try merge(answers[0], answers[1]))
      }
      XCTAssertEqual(try verdict([1, 1, 2]).status, .passed)
      XCTAssertTrue(try verdict([3, 3, 4]).message.contains("the second time"), aCase.name)
    }
  }

  func testOtherRightSamplesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.randomPositions, "by the library") { (question: TextsToTrim) in
        Self.answer(question, Self.right)
      },
      Variant(of: LensSheet.randomPositions, "a shuffled position") { (question: TextsToTrim) in
        Self.answer(question) { texts, minimum, generator in
          texts.filter { $0.count >= minimum }.map { text in
            let ends = Array(minimum...text.count).shuffled(using: &generator)
            return Array(text[..<ends[0]])
          }
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The residual stream of rows at one column each.
  private static func states(
    _ question: PromptsOfModel, _ rows: [[Int]], mask: [[Bool]]? = nil, at column: (Int) -> Int
  ) throws -> Tensor {
    let model = try question.model.made()
    let points = model.configuration.residualPoints
    let trace = try model.run(
      ModelInput(tokens: rows, mask: mask), capturing: .points(Set(points))
    ).trace
    return .stack(
      try points.map { point in
        let layer = try trace[point]
        return .stack(rows.indices.map { layer[at: $0][at: column($0)] })
      })
  }

  private func batching(
    _ name: String, says: String?, answer: @escaping @Sendable (PromptsOfModel) throws -> Tensor
  ) -> Misconception {
    Misconception(of: LensSheet.leftPadding, name, says: says, answer: answer)
  }

  private static func solution(_ question: PromptsOfModel) throws -> Tensor {
    try Solution5.Answers().lastStates(
      of: question.prompts, padding: question.padding, in: question.model.made())
  }

  func testWrongBatchesAreRejectedWithTheirSentence() {
    let misconceptions = [
      batching("no mask", says: "give the model a mask") { question in
        let (rows, _) = ModelInput.padding(question.prompts, with: question.padding, at: .front)
        return try Self.states(question, rows) { _ in rows[0].count - 1 }
      },
      batching("padded behind", says: "filled up behind") { question in
        let (rows, _) = ModelInput.padding(question.prompts, with: question.padding)
        return try Self.states(question, rows) { _ in rows[0].count - 1 }
      },
      batching("cut to the shortest", says: "cut to the shortest") { question in
        let shortest = question.prompts.map(\.count).min()!
        let rows = question.prompts.map { Array($0.prefix(shortest)) }
        return try Self.states(question, rows) { _ in shortest - 1 }
      },
      batching("the first token", says: "the first token of each prompt") { question in
        let (rows, _) = ModelInput.padding(question.prompts, with: question.padding)
        return try Self.states(question, rows) { _ in 0 }
      },
      batching("sorted and not put back", says: "in another order") { question in
        var sorted = question
        sorted.prompts.sort { $0.count < $1.count }
        return try Self.solution(sorted)
      },
      batching("no embedding", says: "one layer too few") { question in
        let right = try Self.solution(question)
        return right.slice(1..<right.shape[0])
      },
      batching("means", says: "all positions of a prompt were averaged") { question in
        let model = try question.model.made()
        return .concatenation(
          try question.prompts.map {
            try model.residualStates(of: ModelInput($0)).values.mean(axis: 1, keepingAxis: true)
          }, axis: 1)
      },
      batching("axes", says: "layers come first") { try Self.solution($0).permuted([1, 0, 2]) },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightBatchesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.leftPadding, "one prompt at a time") { (question: PromptsOfModel) in
        Tensor.concatenation(
          try question.prompts.map { prompt in
            try Self.states(question, [prompt]) { _ in prompt.count - 1 }
          }, axis: 1)
      },
      Variant(of: LensSheet.leftPadding, "padded behind, own columns") {
        (question: PromptsOfModel) in
        let (rows, mask) = ModelInput.padding(question.prompts, with: question.padding)
        return try Self.states(question, rows, mask: mask) { question.prompts[$0].count - 1 }
      },
      Variant(of: LensSheet.leftPadding, "by the library") { (question: PromptsOfModel) in
        let (rows, mask) = ModelInput.padding(
          question.prompts, with: question.padding, at: .front)
        return try question.model.made().residualStates(
          of: ModelInput(tokens: rows, mask: mask), at: .last
        ).values
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      XCTAssertNil(batching("nonsense", says: nil) { _ in tensor }.fault())
    }
    for prompts in [[], [[]], [[1, 2], [3]], Array(repeating: [0], count: 400)] {
      XCTAssertNil(trimming("nonsense", says: nil) { _, _, _ in prompts }.fault())
    }
  }
}
