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
  private typealias Drawing = @Sendable ([[Int]], Int, inout SeededGenerator) -> PromptSplit

  private static func answer(
    _ question: TextsToSplit, seeds: [UInt64]? = nil, _ draw: Drawing
  ) -> [PromptSplit] {
    let seeds = seeds ?? [question.seeds[0], question.seeds[0], question.seeds[1]]
    return seeds.map { seed in
      var generator = SeededGenerator(seed: seed)
      return draw(question.texts, question.count, &generator)
    }
  }

  /// Texts in the order in which they come first.
  private static func different(_ texts: [[Int]]) -> [[Int]] {
    texts.indices.filter { !texts[..<$0].contains(texts[$0]) }.map { texts[$0] }
  }

  /// Every beginning of a text.
  private static func beginnings(_ text: [Int], from least: Int = 2) -> [[Int]] {
    (least...text.count).map { Array(text[..<$0]) }
  }

  /// Halves of the texts, and of each half some of what a function makes of it, no prompt twice.
  private static func halves(
    _ texts: [[Int]], _ count: Int, _ generator: inout SeededGenerator,
    _ pool: ([[Int]], inout SeededGenerator) -> [[Int]]
  ) -> PromptSplit {
    let order = different(texts).shuffled(using: &generator)
    let middle = order.count / 2
    var all: [[Int]] = []
    func part(_ texts: [[Int]], _ generator: inout SeededGenerator) -> [[Int]] {
      var taken: [[Int]] = []
      for prompt in pool(texts, &generator)
      where taken.count < count && !all.contains(prompt) {
        all.append(prompt)
        taken.append(prompt)
      }
      return taken
    }
    let training = part(Array(order[..<middle]), &generator)
    return PromptSplit(
      training: training, evaluation: part(Array(order[middle...]), &generator))
  }

  private static let right: Drawing = { texts, count, generator in
    halves(texts, count, &generator) { half, generator in
      half.flatMap { beginnings($0) }.shuffled(using: &generator)
    }
  }

  private func drawing(
    _ name: String, says: String?, _ draw: @escaping Drawing
  ) -> Misconception {
    Misconception(of: LensSheet.fairSample, name, says: says) { (question: TextsToSplit) in
      Self.answer(question, draw)
    }
  }

  func testWrongSamplesAreRejectedWithTheirSentence() {
    let misconceptions = [
      drawing("positions are split", says: "positions were split") { texts, count, generator in
        let all = Self.different(Self.different(texts).flatMap { Self.beginnings($0) })
          .shuffled(using: &generator)
        return PromptSplit(
          training: Array(all[..<count]), evaluation: Array(all[count..<(2 * count)]))
      },
      drawing("copies on both sides", says: "or a copy of it") { texts, count, generator in
        let order = texts.shuffled(using: &generator)
        let middle = order.count / 2
        return PromptSplit(
          training: Array(
            Set(order[..<middle].flatMap { Self.beginnings($0) })
              .sorted { $0.lexicographicallyPrecedes($1) }.shuffled(using: &generator)[..<count]),
          evaluation: Array(
            Set(order[middle...].flatMap { Self.beginnings($0) })
              .sorted { $0.lexicographicallyPrecedes($1) }.shuffled(using: &generator)[..<count]))
      },
      drawing("doubles", says: "a prompt comes twice") { texts, count, generator in
        let order = Self.different(texts).shuffled(using: &generator)
        let middle = order.count / 2
        func part(_ texts: ArraySlice<[Int]>, _ generator: inout SeededGenerator) -> [[Int]] {
          Array(
            texts.flatMap { Self.beginnings($0) }.shuffled(using: &generator)[..<count])
        }
        let training = part(order[..<middle], &generator)
        return PromptSplit(
          training: training, evaluation: part(order[middle...], &generator))
      },
      drawing("prompts in both", says: "a prompt is in both parts") { texts, count, generator in
        let order = Self.different(texts).shuffled(using: &generator)
        let middle = order.count / 2
        func part(_ texts: [[Int]], _ generator: inout SeededGenerator) -> [[Int]] {
          Array(
            Self.different(texts.flatMap { Self.beginnings($0) })
              .shuffled(using: &generator)[..<count])
        }
        let training = part(Array(order[..<middle]), &generator)
        return PromptSplit(
          training: training, evaluation: part(Array(order[middle...]), &generator))
      },
      drawing("the start token alone", says: "the first word at 1") { texts, count, generator in
        var split = Self.right(texts, count, &generator)
        split.training[0] = [texts[0][0]]
        return split
      },
      drawing("whole texts", says: "nothing was cut") { texts, count, generator in
        Self.halves(texts, count, &generator) { half, _ in half }
      },
      drawing("too few", says: "prompts for training, not") { texts, count, generator in
        Self.right(texts, count - 1, &generator)
      },
      drawing("the end is kept", says: "the beginning was cut off") { texts, count, generator in
        Self.halves(texts, count, &generator) { half, generator in
          half.flatMap { text in (2..<text.count).map { Array(text.suffix($0)) } }
            .shuffled(using: &generator)
        }
      },
      drawing("never whole", says: "no prompt is a whole text") { texts, count, generator in
        Self.halves(texts, count, &generator) { half, generator in
          half.flatMap { Self.beginnings($0).dropLast() }.shuffled(using: &generator)
        }
      },
      drawing("texts first", says: "short texts count as much") { texts, count, generator in
        Self.halves(texts, count, &generator) { half, generator in
          (0..<(20 * count)).map { _ in
            let text = half.randomElement(using: &generator)!
            return Self.beginnings(text).randomElement(using: &generator)!
          }
        }
      },
      drawing("up to the longest", says: "whole texts are too many") { texts, count, generator in
        let longest = texts.map(\.count).max()!
        return Self.halves(texts, count, &generator) { half, generator in
          half.flatMap { text in (2...longest).map { Array(text.prefix($0)) } }
            .shuffled(using: &generator)
        }
      },
      drawing("the first halves", says: "much likelier than others") { texts, count, generator in
        Self.halves(texts, count, &generator) { half, generator in
          let all = half.flatMap { text in
            Self.beginnings(text).map { (prompt: $0, isLate: 2 * $0.count > text.count) }
          }
          let early = all.filter { !$0.isLate || Bool.random(using: &generator) }
          return (early + all).map(\.prompt).prefix(early.count).shuffled(using: &generator)
        }
      },
      Misconception(of: LensSheet.fairSample, "no seed", says: "the second time") {
        (question: TextsToSplit) in
        Self.answer(question, seeds: [1, 2, 3], Self.right)
      },
      Misconception(of: LensSheet.fairSample, "one seed", says: "two seeds give the same") {
        (question: TextsToSplit) in
        Self.answer(question, seeds: [1, 1, 1], Self.right)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  /// What the seed does not fix may look fixed for as long as one process lasts: it is asked of two.
  func testSamplesThatDifferFromRunToRunAreRejected() throws {
    for aCase in try LensSheet.fairSample.cases(seed: 3) {
      let question = try JSONDecoder().decode(TextsToSplit.self, from: aCase.question)
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
      Variant(of: LensSheet.fairSample, "lists alone") { (question: TextsToSplit) in
        Self.answer(question, Self.right)
      },
      Variant(of: LensSheet.fairSample, "by numbers of positions") { (question: TextsToSplit) in
        Self.answer(question) { texts, count, generator in
          // Texts alternate between the parts; a position is a number among all of its part.
          let order = Self.different(texts).sorted { $0.lexicographicallyPrecedes($1) }
            .shuffled(using: &generator)
          var taken: Set<[Int]> = []
          func part(_ parity: Int) -> [[Int]] {
            let own = order.indices.filter { $0 % 2 == parity }.map { order[$0] }
            let total = own.reduce(0) { $0 + $1.count - 1 }
            var found: [[Int]] = []
            while found.count < count {
              var number = Int.random(in: 0..<total, using: &generator)
              var place = 0
              while number >= own[place].count - 1 {
                number -= own[place].count - 1
                place += 1
              }
              let prompt = Array(own[place].prefix(number + 2))
              if taken.insert(prompt).inserted { found.append(prompt) }
            }
            return found
          }
          return PromptSplit(training: part(0), evaluation: part(1))
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
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
      batching("padded behind, with a mask", says: "not from being there") { question in
        let (rows, mask) = ModelInput.padding(question.prompts, with: question.padding)
        return try Self.states(question, rows, mask: mask) { _ in rows[0].count - 1 }
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
    XCTAssertEqual(misconceptions.faults(), [])
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
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertEqual(
      oddTensors.map { tensor in batching("nonsense", says: nil) { _ in tensor } }.faults(), [])
    let empty = PromptSplit(training: [], evaluation: [])
    let odd = PromptSplit(training: [[]], evaluation: [[1, 2], [3]])
    for split in [empty, odd] {
      XCTAssertNil(drawing("nonsense", says: nil) { _, _, _ in split }.fault())
    }
  }
}
