import CircuitsVocabulary
import Coursework
import Tensors

extension CircuitsSheet {
  /// 9.12: what circuits have in common, and what that is worth.
  static let sharedCircuits = Exercise(
    "9.12", "Shared circuits", points: 4, difficulty: 3, importance: 5, minutes: 40,
    hints: [
      """
      Two circuits of fifteen nodes out of thirty share seven or eight by chance alone. What would make \
      eleven remarkable?
      """,
      """
      Drawn at random, a and b share |a| · |b| / count on the average. The number shared is \
      hypergeometric: C(|a|, k) · C(count − |a|, |b| − k) / C(count, |b|), summed from what they do \
      share up to the most they could.
      """,
      """
      `transfer`: a row is a task, a column a circuit. The task's meter runs the other task's circuit; \
      its own clean logit difference is what it is a share of. Shares below 0 and above 1 are real.
      """,
      """
      `withoutShared`: the intersection of all circuits, taken out of `meter.nodes`; what is left is run \
      by every meter. Logarithms of factorials, `lgamma(n + 1)`, keep the binomials small.
      """,
    ],
    interpretation: """
      Overlap is a count and transfer a measurement. Circuits with few nodes in common can do one \
      another's work where the shared ones carry it, and the other way round. Breaking what is shared \
      and watching tasks that are *not* in the set is the control: if they fall as far, you broke the \
      model and not a shared circuit. MLP 0 is in nearly every circuit, whatever the task.
      """,
    cases: { generator in
      try [
        ("three tasks, layer norm", CircuitModel.Norm.layer),
        ("three tasks, RMS norm", .rootMeanSquare),
      ]
      .map { name, norm in
        try drawing("9.12", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let nodes = CircuitModel.nodes(layers: 3)
          let tasks = try (0..<3).map { _ in
            MeteredTask(model: model, pairs: try model.pairs([(6, 4)], using: &generator))
          }
          let core = Array(nodes.shuffled(using: &generator).prefix(2))
          let circuits = (0..<3).map { index in
            let others = nodes.filter { !core.contains($0) }.shuffled(using: &generator)
            return nodes.filter { (core + others.prefix(2 + index % 2)).contains($0) }
          }
          let key = CircuitsToCompare(tasks: tasks, circuits: circuits, count: nodes.count)
          let comparison = try CircuitComparing(key)
          guard comparison.meters.allSatisfy({ $0.clean > 1 && abs($0.corrupted) > 0.3 }),
            try comparison.decides()
          else { return nil }
          return Case(name, key)
        }
      } + [largeCase(using: &generator)]
    },
    parts: [
      Part(CircuitsAsks.overlap) { (key: CircuitsToCompare) in
        let comparison = try CircuitComparing(key)
        return Expected(
          comparison.overlap, tolerance: 1e-4, named: "the overlap",
          of: "entry (0 Jaccard, 1 expected, 2 chance)"
        ) { comparison.overlapMistakes }
      },
      Part(CircuitsAsks.transfer) { (key: CircuitsToCompare) in
        let comparison = try CircuitComparing(key)
        return Expected(
          try comparison.transfer(), tolerance: 1e-3, named: "the transfer",
          axes: ["task", "circuit"]
        ) { try comparison.transferMistakes() }
      },
      Part(CircuitsAsks.withoutShared) { (key: CircuitsToCompare) in
        let comparison = try CircuitComparing(key)
        return Expected(
          try comparison.withoutShared(), tolerance: 1e-3, named: "the share", of: "task"
        ) { try comparison.sharedMistakes() }
      },
    ])

  /// Circuits of a larger model than is run, so that chance is small.
  private static func largeCase(
    using generator: inout SeededGenerator
  ) throws -> Case<CircuitsToCompare, CircuitsToCompare> {
    try drawing("9.12", using: &generator) { generator in
      let layers = 6
      let model = CircuitModel.drawn(.layer, layers: layers, using: &generator)
      let nodes = CircuitModel.nodes(layers: layers)
      let core = Array(nodes.shuffled(using: &generator).prefix(5))
      let key = CircuitsToCompare(
        tasks: try (0..<2).map { _ in
          MeteredTask(model: model, pairs: try model.pairs([(6, 4)], using: &generator))
        },
        circuits: (0..<2).map { index in
          let others = nodes.filter { !core.contains($0) }.shuffled(using: &generator)
          return nodes.filter { (core + others.prefix(1 + 2 * index)).contains($0) }
        }, count: nodes.count)
      let comparison = try CircuitComparing(key)
      guard comparison.meters.allSatisfy({ $0.clean > 1 && abs($0.corrupted) > 0.3 }),
        try comparison.decides()
      else { return nil }
      return Case("two tasks, six layers", key)
    }
  }

  private struct CircuitComparing {
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
      return try !sharedMistakes().contains { $0.hides(behind: shares) }
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
      if circuits.count > 2, circuits[0].intersection(circuits[1]) != common {
        found.append(
          Mistake(
            "what the first two share was taken out; it is what all of them share",
            try shares { Set($0.nodes).subtracting(circuits[0].intersection(circuits[1])) }))
      }
      return found
    }
  }
}
