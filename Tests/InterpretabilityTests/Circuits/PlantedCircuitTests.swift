import Circuits
import Interventions
import Tensors
import Transformers
import XCTest

/// Circuits that were written by hand are found again, exactly, by every method.
final class PlantedCircuitTests: XCTestCase {
  private func evaluator(
    _ planted: PlantedCircuit, metric: CircuitMetric = .logitDifference
  ) throws -> CircuitEvaluator {
    try CircuitEvaluator(planted.model, planted.task, metric: metric)
  }

  func testModelsDoTheirTasksAndTwinsDoNot() throws {
    for planted in PlantedCircuit.all {
      let evaluator = try evaluator(planted)
      XCTAssertGreaterThan(evaluator.clean, 3, planted.name)
      XCTAssertLessThan(evaluator.corrupted, 0.5, planted.name)
    }
  }

  func testNodePruningFindsThePlantedNodes() throws {
    for planted in PlantedCircuit.all {
      let evaluator = try evaluator(planted)
      let found = try CircuitSearch(evaluator, .nodes, threshold: 0.2).run()
      let circuit = try Circuit(planted.edges, in: evaluator.graph, ablation: .corrupted)
      XCTAssertEqual(found.circuit.nodes, circuit.nodes, planted.name)
      // Edges of a node circuit are those that carry anything.
      XCTAssertEqual(Set(found.circuit.edges), planted.edges, planted.name)
      XCTAssertEqual(found.faithfulness, 1, accuracy: 1e-4, planted.name)
    }
  }

  func testEdgePruningFindsThePlantedEdges() throws {
    for planted in PlantedCircuit.all {
      let found = try CircuitSearch(evaluator(planted), .edges, threshold: 0.2).run()
      XCTAssertEqual(Set(found.circuit.edges), planted.edges, planted.name)
    }
  }

  func testACDCFindsThePlantedEdgesAtEveryThresholdBelowTheirWorth() throws {
    for planted in PlantedCircuit.all {
      for metric in CircuitMetric.allCases {
        for threshold in [0, 1e-4, 0.1] {
          let found = try CircuitSearch(
            evaluator(planted, metric: metric), .acdc, threshold: threshold
          ).run()
          XCTAssertEqual(
            Set(found.circuit.edges), planted.edges, "\(planted.name) \(metric) \(threshold)")
        }
      }
    }
  }

  func testAttributionFindsThePlantedEdges() throws {
    for planted in PlantedCircuit.all {
      for (metric, steps) in [(CircuitMetric.logitDifference, 1), (.divergence, 5)] {
        let attribution = try EdgeAttribution(
          evaluator(planted, metric: metric), steps: steps)
        // The norms' own gradients, a millionth of a millionth, are not nothing.
        XCTAssertEqual(
          Set(attribution.circuit(atLeast: 1e-6).edges), planted.edges,
          "\(planted.name) \(metric)")
      }
    }
  }

  func testThePlantedCircuitIsFaithfulCompleteAndMinimal() throws {
    for planted in PlantedCircuit.all {
      let evaluator = try evaluator(planted)
      let circuit = try Circuit(planted.edges, in: evaluator.graph, ablation: .corrupted)
      XCTAssertEqual(
        try evaluator.faithfulness(of: circuit), 1, accuracy: 1e-4, planted.name)
      XCTAssertEqual(
        try evaluator.incompleteness(of: circuit), 0, accuracy: 1e-4, planted.name)
      for worth in try evaluator.worth(of: circuit) {
        XCTAssertGreaterThan(worth.inCircuit, 0.2, "\(planted.name) \(worth.node.name)")
        XCTAssertGreaterThan(worth.inModel, 0.2, "\(planted.name) \(worth.node.name)")
      }
    }
  }

