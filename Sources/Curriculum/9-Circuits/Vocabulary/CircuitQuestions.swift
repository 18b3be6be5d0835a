/// Candidates for a task set, and a set to guess the answers of.
package struct CandidatesOfModel: Codable, Sendable {
  package var model: CircuitModel
  package var candidates: [TaskPair]
  package var least: Float
  package var most: Float
  /// Pairs whose clean texts are equally long.
  package var alike: [TaskPair]

  package init(
    model: CircuitModel, candidates: [TaskPair], least: Float, most: Float, alike: [TaskPair]
  ) {
    (self.model, self.candidates, self.least, self.most, self.alike) = (
      model, candidates, least, most, alike
    )
  }
}

/// A pair, and the model that reads it.
package struct PairOfModel: Codable, Sendable {
  package var model: CircuitModel
  package var pair: TaskPair

  package init(model: CircuitModel, pair: TaskPair) {
    (self.model, self.pair) = (model, pair)
  }
}

/// A task, and a node of the model that does it.
package struct NodeOfTask: Codable, Sendable {
  package var model: CircuitModel
  package var pairs: [TaskPair]
  package var node: Node

  package init(model: CircuitModel, pairs: [TaskPair], node: Node) {
    (self.model, self.pairs, self.node) = (model, pairs, node)
  }
}

/// A task that a meter measures.
package struct MeteredTask: Codable, Sendable {
  package var model: CircuitModel
  package var pairs: [TaskPair]
  package var replacement: Replacement

  package init(model: CircuitModel, pairs: [TaskPair], replacement: Replacement = .corrupted) {
    (self.model, self.pairs, self.replacement) = (model, pairs, replacement)
  }

  package func meter() throws -> CircuitMeter {
    try CircuitMeter(try model.made(), pairs, replacement)
  }
}

/// Nodes to take away as far as they can go.
package struct NodesToPrune: Codable, Sendable {
  package var task: MeteredTask
  package var order: [Node]
  package var share: Double

  package init(task: MeteredTask, order: [Node], share: Double) {
    (self.task, self.order, self.share) = (task, order, share)
  }
}

/// A circuit of a task.
package struct CircuitOfTask: Codable, Sendable {
  package var task: MeteredTask
  package var circuit: [Node]

  package init(task: MeteredTask, circuit: [Node]) {
    (self.task, self.circuit) = (task, circuit)
  }
}

/// Paths from a node to the logits.
package struct PathToLogits: Codable, Sendable {
  package var model: CircuitModel
  package var pair: TaskPair
  package var sender: Node
  package var mlpsAnswer: Bool

  package init(model: CircuitModel, pair: TaskPair, sender: Node, mlpsAnswer: Bool) {
    (self.model, self.pair, self.sender, self.mlpsAnswer) = (model, pair, sender, mlpsAnswer)
  }
}

/// Paths from a node to what a head reads.
package struct PathToReceiver: Codable, Sendable {
  package var model: CircuitModel
  package var pair: TaskPair
  package var sender: Node
  package var receiver: Receiver

  package init(model: CircuitModel, pair: TaskPair, sender: Node, receiver: Receiver) {
    (self.model, self.pair, self.sender, self.receiver) = (model, pair, sender, receiver)
  }
}

/// Nodes whose edges are to be taken away as far as they can go.
package struct EdgesToPrune: Codable, Sendable {
  package var task: MeteredTask
  package var nodes: [Node]
  package var share: Double

  package init(task: MeteredTask, nodes: [Node], share: Double) {
    (self.task, self.nodes, self.share) = (task, nodes, share)
  }
}

/// A search by ACDC.
package struct EdgesToDrop: Codable, Sendable {
  package var task: MeteredTask
  package var measure: Measure
  package var threshold: Double

  package init(task: MeteredTask, measure: Measure, threshold: Double) {
    (self.task, self.measure, self.threshold) = (task, measure, threshold)
  }
}

/// Edges whose effects are to be foreseen.
package struct EdgesToScore: Codable, Sendable {
  package var model: CircuitModel
  package var pair: TaskPair
  package var edges: [Edge]
  package var steps: Int

  package init(model: CircuitModel, pair: TaskPair, edges: [Edge], steps: Int) {
    (self.model, self.pair, self.edges, self.steps) = (model, pair, edges, steps)
  }
}

/// A head and tokens in order, and pairs to look through the layers with.
package struct HeadToRead: Codable, Sendable {
  package var model: CircuitModel
  package var layer: Int
  package var head: Int
  package var members: [Int]
  package var pairs: [TaskPair]

  package init(model: CircuitModel, layer: Int, head: Int, members: [Int], pairs: [TaskPair]) {
    (self.model, self.layer, self.head, self.members, self.pairs) = (
      model, layer, head, members, pairs
    )
  }
}

/// Circuits of several tasks of one model.
package struct CircuitsToCompare: Codable, Sendable {
  package var tasks: [MeteredTask]
  package var circuits: [[Node]]
  /// How many heads and MLPs the model has.
  package var count: Int

  package init(tasks: [MeteredTask], circuits: [[Node]], count: Int) {
    (self.tasks, self.circuits, self.count) = (tasks, circuits, count)
  }
}
