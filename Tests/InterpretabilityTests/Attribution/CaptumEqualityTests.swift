import Checkpoints
import Interpretability
import Tensors
import Transformers
import XCTest

/// Every method against Captum 0.9 on the same weights, of a T5 and a GPT-2.
final class CaptumEqualityTests: XCTestCase {
  private func forEach(_ body: (AttributionFixture) throws -> Void) throws {
    for name in ["t5-v1.0", "gpt2-tiny"] { try body(AttributionFixture(name)) }
  }

  func testGradientsAndInputTimesGradient() throws {
    try forEach { fixture in
      let prediction = try fixture.prediction()
      try fixture.assertEqual(Tensor([prediction.value()]), "value")
      let gradients = try prediction.gradients()
      try fixture.assertEqual(gradients.source, "gradient")
      let theirs = try fixture.expected.tensor("gradient")
      for (position, length) in try prediction.saliency().source.enumerated() {
        let row = theirs[at: position].values
        XCTAssertEqual(
          length, row.reduce(0) { $0 + $1 * $1 }.squareRoot(), accuracy: 1e-3 * abs(length))
      }
      try fixture.assertEqual(prediction.embeddings.source * gradients.source, "input-x-gradient")
      let sums = try fixture.expected.tensor("input-x-gradient").sum(axis: 1).values
      for (ours, sum) in zip(try prediction.inputTimesGradient().source, sums) {
        XCTAssertEqual(ours, sum, accuracy: 1e-3 * sums.map(abs).max()!)
      }
    }
  }

  func testEveryMeasureAndContrast() throws {
    try forEach { fixture in
      for (measure, hasFoil, name) in [
        (AttributionTarget.Measure.logProbability, false, "log-probability"),
        (.probability, false, "probability"), (.logit, true, "contrast"),
        (.logProbability, true, "contrast"), (.probability, true, "probability-contrast"),
      ] {
        let gradients = try fixture.prediction(measure, hasFoil: hasFoil).gradients()
        try fixture.assertEqual(gradients.source, "\(name).gradient")
      }
    }
  }

  /// Left and trapezoid count the gradient at the zero embedding itself.
  ///
  /// An RMS norm makes that one
  /// about 1/√ε: there is nothing to compare in a T5.
  func testIntegratedGradientsByEveryRule() throws {
    for name in ["t5-v1.0", "gpt2-tiny"] {
      let fixture = try AttributionFixture(name)
      for rule in IntegrationRule.allCases
      where name == "gpt2-tiny" || ![.left, .trapezoid].contains(rule) {
        let found = try fixture.prediction().integratedGradients(by: rule, steps: 7, batch: 3)
        try fixture.assertEqual(found.values.source, "integrated.\(rule.rawValue)")
        XCTAssertEqual(
          found.convergenceDelta,
          Double(try fixture.expected.tensor("integrated.\(rule.rawValue).delta").scalar),
          accuracy: 1e-3 * abs(found.difference))
      }
      let fromToken = try fixture.prediction().integratedGradients(from: .token(2), steps: 7)
      try fixture.assertEqual(fromToken.values.source, "integrated.token")
    }
  }

  func testBothInputsOfAnEncoderDecoder() throws {
    let fixture = try AttributionFixture("t5-v1.0")
    let found = try fixture.prediction(includesDecoder: true).integratedGradients(steps: 7)
    try fixture.assertEqual(found.values.source, "both.source")
    try fixture.assertEqual(XCTUnwrap(found.values.decoder), "both.decoder")
  }

  func testSmoothGradUnderTheSameNoise() throws {
    try forEach { fixture in
      let found = try fixture.prediction().smoothGradients(
        noise: fixture.samples("smoothgrad.noise"))
      try fixture.assertEqual(found.source, "smoothgrad")
    }
  }

  func testOcclusion() throws {
    try forEach { fixture in
      try fixture.assertEqual(Tensor(fixture.prediction().occlusion().source), "occlusion")
    }
  }

  func testInfidelityAndSensitivityUnderTheSameChanges() throws {
    try forEach { fixture in
      let prediction = try fixture.prediction()
      let infidelity = try prediction.infidelity(
        of: prediction.gradients(), perturbations: fixture.samples("infidelity.perturbations"))
      try fixture.assertEqual(Tensor([Float(infidelity)]), "infidelity", tolerance: 5e-3)
      let sensitivity = try prediction.sensitivity(
        changes: fixture.samples("sensitivity.changes")
      ) { try $0.gradients() }
      try fixture.assertEqual(Tensor([Float(sensitivity)]), "sensitivity")
    }
  }
}
