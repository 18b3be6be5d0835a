import Interventions
import Tensors
import Transformers
import XCTest

/// Patching, its estimates by gradient, and what their shares must be.
final class ActivationPatchingTests: XCTestCase {
  func testPatchedMetricsEqualTransformerLens() throws {
    for fixture in try PatchingFixture.all() {
      for part in ActivationPatching.Part.allCases {
        let found = try fixture.patching().effects(of: part)
        let expected = try fixture.expected(part.rawValue)
        XCTAssertLessThan(
          distance(found.patched[at: 0], expected), 2e-5, "\(fixture.name) \(part)")
        let ends = try fixture.expected("ends")
        XCTAssertEqual(found.clean[0], ends[0], accuracy: 1e-5)
        XCTAssertEqual(found.corrupted[0], ends[1], accuracy: 1e-5)
        let share = (expected - ends[1]) / (ends[0] - ends[1])
        XCTAssertLessThan(distance(found.effect(), share), 1e-3)
        XCTAssertLessThan(distance(found.meanEffect, share), 1e-3)
      }
    }
  }

  /// All of the stream of one layer is all of the difference; nothing is nothing.
  func testPatchingEverythingIsOneAndNothingIsZero() throws {
    for fixture in try FamilyFixture.all() where fixture.configuration.head != .none {
      var corrupted = fixture.input
      corrupted.tokens = corrupted.tokens.map { row in
        row.map { 3 + ($0 * 7 + 5) % 40 }
      }
      let clean = fixture.input
      let metric = Metric.logitDifference([3], against: [11])
      let stack = fixture.configuration.stacks[0].name
      let point = HookPoint.residualPre(stack, 1)
      let (source, ends) = (
        try fixture.model.run(clean, capturing: [point]).trace,
        try (metric.values(on: fixture.model, clean), metric.values(on: fixture.model, corrupted))
      )
      let all = clean.tokens.indices.map { row in
        Trial(
          row: row,
          [Change(Site(point), .replace(with: try! source[point], row: row))])
      }
      let found = try Sweep(all, metric: metric).run(on: fixture.model, corrupted).numbers()
      for row in clean.tokens.indices {
        XCTAssertEqual(found[row], ends.0[row][0], accuracy: 1e-5, fixture.name)
      }
      let none = try Sweep(clean.tokens.indices.map { Trial(row: $0, []) }, metric: metric)
        .run(on: fixture.model, corrupted).numbers()
      XCTAssertEqual(none, ends.1.map { $0[0] }, fixture.name)
    }
  }

  func testCorruptingIsRestoringWithTheTextsExchanged() throws {
    let fixture = try PatchingFixture("gpt2")
    let other = try ActivationPatching(
      fixture.model, clean: fixture.corrupted, corrupted: fixture.clean, metric: fixture.metric)
    let a = try fixture.patching().effects(of: .residual, direction: .corrupt)
    let b = try other.effects(of: .residual)
    XCTAssertLessThan(distance(a.patched, b.patched), 1e-6)
    XCTAssertLessThan(distance(a.effect(), b.effect()), 1e-5)
  }

  /// Where a change is small, its first order is all there is; measured as the error shrinks.
  func testEstimatesAreTheFirstOrderOfEffects() throws {
    for fixture in try PatchingFixture.all() {
      for metric in [
        fixture.metric, .logProbability(of: [5]), .probability(of: [5]),
      ] {
        var near = fixture.model
        // A corrupted text whose embeddings are nearly the clean text's.
        let (clean, corrupted) = try (fixture.clean, fixture.corrupted)
        let table = near.embedding
        var rows = table
        for (a, b) in zip(clean.tokens[0], corrupted.tokens[0]) where a != b {
          for i in 0..<table.shape[1] {
            rows[b, i] = table[a, i] + 0.002 * (table[b, i] - table[a, i])
          }
        }
        near.unembedding = near.unembedding ?? table
        near.embedding = rows
        let patching = try ActivationPatching(
          near, clean: clean, corrupted: corrupted, metric: metric)
        for part in [ActivationPatching.Part.residual, .head, .pattern, .key] {
          let estimated = try patching.estimatedEffects(of: part)
          let measured = try patching.effects(of: part)
          let error = estimated.error(of: measured)
          XCTAssertLessThan(error.greatest, 0.05, "\(fixture.name) \(metric.name) \(part)")
          XCTAssertGreaterThan(error.correlation, 0.99)
        }
      }
    }
  }

