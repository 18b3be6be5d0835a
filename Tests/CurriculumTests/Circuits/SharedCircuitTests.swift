import Coursework
import Foundation
import Tensors
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercise 9.12: what is rejected, what is accepted.
final class SharedCircuitTests: XCTestCase {
  private static let solution = Solution9.Answers()

  private func overlap(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CircuitsToCompare) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.overlap, name, says: says, answer: answer)
  }

  private func transfer(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CircuitsToCompare) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.transfer, name, says: says,
      answer: answer)
  }

  private func shared(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CircuitsToCompare) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.withoutShared, name, says: says,
      answer: answer)
  }

  /// The overlap with one of its numbers changed.
  private static func changed(
    _ question: CircuitsToCompare,
    _ change: (inout [Float], _ a: Int, _ b: Int, _ shared: Int) -> Void
  ) throws -> [Float] {
    let (a, b) = (Set(question.circuits[0]), Set(question.circuits[1]))
    var numbers = try solution.overlap(of: a, and: b, among: question.count)
    change(&numbers, a.count, b.count, a.intersection(b).count)
    return numbers
  }

  /// The chance to share exactly so many, by Pascal's triangle.
  private static func exactly(_ k: Int, _ a: Int, _ b: Int, of count: Int) -> Double {
    var rows: [[Double]] = [[1]]
    for n in 1...max(count, 1) {
      rows.append(
        (0...n).map { ($0 > 0 ? rows[n - 1][$0 - 1] : 0) + ($0 < n ? rows[n - 1][$0] : 0) })
    }
    func choose(_ n: Int, _ k: Int) -> Double { k < 0 || k > n ? 0 : rows[n][k] }
    return choose(a, k) * choose(count - a, b - k) / choose(count, b)
  }

  private func repairing(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CircuitsToCompare) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.repairs, name, says: says,
      answer: answer)
  }

  /// What is left of every task by what is kept for each shared node, `[shared node, task]`.
  private static func table(
    _ question: CircuitsToCompare, _ kept: (Node, _ task: Int, _ all: [Node]) -> [Node]
  ) throws -> Tensor {
    let meters = try question.tasks.map { try $0.meter() }
    let shared = common(question)
    var rows: [[Float]] = []
    for node in meters[0].nodes where shared.contains(node) {
      rows.append(
        try meters.enumerated().map { index, meter in
          Float(
            try meter.logitDifference(nodes: Set(kept(node, index, meter.nodes))) / meter.clean)
        })
    }
    return Tensor(rows: rows)
  }

  func testWrongRepairsAreRejectedWithTheirSentence() {
    let misconceptions = [
      repairing("transposed", says: "a row is a node") { question in
        let shared = Self.common(question)
        return try Self.table(question) { node, _, all in
          all.filter { $0 == node || !shared.contains($0) }
        }.transposed()
      },
      repairing("one taken out", says: "one node was taken out of the whole model") {
        try Self.table($0) { node, _, all in all.filter { $0 != node } }
      },
      repairing("alone", says: "the node alone was kept") {
        try Self.table($0) { node, _, _ in [node] }
      },
      repairing("one after the other", says: "each comes back alone") { question in
        let shared = Self.common(question)
        return try Self.table(question) { node, _, all in
          let end = all.firstIndex(of: node)!
          return all.enumerated().filter { $0 <= end || !shared.contains($1) }.map(\.element)
        }
      },
      repairing("gains", says: "what a node brings back") { question in
        let shared = Self.common(question)
        let with = try Self.table(question) { node, _, all in
          all.filter { $0 == node || !shared.contains($0) }
        }
        let without = try Self.shares(question) { _, all in all.subtracting(shared) }
        return with - Tensor(without, shape: [1, without.count])
      },
      repairing("in the circuit", says: nil) { question in
        let shared = Self.common(question)
        return try Self.table(question) { node, task, _ in
          question.circuits[task].filter { $0 == node || !shared.contains($0) }
        }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in repairing("nonsense", says: nil) { _ in tensor } }.faults(), [])
    let variant = Variant(
      of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.repairs, "task by task"
    ) { question in
      let shared = Self.common(question)
      let columns = try question.tasks.map { task in
        let meter = try task.meter()
        let rest = Set(meter.nodes).subtracting(shared)
        return try meter.nodes.filter(shared.contains).map {
          Float(try meter.logitDifference(nodes: rest.union([$0])) / meter.clean)
        }
      }
      return Tensor(rows: columns).transposed()
    }
    XCTAssertNil(variant.fault())
  }

  private static func shares(
    _ question: CircuitsToCompare, _ nodes: (Int, Set<Node>) -> Set<Node>
  ) throws -> [Float] {
    try question.tasks.enumerated().map { index, task in
      let meter = try task.meter()
      return Float(
        try meter.logitDifference(nodes: nodes(index, Set(meter.nodes))) / meter.clean)
    }
  }

  private static func common(_ question: CircuitsToCompare) -> Set<Node> {
    Set(question.circuits[0].filter { node in question.circuits.allSatisfy { $0.contains(node) } })
  }

  private static func matrix(_ question: CircuitsToCompare) throws -> Tensor {
    try solution.transfer(
      of: question.circuits.map { Set($0) }, by: try question.tasks.map { try $0.meter() })
  }

  func testWrongComparisonsAreRejectedWithTheirSentence() {
    let misconceptions = [
      overlap("smaller", says: "divided by the smaller circuit") {
        try Self.changed($0) { $0[0] = Float($3) / Float(min($1, $2)) }
      },
      overlap("sum", says: "divided by the sum") {
        try Self.changed($0) { $0[0] = Float($3) / Float($1 + $2) }
      },
      overlap("exactly", says: "exactly so many") { question in
        try Self.changed(question) {
          $0[2] = Float(Self.exactly($3, $1, $2, of: question.count))
        }
      },
      overlap("more", says: "that of more") { question in
        try Self.changed(question) { numbers, a, b, shared in
          numbers[2] = Float(
            (0...min(a, b)).filter { $0 > shared }.reduce(0.0) {
              $0 + Self.exactly($1, a, b, of: question.count)
            })
        }
      },
      overlap("fewer", says: "the chance of fewer") { question in
        try Self.changed(question) { numbers, a, b, shared in
          numbers[2] = Float(
            (0..<shared).reduce(0.0) { $0 + Self.exactly($1, a, b, of: question.count) })
        }
      },
      overlap("a fixed expectation", says: nil) { question in
        try Self.changed(question) { numbers, a, b, _ in numbers[1] = Float(a + b) / 2 }
      },
      overlap("by coins", says: nil) { question in
        // Drawn with putting back.
        try Self.changed(question) { numbers, a, b, shared in
          let p = Double(b) / Double(question.count)
          func choose(_ k: Int) -> Double {
            (0..<k).reduce(1.0) { $0 * Double(a - $1) / Double($1 + 1) }
          }
          numbers[2] = Float(
            (shared...a).reduce(0.0) {
              $0 + choose($1) * pow(p, Double($1)) * pow(1 - p, Double(a - $1))
            })
        }
      },
      overlap("nothing", says: nil) { _ in [] },
      transfer("transposed", says: "rows and columns are exchanged") {
        try Self.matrix($0).transposed()
      },
      transfer("of the own circuit", says: "of what the task's own circuit does") { question in
        var matrix = try Self.matrix(question)
        for row in 0..<matrix.shape[0] {
          let own = matrix[row, row]
          for column in 0..<matrix.shape[1] { matrix[row, column] = matrix[row, column] / own }
        }
        return matrix
      },
      transfer("faithfulness", says: "these are faithfulnesses") { question in
        let matrix = try Self.matrix(question)
        return Tensor(
          rows: try question.tasks.enumerated().map { row, task in
            let meter = try task.meter()
            return question.circuits.indices.map { column in
              Float(
                (Double(matrix[row, column]) * meter.clean - meter.corrupted)
                  / (meter.clean - meter.corrupted))
            }
          })
      },
      transfer("taken out", says: "the circuits were taken out") { question in
        Tensor(
          rows: try question.tasks.map { task in
            let meter = try task.meter()
            return try question.circuits.map { circuit in
              let rest = meter.nodes.filter { !circuit.contains($0) }
              return Float(try meter.logitDifference(nodes: Set(rest)) / meter.clean)
            }
          })
      },
      shared("kept", says: "only what is shared was kept") { question in
        try Self.shares(question) { _, _ in Self.common(question) }
      },
      shared("union", says: "what any circuit has") { question in
        try Self.shares(question) { _, all in
          all.subtracting(question.circuits.flatMap { $0 })
        }
      },
      shared("from the circuit", says: "out of the task's own circuit") { question in
        try Self.shares(question) { index, _ in
          Set(question.circuits[index]).subtracting(Self.common(question))
        }
      },
      shared("the first circuit", says: "the first task's circuit was taken out") { question in
        try Self.shares(question) { _, all in all.subtracting(question.circuits[0]) }
      },
      shared("lost", says: "this is what is lost") { question in
        try Self.shares(question) { _, all in all.subtracting(Self.common(question)) }
          .map { 1 - $0 }
      },
      shared("in logits", says: "not shares") { question in
        let shares = try Self.shares(question) { _, all in
          all.subtracting(Self.common(question))
        }
        return try zip(shares, question.tasks).map { $0 * Float(try $1.meter().clean) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in transfer("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  func testOtherRightComparisonsAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.overlap, "by Pascal's triangle") {
        question in
        let (a, b) = (Set(question.circuits[0]), Set(question.circuits[1]))
        let both = a.filter(b.contains).count
        return [
          Float(both) / Float(a.count + b.count - both),
          Float(a.count) * Float(b.count) / Float(question.count),
          1
            - Float(
              (0..<both).reduce(0.0) {
                $0 + Self.exactly($1, a.count, b.count, of: question.count)
              }),
        ]
      },
      Variant(of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.withoutShared, "node by node") {
        question in
        try Self.shares(question) { _, all in
          all.filter { node in !question.circuits.allSatisfy { $0.contains(node) } }
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
    let matrix = Variant(
      of: CircuitsSheet.sharedCircuits, in: CircuitsAsks.transfer, "column by column"
    ) { question in
      let columns = try question.circuits.map { circuit in
        try question.tasks.map { task in
          let meter = try task.meter()
          return Float(try meter.logitDifference(nodes: Set(circuit)) / meter.clean)
        }
      }
      return Tensor(rows: columns).transposed()
    }
    XCTAssertNil(matrix.fault())
  }
}
