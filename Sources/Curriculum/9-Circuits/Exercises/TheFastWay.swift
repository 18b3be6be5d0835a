import CircuitsVocabulary
import Coursework
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
          let scoring = try EdgeScoring(key)
          let right = try scoring.right()
          guard try areApart(scoring.mistakes(), from: right) else { return nil }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.scores) { (key: EdgesToScore) in
        let scoring = try EdgeScoring(key)
        return Expected(
          try scoring.right(), tolerance: 3e-3, named: "the score", of: "edge"
        ) { try scoring.mistakes() }
      }
    ])

  /// Scores by gradients at the receivers' copies of the stream, and by gradients elsewhere.
  private struct EdgeScoring {
    let key: EdgesToScore
    private let model: Transformer

    private static let fromTheWrongEnd =
      "the gradient is the corrupted run's, or the steps lead from clean to corrupted, or begin at the "
      + "corrupted embeddings; step k stands k/n of the way to the clean ones, the last of them there"

    init(_ key: EdgesToScore) throws { (self.key, model) = (key, try key.model.made()) }

    /// How far on the way from the corrupted embeddings to the clean ones each step stands.
    private var shares: [Float] { (1...key.steps).map { Float($0) / Float(key.steps) } }

    func right() throws -> [Float] { try throughCopies(PairRuns(model, key.pair), at: shares) }

    func mistakes() throws -> [Mistake<[Float]>] {
      let right = try right()
      let runs = try PairRuns(model, key.pair)
      var found = [
        Mistake(
          "the sign is turned round: the change is corrupted − clean", right.map { -$0 }
        ),
        Mistake(Self.fromTheWrongEnd, try throughCopies(runs, at: [0])),
        Mistake(
          "the gradient is of the whole stream in that place, which others read too; each receiver has a "
            + "copy of its own", try throughTheStream(runs)
        ),
        Mistake(
          "the last position alone was summed; an edge carries something at every position",
          try throughCopies(runs, at: shares, lastAlone: true)
        ),
        Mistake(
          "the change is what the sender writes on the clean text; what it writes on the corrupted one less "
            + "that is asked for",
          try throughCopies(runs, at: shares) { try runs.output($0, runs.clean) }
        ),
        Mistake(
          "sizes of scores are given; a score has a sign", right.map { abs($0) }
        ),
      ]
      if key.steps > 1 {
        found += [
          Mistake(
            "this is the clean run's gradient; average over all steps",
            try throughCopies(runs, at: [1])
          ),
          Mistake(Self.fromTheWrongEnd, try throughCopies(runs, at: shares.map { 1 - $0 })),
          Mistake(
            "the gradients of all steps were added; take their mean",
            right.map { $0 * Float(key.steps) }),
        ]
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
      _ runs: PairRuns, at points: [HookPoint], share: Float
    ) throws -> [Tensor] {
      let start = PairRuns.point(0, .residualPre)
      let (clean, corrupted) = (try runs.clean[start], try runs.corrupted[start])
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
      for share in shares {
        let all = try gradients(runs, at: points, share: share)
        for (index, edge) in key.edges.enumerated() {
          let own = all[Self.layer(edge.to) ?? runs.layerCount]
          sums[index] += (try runs.change(edge.from) * own).sum().scalar / Float(key.steps)
        }
      }
      return sums
    }

    /// By the gradients at the receivers' copies, for what each sender writes more or less.
    private func throughCopies(
      _ runs: PairRuns, at shares: [Float], lastAlone: Bool = false,
      change: ((Node) throws -> Tensor)? = nil
    ) throws -> [Float] {
      let points =
        (0..<runs.layerCount).flatMap { layer in
          [HookPoint.AttentionInput.query, .key, .value].map { PairRuns.point(layer, .input($0)) }
        } + [PairRuns.point(runs.layerCount - 1, .residualPost)]
      let changes = try key.edges.map { try (change ?? runs.change)($0.from)[at: 0] }
      var sums = Array(repeating: 0.0, count: key.edges.count)
      for share in shares {
        let all = try gradients(runs, at: points, share: share)
        for (index, edge) in key.edges.enumerated() {
          func own(_ place: Int, _ head: Int) -> Tensor {
            let slope = all[place][at: 0]
            return slope.slice(axis: 1, head..<(head + 1))
              .reshaped(to: [slope.shape[0], slope.shape[2]])
          }
          let slope: Tensor =
            switch edge.to {
            case .query(let layer, let head): own(3 * layer, head)
            case .key(let layer, let head): own(3 * layer + 1, head)
            case .value(let layer, let head): own(3 * layer + 2, head)
            case .mlp, .logits: all[3 * runs.layerCount][at: 0]
            }
          let products = changes[index] * slope
          let counted = lastAlone ? products[at: runs.end] : products
          sums[index] += Double(counted.sum().scalar) / Double(shares.count)
        }
      }
      return sums.map(Float.init)
    }

    private static func layer(_ receiver: Receiver) -> Int? {
      switch receiver {
      case .query(let layer, _), .key(let layer, _), .value(let layer, _), .mlp(let layer): layer
      case .logits: nil
      }
    }
  }
}
