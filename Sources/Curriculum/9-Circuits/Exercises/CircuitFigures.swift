import Circuits
import CircuitsVocabulary
import Coursework
import Figures
import Foundation
import Interventions
import Tensors
import Transformers

extension CircuitsSheet {
  /// The pictures of the sheet, in the order of its text; all of them show answers.
  static let figures: [SheetFigure] = [
    pruningFigure, worthFigure, circuitFigure, thresholdFigure, transferFigure, sharedFigure,
  ]

  /// A task of the reader, as figures measure it.
  private static func task(_ name: String) throws -> MeteredTask {
    MeteredTask(
      model: .reader, pairs: try CircuitModel.readerPairs(name, count: 8, seed: 9))
  }

  /// The nodes that the library leaves of a task, in order.
  private static func nodes(of task: MeteredTask) throws -> [Node] {
    let evaluator = try CircuitEvaluator(
      try task.model.made(), TaskSet(task.pairs.map { TaskSet.Pair($0) }))
    let names = Set(
      try CircuitSearch(evaluator, .nodes, threshold: 0.2).run().circuit.nodes.map(\.name))
    return try task.meter().nodes.filter { names.contains($0.description) }
  }

  private static let pruningFigure = SheetFigure(
    "1-pruning.png", "how many nodes of the reader are left, by what has to stay and by the order"
  ) { ask, file in
    let task = try task("numerals")
    let nodes = try task.meter().nodes
    let shares = [0.4, 0.6, 0.8, 0.95]
    let orders: [(name: String, nodes: [Node])] = [
      ("from the last layer", nodes.reversed()), ("from the first layer", nodes),
    ]
    let answers = try ask.all(
      CircuitsAsks.pruned,
      orders.flatMap { order in
        shares.map { NodesToPrune(task: task, order: order.nodes, share: $0) }
      })
    let (down, up) = (answers[..<shares.count], answers[shares.count...])
    func line(_ name: String, _ counts: [Int]) -> LinePlot.Series {
      LinePlot.Series(name, x: shares.map { 100 * $0 }, y: counts.map(Double.init))
    }
    try LinePlot(
      [
        line(orders[0].name, down.map(\.count)), line(orders[1].name, up.map(\.count)),
        line("in both", zip(down, up).map { $0.intersection($1).count }),
      ],
      title: "What is left depends on where one begins",
      x: Axis("what has to stay", unit: "% of the logit difference"),
      y: Axis("nodes left, of \(nodes.count)", range: 0...15)
    ).write(to: file)
  }

  private static let worthFigure = SheetFigure(
    "2-worth.png", "what each node of the reader is worth in the model, on two tasks"
  ) { ask, file in
    let tasks = try [task("numerals"), task("number-words")]
    let nodes = try tasks[0].meter().nodes
    let answers = try ask.all(
      CircuitsAsks.worth, tasks.map { CircuitOfTask(task: $0, circuit: nodes) })
    guard answers.allSatisfy({ $0.shape == [nodes.count, 2] }) else {
      throw FigureError("The answer to 9.5 has not a row for each of \(nodes.count) nodes.")
    }
    func points(_ isWanted: (Node) -> Bool) -> [ScatterPlot.Datum] {
      nodes.indices.filter { isWanted(nodes[$0]) }.map { index in
        let (x, y) = (Double(answers[0][index, 1]), Double(answers[1][index, 1]))
        return ScatterPlot.Datum(
          x, y, label: max(abs(x), abs(y)) > 0.08 ? "\(nodes[index])" : nil)
      }
    }
    try ScatterPlot(
      [
        ScatterPlot.Series("heads", points { if case .head = $0 { true } else { false } }),
        ScatterPlot.Series("MLPs", points { if case .mlp = $0 { true } else { false } }),
      ],
      title: "What the model loses without a node",
      x: "numerals: loss in faithfulness", y: "number words: loss in faithfulness"
    ).write(to: file)
  }

  private static func figureNode(_ node: Node) -> CircuitGraphFigure.Node {
    switch node {
    case .embedding: .embedding
    case .head(let layer, let head): .head(layer: layer, head: head)
    case .mlp(let layer): .mlp(layer: layer)
    }
  }

  private static func figureEdge(_ edge: Edge, weight: Double) -> CircuitGraphFigure.Edge {
    let (to, port): (CircuitGraphFigure.Node, CircuitGraphFigure.Port) =
      switch edge.to {
      case .query(let layer, let head): (.head(layer: layer, head: head), .query)
      case .key(let layer, let head): (.head(layer: layer, head: head), .key)
      case .value(let layer, let head): (.head(layer: layer, head: head), .value)
      case .mlp(let layer): (.mlp(layer: layer), .input)
      case .logits: (.logits, .input)
      }
    return CircuitGraphFigure.Edge(figureNode(edge.from), to, port, weight: weight)
  }

