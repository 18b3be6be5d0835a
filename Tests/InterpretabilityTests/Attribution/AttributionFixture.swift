import Checkpoints
import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

/// A tiny model, and what Captum and Inseq attribute on it; `Tests/Fixtures/attribution.py`.
struct AttributionFixture {
  let model: Transformer
  let expected: SafetensorsFile

  init(_ name: String) throws {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    model = try Transformer(directory: fixtures.appendingPathComponent(name))
    expected = try SafetensorsFile(
      contentsOf: fixtures.appendingPathComponent("attribution/\(name).safetensors"))
  }

  func integer(_ name: String) throws -> Int { try expected.integers(name)[0] }

  var input: ModelInput {
    get throws {
      ModelInput(
        try expected.integers("source"),
        decoderTokens: expected.contains("decoder") ? try expected.integers("decoder") : nil)
    }
  }

  /// The prediction of `target` at `position`, perhaps against `foil`.
  func prediction(
    _ measure: AttributionTarget.Measure = .logit, hasFoil: Bool = false,
    includesDecoder: Bool = false
  ) throws -> ExplainedPrediction {
    try ExplainedPrediction(
      model, input,
      target: AttributionTarget(
        integer("target"), at: integer("position"), against: hasFoil ? integer("foil") : nil,
        measure: measure),
      includesDecoder: includesDecoder)
  }

  /// Compares with a relative tolerance of the greatest value there is.
  func assertEqual(
    _ found: Tensor, _ name: String, tolerance: Float = 1e-3, file: StaticString = #filePath,
    line: UInt = #line
  ) throws {
    let theirs = try expected.tensor(name)
    XCTAssertEqual(found.shape, theirs.shape, name, file: file, line: line)
    guard found.shape == theirs.shape else { return }
    let scale = theirs.values.map(abs).max()!
    XCTAssertGreaterThan(scale, 0, name, file: file, line: line)
    let worst = zip(found.values, theirs.values).map { $0.isFinite ? abs($0 - $1) : .infinity }
    XCTAssertLessThanOrEqual(worst.max()! / scale, tolerance, name, file: file, line: line)
  }

  /// A stored `[sample, position, width]` as one value for each sample.
  func samples(_ name: String) throws -> [EmbeddingValues] {
    let all = try expected.tensor(name)
    return (0..<all.shape[0]).map { EmbeddingValues(source: all[at: $0]) }
  }
}
