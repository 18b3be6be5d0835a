import Heads
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// What a query asks: for the start by its bias, for a token by its prediction.
final class HeadQueryTests: XCTestCase {
  func testCosinesAtTheStartAreThoseOfPyTorch() throws {
    let fixture = try HeadsFixture("gpt2")
    let expected = try fixture.expected("start")
    for (index, head) in fixture.circuits.heads.enumerated() {
      let found = try XCTUnwrap(fixture.circuits.queryAtStart(of: head, on: fixture.texts))
      XCTAssertEqual(found.cosines.count, 9)
      for (a, b) in zip(found.cosines, expected[at: index].values) {
        XCTAssertEqual(a, b, accuracy: 1e-5, "\(head)")
      }
      let rest = found.scores.dropFirst().reduce(0, +) / 8
      XCTAssertEqual(found.threshold, found.scores[0] - rest, accuracy: 1e-5)
    }
  }

  func testASplitQueryIsThatOfPyTorchAndAddsUp() throws {
    let fixture = try HeadsFixture("gpt2")
    let circuits = fixture.circuits
    let last = circuits.model.configuration.stacks[0].stack.layerCount - 1
    let head = HeadAddress(.blocks, layer: last, head: 0)
    let text = ModelInput(fixture.texts.tokens[0])
    let found = try circuits.querySplit(of: head, on: text, position: 8, key: 2)
    let expected = try fixture.expected("split").values
    for (a, b) in zip(
      [found.along, found.beside, found.attentionBeside, found.attentionAlong], expected)
    {
      XCTAssertEqual(a, b, accuracy: 1e-4 * max(1, abs(b)))
    }
    XCTAssertEqual(found.along + found.beside + found.bias, found.score, accuracy: 1e-5)
    XCTAssertEqual(found.parts.reduce(0) { $0 + $1.along }, found.along, accuracy: 1e-4)
    XCTAssertEqual(found.parts.reduce(0) { $0 + $1.beside }, found.beside, accuracy: 1e-4)
    XCTAssertTrue(
      found.parts.contains { if case .mlp = $0.component { true } else { false } })
    let trace = try circuits.model.run(
      text, capturing: .points([.pattern(.blocks, last)])
    ).trace
    XCTAssertEqual(
      found.attention, try trace[.pattern(.blocks, last)][0, 0, 8, 2], accuracy: 1e-5)
  }

  /// At just the length that is said to be needed, a query of bias and prediction looks at both alike.
  func testALengthIsWhereTheHeadLeavesTheStart() throws {
    let fixture = try HeadsFixture("gpt2")
    let circuits = fixture.circuits
    let text = ModelInput(fixture.texts.tokens[1])
    var checked = 0
    for head in circuits.heads {
      let found = try XCTUnwrap(circuits.queryAtStart(of: head, on: text))
      let point = HookPoint.block(.blocks, head.layer, .norm(1, .normalized))
      let states = try circuits.model.run(text, capturing: .points([point])).trace[point][at: 0]
      let keys = states.matmul(transposing: circuits.key(head))
      let bias = try XCTUnwrap(circuits.queryBias(head)).values
      for (place, token) in text.tokens[0].enumerated().dropFirst() {
        guard text.tokens[0].count(where: { $0 == token }) == 1, let length = found.lengths[token]
        else { continue }
        let unit = circuits.unembedding[at: token]
        let size = unit.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let asked = (unit / size * length).reshaped(to: [1, unit.count])
          .matmul(transposing: circuits.query(head)).values
        func score(_ key: Int) -> Float {
          (0..<bias.count).reduce(0) { $0 + (bias[$1] + asked[$1]) * keys[key, $1] }
        }
        XCTAssertEqual(score(place), score(0), accuracy: 1e-3 * max(1, abs(score(0))))
        checked += 1
      }
    }
    XCTAssertGreaterThan(checked, 3)
  }
}
