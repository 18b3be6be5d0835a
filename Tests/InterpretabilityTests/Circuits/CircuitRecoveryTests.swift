import Circuits
import Foundation
import XCTest

/// How well methods recover circuits that are known.
final class CircuitRecoveryTests: XCTestCase {
  private struct Case: Decodable {
    let scores: [Double]
    let labels: [Int]
    let area: Double
  }

  /// `Tests/Fixtures/roc.py`.
  func testAreasAreThoseOfScikitLearn() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/roc.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    XCTAssertEqual(cases.count, 6)
    for entry in cases {
      XCTAssertEqual(
        try XCTUnwrap(rocArea(entry.scores, of: entry.labels.map { $0 == 1 })), entry.area,
        accuracy: 1e-12)
    }
  }

  func testAnAreaOfOneKindOrOfNoNumbersIsNotDefined() {
    XCTAssertNil(rocArea([], of: []))
    XCTAssertNil(rocArea([1, 2], of: [true, true]))
    XCTAssertNil(rocArea([1, 2], of: [false, false]))
    XCTAssertNil(rocArea([1, .nan], of: [true, false]))
    XCTAssertEqual(rocArea([.infinity, 1], of: [true, false]), 1)
    XCTAssertEqual(rocArea([1, 2], of: [true, false]), 0)
  }

  func testEveryMethodPutsPlantedEdgesFirst() throws {
    for planted in PlantedCircuit.all {
      let evaluator = try CircuitEvaluator(planted.model, planted.task)
      XCTAssertEqual(
        try EdgeAttribution(evaluator).recovery(of: planted.edges), 1, planted.name)
      XCTAssertEqual(
        try evaluator.recoveryByACDC(of: planted.edges, thresholds: [1, 0.01, 0.1]), 1,
        planted.name)
      // Another circuit's edges, of which hardly any are these.
      let others = Set(evaluator.graph.edges).subtracting(planted.edges)
      XCTAssertEqual(try EdgeAttribution(evaluator).recovery(of: others), 0, planted.name)
      XCTAssertNil(try EdgeAttribution(evaluator).recovery(of: []))
    }
  }

  /// With zeros positions are needed too, which the planted edges have no part in.
  func testZerosRecoverLess() throws {
    let planted = PlantedCircuit.induction
    let evaluator = try CircuitEvaluator(planted.model, planted.task, ablation: .zero)
    let area = try XCTUnwrap(
      evaluator.recoveryByACDC(of: planted.edges, thresholds: [0.01, 0.1, 1]))
    XCTAssertLessThan(area, 1)
    XCTAssertGreaterThan(area, 0.5)
    // Seven edges stay at each of these thresholds, the five planted ones among them: of all others two
    // are tied with them.
    let others = evaluator.graph.edgeCount - planted.edges.count
    XCTAssertEqual(area, 1 - 2 * 0.5 / Double(others), accuracy: 1e-9)
  }
}
