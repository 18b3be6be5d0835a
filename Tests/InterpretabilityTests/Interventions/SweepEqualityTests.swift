import Foundation
import Interventions
import Tensors
import Transformers
import XCTest

/// The engine against one whole run a trial, on every family, padded on either side.
final class SweepEqualityTests: XCTestCase {
  /// A number from −1 to 1 that depends on all of its arguments.
  private static func noise(_ seed: Int, _ a: Int, _ b: Int = 0, _ c: Int = 0) -> Float {
    Float(sin(Double(seed * 131 + a * 17 + b * 71 + c * 7 + 1)))
  }

  /// A change of some kind at a point, chosen by a seed, and the same written out.
  private func change(
    at point: HookPoint, of fixture: FamilyFixture, seed: Int
  ) throws -> NaiveChange {
    let name = "\(point)"
    let isScores = name.hasSuffix("scores")
    let length = fixture.length(of: point)
    let isFirst = seed % 3 == 0
    let positions: [Int]? = isFirst ? nil : [seed % length, length - 1].uniqued
    @Sendable func isIn(_ position: Int) -> Bool { positions?.contains(position) ?? true }
    let shape = try fixture.model.run(fixture.row(0), capturing: [point]).trace[point].shape
    let isBias = name.hasSuffix("rel_pos_hook")
    let inner = isBias ? shape : Array(shape.dropFirst())
    let isPattern = isScores || name.hasSuffix("pattern") || isBias
    let heads = inner.count == 3 ? (isPattern ? inner[0] : inner[1]) : 0
    let width = inner[inner.count - 1]
    let head = heads > 0 ? seed % heads : 0
    // Every kind of edit and of part comes up at every kind of point.
    switch seed % 5 {
    case 0 where isScores:
      let keys = [0, (seed / 5) % max(length, 1)].filter { $0 < inner[2] }
      return NaiveChange(
        change: Change(Site(point, positions: positions), .forbid(keys: keys))
      ) { _, position, _, unit in isIn(position) && keys.contains(unit) ? -.infinity : nil }
    case 0 where !isPattern:
      let vector = Tensor((0..<width).map { Self.noise(seed, $0) })
      return NaiveChange(change: Change(Site(point, positions: positions), .add(vector))) {
        old, position, _, unit in isIn(position) ? old + Self.noise(seed, unit) : nil
      }
    case 1 where heads > 0 && !isScores:
      return NaiveChange(
        change: Change(Site(point, part: .heads([head]), positions: positions), .zero)
      ) { _, position, h, _ in isIn(position) && h == head ? 0 : nil }
    case 2 where !isPattern:
      let unit = seed % width
      let site = Site(point, part: .units([unit]), positions: positions)
      return NaiveChange(change: Change(site, .map { $0 * 2 + 0.5 })) { old, position, _, u in
        isIn(position) && u == unit ? old * 2 + 0.5 : nil
      }
    default:
      let values = (0..<inner.reduce(1, *)).map { index -> Float in
        let value = Self.noise(seed, index) + 1.5
        return isPattern && !isScores && !isBias ? value / Float(width) : value
      }
      let other = Tensor(values, shape: inner)
      let part: Site.Part = heads > 0 ? .heads([head]) : .all
      return NaiveChange(
        change: Change(Site(point, part: part, positions: positions), .replace(with: other))
      ) { old, position, h, unit in
        guard isIn(position), heads == 0 || h == head else { return nil }
        // What is masked stays so: the whole run is given the same.
        return heads == 0
          ? other[position, unit]
          : isPattern ? other[h, position, unit] : other[position, h, unit]
      }
    }
  }

