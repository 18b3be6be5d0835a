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

/// Exercise 6.6: what is rejected, what is accepted.
final class LinearRelationsTests: XCTestCase {
  /// J and b of each prompt by central differences, and what they are made of.
  private struct Differences {
    var jacobian: Tensor
    var subject: Tensor
    var object: Tensor

    init(_ question: RelationOfModel, _ prompt: RelationPrompt, layer: Int? = nil) throws {
      let model = try question.model.made()
      let points = model.configuration.residualPoints
      let point = points[layer ?? question.layer]
      let last = points[points.count - 1]
      let states = try model.run(ModelInput(prompt.tokens), capturing: [point]).trace[point]
      func object(_ column: Int, _ step: Float) throws -> Tensor {
        var moved = states
        moved[0, prompt.subject, column] += step
        return try model.run(
          ModelInput(prompt.tokens), capturing: [last],
          intervening: [.replace(point, with: moved)]
        ).trace[last][at: 0][at: prompt.tokens.count - 1]
      }
      jacobian = Tensor.stack(
        try (0..<states.shape[2]).map { column in
          (try object(column, 0.01) - object(column, -0.01)) / 0.02
        }
      ).transposed()
      subject = states[at: 0][at: prompt.subject]
      self.object = try object(0, 0)
    }

    /// o − J s.
    var rest: Tensor {
      object
        - jacobian.matmul(subject.reshaped(to: [subject.count, 1])).reshaped(
          to: [subject.count])
    }
  }

  private static func relation(
    _ question: RelationOfModel, prompts: [RelationPrompt]? = nil, layer: Int? = nil,
    _ combine: ([Differences]) -> (weight: Tensor, bias: Tensor) = { all in
      (mean(all.map(\.jacobian)), mean(all.map(\.rest)))
    }
  ) throws -> AffineMap {
    let found = combine(
      try (prompts ?? question.prompts).map { try Differences(question, $0, layer: layer) })
    return AffineMap(weight: found.weight, bias: found.bias)
  }

  private static func mean(_ tensors: [Tensor]) -> Tensor {
    tensors.dropFirst().reduce(tensors[0], +) / Float(tensors.count)
  }

  func testWrongRelationsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (RelationOfModel) throws -> AffineMap
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.relation, name, says: says,
        answer: answer)
    }
    func objects(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (RelationOfModel, Transformer) -> Tensor
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.objects, name, says: says
      ) { answer($0, try $0.model.made()) }
    }
    let misconceptions = [
      wrong("transposed", "J is transposed") {
        try Self.relation($0) {
          (Self.mean($0.map { $0.jacobian.transposed() }), Self.mean($0.map(\.rest)))
        }
      },
      wrong("the mean object", "take J s off") {
        try Self.relation($0) { (Self.mean($0.map(\.jacobian)), Self.mean($0.map(\.object))) }
      },
      wrong("means of means", "b was made of means") {
        try Self.relation($0) { all in
          let weight = Self.mean(all.map(\.jacobian))
          let subject = Self.mean(all.map(\.subject))
          let product = weight.matmul(subject.reshaped(to: [subject.count, 1]))
          return (
            weight, Self.mean(all.map(\.object)) - product.reshaped(to: [subject.count])
          )
        }
      },
      wrong("sums", "these are sums over prompts") {
        try Self.relation($0) { all in
          let count = Float(all.count)
          return (Self.mean(all.map(\.jacobian)) * count, Self.mean(all.map(\.rest)) * count)
        }
      },
      wrong("one prompt", "only the first prompt") {
        try Self.relation($0, prompts: [$0.prompts[0]])
      },
      wrong("one block late", "one block too late") {
        try Self.relation($0, layer: $0.layer + 1)
      },
      objects("no β", "β is left out") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: model.finalNorm(question.states.matmul(map.weight.transposed()) + map.bias))
      },
      objects("β before both", "stands before b as well") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: model.finalNorm(
            (question.states.matmul(map.weight.transposed()) + map.bias) * question.beta))
      },
      objects("no norm", "the final norm is left out") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: question.states.matmul(map.weight.transposed()) * question.beta + map.bias)
      },
      objects("transposed", "J is transposed") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: model.finalNorm(
            question.states.matmul(map.weight) * question.beta + map.bias))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightRelationsAreAccepted() {
    let variants = [
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.relation, "by differences"
      ) { (question: RelationOfModel) in try Self.relation(question) },
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.objects, "β on the states"
      ) { (question: RelationOfModel) in
        let model = try question.model.made()
        return model.logits(
          ofNormed: model.finalNorm(question.relation(question.states * question.beta)))
      },
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.relation,
        "all rows of J by one gradient"
      ) { (question: RelationOfModel) in
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        let (point, last) = (points[question.layer], points[points.count - 1])
        let found = try question.prompts.map { prompt -> (jacobian: Tensor, rest: Tensor) in
          let (count, end) = (model.configuration.width, prompt.tokens.count - 1)
          // A copy of the run for each value of o; no copy knows of another.
          let input = ModelInput(tokens: Array(repeating: prompt.tokens, count: count))
          let stream = try model.run(input, capturing: [point]).trace[point].requiringGradient()
          let objects = try model.run(
            input, capturing: [last], intervening: [.replace(point, with: stream)]
          ).trace[last].slice(axis: 1, end..<(end + 1)).reshaped(to: [count, count])
          var diagonal = Tensor.zeros([count, count])
          for value in 0..<count { diagonal[value, value] = 1 }
          let jacobian = gradient(of: (objects * diagonal).sum(), withRespectTo: [stream])[0]
            .slice(axis: 1, prompt.subject..<(prompt.subject + 1)).reshaped(to: [count, count])
          let subject = stream.detached()[at: 0][at: prompt.subject]
          return (
            jacobian,
            objects.detached()[at: 0]
              - jacobian.matmul(subject.reshaped(to: [count, 1])).reshaped(to: [count])
          )
        }
        return AffineMap(
          weight: Self.mean(found.map(\.jacobian)), bias: Self.mean(found.map(\.rest)))
      },
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.objects, "in the last stream"
      ) { (question: RelationOfModel) in
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        let map = question.relation
        let count = question.states.shape[0]
        let objects =
          question.states.matmul(map.weight.transposed()) * question.beta + map.bias
        let input = ModelInput(tokens: Array(repeating: [0], count: count))
        let stream = objects.reshaped(to: [count, 1, map.bias.count])
        return try model.run(
          input, intervening: [.replace(points[points.count - 1], with: stream)]
        ).logits.reshaped(to: [count, model.configuration.vocabularySize])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
