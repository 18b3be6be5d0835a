import Coursework
import Foundation
import Tensors
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.4, 9.5, 9.8, 9.9 and 9.12: what is rejected, what is accepted.
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
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
      worth("gains", says: "the sign is turned round") { try Self.worths($0) * -1 },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    for tensor in oddTensors {
      XCTAssertNil(worth("nonsense", says: nil) { _ in tensor }.fault())
    }
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

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
    for tensor in oddTensors {
      XCTAssertNil(transfer("nonsense", says: nil) { _ in tensor }.fault())
    }
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
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

extension [Float] {
  fileprivate func chunked(_ size: Int) -> [[Float]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<($0 + size)]) }
  }
}
