import Foundation
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// Methods that change a model on its way: value zeroing and head knockout.
final class InterventionMethodTests: XCTestCase {
  private let input = ModelInput([3, 4, 5, 6, 7], decoderTokens: [0, 8, 9, 10])

  func testRowsOfValueZeroingSumToOne() throws {
    for (stack, kind) in [
      (StackName.encoder, AttentionKind.own), (.decoder, .own), (.decoder, .cross),
    ] {
      let mixing = try valueZeroing(tinyTranslator, on: input, stack: stack, layer: 1, kind: kind)
      XCTAssertEqual(
        mixing.shape, [stack == .encoder ? 5 : 4, stack == .decoder && kind == .own ? 4 : 5])
      for sum in mixing.sum(axis: 1).values { XCTAssertEqual(sum, 1, accuracy: 1e-5) }
    }
  }

  /// Nobody attends to a later position, so its value changes nothing.
  func testZeroingAValueThatNobodyReadsGivesNothing() throws {
    let mixing = try valueZeroing(tinyTranslator, on: input, stack: .decoder, layer: 0)
    for query in 0..<4 {
      for key in 0..<4 {
        if key > query {
          XCTAssertEqual(mixing[query, key], 0, accuracy: 1e-4)
        } else {
          XCTAssertGreaterThan(mixing[query, key], 1e-4)
        }
      }
    }
    XCTAssertEqual(mixing[0, 0], 1, accuracy: 1e-4)
  }

  func testZeroingAPaddedValueGivesNothing() throws {
    var padded = input
    padded.mask = [[true, true, true, true, false]]
    let mixing = try valueZeroing(
      tinyTranslator, on: padded, stack: .decoder, layer: 1, kind: .cross)
    for query in 0..<4 { XCTAssertEqual(mixing[query, 4], 0, accuracy: 1e-4) }
  }

  func testHeadsOfAModelAreListedOnce() {
    let heads = tinyTranslator.configuration.heads
    XCTAssertEqual(heads.count, 12)
    XCTAssertEqual(Set(heads).count, 12)
    XCTAssertEqual(
      "\(HeadAddress(.decoder, layer: 1, kind: .cross, head: 0))", "decoder cross L1H0")
  }

  /// A head whose pattern is zero mixes nothing, so it must be worth what its knockout says.
  func testKnockoutEqualsAPatternOfZeros() throws {
    let targets = [8, 9, 10, 1]
    let heads = tinyTranslator.configuration.heads
    let knockouts = try headKnockouts(tinyTranslator, on: input, targets: targets, heads: heads)
    for (head, effects) in zip(heads, knockouts) {
      let silent = Intervention(at: .pattern(head.stack, head.layer, head.kind)) { pattern in
        var pattern = pattern
        for query in 0..<pattern.shape[2] {
          for key in 0..<pattern.shape[3] { pattern[0, head.head, query, key] = 0 }
        }
        return pattern
      }
      let clean = try tinyTranslator.run(input).logits
      let zeroed = try tinyTranslator.run(input, intervening: [silent]).logits
      XCTAssertEqual(effects.count, targets.count)
      for (row, target) in targets.enumerated() {
        let difference =
          Self.logProbability(clean, row, target) - Self.logProbability(zeroed, row, target)
        XCTAssertEqual(Double(effects[row]), difference, accuracy: 1e-4, "\(head), row \(row)")
      }
      XCTAssertTrue(effects.contains { abs($0) > 1e-3 }, "\(head) changes nothing")
    }
  }

  private static func logProbability(_ logits: Tensor, _ row: Int, _ target: Int) -> Double {
    let values = (0..<logits.shape[2]).map { Double(logits[0, row, $0]) }
    return values[target] - log(values.reduce(0) { $0 + exp($1) })
  }
}
