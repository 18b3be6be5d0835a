import Circuits
import Foundation
import Interventions
import Transformers
import XCTest

final class TaskSetTests: XCTestCase {
  private func file(_ text: String) throws -> TaskFile { try TaskFile(Data(text.utf8)) }

  private func set(_ text: String) throws -> TaskSet {
    try file(text).taskSet(
      tokens: { text in
        switch text {
        case .ids(let ids): ids
        case .text(let words): words.split(separator: " ").map(\.count)
        }
      },
      answers: { answer, foil, _ in
        func id(_ token: TaskFile.Token) -> Int {
          switch token {
          case .id(let id): id
          case .text(let text): text.first == "#" ? Int(text.dropFirst())! : text.count
          }
        }
        return (id(answer), id(foil))
      })
  }

  func testPairsAreReadAsTextsAndAsIds() throws {
    let found = try set(
      """
      {"clean": "a bb ccc", "corrupted": "a bb cc", "answer": "dddd", "foil": "#9"}

      {"clean-ids": [1, 2], "corrupted-ids": [1, 3], "answer": 5, "foil": "#6", "template": "two"}
      """)
    XCTAssertEqual(
      found.pairs,
      [
        .init(clean: [1, 2, 3], corrupted: [1, 2, 2], answer: 4, foil: 9, template: 0),
        .init(clean: [1, 2], corrupted: [1, 3], answer: 5, foil: 6, template: 1),
      ])
  }

  func testASetIsReadAsItWasWritten() throws {
    let pairs = [
      TaskSet.Pair(clean: [4, 5], corrupted: [4, 6], answer: 1, foil: 2, template: 0),
      TaskSet.Pair(clean: [7], corrupted: [8], answer: 2, foil: 1, template: 1),
    ]
    let text = String(decoding: TaskFile.data(TaskSet(pairs)), as: UTF8.self)
    XCTAssertEqual(try set(text).pairs, pairs)
  }

