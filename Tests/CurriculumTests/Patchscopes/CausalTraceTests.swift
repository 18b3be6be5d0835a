import Coursework
import Foundation
import Interpretability

import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.2: what is rejected, what is accepted.
final class CausalTraceTests: XCTestCase {
  /// The gains of 6.2 by a method of one's own.
  private static func traced(
    _ question: FactToTrace, scale: (Tensor) -> Float = { 3 * deviation($0.values) },
    draws: [Tensor]? = nil, value: (_ clean: Double, _ low: Double, _ restored: Double) -> Double
  ) throws -> Tensor {
    let model = try question.model.made()
    let (tokens, subject) = (question.fact.tokens, question.fact.subject)
    let points = model.configuration.residualPoints
    let factor = scale(model.embedding)
    let trace = try model.run(ModelInput(tokens), capturing: .points(Set(points))).trace
    func probability(_ changes: [Intervention]) throws -> Double {
      Double(
        try model.run(ModelInput(tokens), intervening: changes)
          .logits[at: 0][at: tokens.count - 1].softmax()[question.fact.answer])
    }
    let clean = try probability([])
    let draws = draws ?? (0..<question.noise.shape[0]).map { question.noise[at: $0] }
    var sums = [Double](repeating: 0, count: points.count * tokens.count)
    for draw in draws {
      let width = draw.shape[1]
      let noise = Intervention(at: .embedding) { embedding in
        var padded = Tensor.zeros(embedding.shape)
        for (row, position) in subject.enumerated() {
          for column in 0..<width { padded[0, position, column] = draw[row, column] * factor }
        }
        return embedding + padded
      }
      let low = try probability([noise])
      for (layer, point) in points.enumerated() {
        let states = try trace[point]
        for position in tokens.indices {
          let restored = Intervention(at: point) { residual in
            var mask = Tensor.zeros([1, residual.shape[1], 1])
            mask[0, position, 0] = 1
            return residual * (mask * -1 + 1) + states * mask
          }
          sums[layer * tokens.count + position] +=
            value(clean, low, try probability([noise, restored])) / Double(draws.count)
        }
      }
    }
    return Tensor(sums.map { Float($0) }, shape: [points.count, tokens.count])
  }

  private static func deviation(_ values: [Float]) -> Float {
    let mean = values.reduce(0, +) / Float(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
  }

  func testWrongTracesAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (FactToTrace) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.causalTrace, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("probabilities", "these are probabilities") {
        try Self.traced($0) { _, _, restored in restored }
      },
      wrong("what is lost", "what is still lost") {
        try Self.traced($0) { clean, _, restored in clean - restored }
      },
      wrong("one deviation", "one deviation, not three") {
        try Self.traced($0, scale: { Self.deviation($0.values) }) { $2 - $1 }
      },
      wrong("three", "three times the draws") {
        try Self.traced($0, scale: { _ in 3 }) { $2 - $1 }
      },
      wrong("variance", "scaled by a variance") {
        try Self.traced($0, scale: { 3 * pow(Self.deviation($0.values), 2) }) { $2 - $1 }
      },
      wrong("the subject's own deviation", "not of the subject's rows") { question in
        try Self.traced(
          question,
          scale: { table in
            3
              * Self.deviation(
                question.fact.subject.flatMap { table[at: question.fact.tokens[$0]].values })
          }
        ) { $2 - $1 }
      },
      wrong("the mean draw", "the draws were averaged") { question in
        let samples = question.noise.shape[0]
        let mean = (0..<samples).reduce(Tensor.zeros(question.noise[at: 0].shape)) {
          $0 + question.noise[at: $1]
        }
        return try Self.traced(question, draws: [mean / Float(samples)]) { $2 - $1 }
      },
      wrong("logarithms", "these are logarithms") {
        try Self.traced($0) { log($2) - log($1) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightTracesAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.causalTrace, "with masks, in Double") {
        (question: FactToTrace) in
        try Self.traced(question) { $2 - $1 }
      },
      Variant(of: PatchscopesSheet.causalTrace, "with the noise at the first block") {
        (question: FactToTrace) in
        // Where nothing stands between, noise on embeddings is noise on what the first block reads.
        let model = try question.model.made()
        let (tokens, subject) = (question.fact.tokens, question.fact.subject)
        let points = model.configuration.residualPoints
        let factor = 3 * Self.deviation(model.embedding.values)
        let trace = try model.run(ModelInput(tokens), capturing: .points(Set(points))).trace
        var gains = Tensor.zeros([points.count, tokens.count])
        for sample in 0..<question.noise.shape[0] {
          let spoil = Intervention(at: points[0]) { residual in
            var changed = residual
            for (row, position) in subject.enumerated() {
              for column in 0..<residual.shape[2] {
                changed[0, position, column] += question.noise[sample, row, column] * factor
              }
            }
            return changed
          }
          func probability(_ extra: [Intervention]) throws -> Float {
            try model.run(ModelInput(tokens), intervening: [spoil] + extra)
              .logits[at: 0][at: tokens.count - 1].softmax()[question.fact.answer]
          }
          let low = try probability([])
          for (layer, point) in points.enumerated() {
            let state = try trace[point]
            for position in tokens.indices {
              let back = Intervention(at: point) { residual in
                var changed = residual
                for column in 0..<residual.shape[2] {
                  changed[0, position, column] = state[0, position, column]
                }
                return changed
              }
              gains[layer, position] += try probability([back]) - low
            }
          }
        }
        return gains / Float(question.noise.shape[0])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      XCTAssertNil(
        Misconception(of: PatchscopesSheet.causalTrace, "nonsense", says: nil) {
          (_: FactToTrace) in tensor
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
