import Coursework
import Foundation
import Interpretability

import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.4: what is rejected, what is accepted.
final class KnockoutTests: XCTestCase {
  /// The losses of 6.4 by a method of one's own.
  private static func cut(
    _ question: CutOfModel, point: HookPoint.AttentionPoint = .scores, value: Float = -.infinity,
    swapped: Bool = false, heads: Int? = nil, queries: [Int]? = nil,
    loss: (_ clean: Float, _ cut: Float) -> Float = { $0 - $1 },
    blocks: (_ block: Int, _ window: Int, _ count: Int) -> Range<Int> = {
      $0..<min($0 + $1, $2)
    }
  ) throws -> Tensor {
    let model = try question.model.made()
    let count = model.configuration.residualPoints.count - 1
    func probability(_ changes: [Intervention]) throws -> Float {
      try model.run(ModelInput(question.tokens), intervening: changes)
        .logits[at: 0][at: question.tokens.count - 1].softmax()[question.answer]
    }
    let clean = try probability([])
    return Tensor(
      try (0..<count).map { block in
        let changes = blocks(block, question.window, count).clamped(to: 0..<count).map { layer in
          Intervention(at: .block(.blocks, layer, .attention(.own, point))) { scores in
            var changed = scores
            for head in 0..<(heads ?? scores.shape[1]) {
              for query in queries ?? [question.query] {
                for key in question.keys {
                  if swapped {
                    changed[0, head, key, query] = value
                  } else {
                    changed[0, head, query, key] = value
                  }
                }
              }
            }
            return changed
          }
        }
        return loss(clean, try probability(changes))
      })
  }

  func testWrongKnockoutsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (CutOfModel) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.knockout, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("behind the softmax", "set to zero behind the softmax") {
        try Self.cut($0, point: .pattern, value: 0)
      },
      wrong("a score of 0", "a score of 0 does not forbid") { try Self.cut($0, value: 0) },
      wrong("exchanged", "query and key are exchanged") { try Self.cut($0, swapped: true) },
      wrong("one block", "only one block was cut") {
        try Self.cut($0, blocks: { block, _, _ in block..<(block + 1) })
      },
      wrong("to the end", "goes on to the last block") {
        try Self.cut($0, blocks: { block, _, count in block..<count })
      },
      wrong("one head", "only the first head") { try Self.cut($0, heads: 1) },
      wrong("what is left", "the probabilities that are left") {
        try Self.cut($0, loss: { $1 })
      },
      wrong("a share", "these are shares of the clean probability") {
        try Self.cut($0, loss: { ($0 - $1) / $0 })
      },
      wrong("logarithms", "these are differences of logarithms") {
        try Self.cut($0, loss: { log($0) - log($1) })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightKnockoutsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.knockout, "a very small score") { (question: CutOfModel) in
        try Self.cut(question, value: -1e9)
      },
      Variant(of: PatchscopesSheet.knockout, "the pattern, and its rows made to sum to 1 again") {
        (question: CutOfModel) in
        let model = try question.model.made()
        let count = model.configuration.residualPoints.count - 1
        func probability(_ changes: [Intervention]) throws -> Float {
          try model.run(ModelInput(question.tokens), intervening: changes)
            .logits[at: 0][at: question.tokens.count - 1].softmax()[question.answer]
        }
        let clean = try probability([])
        return Tensor(
          try (0..<count).map { block in
            let changes = (block..<min(block + question.window, count)).map { layer in
              Intervention(at: .pattern(.blocks, layer)) { pattern in
                var changed = pattern
                for head in 0..<pattern.shape[1] {
                  for key in question.keys { changed[0, head, question.query, key] = 0 }
                }
                return changed / changed.sum(axis: 3, keepingAxis: true)
              }
            }
            return clean - (try probability(changes))
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      XCTAssertNil(
        Misconception(of: PatchscopesSheet.knockout, "nonsense", says: nil) {
          (_: CutOfModel) in tensor
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
