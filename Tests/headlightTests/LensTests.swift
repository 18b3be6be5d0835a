import Figures
import Foundation
import Interpretability
import Laboratory
import Models
import Tensors
import Tokenizers
import Transformers
import XCTest

@testable import headlight

final class LensTests: XCTestCase {
  private let text = "Italy -> Rome ; Japan -> Tokyo ; France ->"

  func testTheNumbersAreTheLibrarys() throws {
    let call = try Call(
      ["lens", "--model", "reader", "--text", text, "--json"], in: try temporaryFolder())
    XCTAssertEqual(call.errors, "")
    let report = try JSONDecoder().decode(LensReport.self, from: Data(call.output.utf8))
    let reader = try LoadedModel("reader")
    let tokens = try reader.encode(text)
    let cells = reader.model.reading(
      of: try reader.model.residualStates(of: ModelInput(tokens))
    ).cells
    XCTAssertEqual(report.layers.count, 7)
    XCTAssertEqual(report.tokens, try reader.tokenizer?.tokens(tokens))
    for (printed, own) in zip(report.layers, cells) {
      XCTAssertEqual(printed.map(\.token), try reader.tokenizer?.tokens(own.map(\.token)))
      XCTAssertEqual(printed.map(\.surprisal), own.map(\.surprisal))
    }
    // The last layer is the model.
    let next = try reader.model(ModelInput(tokens)).argmax()
    XCTAssertEqual(report.layers[6].map(\.token), try reader.tokenizer?.tokens(next))
  }

  func testAGridIsDrawnAlsoOfADecoderThatHasAnEncoder() throws {
    let folder = try temporaryFolder()
    for arguments in [
      ["--model", "reader", "--text", text],
      ["--source", "Translate to French: The dog ran.", "--target", "Le chien a couru."],
    ] {
      let call = try Call(["lens"] + arguments + ["--output", "lens.png"], in: folder)
      XCTAssertEqual(call.errors, "")
      XCTAssertEqual(call.output, "Wrote lens.png.\n")
      let bytes = try Data(contentsOf: folder.appendingPathComponent("lens.png"))
      XCTAssertEqual(Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47])
    }
  }

  /// Ranks and the tuned lens beside the library's own, and a picture of all three.
  func testRanksAndATunedLensStandBeside() throws {
    let folder = try temporaryFolder()
    let reader = try LoadedModel("reader")
    // Hundreds of tokens: enough to see that the maps are trained, and on what.
    var writer = ReaderWriter(split: .test, seed: 3)
    let texts = try (0..<40).map { index in
      let words = writer.text([.facts, .fewShot, .narrative][index % 3]).words
      let ids = ReaderVocabulary.encode(words).prefix(60)
      return String(decoding: try JSONEncoder().encode(["text-ids": Array(ids)]), as: UTF8.self)
    }
    try Data(texts.joined(separator: "\n").utf8).write(
      to: folder.appending(path: "texts.jsonl"))
    let call = try Call(
      [
        "lens", "--model", "reader", "--text", text, "--answer", "Paris", "--tuned-on",
        "texts.jsonl", "--json", "--output", "lens.svg",
      ], in: folder)
    let report = try JSONDecoder().decode(LensReport.self, from: Data(call.output.utf8))
    let answer = try XCTUnwrap(report.answer)
    let tokens = try reader.encode(text)
    let states = try reader.model.residualStates(of: ModelInput(tokens))
    let paris = try XCTUnwrap(reader.tokenizer?.id(ofText: "Paris"))
    for layer in 0..<7 {
      let normed = reader.model.finalNorm(
        states.values[at: layer].slice((tokens.count - 1)..<tokens.count))
      let logits = reader.model.logits(ofNormed: normed).values
      XCTAssertEqual(answer.ranks[layer], logits.sorted(by: >).firstIndex(of: logits[paris]))
    }
    let tuned = try XCTUnwrap(report.tuned)
    let tunedRanks = try XCTUnwrap(answer.tuned)
    XCTAssertEqual(tunedRanks.last, answer.ranks.last)
    for layer in 0..<7 {
      XCTAssertEqual(tunedRanks[layer] == 0, tuned[layer].last?.token == "Paris", "\(layer)")
    }
    XCTAssertNotEqual(tunedRanks, answer.ranks)
    // What training is for: early layers come closer to the end, and the last is as it was.
    func divergence(_ layers: [[LensReport.Cell]], _ layer: Int) -> Float {
      layers[layer].map(\.divergence).reduce(0, +)
    }
    for layer in 0..<4 {
      XCTAssertLessThan(divergence(tuned, layer), 0.7 * divergence(report.layers, layer))
    }
    XCTAssertEqual(tuned[6].map(\.token), report.layers[6].map(\.token))
    let picture = try String(contentsOf: folder.appending(path: "lens.svg"), encoding: .utf8)
    XCTAssertTrue(picture.hasPrefix("<?xml"))
  }

  func testALensOfFewTokensIsSaidToKnowThemByHeart() throws {
    let folder = try temporaryFolder()
    try Data("\"Italy -> Rome\"\n".utf8).write(to: folder.appending(path: "texts.jsonl"))
    let call = try Call(
      ["lens", "--model", "reader", "--text", text, "--tuned-on", "texts.jsonl", "--json"],
      in: folder)
    XCTAssertEqual(
      call.errors,
      "Note: the tuned lens is trained on 4 tokens, fewer than a state has numbers, 128: it knows "
        + "them by heart; give it thousands.\n")
  }

  func testWhatCannotBeDoneIsRefusedInASentence() throws {
    try assertFails(
      ["lens", "--text", "a dog"], code: 64,
      "nothing would come of it: give --output for a figure, --json for numbers, or both")
    try assertFails(["lens", "--text", " ", "--json"], "the text is empty; give at least one word")
    try assertFails(
      ["lens", "--text", "Translate to French: The dog ran.", "--tuned-on", "f", "--json"],
      "translator has an encoder and a decoder, and a tuned lens is trained on texts that one stack "
        + "reads: leave --tuned-on out, or take another model")
  }
}
