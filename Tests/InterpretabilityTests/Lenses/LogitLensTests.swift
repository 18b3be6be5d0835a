import Checkpoints
import Interpretability
import Tensors
import Transformers
import XCTest

/// The logit lens beside PyTorch and TransformerLens, and what must hold of any.
final class LogitLensTests: XCTestCase {
  func testStatesAndLogitsArePyTorchs() throws {
    let fixture = try LensFixture()
    let states = try fixture.states()
    XCTAssertLessThan(distance(states.values, try fixture.expected.tensor("states")), 1e-4)
    let logits = fixture.model.logits(of: states)
    XCTAssertLessThan(distance(logits, try fixture.expected.tensor("logits")), 2e-4)
  }

  func testLogitsAreTransformerLenssAndNotThoseOfTheScaleItKeeps() throws {
    let fixture = try LensFixture()
    let logits = fixture.model.logits(of: try fixture.states())
    XCTAssertLessThan(distance(logits, try fixture.expected.tensor("accumulated")), 2e-4)
    let cached = try fixture.expected.tensor("cached")
    XCTAssertGreaterThan(distance(logits[at: 0], cached[at: 0]), 1)
    XCTAssertLessThan(distance(logits[at: 2], cached[at: 2]), 2e-4)
  }

  func testAStateThatIsNormedAlreadyIsNotNormedAgain() throws {
    let fixture = try LensFixture()
    let states = ResidualStates(try fixture.expected.tensor("hidden"), lastIsNormed: true)
    XCTAssertLessThan(
      distance(fixture.model.logits(of: states), try fixture.expected.tensor("logits")), 2e-4)
    XCTAssertEqual(
      fixture.model.reading(of: states).cells[2].map(\.token),
      fixture.model.reading(of: try fixture.states()).cells[2].map(\.token))
  }

  func testReadingsArePyTorchs() throws {
    let fixture = try LensFixture()
    let cells = fixture.model.reading(of: try fixture.states()).cells
    func values(_ measure: (LensReading.Cell) -> Float) -> Tensor {
      Tensor(rows: cells.map { $0.map(measure) })
    }
    XCTAssertEqual(cells.flatMap { $0.map(\.token) }, try fixture.expected.integers("top"))
    for (name, found) in [
      ("entropy", values(\.entropy)), ("divergence", values(\.divergence)),
      ("surprisal", values(\.surprisal)),
    ] {
      XCTAssertLessThan(distance(found, try fixture.expected.tensor(name)), 3e-4, name)
    }
  }

  func testTheLastLayerIsTheModelItself() throws {
    for model in [tinyDecoder(), tinyDecoder(isLlama: true)] {
      let tokens = randomTokens(9)
      let logits = model.logits(of: try model.residualStates(of: ModelInput(tokens)))
      XCTAssertLessThan(distance(logits[at: 3], try model(ModelInput(tokens))[at: 0]), 1e-5)
    }
  }

  /// More columns than a slab and not a multiple of it, more rows than a block.
  func testSlabsGiveWhatWholeLogitsGive() throws {
    var generator = SeededGenerator(seed: 8)
    let stack = TransformerConfiguration.Stack(
      layerCount: 2, headCount: 1, headWidth: 8, feedForwardWidth: 8)
    var model = Transformer(
      configuration: .gpt2(
        vocabularySize: 1_237, width: 8, decoder: stack, positions: 600, startToken: 0,
        endToken: nil), using: &generator)
    for bias in [nil, Tensor.randomNormal([1_237], standardDeviation: 2, using: &generator)] {
      model.embedding = .randomNormal([1_237, 8], using: &generator)
      model.logitBias = bias
      let states = try model.residualStates(
        of: ModelInput(randomTokens(600, below: 1_237)))
      let found = model.reading(of: states)
      let whole = LensReading(logits: model.logits(of: states))
      for (ours, theirs) in zip(found.cells.flatMap { $0 }, whole.cells.flatMap { $0 }) {
        XCTAssertEqual(ours.token, theirs.token)
        XCTAssertEqual(ours.agrees, theirs.agrees)
        XCTAssertEqual(ours.ties, theirs.ties)
        XCTAssertEqual(ours.probability, theirs.probability, accuracy: 1e-5)
        XCTAssertEqual(ours.entropy, theirs.entropy, accuracy: 1e-4)
        XCTAssertEqual(ours.divergence, theirs.divergence, accuracy: 1e-4)
        XCTAssertEqual(ours.surprisal, theirs.surprisal, accuracy: 1e-4)
      }
      XCTAssertEqual(found.cells[2].map(\.divergence), Array(repeating: 0, count: 600))
    }
  }

