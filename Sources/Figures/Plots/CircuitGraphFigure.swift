import Foundation

/// A circuit as a layered graph: what writes first at the bottom, the logits at the top, heads with
/// ports for queries, keys and values, edges as wide as they count, a colour for each task.
public struct CircuitGraphFigure: Figure {
  /// A component of a model.
  public enum Node: Hashable, Sendable {
    /// What the first block reads.
    case embedding
    /// An attention head.
    case head(layer: Int, head: Int)
    /// An MLP.
    case mlp(layer: Int)
    /// The scores of the next token.
    case logits

    /// The row from the bottom: heads of a layer stand below its MLP.
    var level: Int {
      switch self {
      case .embedding: -1
      case .head(let layer, _): 2 * layer
      case .mlp(let layer): 2 * layer + 1
      case .logits: Int.max
      }
    }

    var label: String {
      switch self {
      case .embedding: "embedding"
      case .head(let layer, let head): "\(layer).\(head)"
      case .mlp(let layer): "MLP \(layer)"
      case .logits: "logits"
      }
    }

    /// The place in a row that is not sorted otherwise.
    var order: Int { if case .head(_, let head) = self { head } else { 0 } }

    var isHead: Bool { if case .head = self { true } else { false } }
  }

  /// Where an edge enters a component.
  public enum Port: String, Sendable, CaseIterable {
    /// The queries of a head.
    case query = "q"
    /// Its keys.
    case key = "k"
    /// Its values.
    case value = "v"
    /// All that an MLP or the logits read.
    case input = ""
  }

  /// An edge.
  public struct Edge: Sendable {
    /// What writes.
    public var from: Node
    /// What reads.
    public var to: Node
    /// Where it is read.
    public var port: Port
    /// How much the edge counts, 0 or more, beside the others of its task.
    public var weight: Double

    /// An edge.
    public init(_ from: Node, _ to: Node, _ port: Port = .input, weight: Double = 1) {
      (self.from, self.to, self.port, self.weight) = (from, to, port, weight)
    }
  }

  /// The circuit of a task.
  public struct Series: Sendable {
    /// The task's name in the legend.
    public var name: String
    /// The edges.
    public var edges: [Edge]

    /// A circuit of edges.
    public init(_ name: String, _ edges: [Edge]) {
      self.name = name
      self.edges = edges
    }
  }

  /// The circuits, one a task.
  public var series: [Series]
  /// Components that are drawn even where no edge reaches them.
  public var nodes: Set<Node> = []
  /// What the figure shows.
  public var title: String

  /// Circuits in one picture.
  public init(_ series: [Series], title: String = "") {
    self.series = series
    self.title = title
  }

  private static let boxHeight = 15.0
  static let portHeight = 8.0
  private static let headWidth = 34.0
  private static let gap = 18.0
  private static let rowGap = 30.0

  /// Where everything stands.
  struct Layout {
    /// The components from the bottom, row by row.
    let rows: [[Node]]
    let boxes: [Node: Box]
    let strands: [CircuitGraphRoutes.Strand]
    /// Where the graph ends on the right and below.
    let end: Point
  }

  private static let labelWidth = 34.0

  /// Lays the graph out below a heading.
  func layout(_ edges: [(series: Int, edge: Edge)], below top: Double) -> Layout {
    let rows = Self.rows(edges.map(\.edge), and: nodes)
    let widths = rows.map { row in
      row.reduce(-Self.gap) { $0 + Self.width(of: $1) + Self.gap }
    }
    let (left, inner) = (Margin.page + Self.labelWidth, max(widths.max() ?? 0, 160))
    var boxes: [Node: Box] = [:]
    var y = top
    for (row, width) in zip(rows, widths).reversed() {
      var x = left + (inner - width) / 2
      for node in row {
        let own = Self.width(of: node)
        boxes[node] = Box(x: x, y: y, width: own, height: Self.boxHeight)
        x += own + Self.gap
      }
      y += Self.boxHeight + (row.contains { $0.isHead } ? Self.portHeight : 0) + Self.rowGap
    }
    var strands = CircuitGraphRoutes(rows, boxes: boxes).strands(edges, series: series)
    // Lines that go around on the left push all to the right.
    let reached = strands.flatMap { $0.points.map(\.x) }
    let push = max(0, left - (reached.min() ?? left))
    for node in boxes.keys { boxes[node]!.x += push }
    for index in strands.indices {
      strands[index].points = strands[index].points.map { Point($0.x + push, $0.y) }
    }
    return Layout(
      rows: rows, boxes: boxes, strands: strands,
      end: Point(max(reached.max() ?? 0, left + inner) + push, y - Self.rowGap + 8))
  }

