import Interpretability
import Tensors
import Transformers
import XCTest

/// Gradients at every layer: the chain rule ties them together.
final class GradientTraceTests: XCTestCase {
  private let input = ModelInput([3, 4, 5, 6, 7], decoderTokens: [0, 8, 9, 10])

  private func prediction() throws -> ExplainedPrediction {
    try ExplainedPrediction(
      tinyTranslator, input, target: AttributionTarget(9, at: 2), includesDecoder: true)
  }

  private func assertEqual(
    _ a: Tensor, _ b: Tensor, tolerance: Float = 1e-4, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    XCTAssertEqual(a.count, b.count, file: file, line: line)
    let scale = b.values.map(abs).max()!
    XCTAssertGreaterThan(scale, 0, file: file, line: line)
    for (x, y) in zip(a.values, b.values) {
      XCTAssertEqual(x, y, accuracy: tolerance * scale, file: file, line: line)
    }
  }

  func testLayerZeroIsTheGradientOfTheEmbeddings() throws {
    let prediction = try prediction()
    let gradients = try prediction.gradients()
    let trace = try prediction.gradientTrace()
    XCTAssertEqual(trace.residuals.map(\.stack), [.encoder, .decoder])
    XCTAssertEqual(trace.residuals.map(\.layers.count), [3, 3])
    assertEqual(trace.residuals[0].layers[0].gradient, gradients.source)
    assertEqual(trace.residuals[1].layers[0].gradient, gradients.decoder!)
    let map = try XCTUnwrap(trace.map(of: .encoder))
    XCTAssertEqual(map.shape, [3, 5])
    assertEqual(map[at: 0], Tensor(try prediction.saliency().source))
    let products = try XCTUnwrap(trace.map(of: .decoder, by: .timesActivation))
    assertEqual(products[at: 0], Tensor(try prediction.inputTimesGradient().decoder!))
    XCTAssertNil(trace.map(of: .blocks))
  }

  /// The gradient at a layer equals what small changes of the residual stream there do.
  func testEveryLayerEqualsFiniteDifferences() throws {
    let trace = try prediction().gradientTrace()
    for (stack, layers) in trace.residuals {
      for (layer, traced) in layers.enumerated() {
        let point: HookPoint =
          layer < 2 ? .residualPre(stack, layer) : .residualPost(stack, layer - 1)
        let position = stack == .encoder ? 3 : 2
        func value(_ step: Float) throws -> Double {
          var moved = traced.activation
          moved[0, position, 5] += step
          let logits = try tinyTranslator.run(
            input, intervening: [.replace(point, with: moved)]
          ).logits
          return Double(logits[0, 2, 9])
        }
        let slope = (try value(0.02) - value(-0.02)) / 0.04
        let scale = Double(traced.gradient.values.map(abs).max()!)
        XCTAssertEqual(
          Double(traced.gradient[0, position, 5]), slope, accuracy: 0.02 * scale, "\(point)")
      }
    }
  }

  /// Only the row that predicts is read after the last layer.
  func testAfterTheLastLayerOnlyThePredictingRowCounts() throws {
    let map = try XCTUnwrap(prediction().gradientTrace().map(of: .decoder))
    for position in 0..<4 { XCTAssertEqual(map[2, position] > 0, position == 2) }
  }

  /// All the prediction learns from the encoder comes through cross-attention, layer by layer: the
  /// layers' gradients add up to the gradient of the encoder's output, here from its last norm.
  func testCrossAttentionAddsUpToTheEncodersOutput() throws {
    let prediction = try prediction()
    let trace = try prediction.gradientTrace()
    XCTAssertEqual(trace.cross.count, 2)
    let point = HookPoint.finalNorm(.encoder, .normalized)
    let normalized = try XCTUnwrap(prediction.gradients(at: [point])[point])
    let total = trace.cross[0].gradient + trace.cross[1].gradient
    assertEqual(total * tinyTranslator.stacks[0].finalNorm!.weight, normalized.gradient)
    assertEqual(
      trace.cross[1].activation,
      normalized.activation * tinyTranslator.stacks[0].finalNorm!.weight)
    XCTAssertEqual(trace.crossMap()?.shape, [2, 5])
  }

  /// Where norms stand after their layers, the last residual stream is what the decoder reads.
  func testNormsAfterTheirLayers() throws {
    var generator = SeededGenerator(seed: 4)
    let stack = TransformerConfiguration.Stack(
      layerCount: 2, headCount: 2, headWidth: 4, feedForwardWidth: 16)
    let model = Transformer(
      configuration: .bart(
        vocabularySize: 20, width: 8, encoder: stack, decoder: stack, positions: 12, startToken: 0,
        endToken: 1, padToken: 2), using: &generator)
    let trace = try ExplainedPrediction(model, input, target: AttributionTarget(9, at: 2))
      .gradientTrace()
    let output = try XCTUnwrap(trace.residuals[0].layers.last)
    assertEqual(trace.cross[0].gradient + trace.cross[1].gradient, output.gradient)
    XCTAssertEqual(trace.cross[1].activation, output.activation)
  }

  /// An encoder alone predicts every token in its place, and sees all of them.
  func testAnEncoderAlone() throws {
    var generator = SeededGenerator(seed: 4)
    let model = Transformer(
      configuration: .bert(
        vocabularySize: 20, width: 8,
        encoder: .init(layerCount: 2, headCount: 2, headWidth: 4, feedForwardWidth: 16),
        positions: 12, head: .transformed(.gelu)), using: &generator)
    let prediction = try ExplainedPrediction(
      model, ModelInput([3, 4, 5, 6]), target: AttributionTarget(4, at: 1))
    XCTAssertTrue(try prediction.saliency().source.allSatisfy { $0 > 0 })
    XCTAssertEqual(try prediction.gradientTrace().map(of: .blocks)?.shape, [3, 4])
    let headless = Transformer(
      configuration: .bert(
        vocabularySize: 20, width: 8,
        encoder: .init(layerCount: 1, headCount: 2, headWidth: 4, feedForwardWidth: 16),
        positions: 12, head: .none), using: &generator)
    XCTAssertThrowsError(
      try ExplainedPrediction(
        headless, ModelInput([3, 4]), target: AttributionTarget(4, at: 1))
    ) { XCTAssertEqual($0 as? TransformerError, .noHead) }
  }

  func testAPointThatNothingReachesHasZeros() throws {
    let prediction = try ExplainedPrediction(
      tinyTranslator, input, target: AttributionTarget(9, at: 0))
    let point = HookPoint.block(.decoder, 0, .attention(.own, .positionBias))
    let traced = try XCTUnwrap(prediction.gradients(at: [point])[point])
    XCTAssertEqual(traced.gradient, .zeros(traced.activation.shape))
    XCTAssertThrowsError(try prediction.gradients(at: [.residualPre(.encoder, 9)]))
  }
}
