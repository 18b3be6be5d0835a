import Checkpoints
import Tensors
import Transformers
import XCTest

/// Logits, attention, residuals, gradients and generated tokens against PyTorch `transformers`, on
/// the models of `Tests/Fixtures/t5.py` and `gpt2.py`.
final class PyTorchEqualityTests: XCTestCase {
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
      assertEqual(run.logits, try fixture.expected.tensor("without_mask.logits"), "logits")
      let masked = try fixture.model.run(fixture.input(), capturing: .everything)
      let rows = try fixture.mask("attention_mask")
      assertEqual(masked.logits, try fixture.expected.tensor("logits"), "logits", rows: rows)
      for layer in 0..<2 {
        assertEqual(
          try masked.trace["blocks.\(layer).attn.hook_pattern"],
          try fixture.expected.tensor("attentions.\(layer)"), "attention \(layer)", rows: rows,
          rowAxis: 2)
        assertEqual(
          try masked.trace["blocks.\(layer).hook_resid_pre"],
          try fixture.expected.tensor("residual.\(layer)"), "residual \(layer)", rows: rows)
      }
      assertEqual(
        try masked.trace["blocks.1.hook_resid_post"], try fixture.expected.tensor("residual.2"),
        "last residual", rows: rows)
    }
  }

  func testGPT2GradientsEqualPyTorch() throws {
    try checkGradients(
      "gpt2-tiny",
      pairs: [
        ("embedding.weight", "transformer.wte.weight"),
        ("blocks.positionEmbedding.weight", "transformer.wpe.weight"),
        ("blocks.0.attentionNorm.weight", "transformer.h.0.ln_1.weight"),
        ("blocks.0.mlp.input.bias", "transformer.h.0.mlp.c_fc.bias"),
        ("blocks.1.mlpNorm.bias", "transformer.h.1.ln_2.bias"),
        ("blocks.finalNorm.bias", "transformer.ln_f.bias"),
      ])
  }

  /// GPT-2 stores its linear weights the other way round, and queries, keys and values as one.
  func testGPT2GradientsOfTransposedWeightsEqualPyTorch() throws {
    let fixture = try Fixture("gpt2-tiny")
    let watched = fixture.model.requiringGradients()
    let labels = try fixture.rows("labels").flatMap { $0 }.map { $0 < 0 ? nil : Optional($0) }
    let loss = try watched(fixture.input()).crossEntropy(targets: labels)
    let all = watched.parameters
    let gradients = Dictionary(
      uniqueKeysWithValues: zip(
        all.map(\.name), gradient(of: loss, withRespectTo: all.map(\.tensor))))
    for (ours, theirs) in [
      ("blocks.1.attention.output.weight", "transformer.h.1.attn.c_proj.weight"),
      ("blocks.1.mlp.output.weight", "transformer.h.1.mlp.c_proj.weight"),
    ] {
      assertEqual(
        try XCTUnwrap(gradients[ours]).transposed(),
        try fixture.expected.tensor("gradient." + theirs), theirs)
    }
    let parts = ["query", "key", "value"]
    let weights = try parts.map { part in
      try XCTUnwrap(gradients["blocks.0.attention.\(part).weight"]).transposed()
    }
    assertEqual(
      .concatenation(weights, axis: 1),
      try fixture.expected.tensor("gradient.transformer.h.0.attn.c_attn.weight"), "c_attn weight")
    let biases = try parts.map { try XCTUnwrap(gradients["blocks.0.attention.\($0).bias"]) }
    let joint = Tensor.concatenation(biases, axis: 0)
    assertEqual(
      joint.reshaped(to: [1, joint.count]),
      try fixture.expected.tensor("gradient.transformer.h.0.attn.c_attn.bias")
        .reshaped(to: [1, joint.count]), "c_attn bias")
  }

  func testGPT2GenerationEqualsPyTorch() throws {
    let fixture = try Fixture("gpt2-tiny")
    let end = try XCTUnwrap(fixture.model.configuration.endToken)
    for index in 0..<2 {
      let prompt = try fixture.expected.integers("generation.\(index).input_ids")
      let greedy = try fixture.expected.integers("generation.\(index).greedy")
      let beam = Array(try fixture.rows("generation.\(index).beam")[0].dropFirst(prompt.count))
      let expected = beam.firstIndex(of: end).map { Array(beam[...$0]) } ?? beam
      for usingCache in [true, false] {
        XCTAssertEqual(
          try fixture.model.generate(from: prompt, maximumNewTokens: 10, usingCache: usingCache),
          Array(greedy.dropFirst(prompt.count)), "greedy \(index)")
        XCTAssertEqual(
          try fixture.model.generate(
            from: prompt, maximumNewTokens: 10, search: .beam(width: 4), usingCache: usingCache),
          expected, "beam \(index)")
      }
    }
  }

  /// What `transformers` 5 writes for a model that ties its head and does not scale.
  func testTiedAndUnscaledT5EqualsPyTorch() throws {
    let fixture = try Fixture("t5-unscaled")
    XCTAssertTrue(fixture.model.configuration.tiesEmbeddings)
    XCTAssertEqual(fixture.model.configuration.logitScale, 1)
    assertEqual(
      try fixture.model(fixture.input(masked: false)), try fixture.expected.tensor("logits"),
      "logits")
  }
}
