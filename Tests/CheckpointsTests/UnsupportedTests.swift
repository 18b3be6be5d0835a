import Checkpoints
import Foundation
import Transformers
import XCTest

/// Settings that would change the numbers: refused with one sentence, never passed over.
final class UnsupportedTests: XCTestCase {
  private func problem(
    of family: String, _ changes: [String: Any], line: UInt = #line
  ) throws -> String {
    let source = fixture("families/\(family)")
    let folder = try TemporaryFolder(self)
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where file.hasPrefix("model") {
      try FileManager.default.copyItem(
        at: source.appendingPathComponent(file), to: folder.file(file))
    }
    let data = try Data(contentsOf: source.appendingPathComponent("config.json"))
    var keys = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, value) in changes { keys[key] = value is NSNull ? nil : value }
    try JSONSerialization.data(withJSONObject: keys).write(to: folder.file("config.json"))
    return sentence(try Transformer(directory: folder.url), line: line)
      .replacing(folder.url.path, with: "DIR")
  }

  func testActivations() throws {
    for (family, key) in [
      ("gpt2", "activation_function"), ("neox-parallel", "hidden_act"),
      ("gpt-neo", "activation_function"), ("gptj", "activation_function"), ("llama", "hidden_act"),
      ("bert", "hidden_act"), ("distilbert", "activation"), ("bart", "activation_function"),
    ] {
      XCTAssertEqual(
        try problem(of: family, [key: "quick_gelu"]),
        "DIR/config.json has \(key) = quick_gelu; supported are relu, gelu, gelu_new, silu.")
    }
  }

  func testFlags() throws {
    for (family, key) in [
      ("gpt2", "scale_attn_by_inverse_layer_idx"), ("gpt2", "reorder_and_upcast_attn"),
      ("qwen2", "use_sliding_window"), ("qwen3", "use_sliding_window"), ("bert", "is_decoder"),
      ("roberta", "add_cross_attention"),
    ] {
      XCTAssertEqual(
        try problem(of: family, [key: true]),
        "DIR/config.json asks for \(key), which is not supported.")
    }
  }

  func testRotaryPositions() throws {
    XCTAssertEqual(
      try problem(of: "llama", ["rope_scaling": ["rope_type": "yarn", "factor": 4]]),
      "DIR/config.json has the rope_type “yarn”, which is not supported; supported are default, "
        + "linear, llama3.")
    XCTAssertEqual(
      try problem(of: "llama", ["rope_scaling": ["type": "dynamic", "factor": 2]]),
      "DIR/config.json has the rope_type “dynamic”, which is not supported; supported are default, "
        + "linear, llama3.")
    XCTAssertEqual(
      try problem(of: "llama", ["rope_parameters": ["rope_type": "linear"]]),
      "DIR/config.json has no key rope_parameters.factor; fetch the file again.")
    XCTAssertEqual(
      try problem(of: "llama", ["rope_parameters": ["rope_theta": "big"]]),
      "DIR/config.json has rope_parameters.rope_theta = \"big\" where a positive number is expected."
    )
    XCTAssertEqual(
      try problem(of: "llama", ["rope_parameters": 5]),
      "DIR/config.json has rope_parameters = 5 where an object is expected.")
    XCTAssertEqual(
      try problem(of: "qwen2", ["partial_rotary_factor": 0.5]),
      "DIR/config.json has partial_rotary_factor = 0.5, which is not supported for this model_type."
    )
    XCTAssertEqual(
      try problem(of: "neox-parallel", ["rope_parameters": ["partial_rotary_factor": 0.4]]),
      "DIR/config.json turns 3 of the 8 values of a head by position, and an even number from 2 to "
        + "8 is expected.")
    XCTAssertEqual(
      try problem(of: "neox-parallel", ["rope_parameters": ["partial_rotary_factor": 1e30]]),
      "DIR/config.json turns 16 of the 8 values of a head by position, and an even number from 2 to "
        + "8 is expected.")
    XCTAssertEqual(
      try problem(of: "gptj", ["rotary_dim": 5]),
      "DIR/config.json has rotary_dim = 5 where an even number is expected.")
    XCTAssertTrue(
      try problem(of: "gptj", ["rotary_dim": 10]).contains("a whole number from 2 to 8"))
  }

  func testOtherKinds() throws {
    XCTAssertEqual(
      try problem(of: "bert", ["position_embedding_type": "relative_key"]),
      "DIR/config.json has position_embedding_type = relative_key; only absolute is supported.")
    XCTAssertEqual(
      try problem(of: "marian", ["share_encoder_decoder_embeddings": false]),
      "DIR/config.json gives encoder and decoder vocabularies of their own, which is not supported."
    )
    XCTAssertEqual(
      try problem(of: "llama", ["quantization_config": ["bits": 4]]),
      "DIR/config.json says by quantization_config that its weights are quantised, and only F32, "
        + "F16 and BF16 weights are supported; fetch the model in one of these.")
    XCTAssertEqual(
      try problem(of: "qwen2", ["layer_types": ["full_attention", "sliding_attention"]]),
      "DIR/config.json has layer_types = [\"full_attention\",\"sliding_attention\"] where "
        + "“full_attention” for every layer is expected.")
    XCTAssertEqual(
      try problem(of: "marian", ["max_position_embeddings": 1_000_000_000]),
      "DIR/config.json has max_position_embeddings = 1000000000 where a whole number from 1 to 16384 "
        + "is expected.")
    for types in [
      [[["global"], 1]], [[["global", "near"], 2]], [[["global"], 1_000_000_000]], [["global"]],
      [[[], 4]], 7,
    ] as [Any] {
      XCTAssertTrue(
        try problem(of: "gpt-neo", ["attention_types": types]).contains("attention_types = "))
    }
  }

  func testContradictions() throws {
    XCTAssertEqual(
      try problem(of: "llama", ["num_key_value_heads": 3]),
      "DIR/config.json contradicts itself: num_attention_heads = 4 is not a multiple of "
        + "num_key_value_heads = 3.")
    XCTAssertEqual(
      try problem(of: "bart", ["decoder_attention_heads": 5]),
      "DIR/config.json contradicts itself: d_model = 24 is not a multiple of "
        + "decoder_attention_heads = 5.")
    XCTAssertEqual(
      try problem(of: "roberta", ["max_position_embeddings": 2]),
      "DIR/config.json contradicts itself: max_position_embeddings = 2 leaves no position after "
        + "pad_token_id = 1.")
    XCTAssertEqual(
      try problem(of: "llama", ["head_dim": 8]),
      "DIR holds model.layers.0.self_attn.q_proj.weight of shape [40, 24] where config.json makes it "
        + "[32, 24]; they do not belong together.")
  }

  func testMissingWeightsAreNamedAsFilesNameThem() throws {
    XCTAssertTrue(
      try problem(of: "llama", ["num_hidden_layers": 3]).hasPrefix(
        "DIR has no tensor “model.layers.2.input_layernorm.weight”; the nearest are"))
    XCTAssertTrue(
      try problem(of: "llama-tied", ["tie_word_embeddings": false]).hasPrefix(
        "DIR has no tensor “lm_head.weight”; the nearest are"))
  }
}