  func testAZeroWeightIsNoEdgeUnderAnyAblation() throws {
    for ablation in CircuitAblation.allCases {
      let planted = PlantedCircuit.lookup
      let evaluator = try CircuitEvaluator(
        planted.model, planted.task, ablation: ablation)
      let found = try CircuitSearch(evaluator, .acdc, threshold: 0).run()
      // Layer 1's heads have no weights, and nobody reads what its MLP writes.
      XCTAssertFalse(
        found.circuit.edges.contains {
          ["1.0", "1.1", "mlp.1", "0.1"].contains($0.sender.name)
            || $0.receiver.name.hasPrefix("1.") || $0.receiver == .mlp(layer: 1)
        }, "\(ablation): \(found.circuit.edges)")
    }
  }

  func testASearchThatWasStoppedIsTakenUp() throws {
    let evaluator = try evaluator(.induction)
    for method in [CircuitMethod.nodes, .edges, .acdc] {
      let search = try CircuitSearch(evaluator, method, threshold: 0.2)
      let whole = try search.run()
      XCTAssertNil(whole.checkpoint)
      var checkpoint: CircuitCheckpoint?
      var found: FoundCircuit
      var stops = 0
      repeat {
        found = try search.run(resuming: checkpoint) { _ in false }
        checkpoint = try found.checkpoint.map {
          try JSONDecoder().decode(CircuitCheckpoint.self, from: JSONEncoder().encode($0))
        }
        stops += 1
      } while checkpoint != nil && stops < 1000
      XCTAssertGreaterThan(stops, 1, "\(method)")
      XCTAssertEqual(found.circuit, whole.circuit, "\(method)")
    }
    let other = try CircuitSearch(evaluator, .acdc, threshold: 0.3)
    let stopped = try other.run { _ in false }
    let search = try CircuitSearch(evaluator, .acdc, threshold: 0.2)
    XCTAssertThrowsError(try search.run(resuming: stopped.checkpoint)) {
      XCTAssertEqual($0 as? CircuitError, .otherSearch)
    }
  }

  func testWhatIsNotDefinedIsRefused() throws {
    let planted = PlantedCircuit.lookup
    func check(_ expected: CircuitError, _ pairs: [TaskSet.Pair]) {
      XCTAssertThrowsError(try CircuitEvaluator(planted.model, TaskSet(pairs))) {
        XCTAssertEqual($0 as? CircuitError, expected)
      }
    }
    check(.noPairs, [])
    check(
      .unequal(pair: 0, clean: 2, corrupted: 1),
      [TaskSet.Pair(clean: [1, 2], corrupted: [1], answer: 1, foil: 2)])
    check(
      .token(12, pair: 0, vocabularySize: 10),
      [TaskSet.Pair(clean: [1], corrupted: [2], answer: 12, foil: 2)])
    check(
      .foilIsAnswer(pair: 0), [TaskSet.Pair(clean: [1], corrupted: [2], answer: 2, foil: 2)])
    let evaluator = try evaluator(planted)
    XCTAssertThrowsError(try CircuitSearch(evaluator, .acdc, threshold: -1))
    XCTAssertThrowsError(try CircuitSearch(evaluator, .nodes, threshold: 20))
    XCTAssertThrowsError(
      try CircuitSearch(evaluator, .nodes, threshold: .nan))
    XCTAssertThrowsError(
      try EdgeAttribution(self.evaluator(planted, metric: .divergence)))
    XCTAssertThrowsError(
      try Circuit(
        [CircuitEdge(.mlp(layer: 1), .query(layer: 0, head: 0))], in: evaluator.graph,
        ablation: .zero))
    let bert = TransformerConfiguration.bert(
      vocabularySize: 10, width: 8,
      encoder: .init(layerCount: 1, headCount: 1, headWidth: 8, feedForwardWidth: 8),
      positions: 8, head: .unembedding)
    XCTAssertThrowsError(try CircuitGraph(bert)) {
      XCTAssertEqual($0 as? CircuitError, .notADecoder)
    }
  }
}
