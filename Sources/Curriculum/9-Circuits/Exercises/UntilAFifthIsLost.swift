import CircuitsVocabulary
import Coursework
import Tensors

extension CircuitsSheet {
  /// 9.4: nodes are taken away, there and back, as long as enough is left.
  static let untilAFifthIsLost = Exercise(
    "9.4", "Until a fifth is lost", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      Which of two nodes that do the same goes? The one you come to first. What else depends on the \
      order?
      """,
      """
      Keep a list. For every node of it, ask the meter what is left without that node *and without all \
      that have gone already*, and hold it against the whole model, not against what you had a moment \
      ago.
      """,
      """
      A round goes through the list as it was when the round began, there; the next one back. When \
      neither took anything away you are done: a node that was needed in the first round may not be in \
      the second.
      """,
      """
      `repeat { before = kept.count; try round(kept); try round(kept.reversed()) } while kept.count < \
      before`, and in a round: `let rest = kept.filter { $0 != node }; if try \
      meter.logitDifference(nodes: Set(rest)) >= share * meter.clean { kept = rest }`.
      """,
    ],
    interpretation: """
      What is left is a set from which no node can go, and not the smallest one there is. From the last \
      layer down and from the first layer up two different circuits may be left, both “the circuit”. \
      Report the order, run another, and call certain only what both have.
      """,
    cases: { generator in
      try [
        ("from the last layer", CircuitModel.Norm.layer, true),
        ("from the first layer", .rootMeanSquare, false),
        ("in no order", .layer, nil),
      ].map { (name: String, norm: CircuitModel.Norm, isDown: Bool?) in
        try drawing("9.4", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let nodes = CircuitModel.nodes(layers: 3)
          let key = NodesToPrune(
            task: MeteredTask(
              model: model, pairs: try model.pairs([(6, 5), (7, 3)], using: &generator)),
            order: isDown.map { $0 ? nodes.reversed() : nodes }
              ?? nodes.shuffled(using: &generator),
            share: [0.7, 0.8, 0.9].randomElement(using: &generator)!)
          let pruning = try Pruning(key)
          let right = try pruning.left(.right)
          guard pruning.isDone, (2...7).contains(right.count) else { return nil }
          let single = try pruning.left(.onlyThere)
          let others = try pruning.mistakes().filter { $0.sentence != Pruning.singleRound }
          // One round is seldom not all: that it is not shows where there is no order.
          guard
            isDown == nil
              ? single != right && !others.contains(where: { $0.answer == single })
              : areApart(others, from: right)
          else { return nil }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.pruned) { (key: NodesToPrune) in
        let pruning = try Pruning(key)
        return Expected(set: try pruning.left(.right), named: "the circuit", of: "nodes") {
          try pruning.mistakes()
        }
      }
    ])

  /// Ways to take nodes away.
  private enum Way {
    case right, otherWayRound, againstTheLast, onlyThere, oneByOne, stopping, losing, faithful
  }

  private struct Pruning {
    static let singleRound =
      "one round is not all: what could not go before may go now, so turn back, until nothing goes"

    let order: [Node]
    let share: Double
    let meter: CircuitMeter

    init(_ key: NodesToPrune) throws {
      (order, share, meter) = (key.order, key.share, try key.task.meter())
    }

    /// Whether the model does the task, and the corrupted text does not.
    var isDone: Bool { meter.clean > 1 && meter.corrupted < 0.5 * meter.clean }

    func left(_ way: Way) throws -> Set<Node> {
      let order = way == .otherWayRound ? Array(self.order.reversed()) : self.order
      let least =
        switch way {
        case .losing: (1 - share) * meter.clean
        case .faithful: meter.corrupted + share * (meter.clean - meter.corrupted)
        default: share * meter.clean
        }
      if way == .oneByOne {
        return Set(
          try order.filter { node in
            try meter.logitDifference(nodes: Set(order).subtracting([node])) < least
          })
      }
      var isKept = Array(repeating: true, count: order.count)
      var current = meter.clean
      var hasChanged = true
      while hasChanged {
        hasChanged = false
        rounds: for isBack in [false, true] {
          for step in order.indices {
            let place = isBack ? order.count - 1 - step : step
            guard isKept[place] else { continue }
            isKept[place] = false
            let value = try meter.logitDifference(
              nodes: Set(order.indices.filter { isKept[$0] }.map { order[$0] }))
            if value >= (way == .againstTheLast ? share * current : least) {
              (current, hasChanged) = (value, true)
            } else {
              isKept[place] = true
              if way == .stopping { break rounds }
            }
          }
          if way == .onlyThere { break }
        }
        if way == .onlyThere || way == .stopping { break }
      }
      return Set(order.indices.filter { isKept[$0] }.map { order[$0] })
    }

    func mistakes() throws -> [Mistake<Set<Node>>] {
      [
        Mistake(
          "the rounds begin at the wrong end: go through the nodes in the order given, then back",
          try left(.otherWayRound)
        ),
        Mistake(
          "each loss was held against what was left just before; small losses add up, so hold it "
            + "against the whole model", try left(.againstTheLast)
        ),
        Mistake(
          "each node was taken from the whole model alone; take it from what is left by now",
          try left(.oneByOne)
        ),
        Mistake(
          "you stopped at the first node that could not go; the ones behind it still may",
          try left(.stopping)
        ),
        Mistake(
          "the share says what has to stay, not what may be lost", try left(.losing)
        ),
        Mistake(Self.singleRound, try left(.onlyThere)),
        Mistake(
          "this keeps a share of clean − corrupted, which is faithfulness; here it is a share of the whole "
            + "model's logit difference", try left(.faithful)
        ),
      ]
    }
  }
}
