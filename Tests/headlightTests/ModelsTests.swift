import Foundation
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

final class ModelsTests: XCTestCase {
  func testAModelInAFewLines() {
    let stack = TransformerConfiguration.Stack(
      layerCount: 1, headCount: 2, headWidth: 3, feedForwardWidth: 5)
    let configuration = TransformerConfiguration.t5(
      vocabularySize: 1_000, width: 4, encoder: stack, decoder: stack, activation: .relu,
      isGated: false, tiesEmbeddings: true, buckets: 8)
    // 1,000 × 4 embeddings; an attention of 4 × 4 × 6, three of them; two MLPs of 2 × 4 × 5; position
    // biases of 8 × 2, two of them; norms of 4: two and one in the encoder, three and one below it.
    let count = 4_000 + 3 * 96 + 2 * 40 + 2 * 16 + 7 * 4
    XCTAssertEqual(count, 4_428)
    var generator = SeededGenerator(seed: 1)
    let model = Transformer(configuration: configuration, using: &generator)
    XCTAssertEqual(model.parameters.reduce(0) { $0 + $1.tensor.count }, count)
    let text = Models.text(of: .translator, configuration, parameterCount: count)
    XCTAssertEqual(
      text.components(separatedBy: "\n").dropLast().joined(separator: "\n"),
      """
      translator: \(EmbeddedModel.translator.summary)
        4,428 parameters, width 4, 1,000 tokens
        encoder: 1 layer of 2 heads, each 3 wide; MLP 5 wide
        decoder: 1 layer of 2 heads, each 3 wide; MLP 5 wide
      """)
  }

  func testWholeNumbersAreGroupedByThousands() {
    XCTAssertEqual(
      [0, 999, 1_000, 825_440, -1_234_567].map(grouped),
      [
        "0", "999", "1,000", "825,440", "-1,234,567",
      ])
  }

  func testATextTooLargeForTheMachineIsRefusedBeforeItRuns() throws {
    let stack = TransformerConfiguration.Stack(
      layerCount: 2, headCount: 4, headWidth: 3, feedForwardWidth: 5)
    let configuration = TransformerConfiguration.t5(
      vocabularySize: 10, width: 4, encoder: stack, decoder: stack, activation: .relu,
      isGated: false, tiesEmbeddings: true)
    // 4 heads × 1,000² × 8 bytes, twice: 64 MB.
    let input = ModelInput(Array(repeating: 5, count: 1_000), decoderTokens: [0])
    try input.checkSize(for: configuration, keepsEverything: false, memory: 65_000_000)
    XCTAssertThrowsError(
      try input.checkSize(for: configuration, keepsEverything: false, memory: 63_000_000)
    ) {
      XCTAssertEqual(
        "\($0)",
        "the text has 1,000 tokens, whose attention takes 0.1 GB of memory where this machine has "
          + "0.1 GB; shorten it")
    }
    XCTAssertThrowsError(
      try input.checkSize(for: configuration, keepsEverything: true, memory: 65_000_000))
  }
}