  func testTiesAreCountedAndNotTakenForAReading() throws {
    var model = tinyDecoder()
    // Every number of a state is read three times, with nothing to round; the first of equals is
    // named, and how many.
    let rows = Tensor(rows: (0..<12).map { row in (0..<12).map { $0 == row ? 1 : 0 } })
    model.unembedding = .concatenation([rows, rows, rows, .zeros([1, 12])], axis: 0)
    let reading = model.reading(of: try model.residualStates(of: ModelInput(randomTokens(7))))
    for cell in reading.cells.flatMap({ $0 }) {
      XCTAssertEqual(cell.ties, 3)
      XCTAssertLessThan(cell.token, 12)
    }
    var zeros = tinyDecoder()
    zeros.unembedding = .zeros([37, 12])
    let cell = zeros.reading(of: try zeros.residualStates(of: ModelInput([4]))).cells[1][0]
    XCTAssertEqual(cell.ties, 37)
    XCTAssertEqual(cell.entropy, Float(37).logarithm, accuracy: 1e-5)
  }

  func testNotANumberIsSeen() throws {
    var model = tinyDecoder()
    model.embedding[5, 3] = .nan
    model.unembedding = tinyDecoder().embedding
    let reading = model.reading(of: try model.residualStates(of: ModelInput([5, 2])))
    XCTAssertTrue(reading.cells[0][0].entropy.isNaN)
    XCTAssertFalse(reading.cells[0][1].entropy.isNaN)
  }

  func testPaddingInFrontChangesNothing() throws {
    for model in [tinyDecoder(), tinyDecoder(isLlama: true)] {
      let rows = [randomTokens(8), randomTokens(3, seed: 4), randomTokens(1, seed: 5)]
      let (tokens, mask) = ModelInput.padding(rows, with: 9, at: .front)
      let batch = try model.residualStates(of: ModelInput(tokens: tokens, mask: mask))
      let alone = try rows.map { try model.residualStates(of: ModelInput($0)).values }
      XCTAssertLessThan(distance(batch.values, .concatenation(alone, axis: 1)), 1e-5)
      let last = try model.residualStates(
        of: ModelInput(tokens: tokens, mask: mask), at: .last)
      XCTAssertEqual(last.values, batch.at([7, 10, 11]).values)
    }
  }

  /// Two values and three, by hand: mean 2, squares of distances 1, 0, 1.
  func testSpreadsAreThoseOfThePopulation() {
    let spread = LensReading.Spread([1, 2, 3])
    XCTAssertEqual(spread.mean, 2)
    XCTAssertEqual(spread.deviation, (2.0 / 3).squareRoot(), accuracy: 1e-12)
  }

  func testTrimmedPromptsEndAnywhereAndBeginAsTheyDid() {
    var generator = SeededGenerator(seed: 2)
    let text = Array(0..<5)
    let drawn = TrimmedPrompts.drawn(
      from: Array(repeating: text, count: 600) + [[7]], minimum: 2, using: &generator)
    XCTAssertEqual(drawn.count, 600)
    for prompt in drawn { XCTAssertEqual(prompt, Array(text.prefix(prompt.count))) }
    for length in 2...5 {
      // Four lengths, 150 of each expected; the deviation of a count is about 11.
      XCTAssertEqual(Double(drawn.count { $0.count == length }), 150, accuracy: 50)
    }
  }
}

extension Float {
  fileprivate var logarithm: Float { Tensor([self]).logarithm().scalar }
}
