import Foundation
import Heads
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// Direct effects, self-repair and copy suppression against PyTorch and heads that are known.
final class HeadEffectTests: XCTestCase {
  /// Logits that are no numbers are no perfect agreement.
  func testADivergenceOfNoNumbersIsNone() throws {
    var model = HandBuiltHeads().model
    model.visitParameters { name, tensor in
      if name == "unembedding.weight" { tensor[3, 0] = .nan }
    }
    let circuits = try HeadCircuits(model)
    let found = try circuits.copySuppressionAblation(
      of: HandBuiltHeads.suppressor, on: ModelInput([0, 5, 6, 7, 5]),
      settings: [(keys: 2, unembeddings: 4)], in: circuits.embedded(.embedding))
    XCTAssertTrue(found[0].preserved.isNaN)
    XCTAssertTrue(found[0].ablated.isNaN)
    XCTAssertEqual(found[0].recovered?.isNaN, true)
  }

  func testAShareOfStepsOfNoNumbersIsNone() throws {
    var model = HandBuiltHeads().model
    let texts = ModelInput([0, 5, 6, 7, 5])
    func share(_ model: Transformer) throws -> Double {
      let head = HandBuiltHeads.suppressor
      let steps = try HeadCircuits(model).copySuppressionSteps(of: [head], on: texts)
      return try XCTUnwrap(steps[head]).share(rank: .max, attention: 0)
    }
    XCTAssertFalse(try share(model).isNaN)
    model.visitParameters { name, tensor in
      if name == "unembedding.weight" { tensor[5, 0] = .nan }
    }
    XCTAssertTrue(try share(model).isNaN)
  }

  /// Ablation has no kind here that draws from other texts, and does not pass zeros off as one.
  func testResamplingIsRefused() throws {
    let fixture = try HeadsFixture("gpt2")
    let (circuits, head) = (fixture.circuits, fixture.circuits.heads[1])
    XCTAssertThrowsError(
      try circuits.selfRepair(of: head, on: fixture.texts, kind: .resample)
    ) { XCTAssertTrue("\($0)".contains("zero or mean"), "\($0)") }
    XCTAssertThrowsError(try circuits.examples(of: head, on: fixture.texts, kind: .resample)) {
      XCTAssertTrue("\($0)".contains("zero or mean"), "\($0)")
    }
  }

  func testDirectEffectsAreThoseOfPyTorch() throws {
    for fixture in try HeadsFixture.all() {
      let found = try fixture.circuits.directEffects(on: fixture.texts)
      assertEqual(found.byHead, try fixture.expected("effects"), 2e-5, fixture.name)
      XCTAssertEqual(found.places.count, 24)
      XCTAssertEqual(found.means[1], found.byHead[at: 1].mean().scalar, accuracy: 1e-6)
    }
  }

  /// Against the parts of one logit, for every family that has them.
  func testDirectEffectsAreThoseOfTheAttribution() throws {
    for name in ["gpt2", "neox-parallel", "gptj", "qwen2", "llama-tied", "gpt-neo"] {
      let fixture = try FamilyFixture(name, side: "left")
      let circuits = try HeadCircuits(fixture.model)
      let found = try circuits.directEffects(on: fixture.input)
      let size = fixture.configuration.vocabularySize
      let place = try XCTUnwrap(found.places.last)
      let at = found.places.count - 1
      for head in circuits.heads {
        let index = circuits.heads.firstIndex(of: head)!
        // Against one other token the mean over all falls away.
        let foil = (place.token + 1) % size
        let other = try circuits.directEffects(
          on: fixture.input,
          at: [TokenPlace(row: place.row, position: place.position, token: foil)])
        let attribution = try LogitAttribution(
          fixture.model, fixture.input, row: place.row, position: place.position,
          answer: place.token, foil: foil)
        XCTAssertEqual(
          found.byHead[index, at] - other.byHead[index, 0], attribution.heads[head]!,
          accuracy: 1e-4, "\(name) \(head)")
      }
    }
  }