  /// The edges of an answer, as wide as what is lost without each.
  private static func series(
    _ name: String, _ edges: Set<Edge>, of task: MeteredTask
  ) throws -> CircuitGraphFigure.Series {
    let meter = try task.meter()
    let whole = try meter.logitDifference(edges: edges)
    return CircuitGraphFigure.Series(
      name,
      try meter.edges.filter { edges.contains($0) }.map { edge in
        let without = try meter.logitDifference(edges: edges.subtracting([edge]))
        return figureEdge(edge, weight: max(0, whole - without))
      })
  }

  private static let circuitFigure = SheetFigure(
    "3-circuit.png", "the edges that are left of the reader when it goes on counting months"
  ) { ask, file in
    let task = try task("months")
    let edges = try ask(
      CircuitsAsks.prunedEdges,
      EdgesToPrune(task: task, nodes: try nodes(of: task), share: 0.8))
    try CircuitGraphFigure(
      [try series("months", edges, of: task)], title: "Months: who tells whom"
    ).write(to: file)
  }

  private static let thresholdFigure = SheetFigure(
    "4-threshold.png", "what ACDC leaves of a planted circuit of five edges, by its threshold"
  ) { ask, file in
    let planted = PlantedCircuit.induction
    let pairs = planted.task.pairs.map(TaskPair.init)
    func task(_ replacement: Replacement) -> MeteredTask {
      MeteredTask(
        model: .given(GivenWeights(planted.model)), pairs: pairs, replacement: replacement)
    }
    let thresholds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    let ways: [(name: String, task: MeteredTask, measure: Measure)] = [
      ("logit difference, corrupted", task(.corrupted), .logitDifference),
      ("divergence, corrupted", task(.corrupted), .divergence),
      ("logit difference, zeros", task(.zero), .logitDifference),
    ]
    let answers = try ask.all(
      CircuitsAsks.acdc,
      ways.flatMap { way in
        thresholds.map { EdgesToDrop(task: way.task, measure: way.measure, threshold: $0) }
      })
    let x = Axis("threshold τ", labels: thresholds.map { String(format: "%g", $0) })
    func lines(_ value: (Set<Edge>, MeteredTask) throws -> Double) throws -> [LinePlot.Series] {
      try ways.enumerated().map { index, way in
        LinePlot.Series(
          way.name,
          try answers[(index * thresholds.count)..<((index + 1) * thresholds.count)].map {
            try value($0, way.task)
          })
      }
    }
    var size = LinePlot(
      try lines { edges, _ in Double(edges.count) }, title: "Edges left", x: x, y: "edges")
    size.reference = ("planted", Double(planted.edges.count))
    let faithful = LinePlot(
      try lines { edges, task in
        let meter = try task.meter()
        return (try meter.logitDifference(edges: edges) - meter.corrupted)
          / (meter.clean - meter.corrupted)
      }, title: "What they do", x: x, y: "faithfulness")
    try FigureRow([size, faithful], columns: 1).write(to: file)
  }

  private static let transferFigure = SheetFigure(
    "5-transfer.png", "what circuits of the reader keep of one another's tasks"
  ) { ask, file in
    let names = ["numerals", "number-words", "months", "indirect-objects"]
    let tasks = try names.map(task)
    let circuits = try tasks.map(nodes)
    let answer = try ask(
      CircuitsAsks.transfer,
      CircuitsToCompare(
        tasks: tasks, circuits: circuits, count: try tasks[0].meter().nodes.count))
    guard answer.shape == [names.count, names.count] else {
      throw FigureError("The answer to 9.12 has the shape \(answer.shape), not [task, circuit].")
    }
    let labels = ["numerals", "number words", "months", "indirect objects"]
    var map = HeatMap(
      answer * 100, rows: labels, columns: labels,
      title: "A task (row) in the circuit of another (column)")
    map.valueTitle = "% of the logit difference"
    map.annotationDecimals = 0
    map.rowTitle = "task"
    map.columnTitle = "circuit of"
    map.scale = .diverging
    try map.write(to: file)
  }

  private static let sharedFigure = SheetFigure(
    "6-shared.png", "three circuits of the reader in one picture"
  ) { ask, file in
    let names = ["numerals", "number-words", "months"]
    let tasks = try names.map(task)
    let answers = try ask.all(
      CircuitsAsks.prunedEdges,
      tasks.map { EdgesToPrune(task: $0, nodes: try nodes(of: $0), share: 0.8) })
    try CircuitGraphFigure(
      try zip(["numerals", "number words", "months"], zip(answers, tasks)).map { name, pair in
        try series(name, pair.0, of: pair.1)
      }, title: "Three ways of going on"
    ).write(to: file)
  }
}
