import Coursework
import Foundation
import Tensors
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.4 and 9.5: what is rejected, what is accepted.
final class CircuitSearchTests: XCTestCase {
  private static let solution = Solution9.Answers()

  private func nodes(
    _ name: String, says: String?,
    answer: @escaping @Sendable (NodesToPrune) throws -> Set<Node>
  ) -> Misconception {
    Misconception(of: CircuitsSheet.untilAFifthIsLost, name, says: says, answer: answer)
  }

  /// One walk over nodes, each of which goes when a test says so.
  private static func walk(
    _ order: [Node], _ kept: Set<Node>, may: (Set<Node>, Node) throws -> Bool
  ) rethrows -> Set<Node> {
    var kept = kept
    for node in order where kept.contains(node) {
      if try may(kept, node) { kept.remove(node) }
    }
    return kept
  }

  func testWrongNodesAreRejectedWithTheirSentence() {
    let misconceptions = [
      nodes("the other way round", says: "begin at the wrong end") { question in
        try Self.solution.pruned(
          question.order.reversed(), keeping: question.share, by: try question.task.meter())
      },
      nodes("what may be lost", says: "what has to stay, not what may be lost") { question in
        try Self.solution.pruned(
          question.order, keeping: 1 - question.share, by: try question.task.meter())
      },
      nodes("one by one", says: "from the whole model alone") { question in
        let meter = try question.task.meter()
        let all = Set(question.order)
        return try all.filter {
          try meter.logitDifference(nodes: all.subtracting([$0])) / meter.clean < question.share
        }
      },
      nodes("against the last", says: "small losses add up") { question in
        let meter = try question.task.meter()
        var (kept, before) = (Set(question.order), Set<Node>())
        var last = meter.clean
        while kept != before {
          before = kept
          for order in [question.order, question.order.reversed()] {
            kept = try Self.walk(order, kept) { kept, node in
              let value = try meter.logitDifference(nodes: kept.subtracting([node]))
              guard value >= question.share * last else { return false }
              last = value
              return true
            }
          }
        }
        return kept
      },
      nodes("one round", says: "one round is not all") { question in
        let meter = try question.task.meter()
        return try Self.walk(question.order, Set(question.order)) { kept, node in
          try meter.logitDifference(nodes: kept.subtracting([node]))
            >= question.share * meter.clean
        }
      },
      nodes("faithfulness", says: "which is faithfulness") { question in
        let meter = try question.task.meter()
        func may(_ kept: Set<Node>, _ node: Node) throws -> Bool {
          let left = try meter.logitDifference(nodes: kept.subtracting([node])) - meter.corrupted
          return left / (meter.clean - meter.corrupted) >= question.share
        }
        var (kept, before) = (Set(question.order), Set<Node>())
        while kept != before {
          before = kept
          kept = try Self.walk(question.order, kept, may: may)
          kept = try Self.walk(question.order.reversed(), kept, may: may)
        }
        return kept
      },
      nodes("heads alone", says: nil) { question in
        let meter = try question.task.meter()
        let heads = question.order.filter { if case .head = $0 { true } else { false } }
        return try Self.walk(heads, Set(question.order)) { kept, node in
          try meter.logitDifference(nodes: kept.subtracting([node]))
            >= question.share * meter.clean
        }
      },
      nodes("stops", says: "stopped at the first node") { question in
        let meter = try question.task.meter()
        var kept = Set(question.order)
        for node in question.order {
          let rest = kept.subtracting([node])
          if try meter.logitDifference(nodes: rest) < question.share * meter.clean { break }
          kept = rest
        }
        return kept
      },
      nodes("everything", says: nil) { Set($0.order) },
      nodes("nothing", says: nil) { _ in [] },
      nodes("nodes of another model", says: nil) { _ in [.head(layer: 9, head: -1), .embedding] },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightNodesAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.untilAFifthIsLost, "by walks over a set") {
        (question: NodesToPrune) in
        let meter = try question.task.meter()
        func may(_ kept: Set<Node>, _ node: Node) throws -> Bool {
          try meter.logitDifference(nodes: kept.subtracting([node])) >= question.share * meter.clean
        }
        var (kept, count) = (Set(question.order), Int.max)
        while kept.count < count {
          count = kept.count
          kept = try Self.walk(question.order, kept, may: may)
          kept = try Self.walk(question.order.reversed(), kept, may: may)
        }
        return kept
      },
      Variant(of: CircuitsSheet.untilAFifthIsLost, "until two rounds took nothing") {
        (question: NodesToPrune) in
        let meter = try question.task.meter()
        let least = question.share * meter.clean
        var (kept, quiet, isBack) = (question.order, 0, false)
        while quiet < 2 {
          var places = Array(kept.indices)
          if isBack { places.reverse() }
          var gone: Set<Int> = []
          for place in places {
            let rest = kept.indices.filter { $0 != place && !gone.contains($0) }.map { kept[$0] }
            if try meter.logitDifference(nodes: Set(rest)) >= least { gone.insert(place) }
          }
          kept = kept.indices.filter { !gone.contains($0) }.map { kept[$0] }
          quiet = gone.isEmpty ? quiet + 1 : 0
          isBack.toggle()
        }
        return Set(kept)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func faithful(
    _ name: String, says: String?, answer: @escaping @Sendable (CircuitOfTask) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.circuitOrModel, in: CircuitsAsks.faithfulness, name, says: says,
      answer: answer)
  }

  private func worth(
    _ name: String, says: String?, answer: @escaping @Sendable (CircuitOfTask) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.circuitOrModel, in: CircuitsAsks.worth, name, says: says, answer: answer)
  }