  func testPaddingChangesNothing() throws {
    for fixture in try HeadsFixture.all() {
      for side in [ModelInput.PaddingSide.front, .back] {
        let padded = fixture.padded(side)
        let circuits = fixture.circuits
        let alone = try circuits.directEffects(on: fixture.texts)
        let among = try circuits.directEffects(on: padded)
        XCTAssertEqual(among.places.count, 24 + 2 + 4)
        for index in circuits.heads.indices {
          for place in alone.places.indices {
            XCTAssertEqual(
              alone.byHead[index, place], among.byHead[index, place], accuracy: 1e-5)
          }
        }
        let steps = try circuits.copySuppressionSteps(of: circuits.heads, on: padded)
        let bare = try circuits.copySuppressionSteps(of: circuits.heads, on: fixture.texts)
        for head in circuits.heads {
          XCTAssertEqual(steps[head]!.count, 24 + 2 + 4)
          for (a, b) in zip(steps[head]!, bare[head]!) {
            XCTAssertEqual(a.place.token, b.place.token)
            XCTAssertEqual(a.effect, b.effect, accuracy: 1e-5)
            XCTAssertEqual(a.attention, b.attention, accuracy: 1e-5)
          }
        }
        let head = circuits.heads[1]
        let once = try circuits.examples(of: head, on: padded, kind: .zero)
        let twice = try circuits.examples(of: head, on: fixture.texts, kind: .zero)
        for (a, b) in zip(once, twice) {
          XCTAssertEqual(a.lossChange, b.lossChange, accuracy: 1e-5)
          XCTAssertEqual(a.pattern.count, b.pattern.count)
          XCTAssertEqual(a.before.map(\.token), b.before.map(\.token))
        }
      }
    }
  }

  func testStepsAreThoseOfPyTorch() throws {
    for fixture in try HeadsFixture.all() {
      let circuits = fixture.circuits
      let steps = try circuits.copySuppressionSteps(of: circuits.heads, on: fixture.texts)
      for (index, head) in circuits.heads.enumerated() {
        XCTAssertEqual(
          -steps[head]!.suppression, try fixture.expected("lowest")[index], accuracy: 2e-5,
          "\(fixture.name) \(head)")
      }
    }
  }

  func testSelfRepairAddsUpAndIsThatOfPyTorch() throws {
    for fixture in try HeadsFixture.all() {
      let circuits = fixture.circuits
      let layers = circuits.model.configuration.stacks[0].stack.layerCount
      let head = HeadAddress(.blocks, layer: max(layers - 2, 0), head: 1)
      let repair = try circuits.selfRepair(of: head, on: fixture.texts)
      assertEqual(Tensor(repair.expected), try fixture.expected("repair.expected"), 2e-5, "")
      assertEqual(Tensor(repair.actual), try fixture.expected("repair.actual"), 5e-5, "")
      assertAddsUp(repair)
      XCTAssertTrue(repair.byScale.contains { abs($0) > 1e-4 })
      XCTAssertTrue(repair.byHead.values.contains { abs($0) > 1e-4 })
    }
  }

