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

/// Exercise 6.9: what is rejected, what is accepted.
final class AcrossModelsTests: XCTestCase {
  /// Least-squares maps with a partner of one's own.
  private static func maps(
    _ question: ModelsToStitch, partner: ((Int) -> Int)? = nil, bias: Bool = true
  ) -> [AffineMap] {
    let (from, to) = (question.from, question.to)
    return (0..<from.layerCount).map { layer in
      let share = Double(layer) / Double(from.layerCount - 1) * Double(to.layerCount - 1)
      let other = min(max(partner?(layer) ?? Int(floor(share + 0.5)), 0), to.layerCount - 1)
      let map = AffineMap.leastSquares(from: from.values[at: layer], to: to.values[at: other])
      return bias ? map : AffineMap(weight: map.weight, bias: map.bias * 0)
    }
  }

  func testWrongStitchesAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (ModelsToStitch) throws -> [AffineMap]
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.stitches, name, says: says,
        answer: answer)
    }
    func explained(
      _ name: String, _ says: String?, _ change: @escaping @Sendable (inout ModelsToStitch) -> Void
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.explained, name, says: says
      ) { (question: ModelsToStitch) in
        var question = question
        change(&question)
        return try Solution6.Answers().explained(
          question.source, in: try question.model.made(), through: question.stitches,
          by: question.prompt, in: try question.target.made())
      }
    }
    let misconceptions = [
      wrong("layer to layer", "layer l was paired with layer l") {
        Self.maps($0, partner: { $0 })
      },
      wrong("to the last", "every layer was mapped to the last one") { question in
        Self.maps(question, partner: { _ in question.to.layerCount - 1 })
      },
      wrong("no bias", "the bias does not make up for them") { Self.maps($0, bias: false) },
      wrong("the wrong way", "the maps lead the wrong way") { question in
        Self.maps(question).map {
          AffineMap(weight: $0.weight.transposed(), bias: .zeros([$0.weight.shape[1]]))
        }
      },
      wrong("none for the last", "one for every layer of the source") {
        Array(Self.maps($0).dropLast())
      },
      explained("one map", "one map was used for all layers") { question in
        question.stitches = Array(
          repeating: question.stitches[0], count: question.stitches.count)
      },
      explained("backwards", "the maps are in the wrong order") { $0.stitches.reverse() },
      explained("the text's end", "not of the position asked for") {
        $0.source.position = $0.source.tokens.count - 1
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightStitchesAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.stitches, "by the library") {
        (question: ModelsToStitch) in Self.maps(question)
      },
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.explained, "by the library") {
        (question: ModelsToStitch) in
        let (model, target) = (try question.model.made(), try question.target.made())
        let end = question.prompt.count - 1
        let last = target.configuration.residualPoints.count - 1
        return Tensor.stack(
          try question.stitches.indices.map { layer in
            let share = Double(layer * last) / Double(question.stitches.count - 1)
            return try Patchscope(
              source: .init(
                model, question.source.tokens, position: question.source.position, layer: layer),
              map: { question.stitches[layer]($0) },
              target: .init(
                target, question.prompt, position: end, layer: Int(floor(share + 0.5)))
            ).logits()[at: end]
          })
      },
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.stitches, "a column of ones") {
        (question: ModelsToStitch) in
        let (from, to) = (question.from, question.to)
        let (layers, last) = (from.layerCount, to.layerCount - 1)
        return (0..<layers).map { layer in
          let x = from.values[at: layer]
          let (rows, width) = (x.shape[0], x.shape[1])
          let ones = Tensor(repeating: 1, shape: [rows, 1])
          let partner = Int((Double(layer) / Double(layers - 1) * Double(last)).rounded())
          let solved = Tensor.concatenation([x, ones], axis: 1)
            .leastSquares(to: to.values[at: partner], ridge: 0)
          return AffineMap(
            weight: solved.slice(0..<width).transposed(), bias: solved[at: width])
        }
      },
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.explained, "layer by layer") {
        (question: ModelsToStitch) in
        let (model, target) = (try question.model.made(), try question.target.made())
        let points = (model.configuration.residualPoints, target.configuration.residualPoints)
        let trace = try model.run(
          ModelInput(question.source.tokens), capturing: .points(Set(points.0))
        ).trace
        let end = question.prompt.count - 1
        return Tensor.stack(
          try points.0.enumerated().map { layer, point in
            let map = question.stitches[layer]
            let state = try trace[point][at: 0][at: question.source.position]
            let moved =
              map.weight.matmul(state.reshaped(to: [state.count, 1]))
              .reshaped(to: [map.bias.count]) + map.bias
            let share = Double(layer) / Double(points.0.count - 1)
            let into = points.1[Int((share * Double(points.1.count - 1)).rounded())]
            let patch = Intervention(at: into) { residual in
              .concatenation(
                [residual.slice(axis: 1, 0..<end), moved.reshaped(to: [1, 1, moved.count])], axis: 1
              )
            }
            return try target.run(ModelInput(question.prompt), intervening: [patch])
              .logits[at: 0][at: end]
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
