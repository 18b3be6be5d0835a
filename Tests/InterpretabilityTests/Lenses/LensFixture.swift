import Checkpoints
import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

/// The tiny GPT-2 and what PyTorch and TransformerLens read of it; `Tests/Fixtures/lenses.py`.
struct LensFixture {
  let model: Transformer
  let expected: SafetensorsFile

  init() throws {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    model = try Transformer(directory: fixtures.appendingPathComponent("gpt2-tiny"))
    expected = try SafetensorsFile(
      contentsOf: fixtures.appendingPathComponent("lenses.safetensors"))
  }

  /// The batch, padded in front.
  var input: ModelInput {
    get throws {
      let length = try expected.shape(of: "input_ids")[1]
      let ids = try expected.integers("input_ids")
      let mask = try expected.integers("attention_mask")
      func rows<Value>(_ values: [Value]) -> [[Value]] {
        stride(from: 0, to: values.count, by: length).map { Array(values[$0..<($0 + length)]) }
      }
      return ModelInput(tokens: rows(ids), mask: rows(mask.map { $0 == 1 }))
    }
  }

  func states() throws -> ResidualStates { try model.residualStates(of: input) }
}

/// The greatest distance between two tensors, which have one shape.
func distance(
  _ a: Tensor, _ b: Tensor, file: StaticString = #filePath, line: UInt = #line
) -> Float {
  XCTAssertEqual(a.shape, b.shape, file: file, line: line)
  guard a.shape == b.shape else { return .infinity }
  return zip(a.values, b.values).map {
    $0 == $1 ? 0 : $0.isNaN || $1.isNaN ? .infinity : abs($0 - $1)
  }
  .max() ?? 0
}

/// Untrained decoders of several kinds: layer norm and RMS norm, learned and rotary positions, tied
/// and untied embeddings.
func tinyDecoder(_ seed: UInt64 = 3, isLlama: Bool = false, layers: Int = 3) -> Transformer {
  var generator = SeededGenerator(seed: seed)
  let stack = TransformerConfiguration.Stack(
    layerCount: layers, headCount: 2, headWidth: 6, feedForwardWidth: 20)
  let configuration: TransformerConfiguration =
    isLlama
    ? .llama(
      vocabularySize: 37, width: 12, decoder: stack,
      rotary: RotaryAngles(width: 6, isInterleaved: false), tiesEmbeddings: false, startToken: 0,
      endToken: nil)
    : .gpt2(
      vocabularySize: 37, width: 12, decoder: stack, positions: 24, startToken: 0, endToken: nil)
  var model = Transformer(configuration: configuration, using: &generator)
  model.embedding = .randomNormal([37, 12], using: &generator)
  return model
}

func randomTokens(_ count: Int, below limit: Int = 37, seed: UInt64 = 1) -> [Int] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Int.random(in: 0..<limit, using: &generator) }
}
