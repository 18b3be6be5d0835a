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

/// Exercise 8.7: what is rejected, what is accepted.
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
    }, atSource: Bool = false, ownAlone: Bool = false,
    project: (_ x: [Float], _ columns: [[Float]]) -> [Float] = KeptExerciseTests.gramSchmidt
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
    let predicted = text.tokens.indices.map {
      first(text.lens[at: $0].values, question.unembeddings, >)
    }
    let suppressed = text.tokens.map { token in
      ownAlone ? [token] : first(circuit[at: token].values, question.keys, <)
    }
    return Tensor(
      rows: text.tokens.indices.map { d in
        var sum = bare
        for s in 0...d {
          let common = tokens(suppressed[s], predicted[atSource ? s : d])
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
    let along = basis.map { dot(x, $0) }
    return x.indices.map { i in Float(zip(along, basis).reduce(0) { $0 + $1.0 * $1.1[i] }) }
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
      keeping("K's exchanged", says: "the two K's have changed places") { question in
        var other = question
        (other.keys, other.unembeddings) = (question.unembeddings, question.keys)
        return Self.kept(other)
      },
      keeping("the source's predictions", says: "the predictions are those at the source") {
        Self.kept($0, atSource: true)
      },
      keeping("the token alone", says: "of each source only the token itself counts") {
        Self.kept($0, ownAlone: true)
      },
      keeping("the mean projected too", says: "the mean was not taken off") { question in
        var other = question
        other.text.mean = question.text.mean * 0
        let mean = question.text.mean.reshaped(to: [1, question.text.mean.count])
        return Self.kept(other) + mean.matmul(question.head.output)
      },
      keeping("one more of each", says: nil) { question in
        var other = question
        other.keys += 1
        other.unembeddings += 1
        return Self.kept(other)
      },
      keeping("no mean beneath", says: "where nothing is kept the mean stands") { question in
        let mean = question.text.mean.reshaped(to: [1, question.text.mean.count])
        return try Self.right(question) - mean.matmul(question.head.output)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
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
            let squares = columns.map { $0.reduce(0.0) { $0 + Double($1) * Double($1) } }
            var change = Double.infinity
            for _ in 0..<4_000 where change > 1e-9 {
              change = 0
              for (column, square) in zip(columns, squares) {
                var along = 0.0
                for i in rest.indices { along += rest[i] * Double(column[i]) / square }
                for i in rest.indices { rest[i] -= along * Double(column[i]) }
                change = max(change, abs(along) * square.squareRoot())
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
    XCTAssertEqual(variants.faults(), [])
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
      share("over tokens", says: nil) { question in
        // A softmax over positions instead of tokens.
        func turned(_ logits: Tensor) -> Tensor { logits.transposed() }
        return 1
          - Self.divergence(turned(question.kept), turned(question.model))
          / Self.divergence(turned(question.ablated), turned(question.model))
      },
      share("the last position", says: nil) { question in
        1 - Self.divergences(question.kept, question.model).last!
          / Self.divergences(question.ablated, question.model).last!
      },
      share("squares of logits", says: nil) { question in
        func distance(_ logits: Tensor) -> Double {
          let rest = logits - question.model
          return Double((rest * rest).sum().scalar)
        }
        return 1 - distance(question.kept) / distance(question.ablated)
      },
      share("exchanged", says: "have changed places") {
        1 - Self.divergence($0.ablated, $0.model) / Self.divergence($0.kept, $0.model)
      },
      share("against the ablated", says: "both are held against the model") {
        1 - Self.divergence($0.kept, $0.ablated) / Self.divergence($0.ablated, $0.model)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(
        keeping("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
    }
    for number in [Double.nan, .infinity, -1e300, 0, 1] {
      XCTAssertNil(share("nonsense", says: nil) { _ in number }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