  func testEveryFaultIsSaidWithItsLine() throws {
    let good = #"{"clean-ids": [1], "corrupted-ids": [2], "answer": 1, "foil": 2}"#
    for (line, fault) in [
      ("[1]", "is not a pair"), ("{", "is not a pair"),
      (#"{"clean-ids": [1], "answer": 1, "foil": 2}"#, "neither \"corrupted\""),
      (#"{"clean": "a", "clean-ids": [1], "corrupted-ids": [1], "answer": 1, "foil": 2}"#, "both"),
      (#"{"clean-ids": [1.5], "corrupted-ids": [1], "answer": 1, "foil": 2}"#, "whole numbers"),
      (#"{"clean": 3, "corrupted-ids": [1], "answer": 1, "foil": 2}"#, "not a text"),
      (#"{"clean-ids": [1], "corrupted-ids": [1], "foil": 2}"#, "holds no \"answer\""),
      (#"{"clean-ids": [1], "corrupted-ids": [1], "answer": [], "foil": 2}"#, "its id"),
      (#"{"clean-ids": [1, 2], "corrupted-ids": [1], "answer": 1, "foil": 2}"#, "alike in length"),
      (#"{"clean-ids": [], "corrupted-ids": [], "answer": 1, "foil": 2}"#, "without tokens"),
      (#"{"clean-ids": [1], "corrupted-ids": [1], "answer": 2, "foil": 2}"#, "is its foil"),
    ] {
      XCTAssertThrowsError(try set(good + "\n" + line), line) { error in
        let found = error as? TaskFileError
        XCTAssertEqual(found?.line, 2, line)
        XCTAssertTrue(found?.fault.contains(fault) ?? false, "\(line): \(error)")
      }
    }
    XCTAssertThrowsError(try set("\n \n")) { XCTAssertEqual($0 as? CircuitError, .noPairs) }
  }

  func testTemplatesMeetEveryFilling() {
    let set = TaskSet(templates: [10, 20], fillers: [1, 2, 3]) { template, filler in
      filler == 2 && template == 20
        ? nil : .init(clean: [template + filler], corrupted: [0], answer: filler, foil: 0)
    }
    XCTAssertEqual(set.pairs.map(\.clean), [[11], [12], [13], [21], [23]])
    XCTAssertEqual(set.pairs.map(\.template), [0, 0, 0, 1, 1])
  }

  func testABalancedSetAsksNothingMoreOftenThanOthers() {
    let answers = [1, 1, 1, 1, 2, 2, 3]
    let set = TaskSet(answers.map { .init(clean: [0], corrupted: [1], answer: $0, foil: 0) })
    func counts(_ set: TaskSet) -> [Int: Int] {
      set.pairs.reduce(into: [:]) { $0[$1.answer, default: 0] += 1 }
    }
    XCTAssertEqual(counts(set.balanced()), [1: 1, 2: 1, 3: 1])
    XCTAssertEqual(counts(set.balanced(to: 5)), [1: 2, 2: 2, 3: 1])
    XCTAssertEqual(set.balanced(to: 100).pairs.count, 7)
  }

  func testFilteringKeepsWhatTheModelIsSureOf() throws {
    let planted = PlantedCircuit.lookup
    let confidences = try planted.task.confidences(of: planted.model)
    XCTAssertTrue(confidences.allSatisfy { $0.answer > 0.8 && $0.corrupted < 0.1 })
    var set = planted.task
    let (answer, foil) = (set.pairs[0].answer, set.pairs[0].foil)
    (set.pairs[0].answer, set.pairs[0].foil) = (foil, answer)
    XCTAssertEqual(
      try set.filtered(on: planted.model).pairs, Array(planted.task.pairs.dropFirst()))
    XCTAssertEqual(try set.filtered(on: planted.model, runnerUp: 0).pairs, [])
  }

  func testNamesAreReadAsTheyAreWritten() throws {
    for name in ["embedding", "0.2", "mlp.10"] {
      XCTAssertEqual(PathPatching.Sender(name: name)?.name, name)
    }
    for name in ["logits", "1.1.q", "12.0.k", "3.4.v", "mlp.1"] {
      XCTAssertEqual(PathPatching.Receiver(name: name)?.name, name)
    }
    for name in ["", "logits", "1", "1.1.q", "01.2", "mlp", "mlp.-1", "1.2.3"] {
      XCTAssertNil(PathPatching.Sender(name: name), name)
    }
    let edge = CircuitEdge(.head(layer: 4, head: 4), .value(layer: 7, head: 11))
    let data = try JSONEncoder().encode([edge])
    XCTAssertEqual(String(decoding: data, as: UTF8.self), #"[["4.4","7.11.v"]]"#)
    XCTAssertEqual(try JSONDecoder().decode([CircuitEdge].self, from: data), [edge])
  }
}

final class CircuitComparisonTests: XCTestCase {
  func testOverlapsAreCountedBesideChance() throws {
    let graph = try CircuitGraph(PlantedCircuit.lookup.model.configuration)
    let a = try Circuit(PlantedCircuit.lookup.edges, in: graph, ablation: .corrupted)
    let b = try Circuit(PlantedCircuit.greaterThan.edges, in: graph, ablation: .corrupted)
    let overlap = CircuitOverlap(a, b, in: graph)
    // Nodes 0.0 and mlp.0 beside 0.1, mlp.0 and mlp.1, of six; no edge is the same.
    XCTAssertEqual(overlap.nodes.shared, 1)
    XCTAssertEqual(overlap.nodes.jaccard, 0.25)
    XCTAssertEqual(overlap.nodes.expected, 1, accuracy: 1e-12)
    // No node is shared by 3 of the 15 pairs of nodes.
    XCTAssertEqual(overlap.nodes.chance, 12.0 / 15, accuracy: 1e-9)
    XCTAssertEqual(overlap.edges.shared, 0)
    XCTAssertEqual(overlap.edges.chance, 1)
    XCTAssertEqual(CircuitOverlap(a, a, in: graph).edges.jaccard, 1)
  }

  func testHeadsAreMatchedByWhatTheyDo() {
    let first = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]
    let shuffled = [[0, 0.1, 0.9], [0.9, 0, 0.1], [0, 1, 0.1], [0.3, 0.3, 0.3]]
    let matching = HeadMatching(first, shuffled)
    XCTAssertEqual(matching.partners, [1, 2, 0])
    XCTAssertEqual(matching.distances[1]!, 0.1, accuracy: 1e-12)
    XCTAssertEqual(HeadMatching(shuffled, first).partners, [2, 0, 1, nil])
    // The nearest of each would be the same one: together another choice costs less.
    XCTAssertEqual(HeadMatching([[0.0], [0.4]], [[0.1], [-5]]).partners, [1, 0])
  }

  func testTheMatchingIsTheBestOfAll() {
    var state: UInt64 = 5
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return Double(state >> 40) / Double(1 << 24)
    }
    for _ in 0..<20 {
      let a = (0..<4).map { _ in [random(), random()] }
      let b = (0..<5).map { _ in [random(), random()] }
      func distance(_ i: Int, _ j: Int) -> Double {
        zip(a[i], b[j]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }
      var best = Double.infinity
      func place(_ row: Int, _ used: Set<Int>, _ sum: Double) {
        if row == a.count { return best = min(best, sum) }
        for column in b.indices where !used.contains(column) {
          place(row + 1, used.union([column]), sum + distance(row, column))
        }
      }
      place(0, [], 0)
      let found = HeadMatching(a, b).distances.reduce(0) { $0 + $1! }
      XCTAssertEqual(found, best, accuracy: 1e-9)
    }
  }

  func testBreakingSharedNodesBreaksTheTask() throws {
    let planted = PlantedCircuit.twoRoutes
    let evaluator = try CircuitEvaluator(planted.model, planted.task)
    let half = try evaluator.value(without: [.head(layer: 0, head: 0)])
    XCTAssertEqual(half, evaluator.clean / 2, accuracy: 1e-3)
    XCTAssertEqual(
      try evaluator.value(without: [.head(layer: 0, head: 0), .mlp(layer: 1)]),
      evaluator.corrupted, accuracy: 1e-3)
    // Either route, given back, brings its half; what is on the other alone does not.
    let back = try evaluator.values(repairing: [.head(layer: 0, head: 0), .mlp(layer: 1)])
    for value in back { XCTAssertEqual(value, evaluator.clean / 2, accuracy: 1e-3) }
    let routes = try evaluator.values(repairing: [
      .head(layer: 0, head: 0), .head(layer: 0, head: 1), .mlp(layer: 1),
    ])
    for (value, share) in zip(routes, [0.5, 0, 0]) {
      XCTAssertEqual(
        value, evaluator.corrupted + share * (evaluator.clean - evaluator.corrupted),
        accuracy: 1e-3)
    }
    XCTAssertThrowsError(try evaluator.values(repairing: [.head(layer: 9, head: 0)]))
    let drops = try evaluator.drops()
    XCTAssertEqual(drops.count, 6)
    for drop in drops where ["0.0", "0.1", "mlp.1"].contains(drop.node.name) {
      XCTAssertEqual(drop.drop, evaluator.clean / 2, accuracy: 1e-3, drop.node.name)
    }
  }
}

final class FirstRightLayerTests: XCTestCase {
  /// The planted answers are written by MLP 0 and by the head of layer 1.
  func testTheAnswerIsReadFromWhereItIsWritten() throws {
    let lookup = PlantedCircuit.lookup
    XCTAssertEqual(
      try lookup.task.firstRightLayers(of: lookup.model), [1, 1, 1, 1])
    let induction = PlantedCircuit.induction
    XCTAssertEqual(
      try induction.task.firstRightLayers(of: induction.model), [2, 2, 2, 2])
    var wrong = lookup.task
    wrong.pairs[1].answer = 9
    XCTAssertEqual(try wrong.firstRightLayers(of: lookup.model), [1, nil, 1, 1])
  }
}