  private func check(
    _ trials: [(row: Int, changes: [NaiveChange])], on fixture: FamilyFixture,
    options: SweepOptions = SweepOptions(), file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let last = fixture.lastResidual
    let swept = trials.map { Trial(row: $0.row, $0.changes.map(\.change)) }
    let found = try activations(
      of: swept, at: [last], in: fixture.model, fixture.input, options: options)
    let hasHead = fixture.configuration.head != .none
    let metrics: [Metric] =
      hasHead
      ? [
        .logitDifference([3], against: [11]), .nextLogProbability, .divergence(at: .at(-1)),
      ] : []
    let results = try metrics.map {
      try Sweep(swept, metric: $0).run(on: fixture.model, fixture.input, options: options)
        .values()
    }
    let clean = try fixture.input.tokens.indices.map {
      try fixture.model.run(fixture.row($0)).logits
    }
    for (index, trial) in trials.enumerated() {
      let input = fixture.row(trial.row)
      let run = try fixture.model.run(
        input, capturing: [last], intervening: trial.changes.map(\.intervention))
      let label = "\(fixture.name) \(trial.changes.map { "\($0.change.site.point)" })"
      let residual = try run.trace[last][at: 0]
      let mask = (input.decoderTokens == nil ? input.mask : input.decoderMask)?[0]
      let width = residual.shape[1]
      let scale = max(residual.values.map(abs).max() ?? 1, 1)
      for position in 0..<residual.shape[0] where mask?[position] ?? true {
        for unit in 0..<width {
          XCTAssertEqual(
            found[index][last]![position, unit], residual[position, unit], accuracy: 1e-5 * scale,
            label, file: file, line: line)
        }
      }
      guard hasHead else { continue }
      let tokens = fixture.lastTokens[trial.row]
      let present = tokens.indices.filter { mask?[$0] ?? true }
      let place = present.last!
      func logits(_ p: Int) -> [Double] {
        (0..<run.logits.shape[2]).map { Double(run.logits[0, p, $0]) }
      }
      func logProbabilities(_ row: [Double]) -> [Double] {
        let top = row.max()!
        let sum = row.reduce(0) { $0 + exp($1 - top) }
        return row.map { $0 - top - log(sum) }
      }
      let spread = logits(place).map(abs).max()!
      let difference = logits(place)[3] - logits(place)[11]
      XCTAssertEqual(
        Double(results[0][index][0]), difference, accuracy: 1e-5 * max(spread, 1), label,
        file: file, line: line)
      let nexts = zip(present, present.dropFirst()).filter { $1 == $0 + 1 }
      XCTAssertEqual(results[1][index].count, nexts.count, label, file: file, line: line)
      for (value, (p, q)) in zip(results[1][index], nexts) {
        XCTAssertEqual(
          Double(value), logProbabilities(logits(p))[tokens[q]], accuracy: 1e-5 * max(spread, 1),
          label, file: file, line: line)
      }
      if mask?.last ?? true {
        let cleanRow = logProbabilities(
          (0..<run.logits.shape[2]).map { Double(clean[trial.row][0, tokens.count - 1, $0]) })
        let other = logProbabilities(logits(tokens.count - 1))
        let divergence = zip(cleanRow, other).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        XCTAssertEqual(
          Double(results[2][index][0]), divergence, accuracy: 2e-5 * max(divergence, 1), label,
          file: file, line: line)
      }
    }
  }

  /// Every point of every family, each with a kind of edit that its place in the list decides.
  func testEveryPointOfEveryFamilyEqualsAWholeRun() throws {
    for (seed, fixture) in try FamilyFixture.all().enumerated() {
      let points = fixture.configuration.hookPoints + fixture.configuration.hookPointsOnRequest
      let trials = try points.enumerated().map { index, point in
        (
          row: (index + seed) % fixture.input.tokens.count,
          changes: [try change(at: point, of: fixture, seed: index + 7 * seed)]
        )
      }
      try check(trials, on: fixture)
    }
  }

  /// Several changes in one run, in any order of depth, with little memory and one thread.
  func testChangesTogetherEqualAWholeRun() throws {
    for (seed, fixture) in try FamilyFixture.all().enumerated() {
      let points = fixture.configuration.hookPoints
      var generator = SeededGenerator(seed: UInt64(seed))
      let trials = try (0..<24).map { index in
        let chosen = (0..<Int.random(in: 2...4, using: &generator)).map { _ in
          points.randomElement(using: &generator)!
        }
        return (
          row: index % fixture.input.tokens.count,
          changes: try chosen.uniqued.enumerated().map {
            try change(at: $1, of: fixture, seed: $0 + index)
          }
        )
      }
      try check(trials, on: fixture, options: SweepOptions(memory: 1 << 15, threads: 1))
    }
  }

