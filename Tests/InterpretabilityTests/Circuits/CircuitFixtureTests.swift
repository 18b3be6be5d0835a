import Checkpoints
import Circuits
import Tensors
import Transformers
import XCTest

/// Circuits of edges beside what TransformerLens's hooks make of them; `Tests/Fixtures/circuits.py`.
final class CircuitFixtureTests: XCTestCase {
  private struct Fixture {
    let model: Transformer
    let task: TaskSet
    let graph: CircuitGraph
    private let file: SafetensorsFile

    init() throws {
      let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures")
      model = try Transformer(directory: fixtures.appendingPathComponent("gpt2-tiny"))
      file = try SafetensorsFile(
        contentsOf: fixtures.appendingPathComponent("circuits.safetensors"))
      graph = try CircuitGraph(model.configuration)
      let (clean, corrupted) = (try file.integers("clean"), try file.integers("corrupted"))
      let (answers, foils) = (try file.integers("answer"), try file.integers("foil"))
      let length = clean.count / answers.count
      task = TaskSet(
        answers.indices.map { row in
          let range = (row * length)..<((row + 1) * length)
          return TaskSet.Pair(
            clean: Array(clean[range]), corrupted: Array(corrupted[range]), answer: answers[row],
            foil: foils[row])
        })
    }

    func rows(_ name: String) throws -> [[Float]] {
      let tensor = try file.tensor(name)
      return (0..<tensor.shape[0]).map { tensor[at: $0].values }
    }

    func values(_ name: String) throws -> [Float] { try file.tensor(name).values }

    func edges(_ mask: [Float]) -> Set<CircuitEdge> {
      Set(zip(graph.edges, mask).filter { $1 != 0 }.map(\.0))
    }
  }

  func testMetricsOfCircuitsEqualTransformerLensHooks() throws {
    let fixture = try Fixture()
    for ablation in CircuitAblation.allCases {
      for (metric, name) in [(CircuitMetric.logitDifference, "difference"), (.divergence, "kl")] {
        let evaluator = try CircuitEvaluator(
          fixture.model, fixture.task, ablation: ablation, metric: metric)
        let expected = try fixture.values("\(ablation.rawValue).\(name)")
        for (mask, value) in zip(try fixture.rows("circuits"), expected) {
          let circuit = try Circuit(
            fixture.edges(mask), in: fixture.graph, ablation: ablation)
          XCTAssertEqual(
            try evaluator.value(of: circuit), Double(value), accuracy: 2e-4,
            "\(ablation) \(name) \(circuit.edges.count) edges")
        }
      }
    }
  }

  func testEndsEqualTheModelsOwnRuns() throws {
    let fixture = try Fixture()
    let evaluator = try CircuitEvaluator(fixture.model, fixture.task)
    let ends = try fixture.values("ends")
    XCTAssertEqual(evaluator.clean, Double(ends[0]), accuracy: 1e-4)
    XCTAssertEqual(evaluator.corrupted, Double(ends[1]), accuracy: 1e-4)
    let full = try Circuit(fixture.graph.edges, in: fixture.graph, ablation: .corrupted)
    XCTAssertEqual(try evaluator.faithfulness(of: full), 1, accuracy: 1e-4)
    let empty = try Circuit([], in: fixture.graph, ablation: .corrupted)
    XCTAssertEqual(try evaluator.faithfulness(of: empty), 0, accuracy: 1e-4)
  }

  func testACDCLeavesTheEdgesOfAPlainLoop() throws {
    let fixture = try Fixture()
    let thresholds = try fixture.values("acdc.thresholds")
    for (ablation, metric, name) in [
      (CircuitAblation.corrupted, CircuitMetric.logitDifference, "corrupted.difference"),
      (.corrupted, .divergence, "corrupted.kl"), (.zero, .logitDifference, "zero.difference"),
    ] {
      let evaluator = try CircuitEvaluator(
        fixture.model, fixture.task, ablation: ablation, metric: metric)
      for (threshold, mask) in zip(thresholds, try fixture.rows("acdc.\(name)")) {
        let found = try CircuitSearch(evaluator, .acdc, threshold: Double(threshold)).run()
        XCTAssertEqual(
          Set(found.circuit.edges).symmetricDifference(fixture.edges(mask)), [],
          "\(name) \(threshold)")
      }
    }
  }

  func testNodePruningLeavesTheNodesOfAPlainLoop() throws {
    let fixture = try Fixture()
    let evaluator = try CircuitEvaluator(fixture.model, fixture.task)
    let shares = try fixture.values("nodes.thresholds")
    for (share, mask) in zip(shares, try fixture.rows("nodes")) {
      let found = try CircuitSearch(evaluator, .nodes, threshold: Double(share)).run()
      let expected = zip(fixture.graph.senders.dropFirst(), mask).filter { $1 != 0 }.map(\.0)
      XCTAssertEqual(found.circuit.nodes, expected, "\(share)")
    }
  }

  func testScoresOfEdgesEqualAutogradOfPyTorch() throws {
    let fixture = try Fixture()
    let evaluator = try CircuitEvaluator(fixture.model, fixture.task)
    for (steps, name) in [(1, "attribution"), (5, "attribution.integrated")] {
      let scores = try EdgeAttribution(evaluator, steps: steps).scores
      for (score, value) in zip(scores, try fixture.values(name)) {
        XCTAssertEqual(score.score, Double(value), accuracy: 2e-4, "\(name) \(score.edge)")
      }
    }
  }

  /// Threads and batches are how a search is run, and not what it finds.
  func testHowManyThreadsRunASearchChangesNothing() throws {
    let fixture = try Fixture()
    let found = try [1, 3].map { threads in
      try CircuitSearch(
        CircuitEvaluator(fixture.model, fixture.task, threads: threads), .acdc, threshold: 0.03
      ).run().circuit.edges
    }
    XCTAssertEqual(found[0], found[1])
  }

  /// Every family of decoders: all edges are the model, none the corrupted run.
  func testAllEdgesAreTheModelInEveryFamily() throws {
    for fixture in try FamilyFixture.all() where fixture.model.configuration.decoder != nil {
      guard let graph = try? CircuitGraph(fixture.model.configuration) else { continue }
      let tokens = fixture.row(0).tokens[0]
      var other = tokens
      other[tokens.count / 2] = (other[tokens.count / 2] + 1) % 20
      let task = TaskSet([
        TaskSet.Pair(clean: tokens, corrupted: other, answer: 3, foil: 4),
        TaskSet.Pair(
          clean: Array(tokens.dropLast()), corrupted: Array(other.dropLast()), answer: 5, foil: 4),
      ])
      for ablation in CircuitAblation.allCases {
        let evaluator = try CircuitEvaluator(fixture.model, task, ablation: ablation)
        let full = try Circuit(graph.edges, in: graph, ablation: ablation)
        XCTAssertEqual(
          try evaluator.value(of: full), evaluator.clean,
          accuracy: 1e-4 * max(1, abs(evaluator.clean)), "\(fixture) \(ablation)")
      }
      let evaluator = try CircuitEvaluator(fixture.model, task)
      let empty = try Circuit([], in: graph, ablation: .corrupted)
      XCTAssertEqual(
        try evaluator.value(of: empty), evaluator.corrupted,
        accuracy: 1e-4 * max(1, abs(evaluator.corrupted)), "\(fixture)")
    }
  }
}
