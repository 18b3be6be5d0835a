import Coursework
import Foundation
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.7: what is rejected, what is accepted.
final class TraceTests: XCTestCase {
  private typealias Question = TracedPrediction

  private let exercise = GradientsSheet.traceTheGradient

  /// The maps by a run of our own; each part may go wrong.
  private static func maps(
    _ question: Question, row: Int? = nil, after: Bool = false, onlyAsked: Bool = false,
    number: (Tensor) -> Tensor = { $0 },
    residual: (_ gradient: [Float], _ activation: [Float]) -> Float = { gradient, _ in
      gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    },
    cross: (_ attention: Tensor, _ gradient: Tensor) -> Tensor = {
      ($0 * $1).sum(axis: 0).sum(axis: 0)
    }
  ) throws -> GradientMaps {
    let (model, prediction) = (try question.model.model(), question.prediction)
    let input = ModelInput(prediction.source, decoderTokens: prediction.decoder)
    let read: [HookPoint] = [.embedding, .decoderEmbedding]
    let embeddings = try model.run(input, capturing: .points(Set(read))).trace
    let (encoder, decoder) = (model.configuration.encoder!, model.configuration.decoder!)
    func stream(_ stack: StackName, _ count: Int) -> [HookPoint] {
      (0..<count).map { .block(stack, $0, after ? .residualPost : .residualPre) }
    }
    let groups = [
      stream(.encoder, encoder.layerCount), stream(.decoder, decoder.layerCount),
      (0..<decoder.layerCount).map { .pattern(.decoder, $0, .cross) },
    ]
    let run = try model.run(
      input, capturing: .points(Set(groups.flatMap { $0 })),
      intervening: try read.map { .replace($0, with: try embeddings[$0].requiringGradient()) })
    let (position, token) = (row ?? prediction.target.position, prediction.target.token)
    let logits = number(run.logits[at: 0]).slice(position..<(position + 1))
    let found = try groups.map { points in
      let tensors = try points.map { try run.trace[$0] }
      return zip(
        tensors,
        gradient(of: logits.gatheringColumns([token]), withRespectTo: tensors))
    }
    func map(_ pairs: Zip2Sequence<[Tensor], [Tensor]>) -> Tensor {
      Tensor(
        rows: pairs.map { activation, gradient in
          (0..<activation.shape[1]).map {
            residual(gradient[at: 0][at: $0].values, activation[at: 0][at: $0].values)
          }
        })
    }
    return GradientMaps(
      encoder: map(found[0]), decoder: map(found[1]),
      cross: Tensor.stack(
        found[2].map { attention, gradient in
          let (a, g) = (attention[at: 0].detached(), gradient[at: 0])
          guard onlyAsked else { return cross(a, g) }
          return cross(
            a.slice(axis: 1, position..<(position + 1)), g.slice(axis: 1, position..<(position + 1))
          )
        }))
  }

