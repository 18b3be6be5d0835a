import Checkpoints
import Interpretability
import Tensors
import Transformers
import XCTest

/// Whole sentences against Inseq 0.7 on the same weights.
final class InseqEqualityTests: XCTestCase {
  /// Inseq's baseline: the unknown token, with the end token, and the decoder's start, as they are.
  private func unknown(_ model: Transformer, _ input: ModelInput) -> Baseline {
    func row(_ tokens: [Int], keeping kept: Int) -> Tensor {
      model.embedding.gathering(tokens.map { $0 == kept ? kept : 2 })
    }
    return .embeddings(
      EmbeddingValues(
        source: row(input.tokens[0], keeping: 1),
        decoder: input.decoderTokens.map { row($0[0], keeping: 0) }))
  }

  private func check(_ name: String, _ input: ModelInput, predicted: [Int], first: Int) throws {
    let fixture = try AttributionFixture(name)
    var settings = AttributionSettings()
    settings.steps = 7
    settings.baseline = unknown(fixture.model, input)
    for method in [
      AttributionMethod.saliency, .inputTimesGradient, .integratedGradients,
    ] {
      let found = try attributeSentence(
        fixture.model, input, predicted: predicted, positions: Array(first..<predicted.count),
        by: method, settings: settings)
      func reduced(_ part: String) throws -> [[Float]] {
        let theirs = try fixture.expected.tensor("inseq.\(method.rawValue).\(part)")
        return (0..<theirs.shape[0]).map { row in
          let values = EmbeddingValues(source: theirs[at: row])
          return method == .saliency ? values.norms.source : values.sums.source
        }
      }
      for (part, matrix) in [("source", found.source), ("decoder", found.decoder)] {
        guard let matrix else { continue }
        // Inseq has a column for the last token too, which no row reads.
        let theirs = try reduced(part).map { $0.prefix(matrix.shape[1]) }
        let scale = theirs.flatMap { $0 }.map(abs).max()!
        XCTAssertEqual(theirs.count, matrix.shape[0])
        for (row, expected) in theirs.enumerated() {
          for (column, value) in expected.enumerated() {
            XCTAssertEqual(
              matrix[row, column], value, accuracy: 1e-3 * scale,
              "\(name) \(method) \(part) \(row), \(column)")
          }
        }
      }
    }
  }

  func testASentenceOfAnEncoderDecoder() throws {
    let fixture = try AttributionFixture("t5-v1.0")
    let written = try fixture.expected.integers("written")
    let input = ModelInput(try fixture.expected.integers("source"), decoderTokens: [0] + written)
    try check("t5-v1.0", input, predicted: written + [1], first: 0)
  }

  func testAContinuationOfADecoder() throws {
    let fixture = try AttributionFixture("gpt2-tiny")
    let source = try fixture.expected.integers("source")
    let tokens = source + (try fixture.expected.integers("written"))
    try check(
      "gpt2-tiny", ModelInput(tokens), predicted: Array(tokens.dropFirst()), first: source.count - 1
    )
  }

  func testAContrastOfProbabilities() throws {
    let fixture = try AttributionFixture("t5-v1.0")
    let written = try fixture.expected.integers("written")
    let prediction = try ExplainedPrediction(
      fixture.model,
      ModelInput(try fixture.expected.integers("source"), decoderTokens: [0] + written.dropLast()),
      target: AttributionTarget(
        written.last!, at: written.count - 1, against: fixture.integer("written.foil"),
        measure: .probability))
    try fixture.assertEqual(
      prediction.embeddings.source * prediction.gradients().source, "inseq.contrast.source")
  }
}
