import Coursework
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Solution1

/// Exercise 1.1: what is rejected, what is accepted.
final class ReadTheModelTests: XCTestCase {
  private let exercise = AttentionSheet.readTheModel
  private typealias Shapes = [String: [Int]]

  private static func right(_ shapes: Shapes) throws -> ModelShape {
    try Solution1.Answers().modelShape(from: shapes)
  }

  /// A right answer in which something is changed.
  private func misconception(
    _ name: String, says: String,
    _ change: @escaping @Sendable (inout ModelShape, [String: [Int]]) -> Void
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (shapes: Shapes) in
      var shape = try Self.right(shapes)
      change(&shape, shapes)
      return shape
    }
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("head width is width / heads", says: "need not be width / heads") { shape, _ in
        shape.headWidth = shape.width / shape.heads
      },
      misconception("width is heads × head width", says: "need not be the residual") { shape, _ in
        shape.width = shape.heads * shape.headWidth
      },
      misconception("feed-forward is 4 × width", says: "not a rule") { shape, _ in
        shape.feedForwardWidth = 4 * shape.width
      },
      misconception("feed-forward from what the MLP adds", says: "look inside") { shape, shapes in
        shape.feedForwardWidth = shapes["encoder.0.hook_mlp_out"]![2]
      },
      misconception("one depth for both stacks", says: "that is the encoder's depth") { shape, _ in
        shape.decoderLayers = shape.encoderLayers
      },
      misconception("the greatest layer number", says: "numbered from 0") { shape, _ in
        shape.encoderLayers -= 1
        shape.decoderLayers -= 1
      },
      misconception("the last layer's name as text", says: "compare layer numbers as numbers") {
        shape, shapes in
        let last = shapes.keys.filter { $0.hasPrefix("encoder.") }.max()!
        shape.encoderLayers = Int(last.split(separator: ".")[1])! + 1
      },
      misconception("layers of both stacks", says: "both stacks together") { shape, _ in
        shape.encoderLayers += shape.decoderLayers
      },
      misconception("a pattern's keys as heads", says: "[batch, head, query, key]") {
        shape, shapes in
        shape.heads = shapes["encoder.0.attn.hook_pattern"]![3]
      },
      misconception("the batch as heads", says: "the first axis is the batch") { shape, shapes in
        shape.heads = shapes["encoder.0.attn.hook_q"]![0]
      },
      misconception("heads and head width exchanged", says: "[batch, position, head, headWidth]") {
        shape, _ in
        (shape.heads, shape.headWidth) = (shape.headWidth, shape.heads)
      },
      misconception("source and target exchanged", says: "exchanged") { shape, _ in
        (shape.sourceLength, shape.targetLength) = (shape.targetLength, shape.sourceLength)
      },
      misconception("the target's length from cross-attention's keys", says: "from the encoder") {
        shape, shapes in
        shape.targetLength = shapes["decoder.0.cross_attn.hook_k"]![1]
      },
    ]
    for misconception in misconceptions { XCTAssertNil(misconception.fault()) }
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "greatest layer numbers, cross-attention's pattern") {
        (shapes: Shapes) in
        func layers(_ stack: String) -> Int {
          shapes.keys.compactMap { name -> Int? in
            let parts = name.split(separator: ".")
            return parts.count > 2 && parts[0] == stack ? Int(parts[1]) : nil
          }.max()! + 1
        }
        let cross = shapes["decoder.0.cross_attn.hook_pattern"]!
        return ModelShape(
          encoderLayers: layers("encoder"), decoderLayers: layers("decoder"), heads: cross[1],
          width: shapes["hook_embed"]!.last!, headWidth: shapes["decoder.0.attn.hook_v"]!.last!,
          feedForwardWidth: shapes["decoder.0.mlp.hook_pre"]!.last!, sourceLength: cross[3],
          targetLength: cross[2])
      },
      Variant(of: exercise, "one layer after the other until there is none") { (shapes: Shapes) in
        var depths = ["encoder": 0, "decoder": 0]
        for stack in ["encoder", "decoder"] {
          while shapes["\(stack).\(depths[stack]!).hook_resid_post"] != nil { depths[stack]! += 1 }
        }
        let mixed = shapes["encoder.0.attn.hook_z"]!
        return ModelShape(
          encoderLayers: depths["encoder"]!, decoderLayers: depths["decoder"]!, heads: mixed[2],
          width: shapes["decoder.0.hook_resid_mid"]![2], headWidth: mixed[3],
          feedForwardWidth: shapes["encoder.0.mlp.hook_pre"]![2], sourceLength: mixed[1],
          targetLength: shapes["decoder_hook_embed"]![1])
      },
    ]
    for variant in variants { XCTAssertNil(variant.fault()) }
  }

  func testNonsenseEarnsNothing() {
    for value in [0, -1, Int.min, Int.max, 1 << 62] {
      let answer: @Sendable (Shapes) -> ModelShape = { _ in
        ModelShape(
          encoderLayers: value, decoderLayers: value, heads: value, width: value,
          headWidth: value, feedForwardWidth: value, sourceLength: value, targetLength: value)
      }
      XCTAssertNil(Misconception(of: exercise, "\(value)", says: "wrong", answer: answer).fault())
    }
  }

  func testRandomShapesFollowFromNoCustom() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let shape = ShapeRanges(encoderLayers: 2...3, decoderLayers: 5...7)
        .drawn(using: &generator)
      XCTAssertNotEqual(shape.heads * shape.headWidth, shape.width)
      XCTAssertNotEqual(shape.encoderLayers, shape.decoderLayers)
      XCTAssertNotEqual(shape.sourceLength, shape.targetLength)
      XCTAssertNotEqual(shape.feedForwardWidth, 4 * shape.width)
    }
  }
}
