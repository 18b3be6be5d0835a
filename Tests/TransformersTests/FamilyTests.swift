import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Every family of checkpoints against PyTorch `transformers`, on the models of
/// `Tests/Fixtures/families.py`: logits, all attention, all residuals, padding on either side.
final class FamilyTests: XCTestCase {
  private func check(_ name: String, file: StaticString = #filePath, line: UInt = #line) throws {
    let folder = fixtures.appendingPathComponent("families/\(name)")
    let old = folder.appendingPathComponent("config-old.json")
    let configs =
      FileManager.default.fileExists(atPath: old.path)
      ? ["config.json", "config-old.json"] : ["config.json"]
    for config in configs {
      let fixture = try Fixture("families/\(name)", config: config)
      for side in ["right", "left"] {
        try FamilyRun(fixture, side: side).check("\(name) \(config) \(side)", file, line)
      }
    }
    // Weights that stay as the file has them are held against PyTorch as widened ones are; one family's
    // fixture is stored in Float32.
    let narrow = try Fixture("families/\(name)", narrowFrom: 0)
    XCTAssertEqual(
      narrow.model.embedding.isNarrow, name != "bert-bare", name, file: file, line: line)
    for side in ["right", "left"] {
      try FamilyRun(narrow, side: side).check("\(name) narrow \(side)", file, line)
    }
  }

  func testGPT2() throws { try check("gpt2") }
  func testGPTNeoXWithParallelResidual() throws { try check("neox-parallel") }
  func testGPTNeoXWithSequentialResidual() throws { try check("neox-sequential") }
  func testGPTNeo() throws { try check("gpt-neo") }
  func testGPTJ() throws { try check("gptj") }
  func testLlama() throws { try check("llama") }
  func testLlamaWithTiedHeadAndScaledRotation() throws { try check("llama-tied") }
  func testQwen2() throws { try check("qwen2") }
  func testQwen3() throws { try check("qwen3") }
  func testBERT() throws { try check("bert") }
  func testBERTWithoutHead() throws { try check("bert-bare") }
  func testDistilBERT() throws { try check("distilbert") }
  func testRoBERTa() throws { try check("roberta") }
  func testT5() throws { try check("t5") }
  func testBART() throws { try check("bart") }
  func testMarian() throws { try check("marian") }

  /// Greedy continuations of a padded batch, with keys and values kept and without.
  func testGenerationOfAPaddedBatchEqualsPyTorch() throws {
    for name in [
      "gpt2", "neox-parallel", "neox-sequential", "gpt-neo", "gptj", "llama", "llama-tied",
      "qwen2", "qwen3", "t5", "bart", "marian",
    ] {
      let fixture = try Fixture("families/\(name)")
      let configuration = fixture.model.configuration
      let side = configuration.isEncoderDecoder ? "right" : "left"
      let tokens = try fixture.rows("\(side).input_ids")
      let mask = try fixture.mask("\(side).attention_mask")
      let texts = zip(tokens, mask).map { zip($0, $1).filter(\.1).map(\.0) }
      let start = configuration.isEncoderDecoder ? 1 : tokens[0].count
      let expected = try fixture.rows("\(side).generated").map { row in
        let new = Array(row[start...])
        return new.firstIndex { $0 == configuration.endToken }.map { Array(new[...$0]) } ?? new
      }
      for usingCache in [true, false] {
        XCTAssertEqual(
          try fixture.model.generate(
            fromEach: texts, maximumNewTokens: 6, usingCache: usingCache), expected,
          "\(name), cache \(usingCache)")
      }
      for (text, expected) in zip(texts, expected) {
        XCTAssertEqual(
          try fixture.model.generate(from: text, maximumNewTokens: 6), expected, "\(name) alone")
      }
    }
  }
}

/// A run on one padded batch of a family's fixture.
private struct FamilyRun {
  let fixture: Fixture
  let side: String
  let input: ModelInput
  let run: Transformer.Run

  init(_ fixture: Fixture, side: String) throws {
    self.fixture = fixture
    self.side = side
    var input = ModelInput(
      tokens: try fixture.rows("\(side).input_ids"),
      mask: try fixture.mask("\(side).attention_mask"))
    if fixture.expected.contains("\(side).token_type_ids") {
      input.tokenTypes = try fixture.rows("\(side).token_type_ids")
    }
    if fixture.expected.contains("\(side).decoder_input_ids") {
      input.decoderTokens = try fixture.rows("\(side).decoder_input_ids")
      input.decoderMask = try fixture.mask("\(side).decoder_attention_mask")
    }
    self.input = input
    run = try fixture.model.run(input, capturing: .everything)
  }

  private func expected(_ name: String) throws -> Tensor {
    try fixture.expected.tensor("\(side).\(name)")
  }

  func check(_ label: String, _ file: StaticString, _ line: UInt) throws {
    let configuration = fixture.model.configuration
    let rows = input.decoderMask ?? input.mask
    func compare(
      _ found: Tensor, _ name: String, rows: [[Bool]]?, rowAxis: Int = 1
    ) throws {
      assertEqual(
        found, try expected(name), "\(label) \(name)", rows: rows, rowAxis: rowAxis, file: file,
        line: line)
    }
    if configuration.head != .none { try compare(run.logits, "logits", rows: rows) }
    XCTAssertEqual(run.logits.shape.last, configuration.head == .none ? 0 : 47)
    try compare(run.output, "output", rows: rows)
    for (name, stack) in configuration.stacks {
      let prefix = name == .blocks ? "" : "\(name.rawValue)_"
      let rows = name == .decoder ? input.decoderMask : input.mask
      for layer in 0..<stack.layerCount {
        try compare(
          run.trace[.pattern(name, layer)], "\(prefix)attentions.\(layer)", rows: rows, rowAxis: 2)
        try compare(
          run.trace[.residualPre(name, layer)], "\(prefix)residual.\(layer)", rows: rows)
        if name == .decoder {
          try compare(
            run.trace[.pattern(name, layer, .cross)], "cross_attentions.\(layer)", rows: rows,
            rowAxis: 2)
        }
      }
      let last = stack.layerCount - 1
      let final: HookPoint.BlockPoint =
        configuration.normPlacement == .after ? .normalizedResidualPost : .residualPost
      try compare(
        run.trace[.block(name, last, final)], "\(prefix)residual.\(last + 1)", rows: rows)
    }
  }
}
