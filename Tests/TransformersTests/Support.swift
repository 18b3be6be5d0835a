import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Where the committed fixtures are.
let fixtures = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

/// A tiny model and what another library makes of it.
struct Fixture {
  let model: Transformer
  let expected: SafetensorsFile

  /// - Parameter narrowFrom: How many parameters a model has at least whose matrices stay in sixteen
  ///   bits.
  init(_ name: String, config: String = "config.json", narrowFrom: Int = 1 << 24) throws {
    let directory = fixtures.appendingPathComponent(name)
    expected = try SafetensorsFile(
      contentsOf: directory.appendingPathComponent("expected.safetensors"))
    if config == "config.json" {
      model = try Transformer(directory: directory, narrowFrom: narrowFrom)
      return
    }
    let copy = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: copy) }
    try FileManager.default.copyItem(
      at: directory.appendingPathComponent(config), to: copy.appendingPathComponent("config.json")
    )
    for file in try FileManager.default.contentsOfDirectory(atPath: directory.path)
    where file.hasPrefix("model") {
      try FileManager.default.copyItem(
        at: directory.appendingPathComponent(file), to: copy.appendingPathComponent(file))
    }
    model = try Transformer(directory: copy)
  }

  func rows(_ name: String) throws -> [[Int]] {
    let shape = try expected.shape(of: name)
    let flat = try expected.integers(name)
    return (0..<shape[0]).map { Array(flat[($0 * shape[1])..<(($0 + 1) * shape[1])]) }
  }

  func mask(_ name: String) throws -> [[Bool]] { try rows(name).map { $0.map { $0 != 0 } } }

  func input(masked: Bool = true) throws -> ModelInput {
    var input = ModelInput(tokens: try rows("input_ids"))
    if masked { input.mask = try mask("attention_mask") }
    if expected.contains("decoder_input_ids") {
      input.decoderTokens = try rows("decoder_input_ids")
      if masked { input.decoderMask = try mask("decoder_attention_mask") }
    }
    return input
  }
}

/// Compares where the mask of the rows is true; PyTorch fills rows that see nothing differently.
func assertEqual(
  _ found: Tensor, _ expected: Tensor, _ name: String, rows: [[Bool]]? = nil, rowAxis: Int = 1,
  tolerance: Float = 1e-4, file: StaticString = #filePath, line: UInt = #line
) {
  XCTAssertEqual(found.shape, expected.shape, name, file: file, line: line)
  guard found.shape == expected.shape else { return }
  let scale = max(expected.values.map(abs).filter(\.isFinite).max() ?? 1, 1e-3)
  let inner = found.shape[(rowAxis + 1)...].reduce(1, *)
  let length = found.shape[rowAxis]
  let perBatch = found.shape.dropFirst().reduce(1, *)
  var worst: Float = 0
  for (index, (a, b)) in zip(found.values, expected.values).enumerated() {
    if let rows, !rows[index / perBatch][index / inner % length] { continue }
    worst = max(worst, a.isNaN ? .infinity : abs(a - b))
  }
  XCTAssertLessThanOrEqual(worst / scale, tolerance, name, file: file, line: line)
}

/// Models with random weights whose attention is neither uniform nor saturated.
enum RandomModel {
  /// A T5-style model: three encoder layers, two decoder layers; every weight is random.
  static func t5(isGated: Bool = false, isTied: Bool = true, seed: UInt64 = 1) -> Transformer {
    make(
      .t5(
        vocabularySize: 31, width: 16,
        encoder: .init(layerCount: 3, headCount: 4, headWidth: 5, feedForwardWidth: 24),
        decoder: .init(layerCount: 2, headCount: 4, headWidth: 5, feedForwardWidth: 24),
        activation: isGated ? .geluTanh : .relu, isGated: isGated, tiesEmbeddings: isTied,
        buckets: 8, maximumDistance: 12), seed: seed)
  }

  /// A GPT-2-style model of two layers with twenty positions.
  static func gpt2(seed: UInt64 = 1) -> Transformer {
    make(
      .gpt2(
        vocabularySize: 31, width: 16,
        decoder: .init(layerCount: 2, headCount: 4, headWidth: 4, feedForwardWidth: 24),
        positions: 20, startToken: 0, endToken: 1), seed: seed)
  }

  /// A Llama-style model of two layers, of whose four heads two share keys.
  static func llama(seed: UInt64 = 1) -> Transformer {
    make(
      .llama(
        vocabularySize: 31, width: 16,
        decoder: .init(
          layerCount: 2, headCount: 4, keyHeadCount: 2, headWidth: 6, feedForwardWidth: 24),
        rotary: RotaryAngles(width: 6, isInterleaved: false), tiesEmbeddings: false,
        startToken: 0, endToken: 1), seed: seed)
  }

  /// A BERT-style model of two layers with a masked-language-model head.
  static func bert(seed: UInt64 = 1) -> Transformer {
    make(
      .bert(
        vocabularySize: 31, width: 16,
        encoder: .init(layerCount: 2, headCount: 4, headWidth: 4, feedForwardWidth: 24),
        positions: 20, head: .transformed(.gelu)), seed: seed)
  }

  private static func make(_ configuration: TransformerConfiguration, seed: UInt64) -> Transformer {
    var generator = SeededGenerator(seed: seed)
    var model = Transformer(configuration: configuration, using: &generator)
    // Norms, biases and positions start alike or small; a mistake in them would not be seen.
    model.visitParameters { name, weight in
      let spread: Float = name.hasSuffix("orm.weight") || name.hasSuffix(".bias") ? 0.3 : 0
      let embeds: Float = name.hasSuffix("mbedding.weight") ? 0.5 : 0
      weight =
        weight
        + .randomNormal(
          weight.shape, standardDeviation: spread + embeds, using: &generator)
    }
    return model
  }
}

extension Transformer {
  /// An input that fits the model: five source tokens, and four for a decoder.
  var someInput: ModelInput {
    ModelInput(
      [7, 3, 11, 3, 22], decoderTokens: configuration.isEncoderDecoder ? [0, 9, 4, 9] : nil)
  }
}

/// The greatest difference between two tensors of one shape.
func distance(_ a: Tensor, _ b: Tensor) -> Float {
  XCTAssertEqual(a.shape, b.shape)
  return zip(a.values, b.values).reduce(0) { worst, pair in
    pair.0 == pair.1
      ? worst : max(worst, (pair.0 - pair.1).isNaN ? .infinity : abs(pair.0 - pair.1))
  }
}
