import Interpretability
import Tensors
import Transformers
import XCTest

final class PromptProbeTests: XCTestCase {
  /// The class is whether token 5 is in the text.
  private func examples(_ count: Int, seed: UInt64) -> [PromptProbe.Example] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let label = Int.random(in: 0...1, using: &generator)
      var tokens = (0..<3).map { _ in Int.random(in: 6..<20, using: &generator) }
      if label == 1 { tokens[Int.random(in: 0..<3, using: &generator)] = 5 }
      return .init(tokens: tokens + [1], label: label)
    }
  }

  func testAPrefixMakesAFrozenModelAnswer() throws {
    let probe = try PromptProbe.training(
      tinyTranslator, on: examples(200, seed: 1), answers: [10, 11]
    ).probe
    let test = examples(100, seed: 2)
    let predictions = try probe.predictions(tinyTranslator, on: test.map(\.tokens))
    XCTAssertGreaterThan(accuracy(predictions, test.map(\.label)), 0.8)
  }

  func testPaddingAndOrderChangeNothing() throws {
    let probe = try PromptProbe.training(
      tinyTranslator, on: examples(20, seed: 3), answers: [10, 11],
      settings: {
        var settings = PromptProbe.Settings()
        settings.steps = 2
        return settings
      }()
    ).probe
    let together = try probe.logits(tinyTranslator, on: [[6, 1], [7, 8, 9, 5, 1]])
    let alone = try probe.logits(tinyTranslator, on: [[6, 1]])
    for column in 0..<2 { XCTAssertEqual(together[0, column], alone[0, column], accuracy: 1e-4) }
  }

  func testErrorsSayWhatToDo() {
    let texts = [PromptProbe.Example(tokens: [1], label: 0)]
    XCTAssertThrowsError(
      try PromptProbe.training(tinyTranslator, on: texts, answers: [3, 4])
    ) {
      XCTAssertEqual(
        "\($0)",
        "the 1 text to learn from have fewer than two classes; give texts of at least two")
    }
    XCTAssertThrowsError(
      try PromptProbe.training(
        tinyTranslator, on: texts + [.init(tokens: [2], label: 2)], answers: [3, 4])
    ) {
      XCTAssertEqual(
        "\($0)",
        "a text has the class 2 and there are 2 answer tokens; give one for every class")
    }
  }
}

final class HeadGatesTests: XCTestCase {
  private let input = ModelInput([4, 9, 6, 1], decoderTokens: [0, 3, 8])

  func testSoftGatesAddUpToK() {
    var generator = SeededGenerator(seed: 1)
    var gates = HeadGates(tinyTranslator.configuration.heads)
    gates.scores = .randomNormal([gates.heads.count], using: &generator)
    let none = Tensor.zeros([gates.heads.count])
    for count in [1, 3, 5] {
      let open = gates.softly(keeping: count, temperature: 0.5, noise: none)
      XCTAssertEqual(open.sum().scalar, Float(count), accuracy: 1e-3)
    }
    // Cold gates are open for the best heads alone.
    let cold = gates.softly(keeping: 3, temperature: 0.01, noise: none).values
    let best = Set(gates.best(3))
    for (head, gate) in zip(gates.heads, cold) {
      XCTAssertEqual(gate, best.contains(head) ? 1 : 0, accuracy: 0.05)
    }
  }

  func testClosedGatesAreKnockouts() throws {
    let gates = HeadGates(tinyTranslator.configuration.heads)
    let kept = Set(gates.heads.enumerated().filter { $0.offset % 3 != 0 }.map(\.element))
    let ours = try tinyTranslator.run(input, intervening: gates.interventions(keeping: kept)).logits
    let theirs = try tinyTranslator.run(
      input, intervening: gates.heads.filter { !kept.contains($0) }.map(\.knockout)
    ).logits
    for (a, b) in zip(ours.values, theirs.values) { XCTAssertEqual(a, b, accuracy: 1e-5) }
    let open = try tinyTranslator.run(
      input, intervening: gates.interventions(keeping: Set(gates.heads))
    ).logits
    XCTAssertEqual(open, try tinyTranslator(input))
  }

  /// Only one head decides the loss, so it is the one to keep.
  func testLearningKeepsTheHeadThatMatters() throws {
    let heads = tinyTranslator.configuration.heads
    let planted = heads[7]
    let target = try tinyTranslator.run(
      input, intervening: HeadGates(heads).interventions(keeping: [planted])
    ).logits
    let (gates, losses) = try HeadGates(heads).learning(toKeep: 1) { interventions, _ in
      let logits = try tinyTranslator.run(input, intervening: interventions).logits
      let difference = logits - target
      return (difference * difference).mean()
    }
    XCTAssertEqual(gates.best(1), [planted])
    XCTAssertEqual(losses.count, 200)
  }

  func testLossWithoutNoHeadIsZero() throws {
    let batches: [(input: ModelInput, targets: [Int?])] = [(input, [3, 8, nil])]
    XCTAssertEqual(try lossWithout([], in: tinyTranslator, on: batches), 0)
    let heads = tinyTranslator.configuration.heads
    let clean = try tinyTranslator(input).crossEntropy(targets: [3, 8, nil]).scalar
    let cut = try tinyTranslator.run(input, intervening: heads.map(\.knockout)).logits
      .crossEntropy(targets: [3, 8, nil]).scalar
    XCTAssertEqual(
      try lossWithout(heads, in: tinyTranslator, on: batches), Double(cut - clean),
      accuracy: 1e-5)
  }

  func testErrorsSayWhatToDo() {
    XCTAssertThrowsError(
      try HeadGates(tinyTranslator.configuration.heads).learning(toKeep: 12) { _, _ in
        Tensor(scalar: 0)
      }
    ) {
      XCTAssertEqual(
        "\($0)", "12 of 12 heads cannot be kept; keep at least one and not all")
    }
  }

  func testAddingMovesTheChosenPositionsAlone() throws {
    let point = HookPoint.residualPost(.encoder, 0)
    let vector = Tensor((0..<12).map(Float.init))
    let clean = try tinyTranslator.run(input, capturing: [point]).trace[point]
    let pushed = try tinyTranslator.run(
      input, capturing: [point], intervening: [.adding(vector, at: point, positions: [1, 3])]
    ).trace[point]
    for position in 0..<4 {
      for column in 0..<12 {
        let moved = position % 2 == 1 ? Float(column) : 0
        XCTAssertEqual(
          pushed[0, position, column] - clean[0, position, column], moved, accuracy: 1e-5)
      }
    }
    let inputs = [(input: input, positions: [0, 1, 2, 3])]
    let most = { (logits: Tensor) in logits.argmax() }
    XCTAssertEqual(
      try flipRate(
        of: tinyTranslator, on: inputs, adding: vector * 0, at: point, outcome: most), 0)
    XCTAssertEqual(
      try flipRate(
        of: tinyTranslator, on: inputs, adding: vector * 100, at: point, outcome: most), 1)
  }
}
