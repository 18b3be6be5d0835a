import Coursework
import Foundation
import Tensors
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.8 and 9.9: what is rejected, what is accepted.
final class CircuitEdgeTests: XCTestCase {
  private static let solution = Solution9.Answers()

  private func graph(
    _ name: String, says: String?,
    answer: @escaping @Sendable (EdgesToPrune) throws -> Set<Edge>
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.fromNodesToEdges, in: CircuitsAsks.edges, name, says: says,
      answer: answer)
  }

  private func pruned(
    _ name: String, says: String?,
    answer: @escaping @Sendable (EdgesToPrune) throws -> Set<Edge>
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.fromNodesToEdges, in: CircuitsAsks.prunedEdges, name, says: says,
      answer: answer)
  }

  private static func layer(_ receiver: Receiver) -> Int? {
    switch receiver {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _): layer
    case .mlp, .logits: nil
    }
  }

  private static func isQueryOrKey(_ receiver: Receiver) -> Bool {
    switch receiver {
    case .query, .key: true
    case .value, .mlp, .logits: false
    }
  }

  /// Edges of a question with some that there are not.
  private static func more(
    _ question: EdgesToPrune, _ isAlso: (Node, Receiver) -> Bool
  ) throws -> Set<Edge> {
    let all = try solution.edges(among: Set(question.nodes))
    let receivers = Set(all.map(\.to))
    return all.union(
      question.nodes.flatMap { node in
        receivers.filter { isAlso(node, $0) }.map { Edge(from: node, to: $0) }
      })
  }

  func testWrongGraphsAreRejectedWithTheirSentence() {
    let misconceptions = [
      graph("beside", says: "heads of one layer read the same stream") { question in
        try Self.more(question) { node, receiver in
          if case .head(let layer, _) = node { Self.layer(receiver) == layer } else { false }
        }
      },
      graph("backwards", says: "heads cannot hear the MLP of their own block") { question in
        try Self.more(question) { node, receiver in
          if case .mlp(let layer) = node { Self.layer(receiver) == layer } else { false }
        }
      },
      graph("blocks side by side", says: "an MLP hears the heads of its own block") { question in
        try Self.solution.edges(among: Set(question.nodes)).filter { edge in
          switch (edge.from, edge.to) {
          case (.head(let a, _), .mlp(let b)): a != b
          default: true
          }
        }
      },
      graph("no embedding", says: "the embedding writes too") { question in
        try Self.solution.edges(among: Set(question.nodes)).filter {
          question.nodes.contains($0.from)
        }
      },
      graph("no logits", says: "the logits read too") { question in
        try Self.solution.edges(among: Set(question.nodes)).filter { $0.to != .logits }
      },
      graph("values alone", says: "three receivers") { question in
        try Self.solution.edges(among: Set(question.nodes)).filter {
          !Self.isQueryOrKey($0.to)
        }
      },
      graph("everything", says: nil) { Set(try $0.task.meter().edges) },
      graph("the next layer alone", says: nil) { question in
        try Self.solution.edges(among: Set(question.nodes)).filter { edge in
          guard let to = Self.layer(edge.to) else { return true }
          switch edge.from {
          case .head(let from, _), .mlp(let from): return from + 1 == to
          case .embedding: return true
          }
        }
      },
      graph("heads to logits", says: nil) { question in
        // MLPs' direct path is forgotten.
        try Self.solution.edges(among: Set(question.nodes)).filter { edge in
          if case .mlp = edge.from { edge.to != .logits } else { true }
        }
      },
      graph("nothing", says: nil) { _ in [] },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  private static func pruning(
    _ question: EdgesToPrune, fromTheStart: Bool = false,
    may: (CircuitMeter, Double, inout Double) -> Bool
  ) throws -> Set<Edge> {
    let meter = try question.task.meter()
    var kept = try solution.edges(among: Set(question.nodes))
    var last = meter.clean
    for edge in fromTheStart ? meter.edges : meter.edges.reversed() where kept.contains(edge) {
      kept.remove(edge)
      if !may(meter, try meter.logitDifference(edges: kept), &last) { kept.insert(edge) }
    }
    return kept
  }

  func testWrongEdgesAreRejectedWithTheirSentence() {
    let misconceptions = [
      pruned("from the start", says: "begin at the logits") { question in
        try Self.pruning(question, fromTheStart: true) { meter, value, _ in
          value >= question.share * meter.clean
        }
      },
      pruned("against the last", says: "what was left just before") { question in
        try Self.pruning(question) { _, value, last in
          guard value >= question.share * last else { return false }
          last = value
          return true
        }
      },
      pruned("one by one", says: "from the full graph alone") { question in
        let meter = try question.task.meter()
        let all = try Self.solution.edges(among: Set(question.nodes))
        return try all.filter {
          try meter.logitDifference(edges: all.subtracting([$0])) < question.share * meter.clean
        }
      },
      pruned("all edges", says: "you began with all edges of the model") { question in
        let meter = try question.task.meter()
        var kept = Set(meter.edges)
        for edge in meter.edges.reversed() {
          kept.remove(edge)
          if try meter.logitDifference(edges: kept) < question.share * meter.clean {
            kept.insert(edge)
          }
        }
        return kept
      },
      pruned("faithfulness", says: "which is faithfulness") { question in
        try Self.pruning(question) { meter, value, _ in
          (value - meter.corrupted) / (meter.clean - meter.corrupted) >= question.share
        }
      },
      pruned("what may be lost", says: "what has to stay, not what may be lost") { question in
        try Self.pruning(question) { meter, value, _ in
          value >= (1 - question.share) * meter.clean
        }
      },
      pruned("the last of q, k and v", says: "only the values kept their edges") { question in
        try Self.pruning(question) { meter, value, _ in value >= question.share * meter.clean }
          .filter { !Self.isQueryOrKey($0.to) }
      },
      pruned("nothing", says: nil) { _ in [] },
      pruned("everything", says: nil) { Set(try $0.task.meter().edges) },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightEdgesAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.fromNodesToEdges, in: CircuitsAsks.edges, "from the meter's list") {
        question in
        let nodes = Set(question.nodes).union([.embedding])
        return Set(
          try question.task.meter().edges.filter { edge in
            guard nodes.contains(edge.from) else { return false }
            switch edge.to {
            case .logits: return true
            case .mlp(let layer): return nodes.contains(.mlp(layer: layer))
            case .query(let layer, let head), .key(let layer, let head),
              .value(let layer, let head):
              return nodes.contains(.head(layer: layer, head: head))
            }
          })
      },
      Variant(of: CircuitsSheet.fromNodesToEdges, in: CircuitsAsks.prunedEdges, "in place") {
        question in
        try Self.pruning(question) { meter, value, _ in value >= question.share * meter.clean }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func discovery(
    _ name: String, says: String?,
    answer: @escaping @Sendable (EdgesToDrop) throws -> Set<Edge>
  ) -> Misconception {
    Misconception(of: CircuitsSheet.acdc, name, says: says, answer: answer)
  }

  /// ACDC on losses.
  private static func discovered(
    _ question: EdgesToDrop, fromTheStart: Bool = false, sign: Double = 1,
    goes: (_ value: Double, _ current: Double, _ whole: Double) -> Bool
  ) throws -> Set<Edge> {
    let meter = try question.task.meter()
    func loss(_ edges: Set<Edge>) throws -> Double {
      switch question.measure {
      case .divergence: sign * (try meter.divergence(edges: edges))
      case .logitDifference: -sign * (try meter.logitDifference(edges: edges))
      }
    }
    var kept = Set(meter.edges)
    let whole = try loss(kept)
    var current = whole
    for edge in fromTheStart ? meter.edges : meter.edges.reversed() {
      kept.remove(edge)
      let value = try loss(kept)
      if goes(value, current, whole) { current = value } else { kept.insert(edge) }
    }
    return kept
  }

  func testWrongDiscoveriesAreRejectedWithTheirSentence() {
    let misconceptions = [
      discovery("against the model", says: "held against the whole model") { question in
        try Self.discovered(question) { value, _, whole in value - whole < question.threshold }
      },
      discovery("percentage", says: "taken for a percentage") { question in
        let clean = try question.task.meter().clean
        return try Self.discovered(question) { value, current, _ in
          value - current < question.threshold / 100 * clean
        }
      },
      discovery("absolute", says: "an absolute value was taken") { question in
        try Self.discovered(question) { value, current, _ in
          abs(value - current) < question.threshold
        }
      },
      discovery("from the start", says: "begin at the logits") { question in
        try Self.discovered(question, fromTheStart: true) { value, current, _ in
          value - current < question.threshold
        }
      },
      discovery("one by one", says: "from the whole model alone") { question in
        let meter = try question.task.meter()
        let all = Set(meter.edges)
        return try all.filter { edge in
          let rest = all.subtracting([edge])
          let rise =
            question.measure == .divergence
            ? try meter.divergence(edges: rest)
            : meter.clean - (try meter.logitDifference(edges: rest))
          return rise >= question.threshold
        }
      },
      discovery("turned", says: "the sign is turned round") { question in
        try Self.discovered(question, sign: -1) { value, current, _ in
          value - current < question.threshold
        }
      },
      discovery("a share", says: nil) { question in
        // An edge goes as long as enough is left of the whole.
        let meter = try question.task.meter()
        return try Self.discovered(question) { value, _, whole in
          question.measure == .divergence
            ? value < question.threshold * meter.clean
            : -value > (1 - question.threshold) * -whole
        }
      },
      discovery("what counts goes", says: nil) { question in
        try Self.discovered(question) { value, current, _ in
          value - current >= question.threshold
        }
      },
      discovery("all that counts alone", says: nil) { question in
        // Edges are put in, from nothing.
        let meter = try question.task.meter()
        var kept: Set<Edge> = []
        func loss(_ edges: Set<Edge>) throws -> Double {
          question.measure == .divergence
            ? try meter.divergence(edges: edges) : -(try meter.logitDifference(edges: edges))
        }
        var current = try loss(kept)
        for edge in meter.edges {
          let value = try loss(kept.union([edge]))
          if current - value >= question.threshold {
            kept.insert(edge)
            current = value
          }
        }
        return kept
      },
      discovery("everything", says: nil) { Set(try $0.task.meter().edges) },
      discovery("nothing", says: nil) { _ in [] },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightDiscoveriesAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.acdc, "in place") { (question: EdgesToDrop) in
        try Self.discovered(question) { value, current, _ in value - current < question.threshold }
      },
      Variant(of: CircuitsSheet.acdc, "receiver by receiver") { (question: EdgesToDrop) in
        let meter = try question.task.meter()
        func loss(_ edges: [Edge]) throws -> Double {
          question.measure == .divergence
            ? try meter.divergence(edges: Set(edges))
            : meter.clean - (try meter.logitDifference(edges: Set(edges)))
        }
        var receivers: [Receiver] = []
        for edge in meter.edges where receivers.last != edge.to { receivers.append(edge.to) }
        var kept = meter.edges
        var current = try loss(kept)
        for receiver in receivers.reversed() {
          for edge in meter.edges.filter({ $0.to == receiver }).reversed() {
            let tried = try loss(kept.filter { $0 != edge })
            if tried - current < question.threshold {
              kept.removeAll { $0 == edge }
              current = tried
            }
          }
        }
        return Set(kept)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