  func testSelfRepairAddsUpWhereNormsStandAfterLayers() throws {
    var generator = SeededGenerator(seed: 4)
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: 20, width: 12,
      decoder: .init(layerCount: 2, headCount: 2, headWidth: 6, feedForwardWidth: 16),
      positions: 9, startToken: 0, endToken: nil)
    configuration.normPlacement = .after
    let circuits = try HeadCircuits(Transformer(configuration: configuration, using: &generator))
    let repair = try circuits.selfRepair(
      of: circuits.heads[0], on: ModelInput(tokens: [[1, 5, 3, 5, 9], [2, 2, 7, 8, 4]]), kind: .zero
    )
    assertAddsUp(repair)
    XCTAssertTrue(repair.actual.contains { abs($0) > 1e-3 })
  }

  func testWhatIsNoNumberIsNoRepair() throws {
    var model = HandBuiltHeads().model
    model.visitParameters { name, weight in
      if name == "unembedding.weight" { weight[3, 3] = .nan }
    }
    let texts = HandBuiltHeads().texts()
    let repair = try HeadCircuits(model).selfRepair(of: HandBuiltHeads.copier, on: texts)
    XCTAssertNil(repair.repairedShare)
    XCTAssertNil(repair.share(of: [HandBuiltHeads.suppressor]))
    XCTAssertEqual(repair.repairers.count, 8)
    let healthy = try HeadCircuits(HandBuiltHeads().model).selfRepair(
      of: HandBuiltHeads.copier, on: texts)
    XCTAssertNotNil(healthy.repairedShare)
  }

  func testNothingComesAfterTheLastLayerToRepair() throws {
    let built = HandBuiltHeads()
    let circuits = try HeadCircuits(built.model)
    let repair = try circuits.selfRepair(of: HandBuiltHeads.copier, on: built.texts())
    XCTAssertEqual(repair.byHead.values.map(abs).max()!, 0, accuracy: 1e-5)
    XCTAssertEqual(repair.share(of: circuits.heads) ?? 0, 0, accuracy: 1e-4)
    XCTAssertGreaterThan(repair.expected.max()!, 1)
    assertAddsUp(repair)
  }

  func testCopySuppressionAblationIsThatOfPyTorch() throws {
    for fixture in try HeadsFixture.all() {
      let circuits = fixture.circuits
      let size = circuits.model.configuration.vocabularySize
      let last = circuits.model.configuration.stacks[0].stack.layerCount - 1
      let found = try circuits.copySuppressionAblation(
        of: HeadAddress(.blocks, layer: last, head: 0), on: fixture.texts,
        settings: [(3, 10), (40, 20), (size, size), (0, size)], in: circuits.embedded(.mlp0))
      let expected = try fixture.expected("cspa")
      for setting in 0..<3 {
        XCTAssertEqual(
          found[setting].preserved, Double(expected[setting, 0]),
          accuracy: 1e-4 * found[setting].ablated, "\(fixture.name) \(setting)")
        XCTAssertEqual(
          found[setting].ablated, Double(expected[setting, 1]),
          accuracy: 1e-4 * found[setting].ablated)
      }
      // With all tokens the head is whole, with none it is away.
      XCTAssertEqual(found[2].recovered!, 1, accuracy: 1e-4)
      XCTAssertEqual(found[3].recovered!, 0, accuracy: 1e-6)
    }
  }

  func testHandBuiltHeadsAreToldApartByWhatTheyDo() throws {
    let built = HandBuiltHeads()
    let circuits = try HeadCircuits(built.model)
    let texts = built.texts()
    let heads = [
      HandBuiltHeads.suppressor, HandBuiltHeads.copier, HandBuiltHeads.neither,
      HandBuiltHeads.disguised,
    ]
    let steps = try circuits.copySuppressionSteps(of: heads, on: texts)
    let loops = HandBuiltLoops(built.model)
    let runs = texts.tokens.map(loops.run)
    let suppressions = heads.map { loops.suppression($0.head, runs) }
    for (head, expected) in zip(heads, suppressions) {
      XCTAssertEqual(Double(steps[head]!.suppression), expected, accuracy: 1e-4, "\(head)")
    }
    // One against what is predicted, two for it, and one of neither kind, which does less than any.
    XCTAssertGreaterThan(suppressions[0], 0)
    XCTAssertLessThan(suppressions[1], 0)
    XCTAssertLessThan(suppressions[3], 0)
    for other in [0, 1, 3] { XCTAssertLessThan(abs(suppressions[2]), abs(suppressions[other])) }
    XCTAssertLessThan(steps[heads[0]]!.correlation!, -0.9)
    XCTAssertGreaterThan(steps[heads[1]]!.correlation!, 0.9)
    XCTAssertGreaterThan(steps[heads[0]]!.share(rank: 1, attention: 0.5), 0.25)
    XCTAssertEqual(steps[heads[1]]!.share(), 0)

    // What is kept of the suppressor is all of it, and of the others little.
    let embedded = try circuits.embedded(.mlp0)
    func recovered(_ head: HeadAddress) throws -> Double {
      try circuits.copySuppressionAblation(
        of: head, on: texts, settings: [(1, 3)], in: embedded)[0].recovered!
    }
    let shares = try heads.map(recovered)
    XCTAssertEqual(shares[0], loops.recovered(0, runs, predictions: 3), accuracy: 1e-3)
    for other in shares.dropFirst() { XCTAssertLessThan(other, shares[0] / 2) }

    // What ends each text is what the suppressor keeps from being said again.
    let last = texts.nextTokens.filter { $0.position == 12 }
    let effects = try circuits.directEffects(on: texts, at: last)
    let means = heads.map { effects.means[effects.heads.firstIndex(of: $0)!] }
    XCTAssertLessThan(means[0], -0.5)
    XCTAssertGreaterThan(means[1], 0.5)
    XCTAssertLessThan(abs(means[2]), 0.3)
    XCTAssertGreaterThan(means[3], 0.2)
    let lowered = effects.lowered(by: heads[0], count: 3)
    XCTAssertEqual(lowered.map(\.value), lowered.map(\.value).sorted())

    let ablated = try HeadAblation(built.model, texts, kind: .mean).effects(of: heads.map { [$0] })
    func change(_ index: Int) -> Float {
      ablated.effects[index].lossChanges.map { $0[12] }.reduce(0, +)
    }
    for head in [0, 1] {
      XCTAssertEqual(
        Double(change(head)), loops.lossChange(head, runs, at: 12), accuracy: 1e-3, "\(head)")
    }
    XCTAssertLessThan(change(0), 0)
    XCTAssertGreaterThan(change(1), 0)

    // The whole of the suppressor's query is the prediction.
    let text = ModelInput(texts.tokens[0])
    let split = try circuits.querySplit(of: heads[0], on: text, position: 12, key: 10)
    XCTAssertGreaterThan(split.along, 3)
    XCTAssertEqual(split.beside, 0, accuracy: 0.2 * split.along)
    XCTAssertGreaterThan(split.attentionAlong, 0.9)
    XCTAssertLessThan(split.attentionBeside, 0.3)
    let none = try circuits.querySplit(of: heads[2], on: text, position: 12, key: 10)
    XCTAssertEqual(none.score, 0, accuracy: 1e-5)
  }

  func testExamplesAreWholeRuns() throws {
    for fixture in try HeadsFixture.all() {
      let circuits = fixture.circuits
      let head = HeadAddress(.blocks, layer: 0, head: 2)
      let examples = try circuits.examples(of: head, on: fixture.texts, kind: .zero, count: 3)
      let ablated = try HeadAblation(circuits.model, fixture.texts).effects(of: [[head]])
      let clean = try circuits.model.run(fixture.texts).logits
      let bare = try circuits.model.run(fixture.texts, intervening: [head.knockout]).logits
      let effects = try circuits.directEffects(on: fixture.texts)
      for (index, example) in examples.enumerated() {
        let (row, position) = (example.place.row, example.place.position)
        XCTAssertEqual(
          example.lossChange, ablated.effects[0].lossChanges[row][position], accuracy: 1e-5)
        for (listed, logits) in [(example.before, clean), (example.after, bare)] {
          let values = logits[at: row][at: position].values
          XCTAssertEqual(listed[0].token, values.indices.max { values[$0] < values[$1] })
          for entry in listed { XCTAssertEqual(entry.value, values[entry.token], accuracy: 1e-4) }
          XCTAssertEqual(listed.map(\.value), listed.map(\.value).sorted(by: >))
        }
        XCTAssertEqual(example.pattern.reduce(0, +), 1, accuracy: 1e-5)
        XCTAssertEqual(example.effects, (0..<effects.heads.count).map { effects.byHead[$0, index] })
        XCTAssertEqual(
          example.added[example.place.token]!,
          example.effects[circuits.heads.firstIndex(of: head)!], accuracy: 1e-5)
        XCTAssertEqual(example.lens.count, 3)
      }
    }
  }

  func testOppositionIsMeasuredOnRepeatedTokensAndTexts() throws {
    let fixture = try HeadsFixture("gpt2")
    let size = fixture.circuits.model.configuration.vocabularySize
    let repeated = RepeatedTokens(
      of: Array(1..<size), start: 0, length: 6, count: 4, seed: 1)
    XCTAssertEqual(repeated.places.count, 4 * 5)
    for (row, text) in repeated.input.tokens.enumerated() {
      XCTAssertEqual(text[1...6], text[7...12])
      XCTAssertEqual(Set(text).count, 7)
      for place in repeated.places where place.row == row {
        XCTAssertEqual(place.token, text[place.position + 1 - 6])
      }
    }
    let found = try fixture.circuits.opposition(on: fixture.texts, repeated: repeated)
    let means = try fixture.circuits.directEffects(on: repeated.input, at: repeated.places).means
    for (index, opposition) in found.enumerated() {
      XCTAssertEqual(opposition.antiInduction, -means[index])
      XCTAssertEqual(
        -opposition.copySuppression, try fixture.expected("lowest")[index], accuracy: 2e-5)
    }
    func made(_ a: [Float], _ b: [Float]) -> [HeadOpposition] {
      zip(a, b).map {
        HeadOpposition(
          head: HeadAddress(.blocks, layer: 0, head: 0), antiInduction: $0, copySuppression: $1)
      }
    }
    XCTAssertEqual(made([1, 2, 3], [2, 4, 6]).correlation!, 1, accuracy: 1e-12)
    XCTAssertEqual(made([1, 2, 3], [3, 0, 3]).correlation!, 0, accuracy: 1e-12)
    XCTAssertNil(made([1, 1], [2, 3]).correlation)
  }

  func testRefusals() throws {
    let fixture = try HeadsFixture("llama")
    let circuits = fixture.circuits
    let embedded = try circuits.embedded(.embedding)
    XCTAssertThrowsError(
      try circuits.copySuppressionAblation(
        of: circuits.heads[0], on: fixture.texts, settings: [(100_000, 1)], in: embedded))
    XCTAssertThrowsError(
      try circuits.selfRepair(of: circuits.heads[0], on: ModelInput([3]))
    ) { XCTAssertEqual($0 as? HeadError, .noTexts("self-repair")) }
    XCTAssertThrowsError(try circuits.queryAtStart(of: circuits.heads[0], on: fixture.texts)) {
      XCTAssertEqual($0 as? HeadError, .turnsKeys)
    }
    XCTAssertThrowsError(
      try circuits.scores([.induction], in: embedded)
    ) { XCTAssertEqual($0 as? HeadError, .noTexts("the score induction")) }
  }

  private func assertAddsUp(_ repair: SelfRepair, line: UInt = #line) {
    for place in repair.places.indices {
      let heads = repair.heads.indices.reduce(Float(0)) { $0 + repair.byHead[$1, place] }
      let mlps = (0..<repair.byMLP.shape[0]).reduce(Float(0)) { $0 + repair.byMLP[$1, place] }
      XCTAssertEqual(
        repair.expected[place] - heads - mlps - repair.byScale[place], repair.actual[place],
        accuracy: 1e-4, line: line)
    }
  }

  private func assertEqual(
    _ a: Tensor, _ b: Tensor, _ accuracy: Float, _ label: String, line: UInt = #line
  ) {
    XCTAssertEqual(a.shape, b.shape, label, line: line)
    let most = b.values.map(abs).max() ?? 0
    for (x, y) in zip(a.values, b.values) {
      XCTAssertEqual(x, y, accuracy: accuracy * max(most, 1), label, line: line)
    }
  }
}
