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

  func testPositionsBeginAtTheFirstTokenThatIsThere() throws {
    let tokens = Array(repeating: 2, count: 20)
    let padded = ModelInput.padding([tokens + [3], tokens], with: 0, at: .front)
    XCTAssertEqual(
      message(gpt2, ModelInput(tokens: padded.tokens, mask: padded.mask)),
      "the text has 21 tokens and the model has positions for 20; shorten it")
    // 21 columns, of which no row uses more than twenty.
    let mask = [[false] + tokens.map { _ in true }, tokens.map { _ in true } + [false]]
    XCTAssertEqual(
      message(gpt2, ModelInput(tokens: [[0] + tokens, tokens + [0]], mask: mask)), "no error")
  }

  func testTokenTypes() {
    XCTAssertEqual(
      message(gpt2, ModelInput(tokens: [[2, 3]], tokenTypes: [[0, 0]])),
      "this model knows no token types; leave them out")
    let bert = RandomModel.bert()
    XCTAssertEqual(
      message(bert, ModelInput(tokens: [[2, 3]], tokenTypes: [[0, 2]])),
      "there is no token type 2: the model has 2, 0 to 1")
    XCTAssertEqual(
      message(bert, ModelInput(tokens: [[2, 3]], tokenTypes: [[0]])),
      "expected 2 entries in a row of token types, found 1; give one for each")
    XCTAssertEqual(
      message(bert, ModelInput(tokens: [[2, 3]], tokenTypes: [])),
      "expected 1 rows of token types, found 0; give one for each")
  }

  func testWhatAModelCannotDo() {
    var configuration = RandomModel.bert().configuration
    XCTAssertThrowsError(try RandomModel.bert().generate(from: [3], maximumNewTokens: 1)) {
      XCTAssertEqual(
        "\($0)", "this model has no decoder, and so cannot write text; choose one that has")
    }
    configuration.head = .none
    var generator = SeededGenerator(seed: 1)
    XCTAssertEqual(
      message(Transformer(configuration: configuration, using: &generator), ModelInput([3])),
      "this model has no language-model head, and so no logits; read its output or its trace")
  }

  func testPaddingFillsRowsAndSaysWhere() {
    let padded = ModelInput.padding([[5, 6, 7], [8]], with: 0)
    XCTAssertEqual(padded.tokens, [[5, 6, 7], [8, 0, 0]])
    XCTAssertEqual(padded.mask, [[true, true, true], [true, false, false]])
    let front = ModelInput.padding([[5, 6, 7], [8]], with: 0, at: .front)
    XCTAssertEqual(front.tokens, [[5, 6, 7], [0, 0, 8]])
    XCTAssertEqual(front.mask, [[true, true, true], [false, false, true]])
    XCTAssertNil(ModelInput.padding([[5], [6]], with: 0).mask)
  }
}
