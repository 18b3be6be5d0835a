import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

/// Lenses that are fitted or trained.
final class FittedLensTests: XCTestCase {
  func testLeastSquaresFindsThePlantedMap() {
    var generator = SeededGenerator(seed: 4)
    let x = Tensor.randomNormal([60, 5], using: &generator) + 3
    let map = AffineMap(
      weight: .randomNormal([4, 5], using: &generator), bias: Tensor([1, -2, 0.5, 10]))
    let found = AffineMap.leastSquares(from: x, to: map(x), ridge: 0)
    XCTAssertLessThan(distance(found.weight, map.weight), 1e-3)
    XCTAssertLessThan(distance(found.bias, map.bias), 1e-2)
  }

  /// With noise: the residuals are orthogonal to the inputs and sum to nothing.
  func testLeastSquaresLeavesOrthogonalResiduals() {
    var generator = SeededGenerator(seed: 5)
    let x = Tensor.randomNormal([40, 3], using: &generator)
    let y = Tensor.randomNormal([40, 2], using: &generator)
    let rest = y - AffineMap.leastSquares(from: x, to: y, ridge: 0)(x)
    XCTAssertLessThan(distance(rest.sum(axis: 0), .zeros([2])), 1e-3)
    XCTAssertLessThan(distance(x.transposed().matmul(rest), .zeros([3, 2])), 1e-3)
  }

  func testFewerRowsThanColumnsStillGiveAMap() {
    var generator = SeededGenerator(seed: 6)
    let x = Tensor.randomNormal([3, 8], using: &generator)
    let y = Tensor.randomNormal([3, 2], using: &generator)
    let map = AffineMap.leastSquares(from: x, to: y)
    XCTAssertLessThan(distance(map(x), y), 0.01)
    XCTAssertTrue(map.weight.values.allSatisfy(\.isFinite))
  }

  /// Where blocks add nothing but a constant, the affine lens is exact and the logit lens is not.
  func testTheAffineLensUndoesAnAffineModel() throws {
    var model = tinyDecoder(layers: 2)
    model.visitParameters { name, weight in
      if name.hasSuffix("mlp.output.weight") || name.hasSuffix("attention.output.weight") {
        weight = .zeros(weight.shape)
      }
      if name.hasSuffix("mlp.output.bias") {
        weight = Tensor((0..<12).map { $0 % 2 == 0 ? 2 : -1 })
      }
    }
    let states = try model.residualStates(
      of: ModelInput(tokens: (0..<8).map { randomTokens(20, seed: $0) }))
    let lens = AffineLens(fitting: states, ridge: 0)
    let fitted = model.reading(of: states, through: lens)
    let plain = model.reading(of: states)
    for layer in 0..<2 {
      XCTAssertLessThan(fitted.divergence[layer].mean, 1e-4)
      XCTAssertGreaterThan(plain.divergence[layer].mean, 0.05)
    }
  }

  func testTheUntrainedTunedLensIsTheLogitLens() throws {
    let model = tinyDecoder()
    let states = try model.residualStates(of: ModelInput(randomTokens(6)))
    let lens = TunedLens(layerCount: 4, width: 12)
    XCTAssertEqual(model.logits(of: states, through: lens), model.logits(of: states))
  }

  func testTrainingLowersTheDivergenceAtEveryLayerAndKnowsNothingOfTheLast() throws {
    let model = tinyDecoder()
    func states(_ seeds: Range<UInt64>) throws -> ResidualStates {
      try model.residualStates(of: ModelInput(tokens: seeds.map { randomTokens(20, seed: $0) }))
    }
    var training = TunedLens.Training()
    training.rate = 1e-2
    training.steps = 200
    let lens = TunedLens(training: try states(0..<60), of: model, as: training, seed: 1)
    XCTAssertEqual(lens.translators.count, 3)
    let fresh = try states(1000..<1020)
    let (tuned, plain) = (
      model.reading(of: fresh, through: lens), model.reading(of: fresh)
    )
    for layer in 0..<3 {
      XCTAssertLessThan(tuned.divergence[layer].mean, plain.divergence[layer].mean)
    }
    XCTAssertEqual(tuned.divergence[3].mean, 0)
    let again = TunedLens(training: try states(0..<60), of: model, as: training, seed: 1)
    XCTAssertEqual(again.translators[1].weight, lens.translators[1].weight)
  }

  /// A model that counts: its states lie on a circle, and it predicts the next number.
  private func counter() -> Transformer {
    var model = tinyDecoder(layers: 1)
    model.visitParameters { name, weight in
      if name.contains("output") || name.contains("positionEmbedding") {
        weight = .zeros(weight.shape)
      }
    }
    func place(_ token: Int) -> [Float] {
      let angle = 2 * Float.pi * Float(token) / 37
      let (c, s) = (cosine(angle), cosine(angle - .pi / 2))
      return [c, -c, s, -s] + Array(repeating: 0, count: 8)
    }
    model.embedding = Tensor(rows: (0..<37).map { place($0) })
    model.unembedding = Tensor(rows: (0..<37).map { place($0 - 1) })
    return model
  }

  func testTheFutureLensReadsAheadWhereTheFutureIsDetermined() throws {
    let model = counter()
    let texts = (0..<37).map { start in (0..<8).map { (start + $0) % 37 } }
    let states = try texts.map { try model.residualStates(of: ModelInput($0)) }
    for distance in [1, 2] {
      let lens = FutureLens(fitting: states, distance: distance)
      for layer in 0...1 {
        let read = lens.logits(of: states[5].values[at: layer], layer: layer, in: model).argmax()
        XCTAssertEqual(read, texts[5].map { ($0 + distance + 1) % 37 })
      }
    }
  }

  func testAPromptLearnsToReadAState() throws {
    let model = tinyDecoder()
    let texts = (0..<24).map { randomTokens(10, seed: $0) }
    let states = try model.residualStates(of: ModelInput(tokens: texts)).values[at: 1]
    // What the model itself says two blocks later, in a context that the prompt has to stand for.
    let tokens = try model(ModelInput(tokens: texts)).reshaped(to: [240, 37]).argmax()
    var generator = SeededGenerator(seed: 3)
    var lens = PromptFutureLens(length: 4, layer: 1, width: 12, using: &generator)
    let losses = try lens.train(
      on: states, tokens: tokens, in: model, steps: 60, rate: 0.05, using: &generator)
    XCTAssertEqual(losses.count, 60)
    XCTAssertLessThan(losses.suffix(5).reduce(0, +), losses.prefix(5).reduce(0, +))
    // The patch covers the last vector: what it holds makes no difference.
    let before = try lens.logits(of: states.slice(0..<3), in: model)
    for column in 0..<12 { lens.prompt[3, column] = 9 }
    XCTAssertEqual(try lens.logits(of: states.slice(0..<3), in: model), before)
  }

  private func cosine(_ angle: Float) -> Float { Float(Foundation.cos(Double(angle))) }
}