  /// Layers held as they were, whole or in part, with a change before them.
  func testFrozenLayersEqualAWholeRun() throws {
    for (seed, fixture) in try FamilyFixture.all().enumerated() {
      let configuration = fixture.configuration
      let clean = try fixture.input.tokens.indices.map {
        try fixture.model.run(fixture.row($0), capturing: .everything).trace
      }
      let frozen = configuration.hookPoints.filter {
        let name = "\($0)"
        return name.hasSuffix("attn_out") || name.hasSuffix("mlp_out") || name.hasSuffix("hook_z")
      }
      let starts = configuration.hookPoints.filter {
        "\($0)".hasSuffix("hook_z") || "\($0)".hasSuffix("resid_pre")
          || "\($0)".hasSuffix("mlp_out")
      }
      var trials: [(row: Int, changes: [NaiveChange])] = []
      for (index, start) in starts.enumerated() {
        let row = index % fixture.input.tokens.count
        let change = try change(at: start, of: fixture, seed: 3 * index + seed)
        for kind in ["attn_out", "mlp_out", "_out", "hook_z"] {
          let held = frozen.filter { "\($0)".hasSuffix(kind) && $0 != start }
          // The naive run puts back what was there, before the change at its own point.
          let puts = try held.map { point in
            let kept = try clean[row][point]
            return NaiveChange(change: Change(Site(point), .freeze)) {
              _, position, head, unit in
              kept.rank == 4 ? kept[0, position, head, unit] : kept[0, position, unit]
            }
          }
          trials.append((row: row, changes: puts + [change]))
        }
      }
      try check(trials, on: fixture)
    }
  }

  func testTheOrderOfTrialsChangesNothing() throws {
    let fixture = try FamilyFixture("llama", side: "left")
    let points = fixture.configuration.hookPoints
    let trials = try points.enumerated().map {
      Trial(row: $0 % 2, [try change(at: $1, of: fixture, seed: $0).change])
    }
    let metric = Metric.logitDifference([3], against: [11])
    let forwards = try Sweep(trials, metric: metric).run(on: fixture.model, fixture.input)
      .numbers()
    let backwards = try Sweep(trials.reversed(), metric: metric)
      .run(on: fixture.model, fixture.input).numbers()
    for (a, b) in zip(forwards, backwards.reversed()) { XCTAssertEqual(a, b, accuracy: 1e-5) }
  }

  func testActivationsOnTheWayEqualAWholeRun() throws {
    for (seed, fixture) in try FamilyFixture.all().enumerated() {
      let points = fixture.configuration.hookPoints
      let wanted = points.enumerated().filter { ($0.offset + seed) % 5 == 0 }.map(\.element)
        .filter { !"\($0)".hasSuffix("rel_pos_hook") }
      let changes = try points.enumerated().filter { ($0.offset + seed) % 7 == 1 }.map {
        try change(at: $0.element, of: fixture, seed: $0.offset)
      }
      let found = try activations(
        of: changes.map { Trial(row: 1, [$0.change]) }, at: Set(wanted), in: fixture.model,
        fixture.input)
      for (change, found) in zip(changes, found) {
        let trace = try fixture.model.run(
          fixture.row(1), capturing: .points(Set(wanted)), intervening: [change.intervention]
        ).trace
        for point in wanted {
          let expected = try trace[point][at: 0]
          XCTAssertEqual(found[point]!.shape, expected.shape)
          let scale = expected.values.filter(\.isFinite).map(abs).max() ?? 1
          XCTAssertLessThan(
            distance(found[point]!, expected), 1e-5 * max(scale, 1),
            "\(fixture.name): \(point) after \(change.change.site.point)")
        }
      }
    }
  }

  func testNothingIsLeftInTheModel() throws {
    let fixture = try FamilyFixture("t5", side: "right")
    let before = try fixture.model.run(fixture.input).logits
    let trial = Trial([
      try change(at: .residualPre(.encoder, 1), of: fixture, seed: 4).change
    ])
    _ = try Sweep([trial], metric: .logit(of: [3])).run(on: fixture.model, fixture.input)
    XCTAssertEqual(try fixture.model.run(fixture.input).logits, before)
  }
}

extension Array where Element: Hashable {
  fileprivate var uniqued: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
