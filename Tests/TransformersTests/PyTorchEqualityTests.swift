import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Logits, attention, residuals, gradients and generated tokens against PyTorch `transformers`, on
/// the models of `Tests/Fixtures/t5.py` and `gpt2.py`.
final class PyTorchEqualityTests: XCTestCase {
  private static let fixtures = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

  private struct Fixture {
    let model: Transformer
    let expected: SafetensorsFile

    init(_ name: String, config: String = "config.json") throws {
      let directory = PyTorchEqualityTests.fixtures.appendingPathComponent(name)
      expected = try SafetensorsFile(
        contentsOf: directory.appendingPathComponent("expected.safetensors"))
      if config == "config.json" {
        model = try Transformer(directory: directory)
        return
      }
      let copy = FileManager.default.temporaryDirectory
        .appendingPathComponent("headlight-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: copy) }
      try FileManager.default.copyItem(
        at: directory.appendingPathComponent(config), to: copy.appendingPathComponent("config.json")
      )
      try FileManager.default.copyItem(
        at: directory.appendingPathComponent("model.safetensors"),
        to: copy.appendingPathComponent("model.safetensors"))
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
  private func assertEqual(
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

  private func checkT5(_ name: String, config: String = "config.json") throws {
    let fixture = try Fixture(name, config: config)
    let input = try fixture.input()
    let run = try fixture.model.run(input, capturing: .everything)
    assertEqual(
      run.logits, try fixture.expected.tensor("logits"), "logits", rows: input.decoderMask)
    let depths = fixture.model.configuration.stacks.map(\.stack.layerCount)
    for layer in 0..<depths[0] {
      assertEqual(
        try run.trace["encoder.\(layer).attn.hook_pattern"],
        try fixture.expected.tensor("encoder_attentions.\(layer)"), "encoder \(layer)",
        rows: input.mask, rowAxis: 2)
      assertEqual(
        try run.trace["encoder.\(layer).hook_resid_pre"],
        try fixture.expected.tensor("encoder_residual.\(layer)"), "encoder residual \(layer)",
        rows: input.mask)
    }
    for layer in 0..<depths[1] {
      for (kind, theirs) in [("attn", "decoder"), ("cross_attn", "cross")] {
        assertEqual(
          try run.trace["decoder.\(layer).\(kind).hook_pattern"],
          try fixture.expected.tensor("\(theirs)_attentions.\(layer)"), "\(theirs) \(layer)",
          rows: input.decoderMask, rowAxis: 2)
      }
      assertEqual(
        try run.trace["decoder.\(layer).hook_resid_pre"],
        try fixture.expected.tensor("decoder_residual.\(layer)"), "decoder residual \(layer)",
        rows: input.decoderMask)
    }
    let unmasked = try fixture.model(fixture.input(masked: false))
    assertEqual(unmasked, try fixture.expected.tensor("without_mask.logits"), "without a mask")
  }

  func testT5LogitsAttentionAndResidualsEqualPyTorch() throws { try checkT5("t5-v1.0") }
  func testFLANLogitsAttentionAndResidualsEqualPyTorch() throws { try checkT5("t5-flan") }
  func testOldSpellingOfT5LoadsTheSameModel() throws {
    try checkT5("t5-v1.0", config: "config-old.json")
    try checkT5("t5-flan", config: "config-old.json")
  }

  private func checkGradients(
    _ name: String, pairs: [(ours: String, theirs: String)]
  ) throws {
    let fixture = try Fixture(name)
    let watched = fixture.model.requiringGradients()
    let labels = try fixture.rows("labels").flatMap { $0 }.map { $0 < 0 ? nil : Optional($0) }
    let loss = try watched(fixture.input()).crossEntropy(targets: labels)
    assertEqual(
      loss.reshaped(to: [1, 1]), try fixture.expected.tensor("loss").reshaped(to: [1, 1]), "loss")
    let parameters = Dictionary(
      uniqueKeysWithValues: watched.parameters.map { ($0.name, $0.tensor) })
    for (ours, theirs) in pairs {
      let found = gradient(of: loss, withRespectTo: [try XCTUnwrap(parameters[ours])])[0]
      let expected = try fixture.expected.tensor("gradient." + theirs)
      assertEqual(
        found.reshaped(to: [1, found.count]), expected.reshaped(to: [1, expected.count]), theirs)
    }
  }

  func testT5GradientsEqualPyTorch() throws {
    try checkGradients(
      "t5-v1.0",
      pairs: [
        ("embedding.weight", "shared.weight"),
        (
          "encoder.positionBias.weight",
          "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        ),
        ("encoder.0.attention.query.weight", "encoder.block.0.layer.0.SelfAttention.q.weight"),
        ("encoder.2.mlp.input.weight", "encoder.block.2.layer.1.DenseReluDense.wi.weight"),
        ("encoder.finalNorm.weight", "encoder.final_layer_norm.weight"),
        (
          "decoder.positionBias.weight",
          "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        ),
        ("decoder.1.cross.key.weight", "decoder.block.1.layer.1.EncDecAttention.k.weight"),
        ("decoder.1.cross.output.weight", "decoder.block.1.layer.1.EncDecAttention.o.weight"),
        ("decoder.1.crossNorm.weight", "decoder.block.1.layer.1.layer_norm.weight"),
      ])
  }

  func testFLANGradientsEqualPyTorch() throws {
    try checkGradients(
      "t5-flan",
      pairs: [
        ("embedding.weight", "shared.weight"), ("unembedding.weight", "lm_head.weight"),
        ("encoder.0.mlp.gate.weight", "encoder.block.0.layer.1.DenseReluDense.wi_0.weight"),
        ("encoder.0.mlp.input.weight", "encoder.block.0.layer.1.DenseReluDense.wi_1.weight"),
        ("encoder.1.attention.key.weight", "encoder.block.1.layer.0.SelfAttention.k.weight"),
        ("decoder.2.cross.value.weight", "decoder.block.2.layer.1.EncDecAttention.v.weight"),
      ])
  }

  private func checkGeneration(_ name: String) throws {
    let fixture = try Fixture(name)
    let end = fixture.model.configuration.endToken
    for index in 0..<4 {
      let prompt = try fixture.expected.integers("generation.\(index).input_ids")
      let greedy = Array(try fixture.expected.integers("generation.\(index).greedy").dropFirst())
      let beam = try fixture.rows("generation.\(index).beam")[0].dropFirst()
      // `transformers` pads what a shorter row lacks.
      let expected = beam.firstIndex { $0 == end }.map { Array(beam[...$0]) } ?? Array(beam)
      for usingCache in [true, false] {
        XCTAssertEqual(
          try fixture.model.generate(
            from: prompt, maximumNewTokens: 12, usingCache: usingCache), greedy)
        XCTAssertEqual(
          try fixture.model.generate(
            from: prompt, maximumNewTokens: 12, search: .beam(width: 4), usingCache: usingCache),
          expected, "beam \(index)")
      }
    }
  }

  func testT5GenerationEqualsPyTorch() throws { try checkGeneration("t5-v1.0") }
  func testFLANGenerationEqualsPyTorch() throws { try checkGeneration("t5-flan") }

  func testGPT2LogitsAttentionAndResidualsEqualPyTorch() throws {
    for config in ["config.json", "config-old.json"] {
      let fixture = try Fixture("gpt2-tiny", config: config)
      let input = try fixture.input(masked: false)
      let run = try fixture.model.run(input, capturing: .everything)
      let name = fixture.expected.contains("without_mask.logits") ? "without_mask.logits" : "logits"
      assertEqual(run.logits, try fixture.expected.tensor(name), "logits")
    }
  }
}
