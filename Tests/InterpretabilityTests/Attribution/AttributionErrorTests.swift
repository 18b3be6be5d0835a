import Interpretability
import Tensors
import Transformers
import XCTest

/// Bad questions are answered with one sentence.
final class AttributionErrorTests: XCTestCase {
  private let input = ModelInput([3, 4, 5], decoderTokens: [0, 8])

  private func assertThrows<T>(
    _ sentence: String, file: StaticString = #filePath, line: UInt = #line,
    _ body: () throws -> T
  ) {
    XCTAssertThrowsError(try body(), file: file, line: line) {
      XCTAssertEqual("\($0)", sentence, file: file, line: line)
    }
  }

  private func prediction(
    _ input: ModelInput? = nil, _ target: AttributionTarget = AttributionTarget(9, at: 1),
    model: Transformer = tinyTranslator
  ) throws -> ExplainedPrediction {
    try ExplainedPrediction(model, input ?? self.input, target: target)
  }

  func testTargetsThatAreNotThere() {
    assertThrows(
      "there is no prediction at position 2: the model predicts at 2 positions, from 0 to 1; choose "
        + "one of them"
    ) { try prediction(nil, AttributionTarget(9, at: 2)) }
    assertThrows(
      "there is no prediction at position -1: the model predicts at 2 positions, from 0 to 1; choose "
        + "one of them"
    ) { try prediction(nil, AttributionTarget(9, at: -1)) }
    assertThrows(
      "the target is token 20, and the model has 20 tokens, 0 to 19; choose one of them"
    ) { try prediction(nil, AttributionTarget(20, at: 1)) }
    assertThrows("the foil is token -3, and the model has 20 tokens, 0 to 19; choose one of them") {
      try prediction(nil, AttributionTarget(9, at: 1, against: -3))
    }
    assertThrows(
      "the target and the foil are both token 9: a contrast needs two different tokens; choose "
        + "another foil"
    ) { try prediction(nil, AttributionTarget(9, at: 1, against: 9)) }
  }

  func testInputsThatAreNone() {
    assertThrows("the input is empty; give at least one token") {
      try prediction(ModelInput([], decoderTokens: [0, 8]))
    }
    assertThrows("the decoder's input is empty; give at least one token") {
      try prediction(ModelInput([3], decoderTokens: []))
    }
    assertThrows(
      "an attribution explains a prediction in one text, and the batch holds 2; explain them one by "
        + "one"
    ) { try prediction(ModelInput(tokens: [[3], [4]], decoderTokens: [[0], [0]])) }
    assertThrows("this model has a decoder of its own: give decoder tokens too") {
      try prediction(ModelInput([3, 4]))
    }
  }

  func testBaselinesThatDoNotFit() throws {
    let prediction = try prediction()
    let short = EmbeddingValues(source: .zeros([2, 12]))
    assertThrows(
      "the baseline has the shape [2, 12] and the embeddings have [3, 12]; give it a row for every "
        + "token"
    ) { try prediction.integratedGradients(from: .embeddings(short)) }
    let broken = EmbeddingValues(source: Tensor(repeating: .nan, shape: [3, 12]))
    assertThrows(
      "a value of the baseline is not a finite number, so nothing can be attributed; look for NaN or "
        + "infinity in the weights, the baseline and the interventions"
    ) { try prediction.occlusion(replacing: .embeddings(broken)) }
    assertThrows(
      "the baseline is token 99, and the model has 20 tokens, 0 to 19; choose one of them"
    ) { try prediction.integratedGradients(from: .token(99)) }
    XCTAssertThrowsError(try prediction.integratedGradients(from: .zero.keeping([3])))
  }

  func testNumbersThatMakeNoSense() throws {
    let prediction = try prediction()
    assertThrows("the number of steps for the rule “trapezoid” is 1, and must be at least 2") {
      try prediction.integratedGradients(by: .trapezoid, steps: 1)
    }
    assertThrows("the number of steps in a batch is 0, and must be at least 1") {
      try prediction.integratedGradients(batch: 0)
    }
    assertThrows("the noise's deviation must be a finite number above 0, not -1.0") {
      try prediction.smoothGradients(deviation: -1)
    }
    assertThrows("the number of samples of noise is 0, and must be at least 1") {
      try prediction.smoothGradients(samples: 0)
    }
    assertThrows("expected 3 scores, one for each source token, found 2; give one for each") {
      try prediction.deletionCurve([1, 2])
    }
    XCTAssertThrowsError(try prediction.deletionCurve([1, .nan, 2]))
    XCTAssertThrowsError(try prediction.insertionCurve([1, 2, 3], positions: [3]))
    XCTAssertThrowsError(try prediction.insertionCurve([1, 2, 3], positions: []))
    XCTAssertThrowsError(try prediction.infidelity(of: prediction.gradients(), perturbations: []))
    XCTAssertThrowsError(try prediction.sensitivity(samples: 0) { try $0.gradients() })
  }

  func testAModelOfNaNIsNotExplained() {
    var broken = tinyTranslator
    broken.embedding[9, 0] = .nan
    assertThrows(
      "what the model predicts is not a finite number, so nothing can be attributed; look for NaN or "
        + "infinity in the weights, the baseline and the interventions"
    ) { try prediction(model: broken) }
  }
}
