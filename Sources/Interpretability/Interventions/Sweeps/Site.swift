import Foundation
public import Tensors
public import Transformers

/// Where a run is changed: a hook point, all of it or a part.
public struct Site: Sendable {
  /// Which part of every position's activation is meant.
  public enum Part: Sendable {
    /// All of it.
    case all
    /// Some heads: of queries, keys and values as the model stores them, of patterns, scores, mixed
    /// values and results.
    case heads([Int])
    /// Some places of the last axis, such as neurons of an MLP.
    case units([Int])
    /// What lies in the span of the rows of an orthonormal basis, `[direction, width]`.
    case subspace(Tensor)
  }

  /// The point.
  public var point: HookPoint
  /// The part of the activation there.
  public var part: Part
  /// The positions, or nil for all of them.
  ///
  /// They are counted in the stack the point is in: queries for scores and patterns, the source's for
  /// keys and values of cross-attention. Those below 0 count from the end.
  public var positions: [Int]?

  /// A site.
  public init(_ point: HookPoint, part: Part = .all, positions: [Int]? = nil) {
    self.point = point
    self.part = part
    self.positions = positions
  }

  /// One head at a point that has heads.
  public static func head(
    _ head: Int, at point: HookPoint, positions: [Int]? = nil
  ) -> Site { Site(point, part: .heads([head]), positions: positions) }

  /// One neuron of an MLP, between activation and output.
  public static func neuron(
    _ neuron: Int, of stack: StackName, layer: Int, positions: [Int]? = nil
  ) -> Site {
    Site(.block(stack, layer, .mlp(.post)), part: .units([neuron]), positions: positions)
  }

  /// What lies along a vector, of any length but zero.
  public static func direction(
    _ direction: Tensor, at point: HookPoint, positions: [Int]? = nil
  ) -> Site { .span([direction], at: point, positions: positions) }

  /// What lies in the span of vectors; those that add nothing to the others are left out.
  public static func span(
    _ vectors: [Tensor], at point: HookPoint, positions: [Int]? = nil
  ) -> Site {
    precondition(!vectors.isEmpty, "a subspace is spanned by at least one vector")
    var basis: [[Double]] = []
    for vector in vectors {
      var rest = vector.values.map(Double.init)
      let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // Twice: what rounding leaves of the others the first time is gone the second.
      for _ in 0..<2 {
        for unit in basis {
          let along = zip(rest, unit).reduce(0) { $0 + $1.0 * $1.1 }
          for i in rest.indices { rest[i] -= along * unit[i] }
        }
      }
      let left = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if left > 1e-6 * length { basis.append(rest.map { $0 / left }) }
    }
    precondition(!basis.isEmpty, "vectors of zeros span nothing")
    return Site(
      point, part: .subspace(Tensor(rows: basis.map { $0.map { Float($0) } })),
      positions: positions)
  }
}

/// What is done to the activation at a site.
public struct Edit: Sendable {
  enum Kind: Sendable {
    /// The activation of another run: row `row` of `[row, position, …]`, taken at `positions`.
    case replace(Tensor, row: Int, positions: [Int]?)
    case zero
    case add(Tensor)
    case map(@Sendable (Tensor) throws -> Tensor)
    case forbid(keys: [Int])
    case freeze
  }

  let kind: Kind

  /// Puts another activation in its place: another run's, or a mean.
  ///
  /// - Parameters:
  ///   - activation: As a trace holds it at the point, without the batch axis: `[position, …]`, or
  ///     `[head, query, key]` for scores and patterns. One that has a single position stands for
  ///     every position.
  ///   - positions: Where in `activation` the value for each position of the site is, in their order;
  ///     nil means at the same positions.
  public static func replace(with activation: Tensor, at positions: [Int]? = nil) -> Edit {
    Edit(
      kind: .replace(
        activation.reshaped(to: [1] + activation.shape).detached(), row: 0, positions: positions))
  }

  /// Puts the activation of a row of a batch in its place; nothing is copied until it is needed.
  ///
  /// - Parameter activation: As a trace holds it, `[row, position, …]`.
  public static func replace(
    with activation: Tensor, row: Int, at positions: [Int]? = nil
  ) -> Edit { Edit(kind: .replace(activation.detached(), row: row, positions: positions)) }

  /// Sets it to zero; of a direction or subspace that is to project it out.
  public static let zero = Edit(kind: .zero)

  /// Takes off what lies in the site's direction or subspace, and leaves the rest.
  public static let projectOut = Edit(kind: .zero)

  /// Adds a vector.
  ///
  /// It is added to every position, `[width]`, or a row to each of the site's,
  /// `[position, width]`; for a point with heads `[width]`, `[head, width]` or
  /// `[position, head, width]`. Of a site of units, their number stands for the width.
  public static func add(_ vector: Tensor) -> Edit { Edit(kind: .add(vector.detached())) }

  /// Applies a map to the site's part: `[position, …]`, or `[head, query, key]`, of the site alone.
  ///
  /// - Parameter map: Returns the shape it is given; called for every run by itself.
  public static func map(_ map: @escaping @Sendable (Tensor) throws -> Tensor) -> Edit {
    Edit(kind: .map(map))
  }

  /// Forbids the site's queries to attend to keys: scores become −∞.
  ///
  /// The point is `hook_attn_scores`, the positions are queries.
  public static func forbid(keys: [Int]) -> Edit { Edit(kind: .forbid(keys: keys)) }

  /// Keeps it as it is in the run without changes.
  public static let freeze = Edit(kind: .freeze)
}

/// An edit at a site.
public struct Change: Sendable {
  /// Where.
  public var site: Site
  /// What.
  public var edit: Edit

  /// A change.
  public init(_ site: Site, _ edit: Edit) {
    self.site = site
    self.edit = edit
  }
}

/// One run of a sweep: a row of its input, with some changes made together.
///
/// Changes at one point act in their order; a freeze comes before the others at its point, so that a
/// frozen layer with one head replaced is what it says.
public struct Trial: Sendable {
  /// Which row of the input is run.
  public var row: Int
  /// What is changed.
  public var changes: [Change]

  /// A run with changes.
  public init(row: Int = 0, _ changes: [Change]) {
    self.row = row
    self.changes = changes
  }
}
