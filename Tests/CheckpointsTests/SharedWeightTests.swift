import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Weights that are one in the model and one, two or none by a name in the file.
final class SharedWeightTests: XCTestCase {
  /// A fixture with its tensors changed, stored in F32, and the notes that loading it gives.
  private func load(
    _ family: String, config: [String: Any] = [:], metadata: [String: String] = [:],
    _ change: (inout [String: Tensor]) -> Void
  ) throws -> (model: Transformer, notes: [String]) {
    let source = fixture("families/\(family)")
    let checkpoint = try Checkpoint(directory: source)
    var tensors: [String: Tensor] = [:]
    for name in checkpoint.names { tensors[name] = try checkpoint.tensor(name) }
    change(&tensors)
    let folder = try TemporaryFolder(self)
    var writer = SafetensorsWriter(metadata: metadata)
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { writer.add(name, tensor) }
    try writer.write(to: folder.file("model.safetensors"))
    let data = try Data(contentsOf: source.appendingPathComponent("config.json"))
    var keys = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, value) in config { keys[key] = value }
    try JSONSerialization.data(withJSONObject: keys).write(to: folder.file("config.json"))
    var notes: [String] = []
    let model = try Transformer(directory: folder.url) {
      notes.append($0.replacing(folder.url.path, with: "DIR"))
    }
    return (model, notes)
  }

  private func logits(_ model: Transformer) throws -> Tensor {
    let reads = model.configuration.isEncoderDecoder
    return try model(ModelInput([7, 3, 11, 40], decoderTokens: reads ? [5, 9, 4] : nil))
  }

  /// Of families whose head is the embedding: the embedding's name and the other names of it.
  private let tied: [(family: String, embedding: String, others: [String])] = [
    ("gpt2", "transformer.wte.weight", ["lm_head.weight"]),
    ("gpt-neo", "transformer.wte.weight", ["lm_head.weight"]),
    ("llama-tied", "model.embed_tokens.weight", ["lm_head.weight"]),
    ("qwen2", "model.embed_tokens.weight", ["lm_head.weight"]),
    ("bert", "bert.embeddings.word_embeddings.weight", ["cls.predictions.decoder.weight"]),
    ("roberta", "roberta.embeddings.word_embeddings.weight", ["lm_head.decoder.weight"]),
    ("distilbert", "distilbert.embeddings.word_embeddings.weight", ["vocab_projector.weight"]),
    (
      "bart", "model.shared.weight",
      ["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"]
    ),
    (
      "marian", "model.shared.weight",
      ["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"]
    ),
  ]

  func testASharedWeightMayStandUnderAnyOfItsNames() throws {
    for (family, embedding, others) in tied {
      let expected = try logits(Transformer(directory: fixture("families/\(family)")))
      for name in others {
        let (model, notes) = try load(family) { $0[name] = $0.removeValue(forKey: embedding)! }
        XCTAssertEqual(try logits(model), expected, "\(family) as \(name)")
        XCTAssertNil(model.unembedding)
        XCTAssertEqual(notes.filter { $0.contains(name) }, [], family)
      }
      let (all, notes) = try load(family) { for name in others { $0[name] = $0[embedding] } }
      XCTAssertEqual(try logits(all), expected, family)
      XCTAssertEqual(notes, try load(family) { _ in }.notes, "copies are no weights: \(family)")
    }
  }

  /// As `safetensors.torch.save_model` writes them, whatever the configuration says.
  func testDroppedNamesAreFoundInTheMetadata() throws {
    for (family, embedding, others) in tied {
      let (untied, _) = try load(
        family, config: ["tie_word_embeddings": false],
        metadata: Dictionary(
          uniqueKeysWithValues: others.dropLast().map { ($0, others.last!) }
            + [(embedding, others.last!), ("format", "pt")])
      ) { $0[others.last!] = $0.removeValue(forKey: embedding)! }
      XCTAssertEqual(
        try logits(untied), try logits(Transformer(directory: fixture("families/\(family)"))),
        family)
    }
    let bias = "cls.predictions.decoder.bias"
    let (bert, notes) = try load(
      "bert", metadata: ["cls.predictions.bias": bias]
    ) { $0[bias] = $0.removeValue(forKey: "cls.predictions.bias") ?? $0[bias]! }
    XCTAssertEqual(
      try logits(bert), try logits(Transformer(directory: fixture("families/bert"))))
    XCTAssertEqual(notes.filter { $0.contains("cls.predictions") }, [])
  }

  func testAHeadOfOtherValuesIsUsedWhateverTheConfigurationSays() throws {
    for (family, embedding, others) in tied {
      let head = others.last!
      let (model, notes) = try load(family) { $0[head] = $0[embedding]! * -2 }
      let expected = try load(family, config: ["tie_word_embeddings": false]) {
        $0[head] = $0[embedding]! * -2
      }
      XCTAssertNotNil(model.unembedding, family)
      XCTAssertEqual(try logits(model), try logits(expected.model), family)
      XCTAssertEqual(
        notes.filter { $0.contains(head) },
        [
          "DIR holds a head, \(head), of other values than the embedding, and config.json says that "
            + "they are one; the file's own head is used"
        ])
    }
  }

  func testOfTwoBiasesTheDecodersIsAdded() throws {
    for (family, one, two) in [
      ("bert", "cls.predictions.bias", "cls.predictions.decoder.bias"),
      ("roberta", "lm_head.bias", "lm_head.decoder.bias"),
    ] {
      for ties in [true, false] {
        let bias = Tensor((0..<47).map { Float($0) / 8 })
        func head(_ tensors: inout [String: Tensor]) {
          let name = family == "bert" ? "cls.predictions.decoder.weight" : "lm_head.decoder.weight"
          let body = "\(family).embeddings.word_embeddings.weight"
          if !ties { tensors[name] = tensors[body]! }
        }
        let config = ["tie_word_embeddings": ties]
        let alone = try load(family, config: config) {
          head(&$0)
          $0[one] = nil
          $0[two] = bias
        }
        let both = try load(family, config: config) {
          head(&$0)
          $0[one] = bias * 3
          $0[two] = bias
        }
        let other = try load(family, config: config) {
          head(&$0)
          $0[one] = bias
          $0[two] = nil
        }
        XCTAssertEqual(try logits(both.model), try logits(alone.model))
        XCTAssertEqual(try logits(other.model), try logits(alone.model))
        XCTAssertTrue(both.notes.contains { $0.contains(one) }, "\(both.notes)")
        XCTAssertFalse(alone.notes.contains { $0.contains("bias") })
      }
    }
  }

  func testStacksWithEmbeddingsOfTheirOwn() throws {
    let (encoder, decoder) = (
      "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"
    )
    // Both stacks have the same, and what else is called shared is not read.
    let (model, notes) = try load("bart") {
      $0[encoder] = $0["model.shared.weight"]!
      $0[decoder] = $0[encoder]
      $0["lm_head.weight"] = $0[encoder]
      $0["model.shared.weight"] = $0[encoder]! * 2
    }
    XCTAssertEqual(
      try logits(model), try logits(Transformer(directory: fixture("families/bart"))))
    XCTAssertEqual(notes.count, 1)
    XCTAssertTrue(notes[0].hasSuffix("that the model does not use: model.shared.weight"), notes[0])
    XCTAssertThrowsError(try load("bart") { $0[decoder] = $0["model.shared.weight"]! * 2 }) {
      XCTAssertTrue(
        "\($0)".hasSuffix(
          "holds an embedding for the encoder, model.shared.weight, and another for the decoder, "
            + "\(decoder); only one for both is supported."), "\($0)")
    }
  }

  func testWeightsThatAreNotUsedAreNamedInOneLine() throws {
    let one = Tensor([1, 2])
    let (_, notes) = try load("gpt2") { $0["adapter.weight"] = one }
    XCTAssertEqual(notes, ["DIR holds a weight that the model does not use: adapter.weight"])
    let (_, more) = try load("gpt2") { for name in "abcde" { $0["x.\(name)"] = one } }
    XCTAssertEqual(
      more, ["DIR holds weights that the model does not use: x.a, x.b, x.c and 2 more"])
    // Masks and tables of old files are constants.
    let (_, none) = try load("gpt2") {
      for name in ["transformer.h.0.attn.bias", "transformer.h.1.attn.masked_bias"] {
        $0[name] = one
      }
    }
    XCTAssertEqual(none, [])
  }
}
