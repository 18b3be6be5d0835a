import Coursework
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercise 8.8: what is rejected, what is accepted.
final class RepairExerciseTests: XCTestCase {
  private func repairing(
    _ name: String, says: String?,
    change: @escaping @Sendable (inout Repair, ReplacedHead) throws -> Void
  ) -> Misconception {
    Misconception(of: SuppressionSheet.selfRepair, name, says: says) {
      (question: ReplacedHead) in
      var repair = try Self.right(question)
      try change(&repair, question)
      return repair
    }
  }

  private static func right(_ question: ReplacedHead) throws -> Repair {
    let model = try question.model.made()
    return try Solution8.Answers().repair(
      of: question.head, replacement: question.replacement, on: question.texts, in: model,
      unembedding: HeadMatrices.unembedding(of: model))
  }

  /// How much more each part does for the next token after than before, the mean over predictions, with
  /// each run's directions; heads before MLPs, `[part]`.
  private static func changes(
    _ question: ReplacedHead,
    scale: (_ before: TensorRun, _ after: TensorRun, _ place: Int) throws -> (Float, Float)
  ) throws -> (heads: Tensor, mlps: Tensor) {
    let model = try question.model.made()
    let columns = HeadMatrices.unembedding(of: model).transposed()
    let stack = model.configuration.decoder!
    var heads = Tensor.zeros([stack.layerCount, stack.headCount])
    var mlps = Tensor.zeros([stack.layerCount])
    var count: Float = 0
    for text in question.texts {
      let before = try TensorRun(model, text)
      let after = try TensorRun(
        model, text, intervening: [question.head.putting(question.replacement)])
      for place in text.indices.dropLast() {
        count += 1
        let (old, new) = try scale(before, after, place)
        let column = columns[at: text[place + 1]]
        for layer in 0..<stack.layerCount {
          for (run, factor) in [(after, 1 / new), (before, -1 / old)] {
            let result = try run[.block(.blocks, layer, .attention(.own, .result))][at: place]
            let effects = (result * column).sum(axis: 1)
            for head in 0..<stack.headCount { heads[layer, head] += effects[head] * factor }
            let mlp = try run[.block(.blocks, layer, .mlpOut)][at: place]
            mlps[layer] += (mlp * column).sum().scalar * factor
          }
        }
      }
    }
    return (heads / count, mlps / count)
  }

  /// The mean drop of a value of the next token.
  private static func drop(
    _ question: ReplacedHead, _ value: (Tensor) -> Tensor
  ) throws -> Double {
    let model = try question.model.made()
    let drops = try question.texts.flatMap { text in
      let before = value(try TensorRun(model, text).run.logits[at: 0])
      let after = value(
        try TensorRun(
          model, text, intervening: [question.head.putting(question.replacement)]
        ).run.logits[at: 0])
      return text.indices.dropLast().map {
        Double(before[$0, text[$0 + 1]] - after[$0, text[$0 + 1]])
      }
    }
    return drops.reduce(0, +) / Double(drops.count)
  }