  /// Checks the edges and lays the graph out.
  ///
  /// - Throws: ``FigureError`` when there is no node, an edge leads down, or a weight is no number from 0.
  public func picture() throws -> Picture {
    let edges = series.enumerated().flatMap { index, one in
      one.edges.map { (series: index, edge: $0) }
    }
    guard !edges.isEmpty || !nodes.isEmpty else {
      throw FigureError("A circuit without nodes and edges cannot be drawn.")
    }
    for (_, edge) in edges {
      guard edge.weight.isFinite, edge.weight >= 0 else {
        throw FigureError("The edge \(Self.name(edge)) has the weight \(edge.weight).")
      }
      guard edge.from.level < edge.to.level else {
        throw FigureError("The edge \(Self.name(edge)) leads to nothing that comes later.")
      }
    }
    let margin = Margin.page
    let heading = TextBlock(title, style: .title, width: 300)
    let layout = layout(
      edges, below: margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle))
    let legend = Legend(
      series.count > 1
        ? series.enumerated().map { ($1.name, .line(Palette.colour($0), nil)) } : [])
    let size = FigureSize(
      width: max(layout.end.x - margin, heading.width, legend.width) + 2 * margin,
      height: layout.end.y + (legend.height > 0 ? legend.height + 4 : 0) + margin)
    let tasks = Self.tasks(edges)
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      for row in layout.rows {
        guard case .head(let layer, _)? = row.first, let box = layout.boxes[row[0]] else {
          continue
        }
        canvas.text("layer \(layer)", at: Point(margin, box.midY), .note)
      }
      for strand in layout.strands {
        canvas.line(strand.points, strand.colour.opacity(0.8), width: strand.width)
      }
      for node in layout.rows.joined() {
        Self.draw(
          node, layout.boxes[node]!, tasks: tasks[node] ?? [], of: series.count, on: canvas)
      }
      legend.draw(on: canvas, at: Point(margin, layout.end.y + 4))
    }
  }

  private static func name(_ edge: Edge) -> String {
    "\(edge.from.label) → \(edge.to.label)\(edge.port == .input ? "" : ".\(edge.port.rawValue)")"
  }

  private static func width(of node: Node) -> Double {
    node.isHead ? headWidth : max(headWidth, TextStyle.label.width(of: node.label) + 10)
  }

  /// The nodes row by row from the bottom, in each so that edges are short and cross little.
  private static func rows(_ edges: [Edge], and others: Set<Node>) -> [[Node]] {
    let nodes = others.union(edges.flatMap { [$0.from, $0.to] })
    var rows = Dictionary(grouping: nodes, by: \.level).sorted { $0.key < $1.key }
      .map { $0.value.sorted { $0.order < $1.order } }
    var neighbours: [Node: Set<Node>] = [:]
    for edge in edges {
      neighbours[edge.from, default: []].insert(edge.to)
      neighbours[edge.to, default: []].insert(edge.from)
    }
    // Every node goes where its neighbours are on the average; the order of heads settles ties.
    for round in 0..<8 {
      var places: [Node: Double] = [:]
      for row in rows {
        for (index, node) in row.enumerated() {
          places[node] = Double(index) - Double(row.count - 1) / 2
        }
      }
      let order = round.isMultiple(of: 2) ? Array(rows.indices) : rows.indices.reversed()
      for row in order {
        let wanted = Dictionary(
          uniqueKeysWithValues: rows[row].map { node -> (Node, Double) in
            let near = (neighbours[node] ?? []).sorted {
              ($0.level, $0.order) < ($1.level, $1.order)
            }
            let sum = near.reduce(0.0) { $0 + (places[$1] ?? 0) }
            return (node, sum / Double(max(near.count, 1)))
          })
        rows[row].sort { (wanted[$0]!, $0.order) < (wanted[$1]!, $1.order) }
        for (index, node) in rows[row].enumerated() {
          places[node] = Double(index) - Double(rows[row].count - 1) / 2
        }
      }
    }
    return rows
  }

  /// The tasks whose circuits have a node.
  private static func tasks(_ edges: [(series: Int, edge: Edge)]) -> [Node: [Int]] {
    var found: [Node: Set<Int>] = [:]
    for (index, edge) in edges {
      found[edge.from, default: []].insert(index)
      found[edge.to, default: []].insert(index)
    }
    return found.mapValues { $0.sorted() }
  }

  private static func draw(
    _ node: Node, _ box: Box, tasks: [Int], of count: Int, on canvas: Canvas
  ) {
    canvas.fill(box, .white)
    // With several tasks, a stripe of each one's colour says whose the node is.
    if count > 1 {
      let share = box.width / Double(max(tasks.count, 1))
      for (index, task) in tasks.enumerated() {
        canvas.fill(
          Box(x: box.x + Double(index) * share, y: box.y, width: share, height: box.height),
          Palette.colour(task).opacity(0.3))
      }
    } else if !node.isHead {
      canvas.fill(box, .hairline.opacity(0.6))
    }
    canvas.stroke(box, .ink, width: node == .logits || node == .embedding ? 1.1 : 0.7)
    canvas.text(node.label, at: Point(box.midX, box.midY), .label, anchor: .middle)
    guard node.isHead else { return }
    let third = box.width / 3
    for (index, port) in [Port.query, .key, .value].enumerated() {
      let own = Box(
        x: box.x + Double(index) * third, y: box.maxY, width: third, height: portHeight)
      canvas.fill(own, .white)
      canvas.stroke(own, .mutedInk, width: 0.5)
      canvas.text(
        port.rawValue, at: Point(own.midX, own.midY), TextStyle.note.sized(Typography.minimum),
        anchor: .middle)
    }
  }
}
