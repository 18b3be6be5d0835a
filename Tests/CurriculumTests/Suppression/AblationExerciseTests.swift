import Coursework
import Heads
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercises 8.5 and 8.6: what is rejected, what is accepted.
final class AblationExerciseTests: XCTestCase {
  private func losing(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadOnTexts) throws -> [[Float]]
  ) -> Misconception {
    Misconception(of: SuppressionSheet.takeItAway, name, says: says, answer: answer)
  }

  /// What the head mixes on every text.
  private static func mixed(_ question: HeadOnTexts) throws -> [Tensor] {
    let model = try question.model.made()
    return try question.texts.map { try TensorRun(model, $0).own(question.head, .mixed) }
  }

  private static func mean(_ parts: [Tensor]) -> Tensor {
    Tensor.concatenation(parts, axis: 0).mean(axis: 0)
  }

  private static func changes(
    _ question: HeadOnTexts, value: (Tensor) -> Tensor = { $0.logSoftmax() * -1 },
    target: ([Int], Int) -> Int = { $0[$1 + 1] },
    _ interventions: (_ text: Int) throws -> [Intervention]
  ) throws -> [[Float]] {
    let model = try question.model.made()
    return try question.texts.enumerated().map { index, text in
      let with = value(try TensorRun(model, text).run.logits[at: 0])
      let without = value(
        try TensorRun(model, text, intervening: interventions(index)).run.logits[at: 0])
      return text.indices.dropLast().map {
        without[$0, target(text, $0)] - with[$0, target(text, $0)]
      }
    }
  }

  func testWrongLossChangesAreRejectedWithTheirSentence() {
    let misconceptions = [
      losing("zeros", says: "zeros stand") { question in
        let width = try Self.mixed(question)[0].shape[1]
        return try Self.changes(question) { _ in [question.head.putting(.zeros([width]))] }
      },
      losing("a mean a text", says: "each text has a mean of its own") { question in
        let mixed = try Self.mixed(question)
        return try Self.changes(question) { [question.head.putting(mixed[$0].mean(axis: 0))] }
      },
      losing("a mean of means", says: "one of texts' means") { question in
        let means = try Self.mixed(question).map { $0.mean(axis: 0) }
        let mean = Tensor.stack(means).mean(axis: 0)
        return try Self.changes(question) { _ in [question.head.putting(mean)] }
      },
      losing("the first text's mean", says: "the mean is of the first text alone") { question in
        let mean = try Self.mixed(question)[0].mean(axis: 0)
        return try Self.changes(question) { _ in [question.head.putting(mean)] }
      },
      losing("predictions alone", says: "the last position of each text is missing") { question in
        let mean = Self.mean(try Self.mixed(question).map { $0.slice(0..<($0.shape[0] - 1)) })
        return try Self.changes(question) { _ in [question.head.putting(mean)] }
      },
      losing("without the start", says: "the start token is missing from the mean") { question in
        let mean = Self.mean(try Self.mixed(question).map { $0.slice(1..<$0.shape[0]) })
        return try Self.changes(question) { _ in [question.head.putting(mean)] }
      },
      losing("in bits", says: "times what it should be") { question in
        let mean = Self.mean(try Self.mixed(question))
        return try Self.changes(question) { _ in [question.head.putting(mean)] }
          .map { $0.map { $0 * 1.442695 } }
      },
      losing("a mean a position", says: "each position has a mean") { question in
        let mixed = try Self.mixed(question)
        return try Self.changes(question) { index in
          (0..<question.texts[index].count).map { place in
            let there = mixed.filter { $0.shape[0] > place }.map { $0[at: place] }
            let mean = Tensor.stack(there).mean(axis: 0)
            return question.head.putting(mean) { $0 == place }
          }
        }
      },
      losing("the whole layer", says: "the whole layer was taken away") { question in
        let heads = try question.model.made().configuration.decoder!.headCount
        let all = try (0..<heads).map { head in
          var other = question
          other.head.head = head
          return other.head.putting(Self.mean(try Self.mixed(other)))
        }
        return try Self.changes(question) { _ in all }
      },
      losing("the last position", says: "at the last position alone") { question in
        let mean = Self.mean(try Self.mixed(question))
        return try Self.changes(question) { index in
          let last = question.texts[index].count - 1
          return [question.head.putting(mean) { $0 == last }]
        }
      },
      losing("the sign", says: "the sign is turned") { question in
        let mean = Self.mean(try Self.mixed(question))
        return try Self.changes(question) { _ in [question.head.putting(mean)] }
          .map { $0.map { -$0 } }
      },
      losing("logits", says: "changes of the logit") { question in
        let mean = Self.mean(try Self.mixed(question))
        return try Self.changes(question, value: { $0 * -1 }) { _ in
          [question.head.putting(mean)]
        }
      },
      losing("the token itself", says: "predicts token i + 1") { question in
        let mean = Self.mean(try Self.mixed(question))
        return try Self.changes(question, target: { $0[$1] }) { _ in
          [question.head.putting(mean)]
        }
      },
      losing("one list", says: "one for every text") { question in
        let mean = Self.mean(try Self.mixed(question))
        return [
          try Self.changes(question) { _ in [question.head.putting(mean)] }.flatMap(\.self)
        ]
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightLossChangesAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.takeItAway, "by the library") { (question: HeadOnTexts) in
        let (tokens, mask) = ModelInput.padding(question.texts, with: 0, at: .back)
        let ablation = HeadAblation(
          try question.model.made(), ModelInput(tokens: tokens, mask: mask), kind: .mean)
        let effect = try ablation.effects(of: [[question.head.address]]).effects[0]
        return zip(effect.lossChanges, question.texts).map { Array($0.prefix($1.count - 1)) }
      },
      Variant(of: SuppressionSheet.takeItAway, "by what the head writes") {
        (question: HeadOnTexts) in
        let model = try question.model.made()
        let results = try question.texts.map {
          try TensorRun(model, $0).own(question.head, .result)
        }
        let mean = Self.mean(results)
        let head = question.head
        return try Self.changes(question) { _ in
          [
            Intervention(at: .block(.blocks, head.layer, .attention(.own, .result))) { wrote in
              var wrote = wrote
              for place in 0..<wrote.shape[1] {
                for column in 0..<mean.count { wrote[0, place, head.head, column] = mean[column] }
              }
              return wrote
            }
          ]
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func example(
    _ name: String, says: String?,
    change: @escaping @Sendable (inout PredictionExample, ReplacedHead, TensorRun) throws -> Void
  ) -> Misconception {
    Misconception(of: SuppressionSheet.readAnExample, name, says: says) {
      (question: ReplacedHead) in
      var example = try Self.right(question)
      try change(
        &example, question, try TensorRun(question.model.made(), question.texts[0]))
      return example
    }
  }

  private static func right(_ question: ReplacedHead) throws -> PredictionExample {
    let model = try question.model.made()
    return try Solution8.Answers().example(
      question.texts[0], at: question.position, of: question.head,
      HeadMatrices(of: question.head, in: model), replacement: question.replacement, in: model)
  }

  private static func logits(
    _ question: ReplacedHead, _ intervention: Intervention
  ) throws -> Tensor {
    let model = try question.model.made()
    return try TensorRun(model, question.texts[0], intervening: [intervention])
      .run.logits[at: 0][at: question.position]
  }

  func testWrongExamplesAreRejectedWithTheirSentence() {
    let misconceptions = [
      example("exchanged", says: "have changed places") { example, _, _ in
        (example.before, example.after) = (example.after, example.before)
      },
      example("log-probabilities", says: "holds log-probabilities") { example, _, _ in
        example.before = example.before.logSoftmax()
      },
      example("nothing taken", says: "nothing was taken away") { example, _, _ in
        example.after = example.before
      },
      example("zeros", says: "`replacement` does") { example, question, _ in
        example.after = try Self.logits(
          question, question.head.putting(.zeros(question.replacement.shape)))
      },
      example("here alone", says: "earlier positions have lost it too") {
        example, question, _ in
        example.after = try Self.logits(
          question, question.head.putting(question.replacement) { $0 == question.position })
      },
      example("direct only", says: "later layers must hear") { example, _, _ in
        example.after = example.before - example.added
      },
      example("without scale", says: "`added` is not divided") { example, question, run in
        example.added = example.added * (try run.scale(question.position))
      },
      example("one value", says: "the position's own value") { example, question, run in
        let matrices = HeadMatrices(of: question.head, in: run.model)
        let value = try run.own(question.head, .value)
          .slice(question.position..<(question.position + 1))
        let wrote = value.matmul(matrices.output).matmul(matrices.unembedding)[at: 0]
        example.added = wrote / (try run.scale(question.position))
      },
      example("beyond the replacement", says: "held against the replacement") {
        example, question, run in
        let matrices = HeadMatrices(of: question.head, in: run.model)
        let rest =
          try run.own(question.head, .mixed)
          .slice(question.position..<(question.position + 1))
          - question.replacement.reshaped(to: [1, question.replacement.count])
        let wrote = rest.matmul(matrices.output).matmul(matrices.unembedding)[at: 0]
        example.added = wrote / (try run.scale(question.position))
      },
      example("scores", says: "these are scores") { example, question, run in
        let scores = try run[.block(.blocks, question.head.layer, .attention(.own, .scores))]
        example.attention = scores[at: question.head.head][at: question.position]
      },
      example("the position before", says: nil) { example, question, run in
        example.before = run.run.logits[at: 0][at: question.position - 1]
      },
      example("the difference", says: "before minus after") { example, _, _ in
        example.added = example.before - example.after
      },
      example("behind the layer", says: "behind the head's layer") { example, question, run in
        example.lens = try run.lens(.residualPost(.blocks, question.head.layer))[
          at: question.position]
      },
      example("a bare lens", says: "without the final norm") { example, question, run in
        example.lens =
          run.model.logits(
            ofNormed: try run[.residualPre(.blocks, question.head.layer)])[at: question.position]
      },
      example("a column", says: "a column of the pattern") { example, question, run in
        example.attention = try run.pattern(question.head).transposed()[at: question.position]
      },
      example("all heads", says: "mean over the layer's heads") { example, question, run in
        example.attention = try run[.pattern(.blocks, question.head.layer)].mean(axis: 0)[
          at: question.position]
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightExamplesAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.readAnExample, "by what the head writes") {
        (question: ReplacedHead) in
        let model = try question.model.made()
        let (head, place) = (question.head, question.position)
        let run = try TensorRun(model, question.texts[0])
        let matrices = HeadMatrices(of: head, in: model)
        let wrote = try run.own(head, .result).slice(place..<(place + 1))
        return PredictionExample(
          before: run.run.logits[at: 0][at: place],
          after: try Self.logits(question, head.putting(question.replacement)),
          added: (wrote.matmul(matrices.unembedding) / (try run.scale(place)))[at: 0],
          lens: try run.lens(.residualPre(.blocks, head.layer))[at: place],
          attention: try run[.block(.blocks, head.layer, .attention(.own, .scores))][
            at: head.head
          ][at: place].softmax())
      },
      Variant(of: SuppressionSheet.readAnExample, "from the cut text") {
        (question: ReplacedHead) in
        // Later tokens are not seen anyway, but for their places in the pattern.
        var cut = question
        cut.texts = [Array(question.texts[0].prefix(question.position + 1))]
        var example = try Self.right(cut)
        let rest = question.texts[0].count - question.position - 1
        example.attention = .concatenation([example.attention, .zeros([rest])], axis: 0)
        return example
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(
        example("nonsense", says: nil) { example, _, _ in
          (example.before, example.after, example.added) = (tensor, tensor, tensor)
        }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        example("nonsense", says: nil) { example, _, _ in example.attention = tensor }.fault(
          seeds: [Checker.publicSeed]))
    }
    XCTAssertNil(losing("none", says: nil) { _ in [] }.fault(seeds: [Checker.publicSeed]))
    XCTAssertNil(
      losing("empty", says: nil) { $0.texts.map { _ in [] } }.fault(seeds: [Checker.publicSeed]))
    XCTAssertNil(
      losing("odd", says: nil) { $0.texts.map { $0.dropFirst().map { _ in .nan } } }.fault(seeds: [
        Checker.publicSeed
      ]))
  }
}
