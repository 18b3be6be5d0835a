import Tensors
import Transformers
import XCTest

@testable import Interpretability

/// Attributions by gradients against finite differences, completeness and linear functions.
final class GradientAttributionTests: XCTestCase {
  private let input = ModelInput([3, 4, 5, 6, 7], decoderTokens: [0, 8, 9, 10])

  private func prediction(
    foil: Int? = nil, measure: AttributionTarget.Measure = .logit, includesDecoder: Bool = true
  ) throws -> ExplainedPrediction {
    try ExplainedPrediction(
      tinyTranslator, input,
      target: AttributionTarget(9, at: 2, against: foil, measure: measure),
      includesDecoder: includesDecoder)
  }

  func testGradientsEqualFiniteDifferences() throws {
    for (foil, measure) in [
      (Int?.none, AttributionTarget.Measure.logit), (11, .logit), (nil, .logProbability),
      (11, .probability),
    ] {
      let prediction = try prediction(foil: foil, measure: measure)
      let gradients = try prediction.gradients()
      let scale = gradients.parts.flatMap(\.values).map(abs).max()!
      for (part, embeddings) in prediction.embeddings.parts.enumerated() {
        for (position, column) in [(0, 0), (1, 7), (3, 11)] {
          func value(_ step: Float) throws -> Double {
            var moved = prediction.embeddings.parts
            moved[part][position, column] = embeddings[position, column] + step
            return Double(try prediction.at(EmbeddingValues(moved)).value())
          }
          let h: Float = 0.01
          let slope = (try value(h) - value(-h)) / Double(2 * h)
          XCTAssertEqual(
            Double(gradients.parts[part][position, column]), slope, accuracy: 0.02 * Double(scale),
            "\(measure), part \(part), \(position), \(column)")
        }
      }
    }
  }

  func testThePredictionIsTheRunsOwnLogit() throws {
    let logits = try tinyTranslator.run(input).logits
    XCTAssertEqual(try prediction().value(), logits[0, 2, 9], accuracy: 1e-5)
    XCTAssertEqual(
      try prediction(foil: 4).value(), logits[0, 2, 9] - logits[0, 2, 4], accuracy: 1e-5)
    let row = Tensor((0..<20).map { logits[0, 2, $0] }).softmax()
    XCTAssertEqual(try prediction(measure: .probability).value(), row[9], accuracy: 1e-6)
  }

  /// A decoder does not look ahead, so what comes after the predicting row explains nothing.
  func testLaterTokensHaveNoGradient() throws {
    let decoder = try XCTUnwrap(prediction().saliency().decoder)
    XCTAssertEqual(decoder.count, 4)
    XCTAssertEqual(decoder[3], 0)
    XCTAssertTrue(decoder[..<3].allSatisfy { $0 > 0 })
    XCTAssertNil(try prediction(includesDecoder: false).saliency().decoder)
  }

  func testIntegratedGradientsAreComplete() throws {
    for baseline in [Baseline.token(2), .meanEmbedding, .token(2).keeping([0, 4])] {
      let found = try prediction().integratedGradients(from: baseline, steps: 200, batch: 64)
      XCTAssertGreaterThan(abs(found.difference), 0.01)
      XCTAssertEqual(found.convergenceDelta, 0, accuracy: 0.01 * abs(found.difference))
      let total = found.tokens.all.reduce(0) { $0 + Double($1) }
      XCTAssertEqual(total, found.difference + found.convergenceDelta, accuracy: 1e-5)
    }
  }

  func testKeptPositionsAreGivenNothing() throws {
    let found = try prediction().integratedGradients(from: .token(2).keeping([1, 4]), steps: 5)
    for (position, score) in found.tokens.source.enumerated() {
      XCTAssertEqual(score == 0, [1, 4].contains(position))
    }
  }

  func testStepsInAnyBatchAddUpToTheSame() throws {
    let whole = try prediction().integratedGradients(from: .token(1), steps: 12, batch: 12)
    let parts = try prediction().integratedGradients(from: .token(1), steps: 12, batch: 5)
    for (a, b) in zip(whole.tokens.all, parts.tokens.all) { XCTAssertEqual(a, b, accuracy: 1e-5) }
  }

