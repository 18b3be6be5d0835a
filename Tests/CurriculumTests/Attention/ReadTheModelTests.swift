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
    Misconception(of: exercise, in: AttentionAsks.modelShape, name, says: says) { question in
      var shape = try Self.right(question.shapes)
      change(&shape, question.shapes)
      return shape
    }
  }

  /// Every matrix of a model by itself, as rows and columns, for what makes a mistake to change.
  private static func counts(
    _ shape: ModelShape, heads: Int? = nil, matrices: Int = 4, inward: Int,
    decoderAttentions: Int = 2
  ) -> WeightCounts {
    var counts = WeightCounts(encoderAttention: 0, decoderAttention: 0, mlp: 0)
    for _ in 0..<shape.encoderLayers {
      for _ in 0..<matrices {
        counts.encoderAttention += shape.width * (heads ?? shape.heads * shape.headWidth)
      }
    }
    for _ in 0..<(shape.decoderLayers * decoderAttentions) {
      for _ in 0..<matrices {
        counts.decoderAttention += shape.width * (heads ?? shape.heads * shape.headWidth)
      }
    }
    for _ in 0..<(shape.encoderLayers + shape.decoderLayers) {
      for _ in 0..<inward { counts.mlp += shape.width * shape.feedForwardWidth }
      counts.mlp += shape.feedForwardWidth * shape.width
    }
    return counts
  }

  private func weights(
    _ name: String, says: String, _ answer: @escaping @Sendable (ShownModel) -> WeightCounts
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.weights, name, says: says, answer: answer)
  }

  func testWrongWeightsAreRejectedWithTheirSentence() {
    let misconceptions = [
      weights("no output", says: "written back by a fourth matrix") {
        Self.counts($0.weighed, matrices: 3, inward: $0.hasGate ? 2 : 1)
      },
      weights("square matrices", says: "square only where") {
        Self.counts($0.weighed, heads: $0.weighed.width, inward: $0.hasGate ? 2 : 1)
      },
      weights("one attention a block", says: "its own, and cross-attention") {
        Self.counts($0.weighed, inward: $0.hasGate ? 2 : 1, decoderAttentions: 1)
      },
      weights("no gate, or always one", says: "three matrices, two of which lead in") {
        Self.counts($0.weighed, inward: $0.hasGate ? 1 : 2)
      },
      weights("the encoder's MLPs alone", says: "the decoder's blocks have MLPs too") {
        var counts = Self.counts($0.weighed, inward: $0.hasGate ? 2 : 1)
        counts.mlp =
          counts.mlp / ($0.weighed.encoderLayers + $0.weighed.decoderLayers)
          * $0.weighed.encoderLayers
        return counts
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
    let variant = Variant(of: exercise, in: AttentionAsks.weights, "matrix by matrix") {
      Self.counts($0.weighed, inward: $0.hasGate ? 2 : 1)
    }
    XCTAssertNil(variant.fault())
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
      misconception("queries of both attentions", says: "count blocks") { shape, shapes in
        shape.decoderLayers = shapes.keys.count {
          $0.hasPrefix("decoder.") && $0.hasSuffix("hook_q")
        }
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
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(
        of: exercise, in: AttentionAsks.modelShape,
        "greatest layer numbers, cross-attention's pattern"
      ) { question in
        let shapes = question.shapes
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
      Variant(
        of: exercise, in: AttentionAsks.modelShape, "one layer after the other until there is none"
      ) { question in
        let shapes = question.shapes
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
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for value in [0, -1, Int.min, Int.max, 1 << 62] {
      let answer: @Sendable (ShownModel) -> ModelShape = { _ in
        ModelShape(
          encoderLayers: value, decoderLayers: value, heads: value, width: value,
          headWidth: value, feedForwardWidth: value, sourceLength: value, targetLength: value)
      }
      XCTAssertNil(
        Misconception(
          of: exercise, in: AttentionAsks.modelShape, "\(value)", says: "wrong", answer: answer
        ).fault())
      XCTAssertNil(
        weights("\(value)", says: "wrong") { _ in
          WeightCounts(encoderAttention: value, decoderAttention: value, mlp: value)
        }.fault())
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