  private func misconception(
    _ name: String, says: String?,
    _ answer: @escaping @Sendable (Question) throws -> GradientMaps
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testWrongStreamsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("squares", says: "the root is not taken") {
        try Self.maps($0, residual: { gradient, _ in gradient.reduce(0) { $0 + $1 * $1 } })
      },
      misconception("sums", says: "adds coordinates up with their signs") {
        try Self.maps($0, residual: { gradient, _ in gradient.reduce(0, +) })
      },
      misconception("absolute values", says: "adds absolute values up") {
        try Self.maps($0, residual: { gradient, _ in gradient.reduce(0) { $0 + abs($1) } })
      },
      misconception("times activation", says: "multiplied by what is there") {
        try Self.maps($0, residual: { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } })
      },
      misconception("the stream itself", says: "lengths of the residual stream itself") {
        try Self.maps($0, residual: { $1.reduce(0) { $0 + $1 * $1 }.squareRoot() })
      },
      misconception("after the layers", says: "one layer late") { try Self.maps($0, after: true) },
      misconception("log-probability", says: "of the log-probability") {
        try Self.maps($0, number: { $0.logSoftmax() })
      },
      misconception("another row", says: "another row of the logits") { question in
        let row = question.prediction.target.position
        return try Self.maps(question, row: row == 0 ? 1 : row - 1)
      },
      misconception("stacks exchanged", says: "shape") { question in
        let maps = try Self.maps(question)
        return GradientMaps(encoder: maps.decoder, decoder: maps.encoder, cross: maps.cross)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongCrossAttentionIsRejectedWithItsSentence() {
    let misconceptions = [
      misconception("attention alone", says: "holds attention alone") {
        try Self.maps($0, cross: { attention, _ in attention.sum(axis: 0).sum(axis: 0) })
      },
      misconception("gradient alone", says: "holds the gradient alone") {
        try Self.maps($0, cross: { $1.sum(axis: 0).sum(axis: 0) })
      },
      misconception("absolute", says: "the signs are lost") {
        try Self.maps(
          $0,
          cross: {
            let product = $0 * $1
            return (product * product).squareRoot().sum(axis: 0).sum(axis: 0)
          })
      },
      misconception("one row", says: "counts one row alone") {
        try Self.maps($0, onlyAsked: true)
      },
      misconception("mean of the heads", says: "averages the heads") {
        try Self.maps($0, cross: { ($0 * $1).mean(axis: 0).sum(axis: 0) })
      },
      misconception("summed over the source", says: "is summed over the source") {
        try Self.maps($0, cross: { ($0 * $1).sum(axis: 0).sum(axis: 1) })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "rows in loops") { try Self.maps($0) },
      Variant(of: exercise, "the library's trace, and attention × gradient in Double") {
        (question: Question) in
        let (model, prediction) = (try question.model.model(), question.prediction)
        let explained = try ExplainedPrediction(
          model, ModelInput(prediction.source, decoderTokens: prediction.decoder),
          target: prediction.target)
        let trace = try explained.gradientTrace()
        func map(_ stack: StackName) -> Tensor {
          let map = trace.map(of: stack)!
          return map.slice(0..<(map.shape[0] - 1))
        }
        let layers = 0..<model.configuration.decoder!.layerCount
        let points = layers.map { HookPoint.pattern(.decoder, $0, .cross) }
        let found = try explained.gradients(at: points)
        return GradientMaps(
          encoder: map(.encoder), decoder: map(.decoder),
          cross: Tensor(
            rows: points.map { point in
              let (a, g) = (found[point]!.activation, found[point]!.gradient)
              return (0..<a.shape[3]).map { source in
                var sum = 0.0
                for head in 0..<a.shape[1] {
                  for row in 0..<a.shape[2] {
                    sum += Double(a[0, head, row, source]) * Double(g[0, head, row, source])
                  }
                }
                return Float(sum)
              }
            }))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// What answers are held against, held against small steps of the streams and of the attention.
  func testTheKeyEqualsFiniteDifferences() throws {
    for encoded in try exercise.cases(seed: 5) where encoded.name != "a word of a translation" {
      let question = try JSONDecoder().decode(Question.self, from: encoded.question)
      let work = try TraceWork(question)
      let (model, prediction) = (try question.model.model(), question.prediction)
      let input = ModelInput(prediction.source, decoderTokens: prediction.decoder)
      func logit(_ point: HookPoint, _ value: Tensor) throws -> Double {
        let logits = try model.run(input, intervening: [.replace(point, with: value)]).logits
        return Double(logits[0, prediction.target.position, prediction.target.token])
      }
      let points: [HookPoint] = [
        .residualPre(.encoder, 0), .residualPre(.decoder, 1), .pattern(.decoder, 1, .cross),
      ]
      let trace = try model.run(input, capturing: .points(Set(points))).trace
      /// Slopes of all coordinates, by steps to both sides.
      func slopes(_ point: HookPoint) throws -> Tensor {
        let value = try trace[point]
        return Tensor(
          try value.values.indices.map { index in
            func moved(_ step: Float) -> Tensor {
              var values = value.values
              values[index] += step
              return Tensor(values, shape: value.shape)
            }
            return Float(
              (try logit(point, moved(0.01)) - logit(point, moved(-0.01))) / 0.02)
          }, shape: value.shape)
      }
      let maps = try [
        (slopes(points[0])[at: 0], work.lengths(.encoder)[0]),
        (slopes(points[1])[at: 0], work.lengths(.decoder)[1]),
      ]
      for (slopes, wanted) in maps {
        for (position, row) in slopes.doubleRows.enumerated() {
          let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
          XCTAssertEqual(
            length, wanted[position], accuracy: 0.02 * max(length, 0.05),
            encoded.name)
        }
      }
      let pattern = try trace[points[2]]
      let products = (pattern * (try slopes(points[2])))[at: 0].sum(axis: 0).sum(axis: 0)
      for source in products.values.indices {
        XCTAssertEqual(
          products[source], Float(work.products[1][source]),
          accuracy: 0.02 * max(abs(products[source]), 0.05), encoded.name)
      }
    }
  }

  func testNonsenseEarnsNothing() {
    let tensors = [
      Tensor([]), Tensor(scalar: .nan), Tensor.zeros([2, 3, 4]),
      Tensor(repeating: 1e38, shape: [3, 5]), Tensor(repeating: -.infinity, shape: [1, 5]),
      Tensor.zeros([3, 5]),
    ]
    for tensor in tensors {
      let nonsense = misconception("nonsense", says: nil) { _ in
        GradientMaps(encoder: tensor, decoder: tensor, cross: tensor)
      }
      XCTAssertNil(nonsense.fault())
    }
  }
}
