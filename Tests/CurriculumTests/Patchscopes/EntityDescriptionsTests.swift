import Coursework
import Foundation
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.8: what is rejected, what is accepted.
final class EntityDescriptionsTests: XCTestCase {
  /// Texts written step by step with a state of every layer.
  private static func written(
    _ question: EntityToDescribe, source: [Int], at position: Int, into: Int? = nil,
    target: (Int) -> Int = { $0 }, ends: Bool = true, patching: (Int) -> Bool = { _ in true }
  ) throws -> [[Int]] {
    let model = try question.model.made()
    let points = model.configuration.residualPoints
    let trace = try model.run(ModelInput(source), capturing: .points(Set(points))).trace
    let place = into ?? question.placeholder
    return try points.indices.map { layer in
      let state = try trace[points[layer]][at: 0][at: position]
      var text = question.prompt
      for step in 0..<question.count {
        let patch = Intervention(at: points[target(layer)]) { residual in
          var mask = Tensor.zeros([1, residual.shape[1], 1])
          mask[0, place, 0] = 1
          return residual * (mask * -1 + 1) + mask * state
        }
        let next = try model.run(
          ModelInput(text), intervening: patching(step) ? [patch] : []
        ).logits[at: 0][at: text.count - 1].argmax()[0]
        text.append(next)
        if ends, model.configuration.endTokens.contains(next) { break }
      }
      return Array(text[question.prompt.count...])
    }
  }

  private static func aligned(_ question: EntityToDescribe) -> [Int] {
    question.filler[..<(question.placeholder + 1 - question.entity.count)] + question.entity
  }

  func testWrongDescriptionsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (EntityToDescribe) throws -> [[Int]]
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.descriptions, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("not aligned", "align it with the filler") { question in
        try Self.written(question, source: question.entity, at: question.entity.count - 1)
      },
      wrong("all of the filler", "the whole filler") { question in
        let source = question.filler + question.entity
        return try Self.written(question, source: source, at: source.count - 1)
      },
      wrong("one token", "the patch was gone after the first token") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder, patching: { $0 == 0 })
      },
      wrong("at layer 0", "every state went in at layer 0") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder, target: { _ in 0 })
      },
      wrong("the last token", "the prompt's last token") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder,
          into: question.prompt.count - 1)
      },
      wrong("no patch", "nothing was patched") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder,
          patching: { _ in false })
      },
      wrong("with the prompt", "the prompt is still there") { question in
        try Self.written(question, source: Self.aligned(question), at: question.placeholder)
          .map { question.prompt + $0 }
      },
      wrong("behind the end", "goes on behind its end token") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder, ends: false)
      },
      wrong("without the end token", "the end token is missing") { question in
        let ends = try question.model.made().configuration.endTokens
        return try Self.written(
          question, source: Self.aligned(question), at: question.placeholder
        ).map { text in Array(text.prefix { !ends.contains($0) }) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightDescriptionsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.descriptions, "step by step") { (question: EntityToDescribe) in
        try Self.written(question, source: Self.aligned(question), at: question.placeholder)
      },
      Variant(of: PatchscopesSheet.descriptions, "by the library's Patchscope") {
        (question: EntityToDescribe) in
        let model = try question.model.made()
        return try model.configuration.residualPoints.indices.map { layer in
          var text = question.prompt
          for _ in 0..<question.count {
            let logits = try Patchscope(
              source: .init(
                model, Self.aligned(question), position: question.placeholder, layer: layer),
              map: { $0 },
              target: .init(model, text, position: question.placeholder, layer: layer)
            ).logits()
            text.append(logits[at: text.count - 1].argmax()[0])
            if model.configuration.endTokens.contains(text[text.count - 1]) { break }
          }
          return Array(text[question.prompt.count...])
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