  /// Of a linear function every rule gives w ⊙ (x − x′) at once; of a square the midpoint's and
  /// Gauss and Legendre's steps give x² − x′², the left's and the right's err to either side.
  func testRulesOnFunctionsWithKnownIntegrals() throws {
    let (x, start) = (Tensor([1, -2, 3]), Tensor([0.5, 0, 1]))
    let weights = Tensor([2, 3, -1])
    for rule in IntegrationRule.allCases {
      let linear = try integratedGradients(at: [x], from: [start], by: rule, steps: 2) {
        ($0[0] * weights).sum(axis: 1)
      }
      for (value, expected) in zip(linear[0].values, [1, -6, -2] as [Float]) {
        XCTAssertEqual(value, expected, accuracy: 1e-5, "\(rule)")
      }
      let square = try integratedGradients(at: [x], from: [start], by: rule, steps: 4) {
        ($0[0] * $0[0]).sum(axis: 1)
      }
      let exact: [Float] = [0.75, 4, 8]
      // (x − x′) Σ w 2 (x′ + α (x − x′)) with α a quarter of a step too small or too great.
      let error: Float = rule == .left ? -0.25 : rule == .right ? 0.25 : 0
      for (index, value) in square[0].values.enumerated() {
        let difference = x[index] - start[index]
        XCTAssertEqual(
          value, exact[index] + error * difference * difference, accuracy: 1e-5, "\(rule)")
      }
    }
  }

  /// Gauss and Legendre's nodes for two and three steps, from their tables.
  func testGaussLegendreNodes() {
    let two = IntegrationRule.gaussLegendre.nodes(2)
    XCTAssertEqual(two[0].place, (1 - 1 / 3.0.squareRoot()) / 2, accuracy: 1e-14)
    XCTAssertEqual(two[0].weight, 0.5, accuracy: 1e-14)
    let three = IntegrationRule.gaussLegendre.nodes(3)
    XCTAssertEqual(three[2].place, (1 + 0.6.squareRoot()) / 2, accuracy: 1e-14)
    XCTAssertEqual(three[1].place, 0.5, accuracy: 1e-14)
    XCTAssertEqual(three[1].weight, 4 / 9.0, accuracy: 1e-14)
    for rule in IntegrationRule.allCases {
      for steps in [2, 3, 16, 64, 301] {
        let nodes = rule.nodes(steps)
        XCTAssertEqual(nodes.count, steps)
        XCTAssertEqual(nodes.reduce(0) { $0 + $1.weight }, 1, accuracy: 1e-12, "\(rule) \(steps)")
        XCTAssertEqual(nodes.map(\.place), nodes.map(\.place).sorted())
      }
    }
    // x⁷ with four nodes: the highest degree that is exact.
    let integral = IntegrationRule.gaussLegendre.nodes(4)
      .reduce(0) { sum, node in
        sum + node.weight * (0..<7).reduce(1) { product, _ in product * node.place }
      }
    XCTAssertEqual(integral, 0.125, accuracy: 1e-14)
  }

  func testSmoothGradIsRepeatableAndNearsTheGradient() throws {
    let prediction = try prediction()
    let once = try prediction.smoothGradients(deviation: 0.1, samples: 20, seed: 3)
    XCTAssertEqual(once, try prediction.smoothGradients(deviation: 0.1, samples: 20, seed: 3))
    XCTAssertNotEqual(once, try prediction.smoothGradients(deviation: 0.1, samples: 20, seed: 4))
    let gradients = try prediction.gradients()
    let faint = try prediction.smoothGradients(deviation: 1e-4, samples: 20, seed: 3)
    let scale = gradients.parts.flatMap(\.values).map(abs).max()!
    for (a, b) in zip(faint.parts.flatMap(\.values), gradients.parts.flatMap(\.values)) {
      XCTAssertEqual(a, b, accuracy: 0.02 * scale)
    }
  }

  /// Occlusion by a loop of runs, one token replaced each time.
  func testOcclusionEqualsRunsWithOneTokenReplaced() throws {
    let prediction = try prediction(measure: .logProbability)
    let scores = try prediction.occlusion(replacing: .token(2))
    func value(_ input: ModelInput) throws -> Float {
      let logits = try tinyTranslator.run(input).logits
      return Tensor((0..<20).map { logits[0, 2, $0] }).logSoftmax()[9]
    }
    let full = try value(input)
    for position in 0..<5 {
      var other = input
      other.tokens[0][position] = 2
      XCTAssertEqual(scores.source[position], full - (try value(other)), accuracy: 1e-4)
    }
    for position in 0..<4 {
      var other = input
      other.decoderTokens![0][position] = 2
      XCTAssertEqual(scores.decoder![position], full - (try value(other)), accuracy: 1e-4)
    }
  }

  /// Padding is not attended to, so it explains nothing, and changes nothing for the others.
  func testPaddingIsGivenNothing() throws {
    var padded = ModelInput([3, 4, 5, 6, 7, 0], decoderTokens: [0, 8, 9, 10])
    padded.mask = [[true, true, true, true, true, false]]
    let found = try ExplainedPrediction(
      tinyTranslator, padded, target: AttributionTarget(9, at: 2)
    ).inputTimesGradient().source
    let plain = try prediction(includesDecoder: false).inputTimesGradient().source
    XCTAssertEqual(found[5], 0, accuracy: 1e-6)
    for (a, b) in zip(found, plain) { XCTAssertEqual(a, b, accuracy: 1e-5) }
  }
}
