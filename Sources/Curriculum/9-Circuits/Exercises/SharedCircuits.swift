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
      """
      `repairs`: `meter.nodes.filter(shared.contains)` are the rows. For each of them run the broken model \
      with that node back, and no other: `Set(meter.nodes).subtracting(shared.subtracting([node]))`.
      """,
    ],
    interpretation: """
      Overlap is a count and transfer a measurement. Circuits with few nodes in common can do one \
      another's work where the shared ones carry it, and the other way round. Breaking what is shared \
      and watching tasks that are *not* in the set is the control: if they fall as far, you broke the \
      model and not a shared circuit. MLP 0 is in nearly every circuit, whatever the task. And what repairs a \
      task is not what it would miss most: a node that others stand in for costs nothing while they are \
      there, and may bring back everything when they are gone.
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
      Part(CircuitsAsks.repairs) { (key: CircuitsToCompare) in
        let comparison = try CircuitComparing(key)
        return Expected(
          try comparison.repairs(), tolerance: 1e-3, named: "the share", axes: ["node", "task"]
        ) { try comparison.repairMistakes() }
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
}
