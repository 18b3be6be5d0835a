import Coursework
import Foundation
import Interpretability

import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.3: what is rejected, what is accepted.
final class WindowsTests: XCTestCase {
  /// The gains of 6.3 by a method of one's own.
  private static func windowed(
    _ question: FactToTrace, part: BlockPart? = nil, everywhere: Bool = false,
    value: (Double, Double) -> Double = { $0 - $1 }, blocks: (Int, Int) -> ClosedRange<Int>
  ) throws -> Tensor {
    let model = try question.model.made()
    let (tokens, fact) = (question.fact.tokens, question.fact)
    let count = model.configuration.residualPoints.count - 1
    let all = Capture.matching(
      (part ?? question.part) == .mlp ? "*hook_mlp_out" : "*hook_attn_out")
    let trace = try model.run(ModelInput(tokens), capturing: all).trace
    var gains = [Double](repeating: 0, count: count * tokens.count)
    for sample in 0..<question.noise.shape[0] {
      let spoil = Intervention(at: .embedding) { embedding in
        var changed = embedding
        for (row, position) in fact.subject.enumerated() {
          for column in 0..<embedding.shape[2] {
            changed[0, position, column] += question.noise[sample, row, column]
          }
        }
        return changed
      }
      func probability(_ extra: [Intervention]) throws -> Double {
        Double(
          try model.run(ModelInput(tokens), intervening: [spoil] + extra)
            .logits[at: 0][at: tokens.count - 1].softmax()[fact.answer])
      }
      let low = try probability([])
      for block in 0..<count {
        for position in tokens.indices {
          let points = trace.points.enumerated().filter {
            blocks(block, question.window).contains($0.offset)
          }.map(\.element)
          let back = try points.map { point in
            let clean = try trace[point]
            return Intervention(at: point) { output in
              var mask = Tensor.zeros([1, output.shape[1], 1])
              for row in everywhere ? Array(tokens.indices) : [position] { mask[0, row, 0] = 1 }
              return output * (mask * -1 + 1) + clean * mask
            }
          }
          gains[block * tokens.count + position] +=
            value(try probability(back), low) / Double(question.noise.shape[0])
        }
      }
    }
    return Tensor(gains.map { Float($0) }, shape: [count, tokens.count])
  }

  /// The window of W around a block.
  private static func around(_ block: Int, _ window: Int) -> ClosedRange<Int> {
    (block - window / 2)...(block - window / 2 + window - 1)
  }

  func testWrongWindowsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (FactToTrace) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.windows, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("begins with the block", "the window begins at the block") {
        try Self.windowed($0) { $0...($0 + $1 - 1) }
      },
      wrong("the block alone", "only the block itself") {
        try Self.windowed($0) { block, _ in block...block }
      },
      wrong("the other part", "attention and MLP are exchanged") { question in
        try Self.windowed(question, part: question.part == .mlp ? .attention : .mlp) {
          Self.around($0, $1)
        }
      },
      wrong("all positions", "all positions were put back") {
        try Self.windowed($0, everywhere: true) { Self.around($0, $1) }
      },
      wrong("probabilities", "these are probabilities") {
        try Self.windowed($0, value: { restored, _ in restored }) { Self.around($0, $1) }
      },
      wrong("one too many", "too many blocks") {
        try Self.windowed($0) { ($0 - ($1 + 1) / 2)...($0 + ($1 + 1) / 2) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWindowsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.windows, "with masks, in Double") { (question: FactToTrace) in
        try Self.windowed(question) { Self.around($0, $1) }
      },
      Variant(of: PatchscopesSheet.windows, "all samples in one batch") {
        (question: FactToTrace) in
        let model = try question.model.made()
        let (fact, noise) = (question.fact, question.noise)
        let count = model.configuration.residualPoints.count - 1
        let input = ModelInput(tokens: Array(repeating: fact.tokens, count: noise.shape[0]))
        let points = (0..<count).map { block in
          HookPoint.block(.blocks, block, question.part == .mlp ? .mlpOut : .attentionOut(.own))
        }
        let clean = try model.run(input, capturing: .points(Set(points))).trace
        let spoil = Intervention(at: .embedding) { embedding in
          let before = embedding.slice(axis: 1, 0..<fact.subject.lowerBound)
          let subject = embedding.slice(axis: 1, fact.subject) + noise
          let behind = embedding.slice(axis: 1, fact.subject.upperBound..<fact.tokens.count)
          return .concatenation([before, subject, behind], axis: 1)
        }
        func mean(_ changes: [Intervention]) throws -> Float {
          let logits = try model.run(input, intervening: [spoil] + changes).logits.softmax()
          return (0..<noise.shape[0]).reduce(0) {
            $0 + logits[$1, fact.tokens.count - 1, fact.answer]
          } / Float(noise.shape[0])
        }
        let low = try mean([])
        var gains = Tensor.zeros([count, fact.tokens.count])
        for block in 0..<count {
          for position in fact.tokens.indices {
            let back = try points.indices.filter {
              Self.around(block, question.window).contains($0)
            }
            .map { index in
              let own = try clean[points[index]]
              return Intervention(at: points[index]) { output in
                var changed = output
                for row in 0..<output.shape[0] {
                  for column in 0..<output.shape[2] {
                    changed[row, position, column] = own[row, position, column]
                  }
                }
                return changed
              }
            }
            gains[block, position] = try mean(back) - low
          }
        }
        return gains
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      XCTAssertNil(
        Misconception(of: PatchscopesSheet.windows, "nonsense", says: nil) {
          (_: FactToTrace) in tensor
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
