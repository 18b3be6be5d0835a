import Checkpoints
import Foundation
import Laboratory
import Models
import Tensors
import XCTest

@testable import headlight

/// The built program against PyTorch `transformers`, on the models of `Tests/Fixtures/t5.py` and
/// `gpt2.py`.
final class GenerateAndTraceTests: XCTestCase {
  private func expected(_ model: String) throws -> SafetensorsFile {
    try SafetensorsFile(contentsOf: fixture("\(model)/expected.safetensors"))
  }

  private func text(_ name: String, in file: SafetensorsFile) throws -> String {
    let shape = try file.shape(of: name)
    let width = shape[shape.count - 1]
    let flat = try file.integers(name)
    return stride(from: 0, to: flat.count, by: width)
      .map { flat[$0..<($0 + width)].map(String.init).joined(separator: ",") }
      .joined(separator: ";")
  }

  func testGeneratedIdsEqualTransformers() throws {
    let file = try expected("t5-flan")
    for index in 0..<2 {
      let call = try Call([
        "generate", "--model", fixture("t5-flan").path, "--input-ids",
        text("generation.\(index).input_ids", in: file), "--max-new-tokens", "12",
      ])
      let ids = try file.integers("generation.\(index).greedy").dropFirst()
      XCTAssertEqual(call.output, ids.map(String.init).joined(separator: ",") + "\n")
      XCTAssertEqual(call.code, 0)
    }
  }

  func testASingleStackPrintsTheNewIdsAlone() throws {
    let file = try expected("gpt2-tiny")
    let prompt = try file.integers("generation.0.input_ids")
    let all = try file.integers("generation.0.greedy")
    let call = try Call([
      "generate", "--model", fixture("gpt2-tiny").path, "--input-ids", prompt.idText,
      "--max-new-tokens", "\(all.count - prompt.count)",
    ])
    XCTAssertEqual(call.output, Array(all.dropFirst(prompt.count)).idText + "\n")
  }

  func testATraceOfAPaddedBatchEqualsTransformers() throws {
    let file = try expected("t5-flan")
    let folder = try temporaryFolder()
    let output = folder.appendingPathComponent("trace.safetensors")
    let call = try Call([
      "trace", "--model", fixture("t5-flan").path, "--input-ids", text("input_ids", in: file),
      "--attention-mask", text("attention_mask", in: file), "--decoder-input-ids",
      text("decoder_input_ids", in: file), "--output", output.path,
    ])
    XCTAssertEqual(call.errors, "")
    let trace = try SafetensorsFile(contentsOf: output)
    let size = try Data(contentsOf: output).count
    XCTAssertEqual(
      call.output,
      "Wrote \(output.path): logits and \(trace.names.count - 1) points, \(grouped(size)) bytes.\n")
    XCTAssertTrue(trace.names.allSatisfy { (try? trace.shape(of: $0).count) ?? 0 >= 3 })
    XCTAssertEqual(try trace.shape(of: "encoder.0.attn.rel_pos_hook"), [1, 4, 19, 19])

    // The third row of source and target has no padding; the second source row begins with some.
    func rows(_ name: String, _ theirs: String, _ batch: [Int]) throws {
      let (found, right) = (try trace.tensor(name), try file.tensor(theirs))
      XCTAssertEqual(found.shape, right.shape, name)
      for row in batch {
        let pairs = zip(found[at: row].values, right[at: row].values)
        XCTAssertLessThan(pairs.map { abs($0 - $1) }.max()!, 1e-4, "\(name), row \(row)")
      }
    }
    try rows("logits", "logits", [0, 2])
    try rows("decoder.2.cross_attn.hook_pattern", "cross_attentions.2", [0, 2])
    try rows("decoder.0.attn.hook_pattern", "decoder_attentions.0", [0, 2])
    try rows("encoder.1.attn.hook_pattern", "encoder_attentions.1", [2])
    try rows("decoder.1.hook_resid_pre", "decoder_residual.1", [0, 2])
  }

  func testPointsAreChosenByAPattern() throws {
    let output = try temporaryFolder().appendingPathComponent("t.safetensors")
    let call = try Call([
      "trace", "--model", fixture("gpt2-tiny").path, "--input-ids", "5,6;7,8", "--points",
      "hook_pos*", "--output", output.path,
    ])
    XCTAssertEqual(call.errors, "")
    let trace = try SafetensorsFile(contentsOf: output)
    XCTAssertEqual(trace.names.sorted(), ["hook_pos_embed", "logits"])
    XCTAssertEqual(try trace.shape(of: "hook_pos_embed"), [2, 2, 24])
    XCTAssertEqual(trace.metadata["input_ids"], "5,6;7,8")
  }

  func testTheTranslatorAnswersInText() throws {
    let call = try Call(["generate", "--text", "What is the capital of France?"])
    XCTAssertEqual(call.output, "The capital is Paris.\n")
    XCTAssertEqual(call.errors, "")
  }

  func testBadInputIsOneSentence() throws {
    let flan = fixture("t5-flan").path
    try assertFails(
      ["generate", "--model", flan, "--input-ids", "5,47"],
      "the token id 47 is out of range: the model has 47 tokens, 0 to 46; was the text tokenised "
        + "for another model?")
    try assertFails(
      ["generate", "--model", flan, "--text", "hello"],
      "\(flan) has no tokenizer.json, so it takes token ids and no text; give --input-ids")
    try assertFails(["generate", "--text", " "], "the text is empty; give at least one word")
    try assertFails(
      ["generate", "--input-ids", "5,,6"], code: 64,
      "The value '5,,6' is invalid for '--input-ids <ids>': place 2 of row 1 is empty; write one id "
        + "between two commas")
    try assertFails(
      ["generate"], code: 64, "give what the model reads: either --text or --input-ids")
    try assertFails(
      ["generate", "--model", "/nothing", "--text", "a"],
      "“/nothing” is not there; a model is an embedded model (\(EmbeddedModel.names)), "
        + "a directory, or OWNER/NAME on the hub")
    try assertFails(
      ["trace", "--model", flan, "--input-ids", "5,6", "--output", "t.safetensors"],
      "t5-flan has a decoder of its own, which reads ids too: give --decoder-input-ids, as in 0,4")
    try assertFails(
      [
        "trace", "--model", flan, "--input-ids", "5,6", "--decoder-input-ids", "0", "--points",
        "*.hook_patern", "--output", "t.safetensors",
      ],
      "the model has no hook point “*.hook_patern”; the nearest are hook_embed, "
        + "decoder_hook_embed, decoder.0.attn.hook_pattern")
    try assertFails(
      ["trace", "--text", "a", "--output", "nowhere/t.safetensors"],
      "the folder nowhere does not exist; create it, or name another")
    try assertFails(
      ["trace", "--text", "a", "--output", "t.pt"], code: 64,
      "--output is “t.pt”, and a trace is written to a .safetensors file")
    try assertFails(
      [
        "trace", "--input-ids", "5,6;7,8", "--attention-mask", "1,1", "--decoder-input-ids",
        "0;0", "--output", "t.safetensors",
      ], code: 64, "--attention-mask has 1 row and --input-ids has 2; give a row for each")
    let ids = Array(repeating: "5", count: 100).joined(separator: ",")
    try assertFails(
      ["generate", "--model", fixture("gpt2-tiny").path, "--input-ids", ids],
      "the text has 100 tokens and the model has positions for 26; shorten it")
  }
}