  func testWrongRepairsAreRejectedWithTheirSentence() {
    let misconceptions = [
      repairing("the sign", says: "`expected` has the wrong sign") { repair, _ in
        repair.expected = -repair.expected
      },
      repairing("without scale", says: "`expected` is not divided") { repair, question in
        let bare = try Self.changes(question) { _, _, _ in (1, 1) }
        repair.expected = -Double(bare.heads[question.head.layer, question.head.head])
      },
      repairing("a scale each", says: "by the scale of both runs") { repair, question in
        let change = try Self.changes(question) { (try $0.scale($2), try $1.scale($2)) }
        repair.expected = -Double(change.heads[question.head.layer, question.head.head])
      },
      repairing("text by text", says: "each text the same weight") { repair, question in
        let each = try question.texts.map { text in
          var alone = question
          alone.texts = [text]
          return try Self.right(alone)
        }
        let count = Float(each.count)
        repair.expected = each.map(\.expected).reduce(0, +) / Double(count)
        repair.actual = each.map(\.actual).reduce(0, +) / Double(count)
        repair.heads = each.dropFirst().reduce(each[0].heads) { $0 + $1.heads } / count
        repair.mlps = each.dropFirst().reduce(each[0].mlps) { $0 + $1.mlps } / count
        repair.scale = each.map(\.scale).reduce(0, +) / Double(count)
      },
      repairing("zero in its place", says: nil) { repair, question in
        var other = question
        other.replacement = question.replacement * 0
        repair = try Self.right(other)
      },
      repairing("actual for expected", says: "`expected` is the drop there is") { repair, _ in
        repair.expected = repair.actual
      },
      repairing("loss", says: "a drop of log-probabilities") { repair, question in
        repair.actual = try Self.drop(question) { $0.logSoftmax() }
      },
      repairing("bare logits", says: "a drop of bare logits") { repair, question in
        repair.actual = try Self.drop(question) { $0 }
      },
      repairing("nothing is repaired", says: "later layers were not asked") { repair, _ in
        repair.actual = repair.expected
      },
      repairing("itself", says: "no repairer of itself") { repair, question in
        repair.heads[question.head.layer, question.head.head] = -Float(repair.expected)
      },
      repairing("thawed heads", says: "a scale of its own") { repair, question in
        var heads = try Self.changes(question) { (try $0.scale($2), try $1.scale($2)) }.heads
        heads[question.head.layer, question.head.head] = 0
        repair.heads = heads
      },
      repairing("heads' sign", says: "what a head makes up") { repair, _ in
        repair.heads = repair.heads * -1
      },
      repairing("MLPs' sign", says: "what an MLP makes up") { repair, _ in
        repair.mlps = repair.mlps * -1
      },
      repairing("thawed MLPs", says: "a scale of its own") { repair, question in
        repair.mlps = try Self.changes(question) { (try $0.scale($2), try $1.scale($2)) }.mlps
      },
      repairing("all of it", says: "heads and MLPs have their share") { repair, _ in
        repair.scale = repair.expected - repair.actual
      },
      repairing("no scale", says: "the parts have to add up") { repair, _ in repair.scale = 0 },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightRepairsAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.selfRepair, "place by place") { (question: ReplacedHead) in
        let (place, change) = (
          question.head,
          try Self.changes(question) { before, _, place in
            (try before.scale(place), try before.scale(place))
          }
        )
        var heads = change.heads
        let expected = -Double(heads[place.layer, place.head])
        heads[place.layer, place.head] = 0
        let actual = try Self.drop(question) { $0 - $0.mean(axis: 1, keepingAxis: true) }
        let made = (heads.values + change.mlps.values).reduce(0.0) { $0 + Double($1) }
        return Repair(
          expected: expected, actual: actual, heads: heads, mlps: change.mlps,
          scale: expected - made - actual)
      },
      Variant(of: SuppressionSheet.selfRepair, "expected by what was mixed") {
        (question: ReplacedHead) in
        let model = try question.model.made()
        let matrices = HeadMatrices(of: question.head, in: model)
        var repair = try Self.right(question)
        var (sum, count) = (0.0, 0.0)
        for text in question.texts {
          let run = try TensorRun(model, text)
          let moved = try run.own(question.head, .mixed) - question.replacement
          let added = moved.matmul(matrices.output).matmul(matrices.unembedding)
          for place in text.indices.dropLast() {
            sum += Double(added[place, text[place + 1]] / (try run.scale(place)))
            count += 1
          }
        }
        repair.expected = sum / count
        return repair
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(
        repairing("nonsense", says: nil) { repair, _ in
          (repair.heads, repair.mlps) = (tensor, tensor)
        }.fault(seeds: [Checker.publicSeed]))
    }
    for number in [Double.nan, .infinity, -1e300, 0, 1] {
      XCTAssertNil(
        repairing("nonsense", says: nil) { repair, _ in
          (repair.expected, repair.actual, repair.scale) = (number, number, number)
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
