import CircuitsVocabulary
import Coursework
import Tensors

/// Circuits held against one another, rightly and otherwise.
struct CircuitComparing {
  let circuits: [Set<Node>]
  let meters: [CircuitMeter]
  let count: Int

  init(_ key: CircuitsToCompare) throws {
    circuits = key.circuits.map { Set($0) }
    meters = try key.tasks.map { try $0.meter() }
    count = key.count
  }

  func decides() throws -> Bool {
    let numbers = overlap
    guard !overlapMistakes.contains(where: { $0.hides(behind: numbers, tolerance: 1e-3) }) else {
      return false
    }
    let matrix = try transfer()
    guard try !transferMistakes().contains(where: { $0.hides(behind: matrix) }) else {
      return false
    }
    let shares = try withoutShared()
    guard try !sharedMistakes().contains(where: { $0.hides(behind: shares) }) else {
      return false
    }
    let repaired = try repairs()
    return try !repairMistakes().contains { $0.hides(behind: repaired) }
  }

  /// How likely it is that so many are shared, by draws without putting back.
  private func chance(of hits: Int) -> Double {
    let (a, b) = (circuits[0].count, circuits[1].count)
    func choose(_ n: Int, _ k: Int) -> Double {
      guard (0...max(n, 0)).contains(k) else { return 0 }
      return (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
    }
    return choose(a, hits) * choose(count - a, b - hits) / choose(count, b)
  }

  private var shared: Int { circuits[0].intersection(circuits[1]).count }

  private func overlap(
    over divisor: Int? = nil, expected: Double? = nil, chance: Double? = nil
  ) -> [Float] {
    let (a, b) = (circuits[0].count, circuits[1].count)
    let tail = (shared...min(a, b)).reduce(0.0) { $0 + self.chance(of: $1) }
    return [
      Float(shared) / Float(divisor ?? (a + b - shared)),
      Float(expected ?? Double(a * b) / Double(count)), Float(chance ?? tail),
    ]
  }

  var overlap: [Float] { overlap() }

  var overlapMistakes: [Mistake<[Float]>] {
    let (a, b) = (circuits[0].count, circuits[1].count)
    let above = (shared...min(a, b)).dropFirst().reduce(0.0) { $0 + chance(of: $1) }
    return [
      Mistake(
        "what is shared was divided by the smaller circuit; Jaccard's index divides by what either has",
        overlap(over: min(a, b))
      ),
      Mistake(
        "what is shared was divided by the sum of the sizes; what both have counts once",
        overlap(over: a + b)
      ),
      Mistake(
        "the chance is that of exactly so many; as many or more is asked",
        overlap(chance: chance(of: shared))
      ),
      Mistake(
        "the chance is that of more; as many or more is asked", overlap(chance: above)
      ),
      Mistake(
        "the third number is the chance of fewer; as many or more is asked",
        overlap(chance: 1 - above - chance(of: shared))
      ),
      Mistake(
        "the expected number is |a| · |b| / count: each node of a is in b with the chance |b| / count",
        overlap(expected: Double(min(a, b)) / Double(count) * Double(min(a, b)))
      ),
    ].filter { a != b || $0.sentence.contains("|a|") == false }
  }

  private func values() throws -> [[Double]] {
    try meters.map { meter in try circuits.map { try meter.logitDifference(nodes: $0) } }
  }

  func transfer() throws -> Tensor {
    Tensor(
      rows: zip(meters, try values()).map { meter, row in row.map { Float($0 / meter.clean) } })
  }

  func transferMistakes() throws -> [Mistake<Tensor>] {
    let values = try values()
    return [
      Mistake(
        "rows and columns are exchanged: a row is a task, a column a circuit",
        try transfer().transposed()
      ),
      Mistake(
        "the shares are of what the task's own circuit does; they are of the whole model's",
        values.enumerated().map { index, row in row.map { $0 / row[index] } }
      ),
      Mistake(
        "these are faithfulnesses; here the share of the clean logit difference is asked for",
        zip(meters, values).map { meter, row in
          row.map { ($0 - meter.corrupted) / (meter.clean - meter.corrupted) }
        }
      ),
      Mistake("these are logit differences, not shares", values),
      Mistake(
        "the circuits were taken out; they are what is kept",
        try meters.map { meter in
          try circuits.map {
            try meter.logitDifference(nodes: Set(meter.nodes).subtracting($0)) / meter.clean
          }
        }
      ),
    ]
  }

  private func shares(_ nodes: (CircuitMeter) -> Set<Node>) throws -> [Float] {
    try meters.map { Float(try $0.logitDifference(nodes: nodes($0)) / $0.clean) }
  }

  private var common: Set<Node> { circuits.reduce(circuits[0]) { $0.intersection($1) } }

  func withoutShared() throws -> [Float] {
    try shares { Set($0.nodes).subtracting(common) }
  }

  func sharedMistakes() throws -> [Mistake<[Float]>] {
    let either = circuits.reduce(circuits[0]) { $0.union($1) }
    var found = [
      Mistake(
        "only what is shared was kept; it is to be taken out of the whole model",
        try shares { _ in common }
      ),
      Mistake(
        "what any circuit has was taken out; only what all share goes",
        try shares { Set($0.nodes).subtracting(either) }
      ),
      Mistake(
        "what is shared was taken out of the task's own circuit; take it out of the whole model",
        try zip(meters, circuits).map { meter, circuit in
          Float(
            try meter.logitDifference(nodes: circuit.subtracting(common)) / meter.clean)
        }
      ),
      Mistake(
        "these are logit differences, not shares",
        try meters.map {
          Float(try $0.logitDifference(nodes: Set($0.nodes).subtracting(common)))
        }
      ),
      Mistake(
        "this is what is lost; what is left is asked for",
        try shares { Set($0.nodes).subtracting(common) }.map { 1 - $0 }
      ),
    ]
    if let own = circuits.first, own != common {
      found.append(
        Mistake(
          "the first task's circuit was taken out; only what all share goes",
          try shares { Set($0.nodes).subtracting(own) }))
    }
    if circuits.count > 2, circuits[0].intersection(circuits[1]) != common {
      found.append(
        Mistake(
          "what the first two share was taken out; it is what all of them share",
          try shares { Set($0.nodes).subtracting(circuits[0].intersection(circuits[1])) }))
    }
    return found
  }

  /// What is left of every task by what is kept for each of the shared nodes, in the model's order.
  private func rows(
    _ value: (CircuitMeter, Node) throws -> Double
  ) rethrows -> [[Double]] {
    try meters[0].nodes.filter(common.contains).map { node in
      try meters.map { try value($0, node) }
    }
  }

  /// A share of what the whole model does.
  private func share(_ nodes: some Sequence<Node>, by meter: CircuitMeter) throws -> Double {
    try meter.logitDifference(nodes: Set(nodes)) / meter.clean
  }

  func repairs() throws -> Tensor {
    Tensor(
      rows: try rows { meter, node in
        try share(meter.nodes.filter { $0 == node || !common.contains($0) }, by: meter)
      }.map { $0.map(Float.init) })
  }

  func repairMistakes() throws -> [Mistake<Tensor>] {
    let right = try repairs()
    let broken = try withoutShared().map(Double.init)
    return [
      Mistake("rows and columns are exchanged: a row is a node", right.transposed()),
      Mistake(
        "one node was taken out of the whole model; all that is shared is out, and one comes back",
        try rows { meter, node in try share(meter.nodes.filter { $0 != node }, by: meter) }),
      Mistake(
        "what a node brings back is given; what is left with it back is asked for",
        try rows { meter, node in
          try share(meter.nodes.filter { $0 == node || !common.contains($0) }, by: meter)
        }.map { zip($0, broken).map { $0 - $1 } }),
      Mistake(
        "the node alone was kept; it is given back to the model without what is shared",
        try rows { meter, node in try share([node], by: meter) }),
      Mistake(
        "these are logit differences, not shares",
        try rows { meter, node in
          try share(meter.nodes.filter { $0 == node || !common.contains($0) }, by: meter)
            * meter.clean
        }),
      Mistake(
        "nodes come back one after the other and stay; each comes back alone",
        try rows { meter, node in
          let back = meter.nodes.filter(common.contains).prefix { $0 != node } + [node]
          return try share(
            meter.nodes.filter { back.contains($0) || !common.contains($0) }, by: meter)
        }),
    ]
  }
}
