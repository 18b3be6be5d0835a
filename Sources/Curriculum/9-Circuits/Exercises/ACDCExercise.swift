import Circuits
import CircuitsVocabulary
import Coursework
import Tensors

extension CircuitsSheet {
  /// 9.9: automated circuit discovery.
  static let acdc = Exercise(
    "9.9", "ACDC", points: 4, difficulty: 4, importance: 5, minutes: 35,
    hints: [
      """
      9.8 asks whether enough is left. ACDC asks whether this edge matters to what is left. What is the \
      new value held against?
      """,
      """
      Write the loss so that more is worse for both measures: the divergence itself, and the logit \
      difference with its sign turned. An edge goes when the loss rises by less than τ.
      """,
      """
      τ is a number in nats or in logits, no percentage. A loss that falls has risen by less than τ: no \
      absolute value.
      """,
      """
      `if without - current < threshold { (kept, current) = (rest, without) }`, from the last of \
      `meter.edges` to the first, beginning with all edges.
      """,
    ],
    interpretation: """
      Small losses add up: with 1,500 edges and τ = 0.1 nothing bounds the total by 0.1. So report the \
      faithfulness beside τ. Edges that harm the task go, and the circuit may do better than the model, \
      which is no virtue. Zeros take away what is the same in all texts, positions above all, and their \
      circuits are larger; KL keeps what makes tokens likely that are neither answer nor foil. On other \
      pairs and at another τ another circuit comes: show the curve.
      """,
    cases: { generator in
      try [
        (
          "logit difference, corrupted", CircuitModel.Norm.layer, Replacement.corrupted,
          Measure.logitDifference
        ),
        ("logit difference, zeros", .rootMeanSquare, .zero, .logitDifference),
        ("divergence, corrupted", .layer, .corrupted, .divergence),
      ].map { name, norm, replacement, measure in
        try drawing("9.9", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, layers: 2, using: &generator)
          let key = EdgesToDrop(
            task: MeteredTask(
              model: model, pairs: try model.pairs([(6, 4)], using: &generator),
              replacement: replacement), measure: measure,
            threshold: [0.03, 0.1, 0.2, 0.4].randomElement(using: &generator)!)
          let discovery = try Discovery(key)
          guard discovery.meter.clean > 1.5 else { return nil }
          let right = try discovery.left(.right)
          guard (5...36).contains(right.count),
            try areApart(discovery.mistakes(), from: right)
          else { return nil }
          return Case(name, key)
        }
      } + [planted(using: &generator)]
    },
    parts: [
      Part(CircuitsAsks.acdc) { (key: EdgesToDrop) in
        let discovery = try Discovery(key)
        return Expected(set: try discovery.left(.right), named: "the circuit", of: "edges") {
          try discovery.mistakes()
        }
      }
    ])

  /// A planted circuit, whose edges are known.
  private static func planted(
    using generator: inout SeededGenerator
  ) -> Case<EdgesToDrop, EdgesToDrop> {
    let planted = [PlantedCircuit.induction, .twoRoutes].randomElement(using: &generator)!
    return Case(
      "a planted circuit",
      EdgesToDrop(
        task: MeteredTask(
          model: .given(GivenWeights(planted.model)), pairs: planted.task.pairs.map(TaskPair.init)),
        measure: .logitDifference,
        threshold: [0.1, 0.3].randomElement(using: &generator)!))
  }

  private struct Discovery {
    enum Way { case right, againstTheModel, percentage, absolute, fromTheStart, oneByOne, turned }

    let key: EdgesToDrop
    let meter: CircuitMeter

    init(_ key: EdgesToDrop) throws { (self.key, meter) = (key, try key.task.meter()) }

    func left(_ way: Way) throws -> Set<Edge> {
      let isTurned = (key.measure == .divergence) == (way == .turned)
      func loss(_ isKept: [Bool]) throws -> Double {
        let edges = Set(zip(meter.edges, isKept).filter { $0.1 }.map { $0.0 })
        let value =
          key.measure == .divergence
          ? try meter.divergence(edges: edges) : try meter.logitDifference(edges: edges)
        return isTurned ? -value : value
      }
      var isKept = Array(repeating: true, count: meter.edges.count)
      let whole = try loss(isKept)
      var current = whole
      let threshold = way == .percentage ? key.threshold * meter.clean / 100 : key.threshold
      for step in meter.edges.indices {
        let place = way == .fromTheStart ? step : meter.edges.count - 1 - step
        var tried = way == .oneByOne ? Array(repeating: true, count: isKept.count) : isKept
        tried[place] = false
        let value = try loss(tried)
        let rise = value - (way == .againstTheModel || way == .oneByOne ? whole : current)
        if (way == .absolute ? abs(rise) : rise) < threshold {
          isKept[place] = false
          current = value
        }
      }
      return Set(zip(meter.edges, isKept).filter { $0.1 }.map { $0.0 })
    }

    func mistakes() throws -> [Mistake<Set<Edge>>] {
      [
        Mistake(
          "each rise was held against the whole model; hold it against the circuit as it was just "
            + "before", try left(.againstTheModel)
        ),
        Mistake(
          "τ was taken for a percentage; it is a rise in the units of the measure",
          try left(.percentage)
        ),
        Mistake(
          "an absolute value was taken; an edge without which the work is done better goes",
          try left(.absolute)
        ),
        Mistake(
          "you went from the first edge to the last; begin at the logits", try left(.fromTheStart)
        ),
        Mistake(
          "each edge was taken from the whole model alone; take it from what is left by now",
          try left(.oneByOne)
        ),
        Mistake(
          key.measure == .divergence
            ? "the sign is turned round: a divergence is worse where it is greater"
            : "the sign is turned round: a logit difference is worse where it is smaller",
          try left(.turned)
        ),
      ]
    }
  }
}

extension TaskPair {
  /// A pair of the library.
  init(_ pair: TaskSet.Pair) {
    self.init(
      clean: pair.clean, corrupted: pair.corrupted, answer: pair.answer, foil: pair.foil,
      template: pair.template)
  }
}

extension TaskSet.Pair {
  /// A pair of the sheet.
  init(_ pair: TaskPair) {
    self.init(
      clean: pair.clean, corrupted: pair.corrupted, answer: pair.answer, foil: pair.foil,
      template: pair.template)
  }
}
