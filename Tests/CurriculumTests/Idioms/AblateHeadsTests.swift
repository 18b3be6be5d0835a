import Coursework
import Foundation
import Heads
import IdiomsVocabulary
import Interpretability
import Interventions
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercises 7.6 and 7.7: what is rejected, what is accepted.
final class AblateHeadsTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  private func cost(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadQuestion) throws -> AblationCost
  ) -> Misconception {
    Misconception(of: IdiomsSheet.ablateAHead, name, says: says, answer: answer)
  }

  private static func solution(_ question: HeadQuestion) throws -> AblationCost {
    try Solution().cost(
      of: question.heads[0], by: question.kind, on: question.sentences,
      in: try question.model.made())
  }

  /// The cost of rows in the head's place that are made of a sentence's `[position, head, unit]`;
  /// they are `[head, unit]`.
  private static func cost(
    _ question: HeadQuestion, rows: @escaping @Sendable (Tensor) -> Tensor
  ) throws -> AblationCost {
    let head = question.heads[0]
    let clean = try HeadsByHand.predictions(question, at: []) { $1 }
    let found = try HeadsByHand.predictions(question, at: [head.layer]) { _, mixed in
      var changed = mixed
      let rows = rows(mixed[at: 0])
      for position in 0..<mixed.shape[1] {
        for unit in 0..<mixed.shape[3] {
          changed[0, position, head.head, unit] = rows[head.head, unit]
        }
      }
      return changed
    }
    let pairs = zip(clean.joined(), found.joined())
    return AblationCost(
      loss: HeadsByHand.mean(pairs.map { $1.loss - $0.loss }),
      changed: HeadsByHand.mean(pairs.map { $0.choice == $1.choice ? 0 : 1 }))
  }

  func testWrongCostsAreRejectedWithTheirSentence() {
    let misconceptions = [
      cost("nothing", says: "nothing was ablated") { _ in AblationCost(loss: 0, changed: 0) },
      cost("the sign", says: "wrong sign") { question in
        var found = try Self.solution(question)
        found.loss *= -1
        return found
      },
      cost("the other kind", says: "are asked for") { question in
        var other = question
        other.kind = question.kind == .zero ? .mean : .zero
        return try Self.solution(other)
      },
      cost("always zero", says: "its mean is asked for") { question in
        var other = question
        other.kind = .zero
        return try Self.solution(other)
      },
      cost("the whole layer", says: "all heads of the layer") { question in
        let layer = question.heads[0].layer
        let clean = try HeadsByHand.predictions(question, at: []) { $1 }
        let found = try HeadsByHand.predictions(question, at: [layer]) { .zeros($1.shape) }
        let pairs = zip(clean.joined(), found.joined())
        return AblationCost(
          loss: HeadsByHand.mean(pairs.map { $1.loss - $0.loss }),
          changed: HeadsByHand.mean(pairs.map { $0.choice == $1.choice ? 0 : 1 }))
      },
      cost("means of sentences", says: "every predicted token counts alike") { question in
        guard question.kind == .zero else { return try Self.solution(question) }
        let head = question.heads[0]
        let clean = try HeadsByHand.predictions(question, at: []) { $1 }
        let found = try HeadsByHand.predictions(question, at: [head.layer]) {
          HeadsByHand.without([head.head], $1)
        }
        return AblationCost(
          loss: HeadsByHand.mean(found.map { HeadsByHand.mean($0.map(\.loss)) })
            - HeadsByHand.mean(clean.map { HeadsByHand.mean($0.map(\.loss)) }),
          changed: HeadsByHand.mean(
            zip(clean, found).map { pair in
              HeadsByHand.mean(zip(pair.0, pair.1).map { $0.choice == $1.choice ? 0 : 1 })
            }))
      },
      cost("token i", says: "stands there already") { question in
        guard question.kind == .zero else { return try Self.solution(question) }
        let head = question.heads[0]
        let clean = try HeadsByHand.predictions(question, at: [], shift: 0) { $1 }
        let found = try HeadsByHand.predictions(question, at: [head.layer], shift: 0) {
          HeadsByHand.without([head.head], $1)
        }
        let pairs = zip(clean.joined(), found.joined())
        return AblationCost(
          loss: HeadsByHand.mean(pairs.map { $1.loss - $0.loss }),
          changed: HeadsByHand.mean(pairs.map { $0.choice == $1.choice ? 0 : 1 }))
      },
      cost("what stays", says: "the share that stays") { question in
        var found = try Self.solution(question)
        found.changed = 1 - found.changed
        return found
      },
      cost("each sentence's own mean", says: "each sentence's own mean") { question in
        guard question.kind == .mean else { return try Self.solution(question) }
        return try Self.cost(question) { $0.mean(axis: 0) }
      },
      cost("the sum", says: "the sum took the head's place") { question in
        guard question.kind == .mean else { return try Self.solution(question) }
        let model = try question.model.made()
        let point = HookPoint.block(.blocks, question.heads[0].layer, .attention(.own, .mixed))
        let sums = try question.sentences.map {
          try model.run(ModelInput($0), capturing: [point]).trace[point][at: 0].sum(axis: 0)
        }
        let sum = Tensor.stack(sums).sum(axis: 0)
        return try Self.cost(question) { _ in sum }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightCostsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.ablateAHead, "by the library") { (question: HeadQuestion) in
        let head = question.heads[0]
        let sentences = try question.sentences.map {
          try SpanTokens(tokens: $0, span: [$0.count - 1])
        }
        let ablation = try SpanAblation(
          try question.model.made(), sentences, kind: question.kind == .zero ? .zero : .mean)
        let (clean, effects) = try ablation.effects(
          of: [[HeadAddress(.blocks, layer: head.layer, head: head.head)]])
        return AblationCost(
          loss: effects[0].scores.all.loss - clean.all.loss, changed: effects[0].scores.all.changed)
      },
      Variant(of: IdiomsSheet.ablateAHead, "what the head adds to the stream") {
        (question: HeadQuestion) -> AblationCost in
        // The same by `hook_result`, whose rows are linear in the mixed values.
        let (head, model) = (question.heads[0], try question.model.made())
        let point = HookPoint.block(.blocks, head.layer, .attention(.own, .result))
        var rows: [Tensor] = []
        for tokens in question.sentences {
          let result = try model.run(ModelInput(tokens), capturing: [point]).trace[point][at: 0]
          rows += (0..<tokens.count).map { result[at: $0][at: head.head] }
        }
        let mean = Tensor.stack(rows).mean(axis: 0) * (question.kind == .mean ? 1 : 0)
        func predictions(_ changes: [Intervention]) throws -> [(Double, Int)] {
          try question.sentences.flatMap { tokens in
            let logits = try model.run(ModelInput(tokens), intervening: changes).logits[at: 0]
            let (logs, choice) = (logits.logSoftmax(), logits.argmax())
            return (1..<tokens.count).map { (-Double(logs[$0 - 1, tokens[$0]]), choice[$0 - 1]) }
          }
        }
        let clean = try predictions([])
        let found = try predictions([
          Intervention(at: point) { result in
            var changed = result
            for position in 0..<result.shape[1] {
              for column in 0..<result.shape[3] {
                changed[0, position, head.head, column] = mean[column]
              }
            }
            return changed
          }
        ])
        return AblationCost(
          loss: HeadsByHand.mean(zip(clean, found).map { $1.0 - $0.0 }),
          changed: HeadsByHand.mean(zip(clean, found).map { $0.1 == $1.1 ? 0 : 1 }))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func interplay(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadQuestion) throws -> Tensor
  ) -> Misconception {
    Misconception(of: IdiomsSheet.ablateTogether, name, says: says, answer: answer)
  }

  /// The growth of the loss without some heads, by the mean over tokens or over sentences.
  private static func growth(
    _ question: HeadQuestion, _ heads: [HeadPlace], bySentence: Bool = false, isLoss: Bool = false
  ) throws -> Double {
    let byLayer = Dictionary(grouping: heads, by: \.layer).mapValues { Set($0.map(\.head)) }
    func loss(_ heads: [Int: Set<Int>]) throws -> Double {
      let found = try HeadsByHand.predictions(question, at: Set(heads.keys)) { layer, mixed in
        HeadsByHand.without(heads[layer]!, mixed)
      }
      return bySentence
        ? HeadsByHand.mean(found.map { HeadsByHand.mean($0.map(\.loss)) })
        : HeadsByHand.mean(found.joined().map(\.loss))
    }
    return try loss(byLayer) - (isLoss ? 0 : loss([:]))
  }

  /// Which half of a matrix is computed; the other is its mirror image.
  private enum Half { case lower, upper }

  private static func matrix(
    _ question: HeadQuestion, bySentence: Bool = false, isLoss: Bool = false,
    diagonal: Double = 1, half: Half? = nil,
    _ entry: (Double, Double, Double) -> Double = { $0 - $1 - $2 }
  ) throws -> Tensor {
    let heads = question.heads
    let alone = try heads.map {
      try growth(question, [$0], bySentence: bySentence, isLoss: isLoss)
    }
    return Tensor(
      rows: try heads.indices.map { row in
        try heads.indices.map { column in
          let isMirrored = half == .lower && row < column || half == .upper && row > column
          let (i, j) = isMirrored ? (column, row) : (row, column)
          return i == j
            ? Float(alone[i] * diagonal)
            : Float(
              entry(
                try growth(question, [heads[i], heads[j]], bySentence: bySentence, isLoss: isLoss),
                alone[i], alone[j]))
        }
      })
  }

  func testWrongInterplaysAreRejectedWithTheirSentence() {
    let misconceptions = [
      interplay("joint costs", says: "take off what each costs alone") {
        try Self.matrix($0) { both, _, _ in both }
      },
      interplay("the sign", says: "the sign is wrong") { try Self.matrix($0) { $1 + $2 - $0 } },
      interplay("one taken off", says: "take off both") {
        try Self.matrix($0) { both, a, _ in both - a }
      },
      interplay("one taken off, in the lower half", says: "one head alone was taken off") {
        try Self.matrix($0, half: .lower) { both, a, _ in both - a }
      },
      interplay("one taken off, in the upper half", says: "one head alone was taken off") {
        try Self.matrix($0, half: .upper) { both, a, _ in both - a }
      },
      interplay("one zeroed", says: "one of the two heads alone was zeroed") {
        try Self.matrix($0) { _, _, b in -b }
      },
      interplay("one zeroed, in the lower half", says: "one of the two heads alone was zeroed") {
        try Self.matrix($0, half: .lower) { _, a, _ in -a }
      },
      interplay("losses", says: "the clean loss") { try Self.matrix($0, isLoss: true) },
      interplay("an empty diagonal", says: "the diagonal is empty") {
        try Self.matrix($0, diagonal: 0)
      },
      interplay("sentences' means", says: "every predicted token counts alike") {
        try Self.matrix($0, bySentence: true)
      },
      interplay("the greater", says: "the greater of the single costs") {
        try Self.matrix($0) { $0 - max($1, $2) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightInterplaysAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.ablateTogether, "by the library") { (question: HeadQuestion) in
        let sentences = try question.sentences.map {
          try SpanTokens(tokens: $0, span: [$0.count - 1])
        }
        return try SpanAblation(try question.model.made(), sentences, kind: .zero).interplay(
          of: question.heads.map { HeadAddress(.blocks, layer: $0.layer, head: $0.head) })
      },
      Variant(of: IdiomsSheet.ablateTogether, "by products with masks") {
        (question: HeadQuestion) in try Self.matrix(question)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for number in [Double.nan, -1e300] {
      XCTAssertNil(
        cost("nonsense", says: number.isNaN ? "NaN" : nil) { _ in
          AblationCost(loss: number, changed: number)
        }.fault())
    }
    XCTAssertEqual(
      oddTensors.map { tensor in interplay("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }
}
