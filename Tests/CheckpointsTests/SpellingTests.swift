import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// One model in the spellings and layouts that files have; each loads the same weights.
final class SpellingTests: XCTestCase {
  /// A fixture with its names changed, stored in F32.
  private func renamed(
    _ family: String, config: [String: Any] = [:], _ rename: (String) -> [String]
  ) throws -> Transformer {
    let source = fixture("families/\(family)")
    let checkpoint = try Checkpoint(directory: source)
    let folder = try TemporaryFolder(self)
    var writer = SafetensorsWriter()
    for name in checkpoint.names {
      for new in rename(name) { writer.add(new, try checkpoint.tensor(name)) }
    }
    try writer.write(to: folder.file("model.safetensors"))
    let data = try Data(contentsOf: source.appendingPathComponent("config.json"))
    var keys = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, value) in config { keys[key] = value }
    try JSONSerialization.data(withJSONObject: keys).write(to: folder.file("config.json"))
    return try Transformer(directory: folder.url)
  }

  private func logits(_ model: Transformer) throws -> Tensor {
    let reads = model.configuration.isEncoderDecoder
    return try model(ModelInput([7, 3, 11, 40], decoderTokens: reads ? [5, 9, 4] : nil))
  }

  func testPrefixesMayBeLeftOutOrStored() throws {
    for (family, prefix) in [
      ("gpt2", "transformer."), ("neox-parallel", "gpt_neox."), ("gpt-neo", "transformer."),
      ("gptj", "transformer."), ("llama", "model."), ("qwen2", "model."), ("qwen3", "model."),
      ("bert", "bert."), ("distilbert", "distilbert."), ("roberta", "roberta."), ("bart", "model."),
      ("marian", "model."),
    ] {
      let expected = try logits(Transformer(directory: fixture("families/\(family)")))
      var count = 0
      let bare = try renamed(family) { name in
        guard name.hasPrefix(prefix) else { return [name] }
        count += 1
        return [String(name.dropFirst(prefix.count))]
      }
      XCTAssertGreaterThan(count, 10, family)
      XCTAssertEqual(try logits(bare), expected, family)
    }
  }

  func testTiedHeadsMayBeStored() throws {
    for (family, embedding, head) in [
      ("gpt2", "transformer.wte.weight", "lm_head.weight"),
      ("llama-tied", "model.embed_tokens.weight", "lm_head.weight"),
      ("bert", "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"),
      ("bart", "model.shared.weight", "lm_head.weight"),
    ] {
      let expected = try logits(Transformer(directory: fixture("families/\(family)")))
      let stored = try renamed(family) { $0 == embedding ? [$0, head] : [$0] }
      XCTAssertNil(stored.unembedding, family)
      XCTAssertEqual(try logits(stored), expected, family)
      // The same values, held as a weight of their own.
      let untied = try renamed(family, config: ["tie_word_embeddings": false]) {
        $0 == embedding ? [$0, head] : [$0]
      }
      XCTAssertNotNil(untied.unembedding, family)
      XCTAssertEqual(try logits(untied), expected, family)
    }
  }

  func testASharedEmbeddingMayStandUnderEitherStack() throws {
    for family in ["bart", "marian", "t5"] {
      let expected = try logits(Transformer(directory: fixture("families/\(family)")))
      for stack in ["encoder", "decoder"] {
        let found = try renamed(family) {
          [$0.replacing("shared.weight", with: "\(stack).embed_tokens.weight")]
        }
        XCTAssertEqual(try logits(found), expected, "\(family) \(stack)")
      }
    }
  }

  func testGPTNeoXHeadUnderItsSecondName() throws {
    let expected = try logits(Transformer(directory: fixture("families/neox-parallel")))
    let found = try renamed("neox-parallel") {
      [$0.replacing("embed_out.weight", with: "lm_head.weight")]
    }
    XCTAssertEqual(try logits(found), expected)
  }

  func testMoreThanOneWeightOfAFileAreNeverReadTwice() throws {
    // A weight that holds queries, keys and values is asked for three times, in any order.
    for family in ["gpt2", "neox-parallel", "neox-sequential"] {
      let model = try Transformer(directory: fixture("families/\(family)"))
      let parameters = Dictionary(
        uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
      let isGPT2 = family == "gpt2"
      let checkpoint = try Checkpoint(directory: fixture("families/\(family)"))
      let name =
        isGPT2 ? "transformer.h.1.attn.c_attn" : "gpt_neox.layers.1.attention.query_key_value"
      let fused = try checkpoint.tensor(name + ".weight")
      let heads = isGPT2 ? 4 : 3
      for (part, projection) in ["query", "key", "value"].enumerated() {
        let weight = try XCTUnwrap(parameters["blocks.1.attention.\(projection).weight"])
        for output in 0..<24 {
          for input in 0..<24 {
            let width = 24 / heads
            let row = (output / width * 3 + part) * width + output % width
            XCTAssertEqual(
              weight[output, input],
              isGPT2 ? fused[input, part * 24 + output] : fused[row, input])
          }
        }
      }
    }
  }
}
