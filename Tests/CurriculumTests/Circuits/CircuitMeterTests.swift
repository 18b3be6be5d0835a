import Circuits
import Coursework
import Interventions
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary

/// What the sheet's meter measures is what the library's evaluator does.
final class CircuitMeterTests: XCTestCase {
  private func check(_ task: MeteredTask, using generator: inout SeededGenerator) throws {
    let model = try task.model.made()
    let meter = try task.meter()
    let ablation: CircuitAblation = task.replacement == .zero ? .zero : .corrupted
    let set = TaskSet(task.pairs.map { TaskSet.Pair($0) })
    let byDifference = try CircuitEvaluator(model, set, ablation: ablation, threads: 1)
    let byDivergence = try CircuitEvaluator(
      model, set, ablation: ablation, metric: .divergence, threads: 1)
    XCTAssertEqual(meter.clean, byDifference.clean, accuracy: 1e-3)
    XCTAssertEqual(meter.corrupted, byDifference.corrupted, accuracy: 1e-3)
    XCTAssertEqual(
      meter.edges.map(\.description), byDifference.graph.edges.map(\.description))
    XCTAssertEqual(
      meter.nodes.map(\.description), byDifference.graph.senders.dropFirst().map(\.name))
    let edges = byDifference.graph.edges
    for share in [0.3, 0.7, 1] {
      let places = edges.indices.filter { _ in
        Double.random(in: 0..<1, using: &generator) < share
      }
      let circuit = try Circuit(
        places.map { edges[$0] }, in: byDifference.graph, ablation: ablation)
      let kept = Set(places.map { meter.edges[$0] })
      XCTAssertEqual(
        try meter.logitDifference(edges: kept), try byDifference.value(of: circuit),
        accuracy: 2e-3)
      XCTAssertEqual(
        try meter.divergence(edges: kept), try byDivergence.value(of: circuit), accuracy: 2e-3)
      let nodes = meter.nodes.filter { _ in Double.random(in: 0..<1, using: &generator) < share }
      let ofNodes = try Circuit(
        nodes: nodes.map { PathPatching.Sender(name: $0.description)! }, in: byDifference.graph,
        ablation: ablation)
      XCTAssertEqual(
        try meter.logitDifference(nodes: Set(nodes)), try byDifference.value(of: ofNodes),
        accuracy: 2e-3)
    }
  }

  func testItIsTheLibrarysEvaluator() throws {
    var generator = SeededGenerator(seed: 12)
    for norm in CircuitModel.Norm.allCases {
      let model = CircuitModel.drawn(norm, using: &generator)
      // Texts of two lengths, as in the reader's tasks.
      let pairs = try model.pairs([(5, 3), (8, 3)], using: &generator)
      for replacement in [Replacement.corrupted, .zero] {
        try check(
          MeteredTask(model: model, pairs: pairs, replacement: replacement), using: &generator)
      }
    }
    try check(
      MeteredTask(
        model: .reader, pairs: try CircuitModel.readerPairs("months", count: 3, seed: 1)),
      using: &generator)
  }

  /// ACDC as it is asked for leaves of planted circuits what was planted.
  func testPlantedCircuitsAreRecovered() throws {
    for planted in [PlantedCircuit.induction, .twoRoutes, .lookup] {
      let task = MeteredTask(
        model: .given(GivenWeights(planted.model)), pairs: planted.task.pairs.map(TaskPair.init))
      let meter = try task.meter()
      var kept = Set(meter.edges)
      for edge in meter.edges.reversed() {
        let rest = kept.subtracting([edge])
        if try meter.logitDifference(edges: kept) - meter.logitDifference(edges: rest) < 0.1 {
          kept = rest
        }
      }
      XCTAssertEqual(
        kept.map(\.description).sorted(), planted.edges.map(\.description).sorted(), planted.name)
    }
  }

  func testAPartThatIsNotThereIsAnError() throws {
    var generator = SeededGenerator(seed: 1)
    let model = CircuitModel.drawn(.layer, layers: 2, using: &generator)
    let meter = try MeteredTask(
      model: model, pairs: try model.pairs([(5, 2)], using: &generator)
    ).meter()
    XCTAssertThrowsError(try meter.logitDifference(nodes: [.mlp(layer: 2)])) {
      XCTAssertEqual(
        "\($0)",
        "the model has no mlp.2; `meter.nodes` and `meter.edges` list what there is")
    }
    let turned = Edge(from: .mlp(layer: 1), to: .query(layer: 1, head: 0))
    XCTAssertThrowsError(try meter.divergence(edges: [turned]))
  }
}

/// The public seed and another: cases of this sheet are drawn until they decide, which takes a while.
let twoSeeds: [UInt64] = [Checker.publicSeed, 1]
