import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Generation under every setting that decides it, against `transformers`, on the cases of
/// `Tests/Fixtures/generation.py`.
final class GenerationSettingsTests: XCTestCase {
  private struct Case {
    let model: String
    let place: String
    let settings: [String: Any]
    let ids: [Int]
    let limit: Int?
    let expected: [Int]

    init(_ json: [String: Any]) throws {
      model = try XCTUnwrap(json["model"] as? String)
      place = try XCTUnwrap(json["place"] as? String)
      settings = try XCTUnwrap(json["settings"] as? [String: Any])
      ids = try XCTUnwrap(json["ids"] as? [Int])
      limit = json["limit"] as? Int
      expected = try XCTUnwrap(json["expected"] as? [Int])
    }
  }

  /// A fixture's folder in a new place, with links to its weights.
  private func folder(_ name: String) throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try FileManager.default.removeItem(at: folder) }
    let source = fixtures.appendingPathComponent("families/\(name)")
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where file.hasPrefix("model") {
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent(file),
        withDestinationURL: source.appendingPathComponent(file))
    }
    return folder
  }

  private func configuration(of name: String) throws -> [String: Any] {
    let file = fixtures.appendingPathComponent("families/\(name)/config.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    return try XCTUnwrap(json as? [String: Any])
  }

  private func write(_ values: [String: Any], _ name: String, in folder: URL) throws {
    try JSONSerialization.data(withJSONObject: values)
      .write(to: folder.appendingPathComponent(name))
  }

  func testEverySettingEqualsTransformers() throws {
    let data = try Data(contentsOf: fixtures.appendingPathComponent("generation.json"))
    let cases = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
      .map(Case.init)
    XCTAssertGreaterThan(cases.count, 400)
    let folders = try Dictionary(
      uniqueKeysWithValues: Set(cases.map(\.model)).map { ($0, try folder($0)) })
    for item in cases {
      let folder = folders[item.model]!
      let file = folder.appendingPathComponent("generation_config.json")
      var keys = try configuration(of: item.model)
      if item.place == "config" {
        keys.merge(item.settings) { $1 }
        try? FileManager.default.removeItem(at: file)
      } else {
        try write(item.settings, "generation_config.json", in: folder)
      }
      try write(keys, "config.json", in: folder)
      let model = try Transformer(directory: folder)
      let start = model.configuration.isEncoderDecoder ? 1 : item.ids.count
      let limit = try XCTUnwrap(
        item.limit ?? model.configuration.generation.limit(afterTokens: start))
      for usingCache in [true, false] {
        XCTAssertEqual(
          try model.generate(from: item.ids, maximumNewTokens: limit, usingCache: usingCache),
          item.expected, "\(item.model) \(item.ids) \(item.settings), cache \(usingCache)")
      }
    }
  }

  /// A batch's padding in front is no part of a text: it repeats nothing and lengthens nothing.
  func testSettingsSeeEveryTextOfABatchAlone() throws {
    let texts = [[5, 9, 14, 0, 9], [7], [11, 2, 6]]
    for name in ["gpt2", "bart"] {
      var configuration = try Transformer(
        directory: fixtures.appendingPathComponent("families/\(name)")
      ).configuration
      configuration.generation.repetitionPenalty = 1.4
      configuration.generation.unrepeatedLength = 2
      configuration.generation.minimumLength = 6
      configuration.generation.forcedFirstToken = 13
      configuration.generation.forcedLastTokens = [4]
      let weights = try Transformer(
        directory: fixtures.appendingPathComponent("families/\(name)"))
      var copy = weights
      let parameters = Dictionary(
        uniqueKeysWithValues: copy.parameters.map { ($0.name, $0.tensor) })
      copy = Transformer(configuration: configuration) { name, _ in parameters[name]! }
      XCTAssertEqual(
        try copy.generate(fromEach: texts, maximumNewTokens: 7),
        try texts.map { try copy.generate(from: $0, maximumNewTokens: 7, search: .greedy) })
    }
  }

  func testIDsOutsideTheVocabularyNeverCome() throws {
    let folder = try folder("gpt2")
    try write(try configuration(of: "gpt2"), "config.json", in: folder)
    let ids: [String: Any] = [
      "eos_token_id": [2, 50_256, -1], "suppress_tokens": [99], "begin_suppress_tokens": [47],
      "bad_words_ids": [[5, 99], [99], [6]], "forced_bos_token_id": 50_256,
      "forced_eos_token_id": [50_256], "decoder_start_token_id": 1_000,
    ]
    try write(ids, "generation_config.json", in: folder)
    let found = try Transformer(directory: folder).configuration
    var expected = GenerationSettings()
    expected.forbiddenSequences = [[6]]
    XCTAssertEqual(found.generation, expected)
    XCTAssertEqual(found.endTokens, [2])
  }

  /// What is not done is named, unless its value means that nothing is done.
  func testSettingsThatAreNotDoneAreNamed() throws {
    let folder = try folder("gpt2")
    try write(try configuration(of: "gpt2"), "config.json", in: folder)
    for (values, names) in [
      (
        ["do_sample": true, "temperature": 0.6, "top_p": 0.9],
        ["do_sample", "temperature", "top_p"]
      ),
      (["do_sample": false, "temperature": 0.6, "top_k": 50], []),
      (["penalty_alpha": 0.6, "top_k": 4], ["penalty_alpha"]),
      (["penalty_alpha": 0.6, "top_k": 1], []),
      (["num_beam_groups": 1, "diversity_penalty": 0.0, "guidance_scale": 1], []),
      (
        ["num_beam_groups": 2, "diversity_penalty": 0.5, "num_beams": 4],
        ["num_beam_groups", "diversity_penalty"]
      ),
      (["encoder_repetition_penalty": 1.2], ["encoder_repetition_penalty"]),
      (
        ["stop_strings": ["."], "sequence_bias": [[[3], 1.0]]], ["sequence_bias", "stop_strings"]
      ),
      (["transformers_version": "5.0", "cache_implementation": "static", "use_cache": true], []),
    ] as [([String: Any], [String])] {
      try write(values, "generation_config.json", in: folder)
      XCTAssertEqual(
        try Transformer(directory: folder).configuration.generation.unsupported, names)
    }
  }

  func testWrongSettingsAreNamed() throws {
    let folder = try folder("gpt2")
    try write(try configuration(of: "gpt2"), "config.json", in: folder)
    let path = folder.appendingPathComponent("generation_config.json").path
    for (key, value, sentence) in [
      ("eos_token_id", "x", "eos_token_id = \"x\" where a token id or a list of them is expected."),
      ("repetition_penalty", 0, "repetition_penalty = 0 where a positive number is expected."),
      ("length_penalty", "long", "length_penalty = \"long\" where a number is expected."),
      ("num_beams", 0, "num_beams = 0 where a whole number from 1 to 1000 is expected."),
      ("early_stopping", "soon", "early_stopping = \"soon\" where true or false is expected."),
      (
        "bad_words_ids", [5],
        "bad_words_ids = [5] where a list of lists of token ids is expected."
      ),
    ] as [(String, Any, String)] {
      try write([key: value], "generation_config.json", in: folder)
      XCTAssertThrowsError(try Transformer(directory: folder)) {
        XCTAssertEqual("\($0)", "\(path) has \(sentence)")
      }
    }
    try Data("{".utf8).write(to: folder.appendingPathComponent("generation_config.json"))
    XCTAssertThrowsError(try Transformer(directory: folder)) {
      XCTAssertEqual(
        "\($0)",
        "\(path) is not a JSON object: it ends where a name in quotes should be; fetch it again.")
    }
  }
}