  func testGradientsOfMetricsEqualCentralDifferences() throws {
    let fixture = try PatchingFixture("gpt2")
    let point = HookPoint.block(.blocks, 0, .mlpOut)
    let state = try fixture.model.run(fixture.corrupted, capturing: [point]).trace[point]
    for metric in [
      fixture.metric, .logProbability(of: [5]), .probability(of: [5]), .logit(of: [5]),
      .divergence(),
    ] {
      // The estimate of one layer's positions adds up to the derivative along the difference.
      let patching = try ActivationPatching(
        fixture.model, clean: fixture.clean, corrupted: fixture.corrupted, metric: metric)
      let clean = try fixture.model.run(fixture.clean, capturing: [point]).trace[point]
      let step: Float = 0.01
      func value(_ sign: Float) throws -> Float {
        let moved = state + (clean - state) * (sign * step)
        return try Sweep(
          [Trial([Change(Site(point), .replace(with: moved[at: 0]))])], metric: patching.metric
        ).run(on: fixture.model, fixture.corrupted).numbers()[0]
      }
      let slope = try (value(1) - value(-1)) / (2 * step)
      let estimated = try patching.estimatedEffects(of: .mlp)
      let sum = (0..<7).reduce(Float(0)) {
        $0 + estimated.patched[0, 0, $1] - estimated.corrupted[0]
      }
      XCTAssertEqual(sum, slope, accuracy: 2e-3 * max(1, abs(slope)), metric.name)
    }
  }

  func testGroupedKeysHaveAColumnEach() throws {
    let fixture = try PatchingFixture("llama")
    XCTAssertEqual(try fixture.patching().effects(of: .key).patched.shape, [1, 2, 2])
    XCTAssertEqual(try fixture.patching().effects(of: .query).patched.shape, [1, 2, 4])
  }

  func testEncoderDecodersArePatchedInEveryStack() throws {
    let fixture = try FamilyFixture("t5", side: "right")
    let clean = fixture.row(0)
    var corrupted = clean
    corrupted.tokens = [clean.tokens[0].map { 3 + ($0 * 7 + 5) % 40 }]
    let patching = try ActivationPatching(
      fixture.model, clean: clean, corrupted: corrupted,
      metric: .logitDifference([3], against: [11]))
    for (stack, kind, part) in [
      (StackName.encoder, AttentionKind.own, ActivationPatching.Part.mlp),
      (.decoder, .cross, .head), (.decoder, .cross, .key), (.decoder, .own, .residual),
    ] {
      let found = try patching.effects(of: part, in: stack, kind)
      let points = try patching.points(of: part, in: stack, kind)
      let trace = try fixture.model.run(clean, capturing: .points(Set(points))).trace
      for (layer, point) in points.enumerated() {
        let other = try trace[point]
        for column in 0..<found.patched.shape[2] {
          let put = Intervention(at: point) { activation in
            var activation = activation
            for position in 0..<activation.shape[1] {
              if part.isOfHeads {
                for i in 0..<activation.shape[3] {
                  activation[0, position, column, i] = other[0, position, column, i]
                }
              } else if position == column {
                for i in 0..<activation.shape[2] {
                  activation[0, position, i] = other[0, position, i]
                }
              }
            }
            return activation
          }
          let logits = try fixture.model.run(corrupted, intervening: [put]).logits
          let last = clean.decoderMask![0].lastIndex(of: true)!
          XCTAssertEqual(
            found.patched[0, layer, column], logits[0, last, 3] - logits[0, last, 11],
            accuracy: 1e-4, "\(point) \(column)")
        }
      }
    }
  }

  func testTextsThatCannotBePatchedAreRefused() throws {
    let fixture = try PatchingFixture("gpt2")
    XCTAssertThrowsError(
      try ActivationPatching(
        fixture.model, clean: fixture.clean, corrupted: ModelInput([1, 2]),
        metric: fixture.metric)
    ) { XCTAssertEqual($0 as? SweepError, .unequal(clean: 7, corrupted: 2)) }
    let same = try ActivationPatching(
      fixture.model, clean: fixture.clean, corrupted: fixture.clean, metric: fixture.metric)
    XCTAssertThrowsError(try same.effects(of: .residual)) {
      XCTAssertTrue("\($0)".contains("divided by nothing"), "\($0)")
    }
    XCTAssertThrowsError(try fixture.patching().effects(of: .head, in: .encoder)) {
      XCTAssertTrue("\($0)".contains("no hook point"), "\($0)")
    }
    let ranks = try fixture.patching(metric: .rank(of: [5]))
    XCTAssertThrowsError(try ranks.estimatedEffects(of: .residual))
  }
}
