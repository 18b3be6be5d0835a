import Tensors
import Transformers
import XCTest

/// Who may see whom: causality and padding.
final class MaskingTests: XCTestCase {
  private let t5 = RandomModel.t5()
  private let gpt2 = RandomModel.gpt2()

  func testALaterTokenDoesNotChangeEarlierLogits() throws {
    let tokens = [7, 3, 11, 3, 22, 9]
    for model in [t5, gpt2] {
      func logits(_ tokens: [Int]) throws -> Tensor {
        try model(
          model.configuration.isEncoderDecoder
            ? ModelInput([5, 6, 7], decoderTokens: tokens) : ModelInput(tokens))
      }
      let clean = try logits(tokens)
      for place in tokens.indices {
        var changed = tokens
        changed[place] = 30
        let found = try logits(changed)
        XCTAssertEqual(found.slice(axis: 1, 0..<place), clean.slice(axis: 1, 0..<place))
        let at = place..<(place + 1)
        XCTAssertNotEqual(found.slice(axis: 1, at), clean.slice(axis: 1, at))
      }
    }
  }

  func testAnEncoderSeesTheFuture() throws {
    let a = try t5.run(ModelInput([5, 6, 7], decoderTokens: [0]), capturing: .everything).trace
    let b = try t5.run(ModelInput([5, 6, 8], decoderTokens: [0]), capturing: .everything).trace
    let point = HookPoint.residualPost(.encoder, 0)
    XCTAssertNotEqual(try a[point].slice(axis: 1, 0..<1), try b[point].slice(axis: 1, 0..<1))
  }

  private let sources = [[7, 3, 11, 3, 22], [4, 9], [8, 8, 8, 6]]
  private let targets = [[0, 5], [0, 17, 3, 12], [0]]

  func testAPaddedBatchEqualsItsRowsAlone() throws {
    let source = ModelInput.padding(sources, with: 0)
    let target = ModelInput.padding(targets, with: 0)
    let batch = ModelInput(
      tokens: source.tokens, mask: source.mask, decoderTokens: target.tokens,
      decoderMask: target.mask)
    let together = try t5.run(batch, capturing: .matching("*hook_pattern"))
    for row in sources.indices {
      let alone = try t5.run(
        ModelInput(sources[row], decoderTokens: targets[row]),
        capturing: .matching("*hook_pattern"))
      let length = targets[row].count
      XCTAssertLessThan(
        distance(
          together.logits.slice(row..<(row + 1)).slice(axis: 1, 0..<length), alone.logits), 1e-5)
      for point in alone.trace.points {
        let expected = try alone.trace[point]
        let found = try together.trace[point].slice(row..<(row + 1))
          .slice(axis: 2, 0..<expected.shape[2]).slice(axis: 3, 0..<expected.shape[3])
        XCTAssertLessThan(distance(found, expected), 1e-5, "\(point)")
      }
    }
  }

  func testAPaddedBatchOfADecoderEqualsItsRowsAlone() throws {
    let padded = ModelInput.padding(sources, with: 0)
    let together = try gpt2(ModelInput(tokens: padded.tokens, mask: padded.mask))
    for (row, tokens) in sources.enumerated() {
      XCTAssertLessThan(
        distance(
          together.slice(row..<(row + 1)).slice(axis: 1, 0..<tokens.count),
          try gpt2(ModelInput(tokens))), 1e-5)
    }
  }

  /// With relative positions padding may come first: only distances count.
  func testPaddingInFrontChangesNothingWithRelativePositions() throws {
    let alone = try t5(ModelInput([7, 3, 11], decoderTokens: [0, 5]))
    let padded = try t5(
      ModelInput(
        tokens: [[0, 0, 7, 3, 11]], mask: [[false, false, true, true, true]],
        decoderTokens: [[9, 0, 5]], decoderMask: [[false, true, true]]))
    XCTAssertLessThan(distance(padded.slice(axis: 1, 1..<3), alone), 1e-5)
  }

  func testWhatStandsUnderPaddingDoesNotMatter() throws {
    func logits(_ filler: Int) throws -> Tensor {
      try t5(
        ModelInput(
          tokens: [[7, filler, 3]], mask: [[true, false, true]],
          decoderTokens: [[0, 5, filler]], decoderMask: [[true, true, false]])
      ).slice(axis: 1, 0..<2)
    }
    XCTAssertEqual(try logits(0), try logits(30))
  }

  func testAMaskThatHidesNothingIsNoMask() throws {
    let open = ModelInput(
      tokens: [[7, 3]], mask: [[true, true]], decoderTokens: [[0]], decoderMask: [[true]])
    XCTAssertEqual(try t5(open), try t5(ModelInput([7, 3], decoderTokens: [0])))
  }

  func testMaskedKeysHaveNoAttentionAndRowsSumToOne() throws {
    let input = ModelInput(
      tokens: [[7, 3, 9]], mask: [[true, true, false]], decoderTokens: [[0, 4]])
    let trace = try t5.run(input, capturing: .matching("*hook_pattern")).trace
    for point in trace.points {
      let pattern = try trace[point]
      let sums = pattern.sum(axis: 3).values
      for sum in sums { XCTAssertEqual(sum, 1, accuracy: 1e-5, "\(point)") }
      if pattern.shape[3] == 3 {
        XCTAssertTrue(pattern.slice(axis: 3, 2..<3).values.allSatisfy { $0 == 0 }, "\(point)")
      } else {
        XCTAssertEqual(pattern[0, 0, 0, 1], 0, "\(point) sees the future")
      }
    }
  }
}
