import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Model directories that are damaged: each is refused with one sentence.
final class ModelDirectoryTests: XCTestCase {
  /// The `t5-v1.0` or another fixture, copied so that it can be damaged.
  private func copy(_ name: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder(self)
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: fixture("\(name)/\(file)"), to: folder.file(file))
    }
    return folder
  }

  /// What loading says of a fixture some of whose keys are changed, or removed by null.
  private func problem(
    of name: String = "t5-v1.0", _ changes: [String: Any], line: UInt = #line
  ) throws -> String {
    let folder = try copy(name)
    let data = try Data(contentsOf: folder.file("config.json"))
    var keys = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, value) in changes { keys[key] = value is NSNull ? nil : value }
    try JSONSerialization.data(withJSONObject: keys).write(to: folder.file("config.json"))
    return sentence(try Transformer(directory: folder.url), line: line)
      .replacing(folder.url.path, with: "DIR")
  }

  func testAnOutlineIsThatOfTheModelWithoutItsWeights() throws {
    for name in ["t5-v1.0", "gpt2-tiny"] {
      let outline = try Transformer.outline(ofDirectory: fixture(name))
      let model = try Transformer(directory: fixture(name))
      XCTAssertEqual(outline.configuration.width, model.configuration.width, name)
      XCTAssertEqual(
        outline.configuration.tiesEmbeddings, model.configuration.tiesEmbeddings, name)
      XCTAssertEqual(
        outline.parameterCount, model.parameters.reduce(0) { $0 + $1.tensor.count }, name)
    }
    let folder = try copy("gpt2-tiny")
    try FileManager.default.removeItem(at: folder.file("model.safetensors"))
    XCTAssertTrue(
      sentence(try Transformer.outline(ofDirectory: folder.url)).contains("model.safetensors"))
  }

  func testMissingKeys() throws {
    for key in ["vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads"] {
      XCTAssertEqual(
        try problem([key: NSNull()]), "DIR/config.json has no key \(key); fetch the file again.")
    }
    XCTAssertEqual(
      try problem(of: "gpt2-tiny", ["n_positions": NSNull()]),
      "DIR/config.json has no key n_positions or n_ctx; fetch the file again.")
  }

  func testUnknownModelTypesListWhatIsSupported() throws {
    XCTAssertEqual(
      try problem(["model_type": "mamba"]),
      "DIR/config.json is of model_type “mamba”, which is not supported; supported are t5, marian, "
        + "bart, gpt2, gpt_neox, gpt_neo, gptj, llama, qwen2, qwen3, bert, distilbert, roberta.")
    XCTAssertEqual(
      try problem(["model_type": NSNull()]),
      "DIR/config.json has no model_type; supported are t5, marian, bart, gpt2, gpt_neox, gpt_neo, "
        + "gptj, llama, qwen2, qwen3, bert, distilbert, roberta.")
    XCTAssertEqual(
      try problem(["model_type": 5]),
      "DIR/config.json has model_type = 5 where a text is expected.")
  }

  func testWrongTypesAndAbsurdSizes() throws {
    let wrong: [(Any, String)] = [
      ("20", "\"20\""), (20.5, "20.5"), (true, "true"), ([20], "[20]"), (0, "0"), (-3, "-3"),
      (1_000_000_001, "1000000001"), (["a": 1], "{\"a\":1}"),
    ]
    for (value, shown) in wrong {
      XCTAssertEqual(
        try problem(["d_model": value]),
        "DIR/config.json has d_model = \(shown) where a whole number from 1 to 1000000000 is "
          + "expected.")
    }
    XCTAssertEqual(
      try problem(["num_layers": 1_000_000]),
      "DIR/config.json has num_layers = 1000000 where a whole number from 1 to 10000 is expected.")
    XCTAssertTrue(try problem(["d_model": 1e300]).contains("a whole number from 1"))
    XCTAssertEqual(
      try problem(["layer_norm_epsilon": -1]),
      "DIR/config.json has layer_norm_epsilon = -1 where a positive number is expected.")
    XCTAssertEqual(
      try problem(["is_gated_act": "no"]),
      "DIR/config.json has is_gated_act = \"no\" where true or false is expected.")
    XCTAssertEqual(
      try problem(["eos_token_id": 1.5]),
      "DIR/config.json has eos_token_id = 1.5 where a token id or a list of them is expected.")
    let long = String(repeating: "x", count: 1000)
    XCTAssertLessThan(try problem(["d_model": long]).count, 200)
  }

  /// Sizes of a terabyte are held against the weights before memory is asked for.
  func testSizesThatAreNotTheWeightsAllocateNothing() throws {
    XCTAssertEqual(
      try problem(["vocab_size": 1_000_000_000]),
      "DIR holds shared.weight of shape [53, 20] where config.json makes it [1000000000, 20]; they "
        + "do not belong together.")
    for key in ["d_model", "d_ff", "d_kv", "num_heads", "relative_attention_num_buckets"] {
      var changes: [String: Any] = [key: 1_000_000_000]
      if key.hasPrefix("relative") { changes["relative_attention_max_distance"] = 600_000_000 }
      XCTAssertTrue(try problem(changes).contains("where config.json makes it"), key)
    }
    XCTAssertEqual(
      try problem(["num_layers": 10_000]),
      "DIR has no tensor “encoder.block.3.layer.0.layer_norm.weight”; the nearest are "
        + "“encoder.block.0.layer.0.layer_norm.weight”, "
        + "“encoder.block.1.layer.0.layer_norm.weight”, "
        + "“encoder.block.2.layer.0.layer_norm.weight”.")
    XCTAssertTrue(
      try problem(of: "gpt2-tiny", ["n_embd": 999_999_999]).contains("where config.json makes it"))
  }

  /// Python's `json` writes numbers that are not finite as no other does.
  func testNumbersThatAreNotFinite() throws {
    let folder = try copy("t5-v1.0")
    let text = try String(contentsOf: folder.file("config.json"), encoding: .utf8)
    func write(_ added: String) throws {
      try Data(text.replacing("{", with: "{\(added), ", maxReplacements: 1).utf8)
        .write(to: folder.file("config.json"))
    }
    try write(
      #""a": [0.0, Infinity], "b": {"c": -Infinity}, "NaN": NaN, "d": "NaN \"Infinity\\\\", "e":NaN"#
    )
    XCTAssertNoThrow(try Transformer(directory: folder.url))
    for number in ["NaN", "Infinity", "-Infinity"] {
      try Data(
        text.replacing("\"layer_norm_epsilon\": 1e-06", with: "\"layer_norm_epsilon\": \(number)")
          .utf8
      ).write(to: folder.file("config.json"))
      XCTAssertEqual(
        sentence(try Transformer(directory: folder.url)),
        "\(folder.url.path)/config.json has layer_norm_epsilon = \(number) where a positive "
          + "number is expected.")
    }
    for broken in [#""a": Nan"#, #""a": Infinit"#, #""a": --Infinity"#, #""a": NaNNaN"#] {
      try write(broken)
      XCTAssertTrue(sentence(try Transformer(directory: folder.url)).contains("not a JSON object"))
    }
  }

  /// GPT-2's own end token in a model of a smaller vocabulary, as the library's defaults leave it.
  func testTokenIDsOutsideTheVocabularyNeverCome() throws {
    for (family, keys) in [
      ("gpt2", ["eos_token_id": 50_256, "bos_token_id": 50_256, "pad_token_id": 99]),
      ("neox-parallel", ["eos_token_id": [0, 47], "bos_token_id": -1]),
      ("llama", ["eos_token_id": 47, "pad_token_id": -1]),
      ("bart", ["eos_token_id": 99, "pad_token_id": 99, "decoder_start_token_id": 99]),
      ("t5", ["eos_token_id": 99, "pad_token_id": 47, "decoder_start_token_id": -5]),
      ("bert", ["pad_token_id": 47, "eos_token_id": 99]),
    ] as [(String, [String: Any])] {
      let folder = try copy("families/\(family)")
      let file = folder.file("config.json")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
      var values = try XCTUnwrap(json as? [String: Any])
      values.merge(keys) { $1 }
      try JSONSerialization.data(withJSONObject: values).write(to: file)
      let configuration = try Transformer(directory: folder.url).configuration
      let ids = configuration.endTokens + [configuration.startToken, configuration.padToken]
      XCTAssertTrue(ids.allSatisfy { (0..<47).contains($0) }, "\(family) \(ids)")
    }
  }

  func testContradictoryKeys() throws {
    XCTAssertEqual(
      try problem(["is_gated_act": true]),
      "DIR/config.json contradicts itself: feed_forward_proj = relu and is_gated_act = true.")
    XCTAssertEqual(
      try problem(["dense_act_fn": "gelu"]),
      "DIR/config.json contradicts itself: feed_forward_proj = relu and dense_act_fn = gelu.")
    XCTAssertEqual(
      try problem(["feed_forward_proj": "gated-selu"]),
      "DIR/config.json has feed_forward_proj = gated-selu; supported are relu, gelu, gelu_new, "
        + "silu, each alone or after “gated-”.")
    XCTAssertEqual(
      try problem(["relative_attention_max_distance": 4]),
      "DIR/config.json contradicts itself: relative_attention_num_buckets = 8 needs a "
        + "relative_attention_max_distance above 4, not 4.")
    XCTAssertEqual(
      try problem(of: "gpt2-tiny", ["n_head": 5]),
      "DIR/config.json contradicts itself: n_embd = 24 is not a multiple of n_head = 5.")
    XCTAssertEqual(
      try problem(of: "gpt2-tiny", ["scale_attn_by_inverse_layer_idx": true]),
      "DIR/config.json asks for scale_attn_by_inverse_layer_idx, which is not supported.")
  }

  func testTheSmallestDistanceThatIsAllowedRuns() throws {
    let folder = try copy("t5-v1.0")
    var text = try String(contentsOf: folder.file("config.json"), encoding: .utf8)
    text.replace(
      "\"relative_attention_max_distance\": 20", with: "\"relative_attention_max_distance\": 5")
    try Data(text.utf8).write(to: folder.file("config.json"))
    let model = try Transformer(directory: folder.url)
    let logits = try model(
      ModelInput(Array(repeating: 3, count: 300), decoderTokens: Array(repeating: 2, count: 200)))
    XCTAssertTrue(logits.values.allSatisfy(\.isFinite))
  }

  func testWeightsThatAreMissing() throws {
    let folder = try copy("t5-v1.0")
    let file = try SafetensorsFile(contentsOf: fixture("t5-v1.0/model.safetensors"))
    var writer = SafetensorsWriter()
    let lacking = "decoder.block.1.layer.1.EncDecAttention.k.weight"
    for name in file.names where name != lacking { writer.add(name, try file.tensor(name)) }
    try writer.write(to: folder.file("model.safetensors"))
    let text = sentence(try Transformer(directory: folder.url))
    XCTAssertTrue(
      text.hasPrefix("\(folder.url.path) has no tensor “\(lacking)”; the nearest are “"), text)
  }

  func testFilesThatAreMissingOrNotWhatTheyAreCalled() throws {
    let folder = try copy("t5-v1.0")
    let path = folder.url.path
    for (text, fault) in [
      ("", ": it ends where a value should be"),
      ("{", ": it ends where a name in quotes should be"),
      ("[1]", " but a list"), ("5", " but a number"),
      ("{\"model_type\": \"t5\"", ": it ends where a comma or } should be"),
    ] {
      try Data(text.utf8).write(to: folder.file("config.json"))
      XCTAssertEqual(
        sentence(try Transformer(directory: folder.url)),
        "\(path)/config.json is not a JSON object\(fault); fetch it again.")
    }
    try FileManager.default.removeItem(at: folder.file("config.json"))
    let missing = "a model directory holds config.json, model.safetensors and tokenizer.json."
    XCTAssertEqual(
      sentence(try Transformer(directory: folder.url)),
      "there is no readable config.json in \(path); \(missing)")
    XCTAssertEqual(
      sentence(try Transformer(directory: folder.file("absent"))),
      "there is no readable config.json in \(path)/absent; \(missing)")
    let weightless = try copy("t5-v1.0")
    try FileManager.default.removeItem(at: weightless.file("model.safetensors"))
    XCTAssertEqual(
      sentence(try Transformer(directory: weightless.url)),
      "\(weightless.url.path) holds neither model.safetensors nor model.safetensors.index.json.")
  }
}
