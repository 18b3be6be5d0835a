import Circuits
import CircuitsVocabulary
import Coursework
import Interventions

import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.10: what the gradient foresees of every edge.
  static let theFastWay = Exercise(
    "9.10", "The fast way", points: 4, difficulty: 5, importance: 4, minutes: 45,
    hints: [
      """
      ACDC runs the model once an edge. A gradient says in one run what a small change would do in every \
      place. What has to be multiplied with it?
      """,
      """
      The change is what the *sender* writes on the corrupted text less what it writes on the clean one. \
      The gradient is taken at what the *receiver* reads: a copy of the stream of its own, \
      `.block(.blocks, layer, .input(.query))`, or the last `residualPost` for the logits.
      """,
      """
      Add zeros that require a gradient at each of these points, `Intervention(at: point) { $0 + nothing \
      }`, run, and ask for `gradient(of: difference, withRespectTo: nothings)`. A Float read by \
      subscript drops the gradient: multiply the last row of the logits by a vector of +1 and −1, and \
      sum.
      """,
      """
      For step k of n replace `residualPre(.blocks, 0)` by `corrupted + (clean - corrupted) * k / n`. \
      The changes of the senders are those of the two whole runs, at every step. The score is the mean \
      over steps of `(change * gradient).sum()`.
      """,
    ],
    interpretation: """
      The gradient lies where the model is not linear: a softmax that is sure of itself has none, and an \
      edge into its queries or keys scores 0 although the answer hangs on it. Averaged on the way from \
      the corrupted text, where attention is not yet sure, it sees some of that. Rank by size, run the \
      circuit that comes, and never report a score as an effect.
      """,
    cases: { generator in
      try [
        ("one step, layer norm", CircuitModel.Norm.layer, 1),
        ("one step, RMS norm", .rootMeanSquare, 1), ("five steps", .layer, 5),
      ].map { name, norm, steps in
        try drawing("9.10", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let edges = try CircuitMeter(
            try model.made(), try model.pairs([(6, 1)], using: &generator), .zero
          ).edges.filter { if case .mlp = $0.to { false } else { true } }
          let key = EdgesToScore(
            model: model, pair: try model.pairs([(7, 1)], using: &generator)[0],
            edges: Array(edges.shuffled(using: &generator).prefix(24)), steps: steps)
          let scoring = EdgeScoring(key)
          let right = try scoring.right()
          guard try !scoring.mistakes().contains(where: { $0.hides(behind: right) }) else {
            return nil
          }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.scores) { (key: EdgesToScore) in
        let scoring = EdgeScoring(key)
        return Expected(
          try scoring.right(), tolerance: 3e-3, named: "the score", of: "edge"
        ) { try scoring.mistakes() }
      }
    ])

  /// Scores by the library, which pulls gradients back through weights, and by gradients elsewhere.
  private struct EdgeScoring {
    let key: EdgesToScore

    init(_ key: EdgesToScore) { self.key = key }

    private func scores(_ pair: TaskPair, steps: Int) throws -> [Float] {
      let evaluator = try CircuitEvaluator(
        try key.model.made(), TaskSet([TaskSet.Pair(pair)]), threads: 1)
      let all = try EdgeAttribution(evaluator, steps: steps).scores
      let table = Dictionary(uniqueKeysWithValues: all.map { ($0.edge.description, $0.score) })
      return try key.edges.map { edge in
        guard let score = table[edge.description] else {
          throw CircuitTaskError(description: "the library has no edge \(edge)")
        }
        return Float(score)
      }
    }

    func right() throws -> [Float] { try scores(key.pair, steps: key.steps) }

    func mistakes() throws -> [Mistake<[Float]>] {
      let right = try right()
      let pair = key.pair
      // Read the other way round: the gradient of the corrupted run, for changes that point back.
      let turned = TaskPair(
        clean: pair.corrupted, corrupted: pair.clean, answer: pair.answer, foil: pair.foil,
        template: pair.template)
      let atCorrupted = try scores(turned, steps: 1).map { -$0 }
      let runs = try PairRuns(try key.model.made(), pair)
      var found = [
        Mistake(
          "the sign is turned round: the change is corrupted − clean", right.map { -$0 }
        ),
        Mistake("the gradient is the corrupted run's", atCorrupted),
        Mistake(
          "the gradient is of the whole stream in that place, which others read too; each receiver has a "
            + "copy of its own", try throughTheStream(runs)
        ),
        Mistake(
          "the last position alone was summed; an edge carries something at every position",
          try throughCopies(runs)
        ),
      ]
      if key.steps > 1 {
        found.insert(
          Mistake(
            "this is the clean run's gradient; average over all steps", try scores(pair, steps: 1)),
          at: 0)
        found.append(
          Mistake(
            "the gradients of all steps were added; take their mean",
            right.map { $0 * Float(key.steps) }))
      }
      return found
    }

    private func sign(_ runs: PairRuns) -> Tensor {
      var sign = Tensor.zeros([runs.model.configuration.vocabularySize])
      sign[key.pair.answer] = 1
      sign[key.pair.foil] = -1
      return sign
    }

    private func gradients(
      _ runs: PairRuns, at points: [HookPoint], step: Int
    ) throws -> [Tensor] {
      let start = PairRuns.point(0, .residualPre)
      let (clean, corrupted) = (try runs.clean[start], try runs.corrupted[start])
      let share = Float(step) / Float(key.steps)
      let shapes = try runs.model.run(ModelInput(key.pair.clean), capturing: .points(Set(points)))
        .trace
      let probes = try points.map { Tensor.zeros(try shapes[$0].shape).requiringGradient() }
      let logits = try runs.model.run(
        ModelInput(key.pair.clean),
        intervening: [.replace(start, with: corrupted + (clean - corrupted) * share)]
          + zip(points, probes).map { point, probe in Intervention(at: point) { $0 + probe } }
      ).logits[at: 0][at: runs.end]
      return gradient(of: (logits * sign(runs)).sum(), withRespectTo: probes)
    }

    /// By the gradient at the stream before the receiver's block.
    private func throughTheStream(_ runs: PairRuns) throws -> [Float] {
      let points =
        (0..<runs.layerCount).map { PairRuns.point($0, .residualPre) } + [
          PairRuns.point(runs.layerCount - 1, .residualPost)
        ]
      var sums = Array(repeating: Float(0), count: key.edges.count)
      for step in 1...key.steps {
        let all = try gradients(runs, at: points, step: step)
        for (index, edge) in key.edges.enumerated() {
          let own = all[Self.layer(edge.to) ?? runs.layerCount]
          sums[index] += (try runs.change(edge.from) * own).sum().scalar / Float(key.steps)
        }
      }
      return sums
    }

    /// By the gradients at the receivers' copies, at the last position.
    private func throughCopies(_ runs: PairRuns) throws -> [Float] {
      let points =
        (0..<runs.layerCount).flatMap { layer in
          [HookPoint.AttentionInput.query, .key, .value].map { PairRuns.point(layer, .input($0)) }
        } + [PairRuns.point(runs.layerCount - 1, .residualPost)]
      var sums = Array(repeating: Float(0), count: key.edges.count)
      for step in 1...key.steps {
        let all = try gradients(runs, at: points, step: step)
        for (index, edge) in key.edges.enumerated() {
          let change = try runs.change(edge.from)[at: 0][at: runs.end]
          let own: Tensor =
            switch edge.to {
            case .query(let layer, let head): all[3 * layer][at: 0][at: runs.end][at: head]
            case .key(let layer, let head): all[3 * layer + 1][at: 0][at: runs.end][at: head]
            case .value(let layer, let head): all[3 * layer + 2][at: 0][at: runs.end][at: head]
            case .mlp, .logits: all[3 * runs.layerCount][at: 0][at: runs.end]
            }
          sums[index] += (change * own).sum().scalar / Float(key.steps)
        }
      }
      return sums
    }

    private static func layer(_ receiver: Receiver) -> Int? {
      switch receiver {
      case .query(let layer, _), .key(let layer, _), .value(let layer, _), .mlp(let layer): layer
      case .logits: nil
      }
    }
  }
}
