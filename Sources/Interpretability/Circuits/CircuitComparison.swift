import Foundation

/// What two circuits of one model have in common, beside what chance would give.
public struct CircuitOverlap: Sendable, Equatable {
  /// What is shared of nodes, or of edges.
  public struct Share: Sendable, Equatable {
    /// How many both circuits have.
    public let shared: Int
    /// How many either has.
    public let either: Int
    /// How many two circuits of these sizes share on the average if each is drawn at random.
    public let expected: Double
    /// How likely it is that two such circuits share as many, or more.
    public let chance: Double

    /// Shared over either: 1 for the same circuit; 0 of nothing.
    public var jaccard: Double { either == 0 ? 0 : Double(shared) / Double(either) }

    init<Element: Hashable>(_ a: Set<Element>, _ b: Set<Element>, of total: Int) {
      shared = a.intersection(b).count
      either = a.union(b).count
      expected = total == 0 ? 0 : Double(a.count) * Double(b.count) / Double(total)
      chance = hypergeometricTail(shared, drawn: a.count, marked: b.count, total: total)
    }
  }

  /// Of heads and MLPs.
  public let nodes: Share
  /// Of edges.
  public let edges: Share

  /// Two circuits of a model.
  public init(_ a: Circuit, _ b: Circuit, in graph: CircuitGraph) {
    nodes = Share(Set(a.nodes), Set(b.nodes), of: graph.senders.count - 1)
    edges = Share(Set(a.edges), Set(b.edges), of: graph.edgeCount)
  }
}

/// How likely it is to draw so many marked things, or more, without putting any back.
func hypergeometricTail(_ least: Int, drawn: Int, marked: Int, total: Int) -> Double {
  func logChoose(_ n: Int, _ k: Int) -> Double {
    lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1)
  }
  let (low, high) = (max(least, drawn + marked - total, 0), min(drawn, marked))
  if least <= max(drawn + marked - total, 0) { return 1 }
  guard low <= high else { return 0 }
  let whole = logChoose(total, drawn)
  return min(
    1,
    (low...high).reduce(0) {
      $0 + exp(logChoose(marked, $1) + logChoose(total - marked, drawn - $1) - whole)
    })
}

/// Which head of one model does what a head of another does: heads are compared by scores of what
/// they do, such as copying, the next element, the previous token and induction, and not by their
/// places.
public struct HeadMatching: Sendable, Equatable {
  /// For each head of the first model, the place of its partner among those of the second, each of
  /// which is a partner once; nil where the second has fewer.
  public let partners: [Int?]
  /// The distances of partners, 0 for the same scores.
  public let distances: [Double?]

  /// The matching of least total distance.
  ///
  /// - Parameters:
  ///   - first: For each head of a model, its scores.
  ///   - second: The same scores of each head of another.
  /// - Precondition: every head has as many scores.
  public init(_ first: [[Double]], _ second: [[Double]]) {
    let isTurned = first.count > second.count
    let (rows, columns) = isTurned ? (second, first) : (first, second)
    let cost = rows.map { a in
      columns.map { b in
        precondition(a.count == b.count, "heads of \(a.count) and \(b.count) scores")
        return zip(a, b).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }
    }
    let assigned = leastAssignment(cost)
    var partners = [Int?](repeating: nil, count: first.count)
    var distances = [Double?](repeating: nil, count: first.count)
    for (row, column) in assigned.enumerated() {
      partners[isTurned ? column : row] = isTurned ? row : column
      distances[isTurned ? column : row] = cost[row][column]
    }
    self.partners = partners
    self.distances = distances
  }
}

/// For each row a column of its own, so that the sum of costs is least; no more rows than columns.
///
/// Kuhn, "The Hungarian Method for the Assignment Problem", 1955, by shortest augmenting paths.
func leastAssignment(_ cost: [[Double]]) -> [Int] {
  guard let width = cost.first?.count else { return [] }
  precondition(cost.count <= width, "\(cost.count) rows do not fit \(width) columns")
  var rowPotential = Array(repeating: 0.0, count: cost.count + 1)
  var columnPotential = Array(repeating: 0.0, count: width + 1)
  // Columns are counted from 1; 0 stands for the row that is being placed.
  var owner = Array(repeating: 0, count: width + 1)
  var way = Array(repeating: 0, count: width + 1)
  for row in 1...cost.count {
    owner[0] = row
    var column = 0
    var least = Array(repeating: Double.infinity, count: width + 1)
    var isDone = Array(repeating: false, count: width + 1)
    repeat {
      isDone[column] = true
      let current = owner[column]
      var (step, next) = (Double.infinity, 0)
      for other in 1...width where !isDone[other] {
        let reduced =
          cost[current - 1][other - 1] - rowPotential[current] - columnPotential[other]
        if reduced < least[other] { (least[other], way[other]) = (reduced, column) }
        if least[other] < step { (step, next) = (least[other], other) }
      }
      for other in 0...width {
        if isDone[other] {
          rowPotential[owner[other]] += step
          columnPotential[other] -= step
        } else {
          least[other] -= step
        }
      }
      column = next
    } while owner[column] != 0
    repeat {
      owner[column] = owner[way[column]]
      column = way[column]
    } while column != 0
  }
  var assigned = Array(repeating: 0, count: cost.count)
  for column in 1...width where owner[column] > 0 { assigned[owner[column] - 1] = column - 1 }
  return assigned
}
