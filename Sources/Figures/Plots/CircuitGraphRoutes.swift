/// The edges of a circuit graph as lines, which go around the components that they are none of.
struct CircuitGraphRoutes {
  typealias Node = CircuitGraphFigure.Node
  typealias Port = CircuitGraphFigure.Port

  /// A line.
  struct Strand {
    /// What the edge joins.
    let from, to: Node
    var points: [Point]
    let colour: Colour
    let width: Double
  }

  /// Where an edge begins and ends.
  private struct Ends: Hashable {
    let from: Node
    let to: Node
    let port: Port
  }

  /// An edge of some tasks, and where it passes the rows between its ends.
  private struct Route {
    let ends: Ends
    let start: Point
    let end: Point
    /// The way through each row between, from the bottom.
    var passes: [(row: Int, x: Double)] = []
  }

  /// Lines that keep apart from components and from one another.
  private static let clearance = 5.0
  private static let spacing = 2.4

  private let boxes: [Node: Box]
  /// The components of each row from left to right, rows from the bottom.
  private let rows: [[Box]]
  private let places: [Node: Int]

  init(_ rows: [[Node]], boxes: [Node: Box]) {
    self.boxes = boxes
    self.rows = rows.map { row in
      row.map { node in
        var box = boxes[node]!
        if node.isHead { box.height += CircuitGraphFigure.portHeight }
        return box
      }.sorted { $0.x < $1.x }
    }
    places = Dictionary(
      uniqueKeysWithValues: rows.enumerated().flatMap { index, row in row.map { ($0, index) } })
  }

  /// The edges of several tasks, side by side where they share one; thin ones last, so that none is
  /// hidden.
  func strands(
    _ edges: [(series: Int, edge: CircuitGraphFigure.Edge)],
    series: [CircuitGraphFigure.Series]
  ) -> [Strand] {
    let greatest = series.map { $0.edges.map(\.weight).max() ?? 0 }
    var leaving: [Node: [Ends]] = [:]
    var together: [Ends: [(series: Int, weight: Double)]] = [:]
    for (index, edge) in edges {
      let ends = Ends(from: edge.from, to: edge.to, port: edge.port)
      if together[ends] == nil { leaving[edge.from, default: []].append(ends) }
      together[ends, default: []].append((index, edge.weight))
    }
    var routes: [Route] = []
    for (node, all) in leaving.sorted(by: {
      ($0.key.level, $0.key.order) < ($1.key.level, $1.key.order)
    }) {
      let box = boxes[node]!
      // Where edges leave is spread over the box in the order of where they go.
      let sorted = all.sorted {
        let (a, b) = (entry($0), entry($1))
        return (a.x, a.y) < (b.x, b.y)
      }
      for (place, ends) in sorted.enumerated() {
        let share = sorted.count == 1 ? 0.5 : Double(place) / Double(sorted.count - 1)
        routes.append(
          Route(
            ends: ends, start: Point(box.x + 5 + share * (box.width - 10), box.y),
            end: entry(ends)))
      }
    }
    let widest = together.values.map(\.count).max() ?? 1
    spread(&routes, spacing: Self.spacing + 2 * Double(widest - 1))
    return routes.flatMap { route in
      let tasks = together[route.ends]!
      return tasks.enumerated().map { index, task in
        let most = greatest[task.series]
        return Strand(
          from: route.ends.from, to: route.ends.to,
          points: line(route, offset: 2 * (Double(index) - Double(tasks.count - 1) / 2)),
          colour: Palette.colour(task.series),
          width: 0.5 + 2.6 * (most > 0 ? task.weight / most : 0))
      }
    }.sorted { $0.width > $1.width }
  }

  private func entry(_ ends: Ends) -> Point {
    let box = boxes[ends.to]!
    guard ends.to.isHead else { return Point(box.midX, box.maxY) }
    let third = box.width / 3
    let index = Double([Port.query, .key, .value].firstIndex(of: ends.port) ?? 1)
    return Point(
      box.x + (index + 0.5) * third, box.maxY + CircuitGraphFigure.portHeight)
  }

