import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// Path patching, composition and attribution against TransformerLens, and what they add up to.
final class PathTests: XCTestCase {
  private func paths(
    _ fixture: PatchingFixture, freeze: PathPatching.Freeze = .heads
  ) throws -> PathPatching {
    try PathPatching(
      fixture.model, clean: fixture.clean, corrupted: fixture.corrupted, metric: fixture.metric,
      freeze: freeze)
  }

  func testPathsEqualTransformerLensHooks() throws {
    for fixture in try PatchingFixture.all() {
      let cases: [(String, PathPatching.Freeze, PathPatching.Receiver)] = [
        ("path", .heads, .logits), ("path.frozen", .headsAndMLPs, .logits),
        ("path.query", .heads, .query(layer: 1, head: 0)),
        ("path.key", .heads, .key(layer: 1, head: 0)),
        ("path.value", .heads, .value(layer: 1, head: 0)), ("path.mlp", .heads, .mlp(layer: 1)),
      ]
      for (label, freeze, receiver) in cases {
        let found = try paths(fixture, freeze: freeze).outcome(to: [receiver])
        let expected = try fixture.expected(label)
        XCTAssertEqual(found.patched.shape, [1, expected.count])
        for (a, b) in zip(found.patched.values, expected.values) {
          XCTAssertEqual(a, b, accuracy: 2e-5, "\(fixture.name) \(label)")
        }
        let ends = try fixture.expected("ends")
        for (a, b) in zip(found.effects, expected.values) {
          XCTAssertEqual(a, (b - ends[0]) / (ends[0] - ends[1]), accuracy: 1e-3)
        }
      }
    }
  }

  func testASenderThatCannotReachIsExactlyNothing() throws {
    let fixture = try PatchingFixture("gpt2")
    let found = try paths(fixture).outcome(to: [.query(layer: 0, head: 1), .key(layer: 0, head: 0)])
    XCTAssertEqual(found.effects, Array(repeating: 0, count: 8))
    let late = try paths(fixture).outcome(to: [.mlp(layer: 1)])
    XCTAssertEqual(late.effects[7], 0)
    XCTAssertNotEqual(late.effects[4], 0)
  }

  /// What each receiver hears is recorded in one run, and all of it put into another.
  func testReceiversArePatchedTogether() throws {
    let fixture = try PatchingFixture("llama")
    let receivers: [PathPatching.Receiver] = [
      .query(layer: 1, head: 1), .key(layer: 1, head: 0), .value(layer: 1, head: 1),
      .mlp(layer: 1),
    ]
    let paths = try paths(fixture)
    let together = try paths.outcome(of: [.head(layer: 0, head: 2)], to: receivers).patched
    // By hand: what each hears, all put into one run.
    let z = HookPoint.block(.blocks, 0, .attention(.own, .mixed))
    let other = try fixture.model.run(fixture.corrupted, capturing: [z]).trace[z]
    let clean = try fixture.model.run(fixture.clean, capturing: .everything).trace
    func point(_ place: HookPoint.BlockPoint) -> HookPoint { .block(.blocks, 1, place) }
    let places: [HookPoint] = [
      point(.attention(.own, .query)), point(.attention(.own, .key)),
      point(.attention(.own, .value)), point(.mlp(.pre)), point(.mlp(.preLinear)),
    ]
    let heard = try fixture.model.run(
      fixture.clean, capturing: .points(Set(places)),
      intervening: [
        Intervention(at: z) { mixed in
          var mixed = mixed
          for p in 0..<7 { for i in 0..<10 { mixed[0, p, 2, i] = other[0, p, 2, i] } }
          return mixed
        },
        .replace(point(.attentionOut(.own)), with: try clean[point(.attentionOut(.own))]),
      ]
    ).trace
    let heads: [HookPoint: Int?] = [places[0]: 1, places[1]: 0, places[2]: 1]
    let puts = try places.map { place in
      let value = try heard[place]
      let head = heads[place] ?? nil
      return Intervention(at: place) { activation in
        guard let head else { return value }
        var activation = activation
        for p in 0..<7 { for i in 0..<10 { activation[0, p, head, i] = value[0, p, head, i] } }
        return activation
      }
    }
    let logits = try fixture.model.run(fixture.clean, intervening: puts).logits
    XCTAssertEqual(together[0, 0], logits[0, 6, 5] - logits[0, 6, 6], accuracy: 2e-5)
    XCTAssertThrowsError(try paths.outcome(to: receivers + [.logits])) {
      XCTAssertEqual($0 as? SweepError, .logitsWithOthers)
    }
  }

  func testCompositionEqualsTransformerLens() throws {
    for fixture in try PatchingFixture.all() {
      for composition in HeadComposition.allCases {
        let expected = try fixture.expected("composition.\(composition.rawValue)")
        let found = composition.scores(of: fixture.model)
        XCTAssertLessThan(distance(found, expected), 2e-5, "\(fixture.name) \(composition)")
      }
    }
  }

  func testPartsOfALogitAddUpToIt() throws {
    for fixture in try FamilyFixture.all() {
      switch fixture.configuration.head {
      case .unembedding: break
      case .none, .transformed:
        XCTAssertThrowsError(
          try LogitAttribution(fixture.model, fixture.input, position: 1, answer: 3))
        continue
      }
      for row in fixture.input.tokens.indices {
        for foil in [nil, 11] {
          let mask = fixture.input.decoderMask ?? fixture.input.mask
          let place = mask![row].lastIndex(of: true)!
          let found = try LogitAttribution(
            fixture.model, fixture.input, row: row, position: place, answer: 3, foil: foil)
          let logits = try fixture.model.run(fixture.row(row)).logits
          let logit = logits[0, place, 3] - (foil.map { logits[0, place, $0] } ?? 0)
          XCTAssertEqual(found.logit, logit, accuracy: 1e-5)
          XCTAssertEqual(found.sum, logit, accuracy: 2e-5 * max(1, abs(logit)), fixture.name)
          for (head, value) in found.heads {
            let sum = found.sources[head]!.reduce(0, +)
            XCTAssertEqual(sum, value, accuracy: 1e-5, "\(fixture.name) \(head)")
          }
          for (layer, value) in found.mlps.enumerated() {
            XCTAssertEqual(found.neurons[layer].sum().scalar, value, accuracy: 1e-5)
          }
          XCTAssertEqual(
            found.greatestNeurons(3).map { abs($0.value) },
            found.greatestNeurons(3).map { abs($0.value) }.sorted(by: >))
        }
      }
    }
  }

  func testPartsOfALogitEqualTransformerLens() throws {
    let fixture = try PatchingFixture("gpt2")
    let found = try LogitAttribution(
      fixture.model, fixture.clean, position: -1, answer: 5, foil: 6)
    let heads = (0..<2).flatMap { layer in
      (0..<3).map { found.heads[HeadAddress(.blocks, layer: layer, head: $0)]! }
    }
    let parts = [found.embedding, found.position] + heads + found.mlps
    for (a, b) in zip(parts, try fixture.expected("direct").values) {
      XCTAssertEqual(a, b, accuracy: 1e-5)
    }
  }
}
