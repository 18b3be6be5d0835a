import Coursework
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercise 9.2: what is rejected, what is accepted.
final class PartsOfADifferenceTests: XCTestCase {
  private func parts(
    _ name: String, says: String?, answer: @escaping @Sendable (PairOfModel) throws -> Tensor
  ) -> Misconception {
    Misconception(of: CircuitsSheet.partsOfADifference, name, says: says, answer: answer)
  }

  private static func effects(_ question: PairOfModel) throws -> [Float] {
    try Solution9.Answers().effects(on: question.pair, of: try question.model.made()).values
  }

  /// The difference of a stream's last row through the final norm.
  private static func difference(
    _ stream: Tensor, _ model: Transformer, _ pair: TaskPair, place: Int
  ) -> Float {
    let logits = model.logits(
      ofNormed: model.finalNorm(stream[at: 0].slice(place..<(place + 1)))
    )[at: 0]
    return logits[pair.answer] - logits[pair.foil]
  }

  func testWrongPartsAreRejectedWithTheirSentence() {
    let misconceptions = [
      parts("own norms", says: "each part went through the norm by itself") { question in
        let model = try question.model.made()
        let all = try model.contributions(of: ModelInput(question.pair.clean)).map(\.value)
        let rest = try Self.effects(question).last!
        return Tensor(
          all.map {
            Self.difference($0, model, question.pair, place: question.pair.clean.count - 1)
          } + [rest])
      },
      parts("own norms, bias once", says: "each part went through the norm by itself") {
        question in
        let model = try question.model.made()
        let all = try model.contributions(of: ModelInput(question.pair.clean)).map(\.value)
        let rest = try Self.effects(question).last!
        return Tensor(
          all.map {
            Self.difference($0, model, question.pair, place: question.pair.clean.count - 1) - rest
          } + [rest])
      },
      parts("biases in each", says: "came with every part") { question in
        let own = try Self.effects(question)
        return Tensor(own.dropLast().map { $0 + own.last! } + [own.last!])
      },
      parts("corrupted", says: "of the corrupted text") { question in
        var turned = question
        turned.pair.clean = question.pair.corrupted
        return Tensor(try Self.effects(turned))
      },
      parts("first position", says: "at the first position") { question in
        var short = question
        short.pair.clean = [question.pair.clean[0]]
        return Tensor(try Self.effects(short))
      },
      parts("the answer alone", says: "of the answer's logit alone") { question in
        let model = try question.model.made()
        let end = question.pair.clean.count - 1
        let all = try model.contributions(of: ModelInput(question.pair.clean)).map(\.value)
        let scale = HookPoint.finalNorm(.blocks, .scale)
        let whole = try model.run(ModelInput(question.pair.clean), capturing: [scale]).trace[scale]
        func logit(_ part: Tensor) throws -> Float {
          try model.run(
            ModelInput(question.pair.clean),
            from: .residual(
              part, afterBlocks: model.configuration.residualPoints.count - 1),
            intervening: [.replace(scale, with: whole)]
          ).logits[at: 0][at: end][question.pair.answer]
        }
        let rest = try logit(all[0] * 0)
        return Tensor(try all.map { try logit($0) - rest } + [rest])
      },
      parts("the leading parts", says: nil) { question in
        let effects = try Self.effects(question)
        return Tensor(effects.map { abs($0) < 0.1 ? 0 : $0 })
      },
      parts("shares of the whole", says: nil) { question in
        let effects = try Self.effects(question)
        return Tensor(effects.map { $0 / effects.reduce(0, +) })
      },
      parts("nothing left over", says: "is missing as the last entry") {
        Tensor(try Self.effects($0).dropLast())
      },
      parts("foil first", says: "wrong sign") {
        Tensor(try Self.effects($0).map { -$0 })
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in parts("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  func testOtherRightPartsAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.partsOfADifference, "by the weights") {
        (question: PairOfModel) in
        var model = try question.model.made()
        var weights: [String: Tensor] = [:]
        model.visitParameters { weights[$0] = $1 }
        let end = question.pair.clean.count - 1
        let rows = try model.contributions(of: ModelInput(question.pair.clean))
          .map { $0.value[at: 0][at: end].values.map(Double.init) }
        let bias = weights["blocks.finalNorm.bias"]
        func centred(_ row: [Double]) -> [Double] {
          bias == nil ? row : row.map { $0 - row.reduce(0, +) / Double(row.count) }
        }
        let sum = (0..<rows[0].count).map { column in rows.reduce(0) { $0 + $1[column] } }
        let square = centred(sum).reduce(0) { $0 + $1 * $1 } / Double(sum.count)
        let scale = (square + Double(model.configuration.normEpsilon)).squareRoot()
        let table = weights["unembedding.weight"] ?? weights["embedding.weight"]!
        let direction = (table[at: question.pair.answer] - table[at: question.pair.foil]).values
        let gain = weights["blocks.finalNorm.weight"]!.values
        let effects = rows.map { row in
          centred(row).enumerated().reduce(0.0) {
            $0 + $1.element / scale * Double(gain[$1.offset]) * Double(direction[$1.offset])
          }
        }
        let rest = bias.map { zip($0.values, direction).reduce(0) { $0 + $1.0 * $1.1 } } ?? 0
        return Tensor(effects.map(Float.init) + [rest])
      },
      Variant(of: CircuitsSheet.partsOfADifference, "by what the norm is given") {
        (question: PairOfModel) in
        let model = try question.model.made()
        let input = ModelInput(question.pair.clean)
        let (scale, normed) = (
          HookPoint.finalNorm(.blocks, .scale), HookPoint.finalNorm(.blocks, .normalized)
        )
        let divisor = try model.run(input, capturing: [scale]).trace[scale]
        func difference(_ part: Tensor) throws -> Float {
          let isCentred = model.configuration.norm == .layer
          let centred = isCentred ? part - part.mean(axis: 2, keepingAxis: true) : part
          let logits = try model.run(
            input, intervening: [.replace(normed, with: centred / divisor)]
          ).logits[at: 0][at: question.pair.clean.count - 1]
          return logits[question.pair.answer] - logits[question.pair.foil]
        }
        let parts = try model.contributions(of: input).map(\.value)
        let rest = try difference(parts[0] * 0)
        return Tensor(try parts.map { try difference($0) - rest } + [rest])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
