import Foundation
import Interventions
import Synchronization
import Tensors
import Transformers
import XCTest

/// A sweep as it is run: stopped, taken up again, refused.
final class SweepTests: XCTestCase {
  private let metric = Metric.logitDifference([3], against: [11])

  private func sweep(_ fixture: FamilyFixture) -> Sweep {
    let points = fixture.configuration.hookPoints.filter { "\($0)".hasSuffix("resid_pre") }
    let sites = points.flatMap { point in (0..<5).map { Site(point, positions: [$0]) } }
    return Sweep(rows: 0..<2, sites: sites, edits: [.zero, .map { $0 * 2 }], metric: metric)
  }

  private var little: SweepOptions { SweepOptions(memory: 1, threads: 2) }

  func testAStoppedSweepIsNotWholeAndIsTakenUpAgain() throws {
    let fixture = try FamilyFixture("gpt2", side: "right")
    let sweep = sweep(fixture)
    let whole = try sweep.run(on: fixture.model, fixture.input, options: little)
    let stopped = try sweep.run(on: fixture.model, fixture.input, options: little) { _ in false }
    XCTAssertFalse(stopped.isComplete)
    XCTAssertFalse(stopped.finished.isEmpty)
    XCTAssertThrowsError(try stopped.values()) {
      XCTAssertEqual(
        $0 as? SweepError, .partial(finished: stopped.finished.count, total: sweep.trials.count))
    }
    let kept = try JSONDecoder().decode(
      SweepResults.self, from: JSONEncoder().encode(stopped))
    let least = Mutex(Int.max)
    let resumed = try sweep.run(
      on: fixture.model, fixture.input, options: little, resuming: kept
    ) { progress in
      least.withLock { $0 = min($0, progress.finished) }
      return true
    }
    XCTAssertGreaterThan(least.withLock { $0 }, stopped.finished.count)
    for (a, b) in zip(try resumed.numbers(), try whole.numbers()) {
      XCTAssertEqual(a, b, accuracy: 1e-5)
    }
  }

  func testMethodsKeepWhatAStoppedSweepHasDone() throws {
    let fixture = try FamilyFixture("gpt2", side: "right")
    let model = fixture.model
    let (clean, corrupted) = (ModelInput([3, 9, 4, 12, 7]), ModelInput([8, 2, 10, 5, 1]))
    let patching = try ActivationPatching(model, clean: clean, corrupted: corrupted, metric: metric)
    var options = SweepOptions(memory: 1, threads: 1)
    XCTAssertThrowsError(
      try patching.effects(of: .residual, options: options) { _ in false })
    options.keepsPartial = true
    let whole = try patching.effects(of: .residual, options: options).patched.values
    let part = try patching.effects(of: .residual, options: options) { _ in false }.patched.values
    XCTAssertTrue(part.contains(where: \.isNaN))
    XCTAssertTrue(part.contains { !$0.isNaN })
    for (own, other) in zip(part, whole) where !own.isNaN {
      XCTAssertEqual(own, other, accuracy: 1e-4)
    }

    let grid = PatchscopeGrid(
      source: .init(model, clean.tokens[0], position: 2, layer: 0),
      target: .init(model, corrupted.tokens[0], position: 1, layer: 0))
    let cells = try grid.finishedCells(options: options) { _ in false }.joined()
    XCTAssertTrue(cells.contains { $0 == nil })
    XCTAssertTrue(cells.contains { $0 != nil })
    XCTAssertThrowsError(try grid.cells(options: options) { _ in false })

    let heads = (0..<2).map { head in
      Trial([Change(.head(head, at: .block(.blocks, 0, .attention(.own, .mixed))), .zero)])
    }
    XCTAssertThrowsError(
      try activations(
        of: heads + [Trial([Change(Site(.residualPre(.blocks, 1)), .zero)])],
        at: [.residualPost(.blocks, 1)], in: model, clean,
        options: SweepOptions(memory: 1, threads: 1)
      ) { _ in false }
    ) {
      guard case SweepError.partial(_, total: 3)? = $0 as? SweepError else {
        return XCTFail("\($0)")
      }
    }
  }

  func testResultsOfAnotherSweepAreNotTakenUp() throws {
    let fixture = try FamilyFixture("gpt2", side: "right")
    let other = try FamilyFixture("gpt2", side: "left")
    let sweep = sweep(fixture)
    let results = try sweep.run(on: fixture.model, fixture.input)
    XCTAssertThrowsError(try sweep.run(on: other.model, other.input, resuming: results)) {
      XCTAssertEqual($0 as? SweepError, .otherSweep)
    }
    var changed = sweep
    changed.trials[0].changes[0].site.positions = [1]
    XCTAssertThrowsError(
      try changed.run(on: fixture.model, fixture.input, resuming: results))
  }

  func testProgressCountsUpToTheWhole() throws {
    let fixture = try FamilyFixture("llama", side: "right")
    let sweep = sweep(fixture)
    let counts = Mutex([SweepProgress]())
    _ = try sweep.run(on: fixture.model, fixture.input, options: little) { progress in
      counts.withLock { $0.append(progress) }
      return true
    }
    let seen = counts.withLock { $0 }
    XCTAssertGreaterThan(seen.count, 1)
    XCTAssertEqual(seen.map(\.finished), seen.map(\.finished).sorted())
    XCTAssertEqual(seen.last?.finished, sweep.trials.count)
    XCTAssertEqual(seen.last?.remaining, 0)
  }

