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

  func testWhatCannotBeDoneIsRefusedInASentence() throws {
    try assertFails(
      ["lens", "--text", "a dog"], code: 64,
      "nothing would come of it: give --output for a figure, --json for numbers, or both")
    try assertFails(["lens", "--text", " ", "--json"], "the text is empty; give at least one word")
  }
}
