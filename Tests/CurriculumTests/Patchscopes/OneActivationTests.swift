import Coursework
import Foundation
import Interpretability

import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.1: what is rejected, what is accepted.
final class OneActivationTests: XCTestCase {
  /// The logit difference of 6.1 in a run in which some rows are replaced.
  private static func difference(
    _ question: ContrastOfModel, into: [Int], from: [Int], layer: Int, rows: [Int],
    take: Int? = nil,
    read: (Tensor) -> Float
  ) throws -> Float {
    let model = try question.model.made()
    let points = model.configuration.residualPoints
    let source = try model.run(ModelInput(from), capturing: [points[take ?? layer]])
      .trace[points[take ?? layer]]
    let patch = Intervention(at: points[layer]) { residual in
      var mask = Tensor.zeros([1, residual.shape[1], 1])
      for row in rows { mask[0, row, 0] = 1 }
      return residual * (mask * -1 + 1) + source * mask
    }
    return read(try model.run(ModelInput(into), intervening: [patch]).logits[at: 0])
  }

  private static func map(
    _ question: ContrastOfModel, exchanged: Bool = false, rows: (Int) -> [Int] = { [$0] },
    take: (Int) -> Int = { $0 }, read: ((ContrastOfModel, Tensor) -> Float)? = nil,
    effect: (_ patched: Float, _ clean: Float, _ corrupted: Float) -> Float
  ) throws -> Tensor {
    let contrast = question.contrast
    let model = try question.model.made()
    let isRestoring = (question.direction == .restoring) != exchanged
    let into = isRestoring ? contrast.corrupted : contrast.clean
    let from = isRestoring ? contrast.clean : contrast.corrupted
    let reading: (Tensor) -> Float = { logits in
      if let read { return read(question, logits) }
      let last = logits[at: contrast.clean.count - 1]
      return last[contrast.answer] - last[contrast.foil]
    }
    let clean = reading(try model(ModelInput(contrast.clean))[at: 0])
    let corrupted = reading(try model(ModelInput(contrast.corrupted))[at: 0])
    let layers = model.configuration.residualPoints.count
    var values: [Float] = []
    for layer in 0..<layers {
      for position in into.indices {
        let patched = try difference(
          question, into: into, from: from, layer: layer, rows: rows(position), take: take(layer),
          read: reading)
        values.append(effect(patched, clean, corrupted))
      }
    }
    return Tensor(values, shape: [layers, into.count])
  }

  private static func right(
    _ question: ContrastOfModel, _ patched: Float, _ clean: Float, _ corrupted: Float
  ) -> Float {
    question.direction == .restoring
      ? (patched - corrupted) / (clean - corrupted) : (clean - patched) / (clean - corrupted)
  }

  func testWrongEffectsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (ContrastOfModel) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.oneActivation, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("not normalised", "not a share yet") { question in
        try Self.map(question) { patched, clean, corrupted in
          question.direction == .restoring ? patched - corrupted : patched - clean
        }
      },
      wrong("exchanged ends", "1 and 0 are exchanged") { question in
        try Self.map(question) { 1 - Self.right(question, $0, $1, $2) }
      },
      wrong("the wrong run", "the wrong run is patched") { question in
        try Self.map(question, exchanged: true) { patched, clean, corrupted in
          question.direction == .restoring
            ? (clean - patched) / (clean - corrupted) : (patched - corrupted) / (clean - corrupted)
        }
      },
      wrong("no foil", "the foil's logit is left out") { question in
        try Self.map(
          question, read: { $1[$0.contrast.clean.count - 1, $0.contrast.answer] }
        ) { Self.right(question, $0, $1, $2) }
      },
      wrong("probabilities", "these are probabilities") { question in
        try Self.map(
          question, read: { $1[at: $0.contrast.clean.count - 1].softmax()[$0.contrast.answer] }
        ) { Self.right(question, $0, $1, $2) }
      },
      wrong("all positions", "all positions of a layer were patched") { question in
        let all = Array(question.contrast.clean.indices)
        return try Self.map(question, rows: { _ in all }) { Self.right(question, $0, $1, $2) }
      },
      wrong("the next layer", "states of one layer were put into another") { question in
        try Self.map(question, take: { max($0 - 1, 0) }) { Self.right(question, $0, $1, $2) }
      },
      wrong("no last layer", "what leaves the last block is a layer too") { question in
        let all = try Self.map(question) { Self.right(question, $0, $1, $2) }
        return all.slice(0..<(all.shape[0] - 1))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightEffectsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.oneActivation, "with a mask") { (question: ContrastOfModel) in
        try Self.map(question) { Self.right(question, $0, $1, $2) }
      },
      Variant(of: PatchscopesSheet.oneActivation, "all positions of a layer as one batch") {
        (question: ContrastOfModel) in
        let contrast = question.contrast
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        let isRestoring = question.direction == .restoring
        let into = isRestoring ? contrast.corrupted : contrast.clean
        let from = isRestoring ? contrast.clean : contrast.corrupted
        func difference(_ row: Tensor) -> Float { row[contrast.answer] - row[contrast.foil] }
        let last = into.count - 1
        let start = difference(try model(ModelInput(into))[at: 0][at: last])
        let end = difference(try model(ModelInput(from))[at: 0][at: last])
        let trace = try model.run(ModelInput(from), capturing: .points(Set(points))).trace
        return Tensor.stack(
          try points.map { point in
            let states = try trace[point]
            let patch = Intervention(at: point) { residual in
              var changed = residual
              for row in 0...last {
                for column in 0..<residual.shape[2] {
                  changed[row, row, column] = states[0, row, column]
                }
              }
              return changed
            }
            let logits = try model.run(
              ModelInput(tokens: Array(repeating: into, count: into.count)), intervening: [patch]
            ).logits
            return Tensor(
              (0...last).map { (difference(logits[at: $0][at: last]) - start) / (end - start) })
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      XCTAssertNil(
        Misconception(of: PatchscopesSheet.oneActivation, "nonsense", says: nil) {
          (_: ContrastOfModel) in tensor
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