  /// Every metric against its definition, on the run without changes.
  func testMetricsAreWhatTheySay() throws {
    let fixture = try FamilyFixture("qwen3", side: "right")
    let logits = try fixture.model.run(fixture.input).logits
    for row in 0..<2 {
      let last = fixture.input.mask![row].lastIndex(of: true)!
      let values = (0..<47).map { Double(logits[row, last, $0]) }
      let total = values.reduce(0) { $0 + exp($1) }
      func value(_ metric: Metric) throws -> [Float] {
        try metric.values(on: fixture.model, fixture.input)[row]
      }
      XCTAssertEqual(Double(try value(.logit(of: [3]))[0]), values[3], accuracy: 1e-5)
      XCTAssertEqual(
        Double(try value(.logitDifference([3], against: [4]))[0]), values[3] - values[4],
        accuracy: 1e-5)
      XCTAssertEqual(
        Double(try value(.probability(of: [3]))[0]), exp(values[3]) / total, accuracy: 1e-6)
      XCTAssertEqual(
        Double(try value(.logProbability(of: [3]))[0]), values[3] - log(total), accuracy: 1e-5)
      XCTAssertEqual(try value(.rank(of: [3]))[0], Float(values.count { $0 > values[3] }))
      XCTAssertEqual(try value(.divergence())[0], 0)
      let best = values.indices.max { values[$0] < values[$1] }!
      let likeliest = try value(.likeliest())
      XCTAssertEqual(likeliest[0], Float(best))
      XCTAssertEqual(Double(likeliest[1]), exp(values[best]) / total, accuracy: 1e-6)
      let own = try value(.custom("sum") { logits, _ in logits.sum().scalar })
      XCTAssertEqual(Double(own[0]), values.reduce(0, +), accuracy: 1e-4)
    }
  }

  /// A direction is taken off, and the rest stays.
  func testASubspaceIsChangedAlone() throws {
    let fixture = try FamilyFixture("neox-parallel", side: "right")
    let point = HookPoint.residualPre(.blocks, 1)
    let width = fixture.configuration.width
    var generator = SeededGenerator(seed: 2)
    let vectors = (0..<2).map { _ in Tensor.randomNormal([width], using: &generator) }
    let site = Site.span(vectors + [vectors[0] * 3], at: point, positions: [2])
    guard case .subspace(let basis) = site.part else { return XCTFail("no subspace") }
    XCTAssertEqual(basis.shape, [2, width])
    let other = Tensor.randomNormal([5, width], using: &generator)
    let clean = try fixture.model.run(fixture.input, capturing: [point]).trace[point][at: 0]
    let length = clean.shape[0]
    let filler = Tensor.concatenation(
      [other, Tensor.zeros([length - 5, width])], axis: 0)
    let found = try activations(
      of: [
        Trial([Change(site, .projectOut)]), Trial([Change(site, .replace(with: filler))]),
        Trial([Change(site, .add(other[at: 1]))]),
      ], at: [point], in: fixture.model, fixture.input
    ).map { $0[point]! }
    func along(_ state: Tensor, _ axis: Int) -> Float {
      (0..<width).reduce(0) { $0 + state[2, $1] * basis[axis, $1] }
    }
    for (index, state) in found.enumerated() {
      for axis in 0..<2 {
        let dot = (0..<width).reduce(Float(0)) { $0 + other[1, $1] * basis[axis, $1] }
        let expected = [0, along(filler, axis), along(clean, axis) + dot][index]
        XCTAssertEqual(along(state, axis), expected, accuracy: 1e-4)
      }
      for unit in 0..<width {
        var (rest, before) = (state[2, unit], clean[2, unit])
        for axis in 0..<2 {
          rest -= along(state, axis) * basis[axis, unit]
          before -= along(clean, axis) * basis[axis, unit]
        }
        XCTAssertEqual(rest, before, accuracy: 1e-4)
        XCTAssertEqual(state[1, unit], clean[1, unit], accuracy: 1e-6)
      }
    }
  }

  func testWhatDoesNotExistIsRefused() throws {
    let fixture = try FamilyFixture("llama", side: "right")
    let point = HookPoint.residualPre(.blocks, 0)
    let query = HookPoint.block(.blocks, 0, .attention(.own, .query))
    let key = HookPoint.block(.blocks, 0, .attention(.own, .key))
    let changes: [(Change, String)] = [
      (Change(Site(.residualPre(.blocks, 9)), .zero), "no hook point"),
      (Change(Site(point, positions: [99]), .zero), "has"),
      (Change(.head(4, at: query), .zero), "no head 4"),
      (Change(.head(2, at: key), .zero), "no head 2"),
      (Change(.head(0, at: point), .zero), "no heads"),
      (Change(.neuron(999, of: .blocks, layer: 0), .zero), "no place 999"),
      (Change(Site(point), .replace(with: .zeros([3, 4]))), "shape"),
      (Change(Site(point), .add(.zeros([3]))), "shape"),
      (Change(Site(point), .forbid(keys: [0])), "keys to forbid"),
      (Change(.direction(Tensor([1, 0]), at: point), .zero), "direction"),
      (Change(Site(point), .map { _ in .zeros([1]) }), "what a map returns"),
    ]
    for (change, words) in changes {
      XCTAssertThrowsError(
        try Sweep([Trial([change])], metric: metric).run(on: fixture.model, fixture.input)
      ) { XCTAssertTrue("\($0)".contains(words), "\($0) lacks “\(words)”") }
    }
    let fine = Change(Site(point), .zero)
    XCTAssertThrowsError(
      try Sweep([Trial(row: 5, [fine])], metric: metric).run(on: fixture.model, fixture.input))
    for metric in [
      Metric.logit(of: [99]), .logit(of: [1, 2, 3]), .logit(of: [1], at: .at(99)),
      .logitDifference([3], against: [3]),
    ] {
      XCTAssertThrowsError(
        try Sweep([Trial([fine])], metric: metric).run(on: fixture.model, fixture.input)
      ) { XCTAssertTrue($0 is SweepError) }
    }
  }
}
