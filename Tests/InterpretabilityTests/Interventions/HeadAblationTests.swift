import Foundation
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// Ablation of heads against whole runs, value by value.
final class HeadAblationTests: XCTestCase {
  /// Loss, accuracy and predictions of next tokens, padding left out.
  private func naive(
    _ fixture: FamilyFixture, _ interventions: [Intervention]
  ) throws -> (loss: Double, accuracy: Double, predictions: [Int]) {
    let logits = try fixture.model.run(fixture.input, intervening: interventions).logits
    let mask = fixture.input.decoderMask ?? fixture.input.mask
    var (loss, right, predictions) = (0.0, 0, [Int]())
    for (row, tokens) in fixture.lastTokens.enumerated() {
      for position in 0..<(tokens.count - 1)
      where mask![row][position] && mask![row][position + 1] {
        let values = (0..<logits.shape[2]).map { Double(logits[row, position, $0]) }
        loss += log(values.reduce(0) { $0 + exp($1) }) - values[tokens[position + 1]]
        let best = values.indices.max { values[$0] < values[$1] }!
        predictions.append(best)
        if best == tokens[position + 1] { right += 1 }
      }
    }
    let count = Double(predictions.count)
    return (loss / count, Double(right) / count, predictions)
  }

  private func silence(
    _ heads: [HeadAddress], _ value: @escaping @Sendable (HookPoint, Int, Int) -> Float
  ) -> [Intervention] {
    heads.map { head in
      let point = head.mixedPoint
      return Intervention(at: point) { mixed in
        var mixed = mixed
        for row in 0..<mixed.shape[0] {
          for position in 0..<mixed.shape[1] {
            for i in 0..<mixed.shape[3] {
              mixed[row, position, head.head, i] = value(point, head.head, i)
            }
          }
        }
        return mixed
      }
    }
  }

  func testZeroAndMeanAblationEqualWholeRuns() throws {
    for name in ["gpt2", "qwen2", "neox-parallel", "t5"] {
      for side in ["right", "left"] {
        let fixture = try FamilyFixture(name, side: side)
        let last = fixture.configuration.stacks.last!.name
        let heads = fixture.configuration.heads.filter { $0.stack == last }
        let groups = heads.map { [$0] } + [[heads[0], heads[heads.count - 1]]]
        let points = Set(heads.map(\.mixedPoint))
        let trace = try fixture.model.run(fixture.input, capturing: .points(points)).trace
        let mask = (fixture.input.decoderMask ?? fixture.input.mask)!
        var means: [HookPoint: [[Float]]] = [:]
        for point in points {
          let mixed = try trace[point]
          means[point] = (0..<mixed.shape[2]).map { head in
            (0..<mixed.shape[3]).map { i in
              var (sum, count) = (0.0, 0.0)
              for row in 0..<mixed.shape[0] {
                for position in 0..<mixed.shape[1] where mask[row][position] {
                  sum += Double(mixed[row, position, head, i])
                  count += 1
                }
              }
              return Float(sum / count)
            }
          }
        }
        let clean = try naive(fixture, [])
        for kind in [AblationKind.zero, .mean] {
          let found = try HeadAblation(fixture.model, fixture.input, kind: kind)
            .effects(of: groups)
          XCTAssertEqual(found.clean.loss, clean.loss, accuracy: 1e-5)
          XCTAssertEqual(found.clean.accuracy, clean.accuracy)
          XCTAssertEqual(found.clean.changed, 0)
          let kept = means
          for (group, effect) in zip(groups, found.effects) {
            let expected = try naive(
              fixture, silence(group) { kind == .zero ? 0 : kept[$0]![$1][$2] })
            XCTAssertEqual(
              effect.score.loss, expected.loss, accuracy: 2e-5, "\(name) \(kind) \(group)")
            XCTAssertEqual(effect.score.accuracy, expected.accuracy)
            let changed = zip(expected.predictions, clean.predictions).count { $0 != $1 }
            XCTAssertEqual(
              effect.score.changed, Double(changed) / Double(clean.predictions.count))
            let changes = effect.lossChanges.joined()
            XCTAssertEqual(
              changes.reduce(0) { $0 + Double($1) } / Double(changes.count),
              expected.loss - clean.loss, accuracy: 2e-5)
          }
        }
      }
    }
  }

  func testResamplingTakesAnotherText() throws {
    let fixture = try FamilyFixture("llama", side: "left")
    let head = HeadAddress(.blocks, layer: 0, head: 2)
    let ablation = HeadAblation(fixture.model, fixture.input, kind: .resample, seed: 4)
    let once = try ablation.effects(of: [[head]])
    XCTAssertEqual(once.effects[0].score, try ablation.effects(of: [[head]]).effects[0].score)
    XCTAssertNotEqual(once.effects[0].score.loss, once.clean.loss)
    // A text that stands twice finds itself.
    let row = fixture.row(0)
    let twice = ModelInput(
      tokens: row.tokens + row.tokens, mask: row.mask! + row.mask!)
    let same = try HeadAblation(fixture.model, twice, kind: .resample).effects(of: [[head]])
    XCTAssertEqual(same.effects[0].score.loss, same.clean.loss, accuracy: 1e-6)
  }

  func testMeansAreTakenByPositionAndTemplate() throws {
    let activation = Tensor([1, 2, 3, 4, 5, 6, 7, 8], shape: [4, 2, 1])
    let mask = [[true, true], [true, true], [true, false], [true, true]]
    let all = try MeanActivation(of: activation, mask: mask, by: .allTokens)
    XCTAssertEqual(all.values, Tensor([30.0 / 7], shape: [1, 1, 1]))
    let places = try MeanActivation(of: activation, mask: mask, by: .byPosition)
    XCTAssertEqual(places.values, Tensor([4, 14.0 / 3], shape: [1, 2, 1]))
    let templates = try MeanActivation(of: activation, mask: mask, by: .byTemplate([7, 7, 3, 3]))
    XCTAssertEqual(templates.values, Tensor([6, 8, 2, 3], shape: [2, 2, 1]))
    XCTAssertThrowsError(
      try MeanActivation(of: activation, mask: nil, by: .byTemplate([1])))
  }
}