  /// The free intervals of a row, from left to right; the outer ones have no end.
  private func gaps(_ row: Int) -> [ClosedRange<Double>] {
    let boxes = rows[row]
    guard let first = boxes.first, let last = boxes.last else {
      return [-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude]
    }
    let between = zip(boxes, boxes.dropFirst()).map { left, right in
      let (low, high) = (left.maxX + Self.clearance, right.x - Self.clearance)
      return low < high ? low...high : ((low + high) / 2)...((low + high) / 2)
    }
    return [-Double.greatestFiniteMagnitude...(first.x - Self.clearance)] + between
      + [(last.maxX + Self.clearance)...Double.greatestFiniteMagnitude]
  }

  /// Chooses the nearest gap of every row that an edge passes, and keeps those in one gap apart.
  private func spread(_ routes: inout [Route], spacing: Double) {
    for row in rows.indices {
      let gaps = gaps(row)
      guard let box = rows[row].first else { continue }
      var members: [Int: [(route: Int, x: Double)]] = [:]
      for index in routes.indices {
        let (from, to) = (places[routes[index].ends.from]!, places[routes[index].ends.to]!)
        guard from < row, row < to else { continue }
        let end = routes[index].end
        // Straight on from the last row, so that a line does not turn back.
        let last = routes[index].passes.last
        let below = last.map { Point($0.x, rows[$0.row][0].midY) } ?? routes[index].start
        let share = (below.y - box.midY) / max(below.y - end.y, 1)
        let wanted = below.x + share * (end.x - below.x)
        func distance(_ gap: ClosedRange<Double>) -> Double {
          max(gap.lowerBound - wanted, wanted - gap.upperBound, 0)
        }
        let nearest = gaps.indices.min { distance(gaps[$0]) < distance(gaps[$1]) }!
        members[nearest, default: []].append(
          (index, min(max(wanted, gaps[nearest].lowerBound), gaps[nearest].upperBound)))
      }
      for (gap, routed) in members.sorted(by: { $0.key < $1.key }) {
        let sorted = routed.sorted { ($0.x, $0.route) < ($1.x, $1.route) }
        let xs = apart(
          sorted.map(\.x), in: gaps[gap], spacing: spacing, opensLeft: gap == 0,
          opensRight: gap == gaps.count - 1)
        for (member, x) in zip(sorted, xs) {
          routes[member.route].passes.append((row, x))
        }
      }
    }
  }

  /// Moves ascending places apart within an interval.
  private func apart(
    _ xs: [Double], in gap: ClosedRange<Double>, spacing: Double, opensLeft: Bool,
    opensRight: Bool
  ) -> [Double] {
    var xs = xs
    if opensLeft && !opensRight {
      for index in xs.indices.dropLast().reversed() {
        xs[index] = min(xs[index], xs[index + 1] - spacing)
      }
      return xs
    }
    let room = gap.upperBound - gap.lowerBound
    let step = opensRight ? spacing : min(spacing, room / Double(max(xs.count - 1, 1)))
    for index in xs.indices.dropFirst() { xs[index] = max(xs[index], xs[index - 1] + step) }
    // What was pushed out on the right comes back.
    if let last = xs.last, last > gap.upperBound {
      var most = gap.upperBound
      for index in xs.indices.reversed() {
        xs[index] = min(xs[index], most)
        most = xs[index] - step
      }
    }
    return xs
  }

  /// A line that passes each row upright, and bends between rows.
  private func line(_ route: Route, offset: Double) -> [Point] {
    var points = [Point(route.start.x + offset, route.start.y)]
    for pass in route.passes {
      let (low, high) = (
        rows[pass.row].map(\.maxY).max()! + 2, rows[pass.row].map(\.y).min()! - 2
      )
      points += Self.curve(from: points.last!, to: Point(pass.x + offset, low))
      points.append(Point(pass.x + offset, high))
    }
    return points
      + Self.curve(from: points.last!, to: Point(route.end.x + offset, route.end.y))
  }

  /// A curve that leaves upwards and enters upwards.
  private static func curve(from start: Point, to end: Point) -> [Point] {
    let bend = min(max((start.y - end.y) * 0.5, 8), 60)
    let (a, b) = (Point(start.x, start.y - bend), Point(end.x, end.y + bend))
    return (1...16).map { step in
      let t = Double(step) / 16
      let u = 1 - t
      func mix(_ p: Double, _ q: Double, _ r: Double, _ s: Double) -> Double {
        u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s
      }
      return Point(mix(start.x, a.x, b.x, end.x), mix(start.y, a.y, b.y, end.y))
    }
  }
}
