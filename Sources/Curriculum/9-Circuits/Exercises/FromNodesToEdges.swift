import CircuitsVocabulary
import Coursework
import Tensors

extension CircuitsSheet {
  /// 9.8: which edges there are between nodes, and which of them are needed.
  static let fromNodesToEdges = Exercise(
    "9.8", "From nodes to edges", points: 4, difficulty: 4, importance: 4, minutes: 40,
    hints: [
      """
      Who can hear whom? A block reads the stream twice: attention first, and its MLP with what the \
      heads have just added.
      """,
      """
      Give every node and receiver a time: 2l for the heads of layer l, 2l + 1 for its MLP, −1 for the \
      embedding, infinity for the logits. A head has three receivers; an edge leads to a later time.
      """,
      """
      Prune from the end: `for edge in meter.edges.reversed() where kept.contains(edge)`. The threshold \
      is a share of the whole model's logit difference, for nodes and edges alike. Queries, keys and \
      values are receivers of their own.
      """,
      """
      `edges(among:)` gives what to begin with; `let rest = kept.subtracting([edge]); if try \
      meter.logitDifference(edges: rest) >= share * meter.clean { kept = rest }`. From the end, nothing \
      is left hanging: when you come to what a node reads, you know whether anybody hears it.
      """,
    ],
    interpretation: """
      Nodes first makes edges cheap: ten nodes have some hundred edges between them where the whole model \
      has a thousand and more. The price is that a node that went cannot come back. An edge that was \
      kept is no proof that it counts: the threshold had slack left or not when its turn came. Give each \
      edge its own effect, as the width of the line, and say which order found it.
      """,
    cases: { generator in
      try [
        ("layer norm", CircuitModel.Norm.layer), ("RMS norm", .rootMeanSquare),
        ("few nodes", .layer),
      ]
      .map { name, norm in
        try drawing("9.8", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let all = CircuitModel.nodes(layers: 3)
          let count = name == "few nodes" ? 5 : 7
          let nodes = all.shuffled(using: &generator).prefix(count)
            .sorted { all.firstIndex(of: $0)! < all.firstIndex(of: $1)! }
          // Twins of nodes in one block, so that every rule of time is needed.
          guard EdgePruning.hasBothKinds(nodes) else { return nil }
          let key = EdgesToPrune(
            task: MeteredTask(
              model: model, pairs: try model.pairs([(6, 5)], using: &generator)),
            nodes: nodes, share: [0.6, 0.7, 0.8].randomElement(using: &generator)!)
          let pruning = try EdgePruning(key)
          guard try pruning.isDone() else { return nil }
          let right = try pruning.left(.right)
          guard right.count > 3, right.count < pruning.all.count / 2,
            try areApart(pruning.pruningMistakes(), from: right)
          else { return nil }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.edges) { (key: EdgesToPrune) in
        let pruning = try EdgePruning(key)
        return Expected(set: Set(pruning.all), named: "the graph", of: "edges") {
          pruning.graphMistakes()
        }
      },
      Part(CircuitsAsks.prunedEdges) { (key: EdgesToPrune) in
        let pruning = try EdgePruning(key)
        return Expected(set: try pruning.left(.right), named: "the circuit", of: "edges") {
          try pruning.pruningMistakes()
        }
      },
    ])

  private struct EdgePruning {
    enum Way { case right, fromTheStart, againstTheLast, oneByOne, losing, faithful, fromAll }

    let nodes: Set<Node>
    let share: Double
    let meter: CircuitMeter
    /// All edges between the nodes, in the meter's order.
    let all: [Edge]

    init(_ key: EdgesToPrune) throws {
      (nodes, share, meter) = (Set(key.nodes), key.share, try key.task.meter())
      all = meter.edges.filter { [nodes] edge in
        (edge.from == .embedding || nodes.contains(edge.from))
          && (Self.reader(edge.to).map { nodes.contains($0) } ?? true)
      }
    }

    /// Whether a block has a head and its MLP among the nodes, and another two heads.
    static func hasBothKinds(_ nodes: [Node]) -> Bool {
      (0..<3).contains { layer in
        nodes.contains(.mlp(layer: layer)) && nodes.contains(.head(layer: layer, head: 0))
      }
        && (0..<3).contains { layer in
          nodes.contains(.head(layer: layer, head: 1))
            && nodes.contains(.head(layer: layer, head: 0))
        }
    }

    /// Whether the nodes do what is to be kept.
    func isDone() throws -> Bool {
      guard meter.clean > 1 else { return false }
      return try meter.logitDifference(edges: Set(all)) >= share * meter.clean
    }

    static func reader(_ receiver: Receiver) -> Node? {
      switch receiver {
      case .query(let layer, let head), .key(let layer, let head), .value(let layer, let head):
        .head(layer: layer, head: head)
      case .mlp(let layer): .mlp(layer: layer)
      case .logits: nil
      }
    }

    func left(_ way: Way) throws -> Set<Edge> {
      let all = way == .fromAll ? meter.edges : all
      var kept = Set(all)
      var current = meter.clean
      for edge in way == .fromTheStart ? all : all.reversed() {
        let rest = (way == .oneByOne ? Set(all) : kept).subtracting([edge])
        let value = try meter.logitDifference(edges: rest)
        let least =
          switch way {
          case .againstTheLast: share * current
          case .losing: (1 - share) * meter.clean
          case .faithful: meter.corrupted + share * (meter.clean - meter.corrupted)
          default: share * meter.clean
          }
        if value >= least {
          kept.remove(edge)
          current = value
        }
      }
      return kept
    }

    private func isPort(_ receiver: Receiver, values: Bool) -> Bool {
      switch receiver {
      case .query, .key: !values
      case .value: values
      case .mlp, .logits: false
      }
    }

    func graphMistakes() -> [Mistake<Set<Edge>>] {
      let graph = Set(all)
      func sameBlock(_ edge: Edge) -> Bool {
        if case .head(let layer, _) = edge.from, edge.to == .mlp(layer: layer) {
          true
        } else {
          false
        }
      }
      let receivers = Set(all.map(\.to))
      func also(_ isHeard: (_ from: Node, _ to: Node) -> Bool) -> Set<Edge> {
        graph.union(
          nodes.flatMap { node in
            receivers.filter { receiver in Self.reader(receiver).map { isHeard(node, $0) } ?? false
            }
            .map { Edge(from: node, to: $0) }
          })
      }
      let beside = also { from, to in
        if case .head(let a, _) = from, case .head(let b, _) = to { a == b } else { false }
      }
      let backwards = also { from, to in
        if case .mlp(let a) = from, case .head(let b, _) = to { a == b } else { false }
      }
      return [
        Mistake(
          "an MLP hears the heads of its own block: they have added to the stream it reads",
          graph.filter { !sameBlock($0) }
        ),
        Mistake("heads of one layer read the same stream and cannot hear one another", beside),
        Mistake(
          "heads cannot hear the MLP of their own block: it comes after them", backwards
        ),
        Mistake(
          "the embedding writes too: edges lead from it to every receiver",
          graph.filter { $0.from != .embedding }
        ),
        Mistake(
          "the logits read too: edges lead to them from every node",
          graph.filter { $0.to != .logits }
        ),
        Mistake(
          "a head has three receivers, its queries, keys and values",
          graph.filter { !isPort($0.to, values: false) }
        ),
      ]
    }

    func pruningMistakes() throws -> [Mistake<Set<Edge>>] {
      let right = try left(.right)
      return [
        Mistake(
          "you went from the first edge to the last; begin at the logits", try left(.fromTheStart)
        ),
        Mistake(
          "each loss was held against what was left just before; hold it against the whole model",
          try left(.againstTheLast)
        ),
        Mistake(
          "each edge was taken from the full graph alone; take it from what is left by now",
          try left(.oneByOne)
        ),
        Mistake(
          "you began with all edges of the model; begin with those among the nodes",
          try left(.fromAll)
        ),
        Mistake(
          "this keeps a share of clean − corrupted, which is faithfulness; here it is a share of the whole "
            + "model's logit difference", try left(.faithful)
        ),
        Mistake(
          "the share says what has to stay, not what may be lost", try left(.losing)
        ),
        Mistake(
          "of each head only the values kept their edges; queries and keys are receivers of their own",
          right.filter { !isPort($0.to, values: false) }
        ),
      ]
    }
  }
}
