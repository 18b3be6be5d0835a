import Coursework
import Foundation
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercises 8.7 and 8.8: what is rejected, what is accepted.
final class KeptExerciseTests: XCTestCase {
  private func keeping(
    _ name: String, says: String?, answer: @escaping @Sendable (KeptHead) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.keepOnlyThat, in: SuppressionAsks.kept, name, says: says,
      answer: answer)
  }

  private static func right(_ question: KeptHead) throws -> Tensor {
    try Solution8.Answers().kept(
      of: question.head, on: question.text, keys: question.keys,
      unembeddings: question.unembeddings)
  }

  /// What is kept when sets of tokens and projections are another's.
  private static func kept(
    _ question: KeptHead,
    tokens: (_ suppressed: [Int], _ predicted: [Int]) -> [Int] = { s, p in
      s.filter(p.contains)
    }, project: (_ x: [Float], _ columns: [[Float]]) -> [Float] = KeptExerciseTests.gramSchmidt
  ) -> Tensor {
    let (head, text) = (question.head, question.text)
    let circuit = head.embedding.matmul(head.value.matmul(head.output).matmul(head.unembedding))
    func first(_ values: [Float], _ count: Int, _ isBefore: (Float, Float) -> Bool) -> [Int] {
      Array(values.indices.sorted { isBefore(values[$0], values[$1]) }.prefix(count))
    }
    let columns = head.unembedding.transposed()
    let rest =
      text.values.matmul(head.output)
      - text.mean.reshaped(to: [1, text.mean.count])
      .matmul(head.output)
    let bare = text.mean.reshaped(to: [1, text.mean.count]).matmul(head.output).values
    return Tensor(
      rows: text.tokens.indices.map { d in
        var sum = bare
        let predicted = first(text.lens[at: d].values, question.unembeddings, >)
        for s in 0...d {
          let suppressed = first(circuit[at: text.tokens[s]].values, question.keys, <)
          let common = tokens(suppressed, predicted)
          if common.isEmpty { continue }
          let part = project(rest[at: s].values, common.map { columns[at: $0].values })
          for i in sum.indices { sum[i] += text.pattern[d, s] * part[i] }
        }
        return sum
      })
  }

  @Sendable private static func gramSchmidt(_ x: [Float], _ columns: [[Float]]) -> [Float] {
    var basis: [[Double]] = []
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    for column in columns {
      var rest = column.map(Double.init)
      for unit in basis {
        let along = dot(rest, unit)
        rest = zip(rest, unit).map { $0 - along * $1 }
      }
      let length = dot(rest, rest).squareRoot()
      if length > 1e-6 { basis.append(rest.map { $0 / length }) }
    }
    let x = x.map(Double.init)
    return x.indices.map { i in Float(basis.reduce(0) { $0 + dot(x, $1) * $1[i] }) }
  }

  @Sendable private static func oneByOne(_ x: [Float], _ columns: [[Float]]) -> [Float] {
    columns.map { gramSchmidt(x, [$0]) }.reduce(x.map { _ in 0 }) { zip($0, $1).map(+) }
  }

  func testWrongKeepingIsRejectedWithItsSentence() {
    let misconceptions = [
      keeping("nothing", says: "nothing is kept") { question in
        let mean = question.text.mean.reshaped(to: [1, question.text.mean.count])
        return Tensor.zeros([question.text.tokens.count, 1])
          + mean.matmul(question.head.output)
      },
      keeping("everything", says: "all is kept") {
        $0.text.pattern.matmul($0.text.values).matmul($0.head.output)
      },
      keeping("either", says: "it has to be in both") {
        Self.kept($0, tokens: { Array(Set($0 + $1)) })
      },
      keeping("sources alone", says: "the predictions were left out") {
        Self.kept($0, tokens: { source, _ in source })
      },
      keeping("predictions alone", says: "the sources' lists were left out") {
        Self.kept($0, tokens: { $1 })
      },
      keeping("written for", says: "writes *for* most") { question in
        var other = question
        // The lists of the head that writes the other way round.
        other.head.embedding = question.head.embedding * -1
        return Self.kept(other)
      },
      keeping("one by one", says: "counts twice") { Self.kept($0, project: Self.oneByOne) },
      keeping("without the pattern", says: "the pattern is missing") { question in
        var other = question
        let count = question.text.tokens.count
        other.text.pattern = Tensor(
          rows: (0..<count).map { d in (0..<count).map { $0 <= d ? 1 : 0 } })
        return Self.kept(other)
      },
      keeping("no mean beneath", says: "where nothing is kept the mean stands") { question in
        let mean = question.text.mean.reshaped(to: [1, question.text.mean.count])
        return try Self.right(question) - mean.matmul(question.head.output)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightKeepingIsAccepted() {
    let variants = [
      Variant(
        of: SuppressionSheet.keepOnlyThat, in: SuppressionAsks.kept, "by Gram and Schmidt"
      ) { Self.kept($0) },
      Variant(
        of: SuppressionSheet.keepOnlyThat, in: SuppressionAsks.kept,
        "by going back and forth between the columns"
      ) { question in
        Self.kept(
          question,
          project: { x, columns in
            // Kaczmarz: the part outside the span is what is left when nothing more can be taken off.
            var rest = x.map(Double.init)
            for _ in 0..<4_000 {
              for column in columns {
                let square = column.reduce(0.0) { $0 + Double($1) * Double($1) }
                let along = zip(rest, column).reduce(0.0) { $0 + $1.0 * Double($1.1) } / square
                for i in rest.indices { rest[i] -= along * Double(column[i]) }
              }
            }
            return zip(x, rest).map { $0 - Float($1) }
          })
      },
      Variant(
        of: SuppressionSheet.keepOnlyThat, in: SuppressionAsks.recovered, "in loops of Double"
      ) { question in
        1 - Self.divergence(question.kept, question.model)
          / Self.divergence(question.ablated, question.model)
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The sum over positions of KL(p ‖ q).
  private static func divergence(_ p: Tensor, _ q: Tensor) -> Double {
    divergences(p, q).reduce(0, +)
  }

  private static func divergences(_ p: Tensor, _ q: Tensor) -> [Double] {
    (0..<p.shape[0]).map { row in
      func shares(_ tensor: Tensor) -> [Double] {
        let powers = tensor[at: row].values.map { exp(Double($0)) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
      }
      return zip(shares(p), shares(q)).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
    }
  }

  private func share(
    _ name: String, says: String?, answer: @escaping @Sendable (KeptHead) throws -> Double
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.keepOnlyThat, in: SuppressionAsks.recovered, name, says: says,
      answer: answer)
  }

  func testWrongSharesAreRejectedWithTheirSentence() {
    let misconceptions = [
      share("the loss", says: "this is what is lost") {
        Self.divergence($0.kept, $0.model) / Self.divergence($0.ablated, $0.model)
      },
      share("the other way", says: "the other way round") {
        1 - Self.divergence($0.model, $0.kept) / Self.divergence($0.model, $0.ablated)
      },
      share("a mean of ratios", says: "mean of ratios") { question in
        let kept = Self.divergences(question.kept, question.model)
        let ablated = Self.divergences(question.ablated, question.model)
        return 1 - zip(kept, ablated).map { $0 / $1 }.reduce(0, +) / Double(kept.count)
      },
      share("exchanged", says: "have changed places") {
        1 - Self.divergence($0.ablated, $0.model) / Self.divergence($0.kept, $0.model)
      },
      share("against the ablated", says: "both are held against the model") {
        1 - Self.divergence($0.kept, $0.ablated) / Self.divergence($0.ablated, $0.model)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

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
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(
        keeping("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        repairing("nonsense", says: nil) { repair, _ in
          (repair.heads, repair.mlps) = (tensor, tensor)
        }.fault(seeds: [Checker.publicSeed]))
    }
    for number in [Double.nan, .infinity, -1e300, 0, 1] {
      XCTAssertNil(share("nonsense", says: nil) { _ in number }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        repairing("nonsense", says: nil) { repair, _ in
          (repair.expected, repair.actual, repair.scale) = (number, number, number)
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
