import Tensors
import Transformers
import XCTest

/// One sentence for every input that does not fit.
final class ModelInputTests: XCTestCase {
  private let t5 = RandomModel.t5()
  private let gpt2 = RandomModel.gpt2()

  private func message(_ model: Transformer, _ input: ModelInput) -> String {
    do {
      _ = try model(input)
      return "no error"
    } catch { return "\(error)" }
  }

  func testIdsOutOfRange() {
    for id in [31, -1, Int.max, Int.min] {
      let expected =
        "the token id \(id) is out of range: the model has 31 tokens, 0 to 30; was the text "
        + "tokenised for another model?"
      XCTAssertEqual(message(gpt2, ModelInput([3, id])), expected)
      XCTAssertEqual(message(t5, ModelInput([3, id], decoderTokens: [0])), expected)
      XCTAssertEqual(message(t5, ModelInput([3], decoderTokens: [0, id])), expected)
      XCTAssertThrowsError(try t5.generate(from: [id], maximumNewTokens: 1)) {
        XCTAssertEqual("\($0)", expected)
      }
    }
  }

  func testEmptyInputs() {
    XCTAssertEqual(
      message(gpt2, ModelInput([])), "the input is empty; give at least one token")
    XCTAssertEqual(
      message(gpt2, ModelInput(tokens: [])), "the input is empty; give at least one token")
    XCTAssertEqual(
      message(t5, ModelInput([3], decoderTokens: [])),
      "the decoder's input is empty; give at least one token")
  }

  func testRaggedRowsAndMasks() {
    XCTAssertEqual(
      message(gpt2, ModelInput(tokens: [[3, 4], [5]])),
      "the rows of the input differ in length: expected 2 as in the first, found 1; pad them and "
        + "pass a mask")
    XCTAssertTrue(
      message(gpt2, ModelInput(tokens: [[3, 4]], mask: [[true]])).contains("the mask of the input"))
    XCTAssertTrue(
      message(gpt2, ModelInput(tokens: [[3, 4]], mask: [])).contains("the mask of the input"))
    XCTAssertTrue(
      message(
        t5,
        ModelInput(
          tokens: [[3]], decoderTokens: [[0, 2]], decoderMask: [[true, true], [true, true]])
      ).contains("the mask of the decoder's input"))
    XCTAssertTrue(
      message(t5, ModelInput(tokens: [[3], [4]], decoderTokens: [[0]])).contains(
        "2 rows of decoder tokens, found 1"))
  }

  func testDecoderTokensWhereTheyBelong() {
    XCTAssertEqual(
      message(t5, ModelInput([3])),
      "this model has a decoder of its own: give decoder tokens too")
    XCTAssertEqual(
      message(gpt2, ModelInput([3], decoderTokens: [0])),
      "this model has a single stack: decoder tokens have no place in it; leave them out")
  }

  func testTextsLongerThanThePositions() {
    XCTAssertEqual(
      message(gpt2, ModelInput(Array(repeating: 2, count: 21))),
      "the text has 21 tokens and the model has positions for 20; shorten it")
    XCTAssertEqual(message(gpt2, ModelInput(Array(repeating: 2, count: 20))), "no error")
    XCTAssertEqual(
      message(t5, ModelInput(Array(repeating: 2, count: 300), decoderTokens: [0])), "no error")
  }

  func testPaddingInFrontIsRefusedWithLearnedPositions() {
    XCTAssertEqual(
      message(
        gpt2, ModelInput(tokens: [[2, 3], [4, 5]], mask: [[true, true], [false, true]])),
      "row 1 of the mask has padding before a token, and this model's learned positions count from "
        + "the first column; put padding last")
  }

  func testPaddingFillsRowsAndSaysWhere() {
    let padded = ModelInput.padding([[5, 6, 7], [8]], with: 0)
    XCTAssertEqual(padded.tokens, [[5, 6, 7], [8, 0, 0]])
    XCTAssertEqual(padded.mask, [[true, true, true], [true, false, false]])
    XCTAssertNil(ModelInput.padding([[5], [6]], with: 0).mask)
  }
}