  private static func kept(_ question: CircuitOfTask) throws -> (CircuitMeter, [Double]) {
    let meter = try question.task.meter()
    let circuit = Set(question.circuit)
    return (
      meter,
      try [circuit, Set(meter.nodes).subtracting(circuit)].map {
        try meter.logitDifference(nodes: $0)
      }
    )
  }

  private static func worths(_ question: CircuitOfTask) throws -> Tensor {
    try solution.worth(of: question.circuit, by: try question.task.meter())
  }

  func testWrongFaithfulnessIsRejectedWithItsSentence() {
    let misconceptions = [
      faithful("shares", says: "shares of the clean logit difference") { question in
        let (meter, kept) = try Self.kept(question)
        return kept.map { Float($0 / meter.clean) }
      },
      faithful("one less", says: "the second is 1 less the first") { question in
        let (meter, kept) = try Self.kept(question)
        let first = Float((kept[0] - meter.corrupted) / (meter.clean - meter.corrupted))
        return [first, 1 - first]
      },
      faithful("in logits", says: "these are logit differences") {
        try Self.kept($0).1.map { Float($0) }
      },
      faithful("exchanged", says: "the circuit comes first") { question in
        let (meter, kept) = try Self.kept(question)
        return kept.reversed().map {
          Float(($0 - meter.corrupted) / (meter.clean - meter.corrupted))
        }
      },
      faithful("lost", says: "what is lost") { question in
        let (meter, kept) = try Self.kept(question)
        return kept.map { Float((meter.clean - $0) / (meter.clean - meter.corrupted)) }
      },
      faithful("the edges' complement", says: nil) { question in
        let meter = try question.task.meter()
        let own = try Self.solution.edges(among: Set(question.circuit))
        let span = meter.clean - meter.corrupted
        return try [own, Set(meter.edges).subtracting(own)].map {
          Float((try meter.logitDifference(edges: $0) - meter.corrupted) / span)
        }
      },
      faithful("squares", says: nil) { question in
        let (meter, kept) = try Self.kept(question)
        return kept.map {
          let share = ($0 - meter.corrupted) / (meter.clean - meter.corrupted)
          return Float(share * share)
        }
      },
      faithful("of the divergence", says: nil) { question in
        let meter = try question.task.meter()
        let circuit = Set(question.circuit)
        return try [circuit, Set(meter.nodes).subtracting(circuit)].map {
          Float(1 - (try meter.divergence(edges: Self.solution.edges(among: $0))))
        }
      },
      faithful("nothing", says: nil) { _ in [] },
      worth("in logits", says: "these are logit differences") { question in
        let meter = try question.task.meter()
        return try Self.worths(question) * Float(meter.clean - meter.corrupted)
      },
      worth("of the clean", says: "take clean − corrupted") { question in
        let meter = try question.task.meter()
        return try Self.worths(question)
          * Float((meter.clean - meter.corrupted) / meter.clean)
      },
      worth("exchanged", says: "the columns are exchanged") { question in
        Tensor(
          rows: try Self.worths(question).transposed().values.chunked(question.circuit.count)
            .reversed()
        ).transposed()
      },
      worth("model alone", says: "both columns are of the whole model") { question in
        let all = try Self.worths(question)
        return Tensor(rows: question.circuit.indices.map { [all[$0, 1], all[$0, 1]] })
      },
      worth("circuit alone", says: "both columns are of the circuit") { question in
        let all = try Self.worths(question)
        return Tensor(rows: question.circuit.indices.map { [all[$0, 0], all[$0, 0]] })
      },
      worth("of the circuit's own", says: "held against the circuit") { question in
        let (meter, kept) = try Self.kept(question)
        var all = try Self.worths(question)
        let factor = Float(
          (meter.clean - meter.corrupted) / (kept[0] - meter.corrupted))
        for row in 0..<all.shape[0] { all[row, 0] *= factor }
        return all
      },
      worth("sizes", says: nil) { question in
        let all = try Self.worths(question)
        return Tensor(all.values.map { abs($0) }, shape: all.shape)
      },
      worth("one after the other", says: nil) { question in
        let meter = try question.task.meter()
        let span = meter.clean - meter.corrupted
        var wholes = [Set(question.circuit), Set(meter.nodes)]
        return Tensor(
          rows: try question.circuit.map { node in
            try wholes.indices.map { index in
              let before = try meter.logitDifference(nodes: wholes[index])
              wholes[index].remove(node)
              return Float((before - (try meter.logitDifference(nodes: wholes[index]))) / span)
            }
          })
      },
      worth("gains", says: "the sign is turned round") { try Self.worths($0) * -1 },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in worth("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  func testOtherRightFaithfulnessIsAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.circuitOrModel, in: CircuitsAsks.faithfulness, "by lost shares") {
        question in
        let (meter, kept) = try Self.kept(question)
        return kept.map { Float(1 - (meter.clean - $0) / (meter.clean - meter.corrupted)) }
      },
      Variant(of: CircuitsSheet.circuitOrModel, in: CircuitsAsks.faithfulness, "by edges") {
        question in
        let meter = try question.task.meter()
        return try [true, false].map { isIn in
          let nodes = Set(meter.nodes.filter { question.circuit.contains($0) == isIn })
          let edges = try Self.solution.edges(among: nodes)
          let value = try meter.logitDifference(edges: edges)
          return Float((value - meter.corrupted) / (meter.clean - meter.corrupted))
        }
      },
      Variant(of: CircuitsSheet.circuitOrModel, in: CircuitsAsks.worth, "by differences in logits")
      {
        question in
        let meter = try question.task.meter()
        let span = Float(meter.clean - meter.corrupted)
        func value(_ nodes: [Node]) throws -> Float {
          Float(try meter.logitDifference(nodes: Set(nodes)))
        }
        var values: [Float] = []
        for node in question.circuit {
          for whole in [question.circuit, meter.nodes] {
            values.append((try value(whole) - value(whole.filter { $0 != node })) / span)
          }
        }
        return Tensor(values, shape: [question.circuit.count, 2])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}

extension [Float] {
  fileprivate func chunked(_ size: Int) -> [[Float]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<($0 + size)]) }
  }
}
