import Foundation
import Tensors
package import Transformers

/// What is left of a task when a model keeps some of its nodes or edges.
///
/// Along what is kept a receiver reads what the node writes in this very run; along everything else it
/// reads what stands in for it: what the node writes on the corrupted text, or nothing. Numbers are
/// means over the pairs of the task.
public struct CircuitMeter: Sendable {
  /// All heads and MLPs, in the order in which the model computes them.
  public let nodes: [Node]
  /// All edges, by their receivers in the order in which the model computes these; of a layer first
  /// the queries, keys and values of its heads, then its MLP; the logits come last.
  public let edges: [Edge]
  /// The logit difference of the whole model on the clean texts.
  public let clean: Double
  /// The logit difference of the whole model on the corrupted texts, by the same answers and foils.
  public let corrupted: Double

  private let runs: EdgeRuns
  private let pairs: [TaskPair]
  private let cleanLogits: Tensor
  private let nodePlaces: [Node: Int]
  private let receiverPlaces: [Receiver: Int]

  package init(_ model: Transformer, _ pairs: [TaskPair], _ replacement: Replacement) throws {
    runs = try EdgeRuns(model, pairs, replacement)
    self.pairs = pairs
    nodes = Array(runs.nodes.dropFirst())
    edges = runs.receivers.indices.flatMap { [runs] receiver in
      runs.nodes.prefix(runs.reach[receiver]).map { Edge(from: $0, to: runs.receivers[receiver]) }
    }
    nodePlaces = Dictionary(
      uniqueKeysWithValues: runs.nodes.enumerated().map { ($1, $0) })
    receiverPlaces = Dictionary(
      uniqueKeysWithValues: runs.receivers.enumerated().map { ($1, $0) })
    cleanLogits = runs.logits(keeping: runs.everything)
    clean = Self.difference(cleanLogits, pairs)
    let twins = pairs.map { pair in
      TaskPair(
        clean: pair.corrupted, corrupted: pair.corrupted, answer: pair.answer, foil: pair.foil,
        template: pair.template)
    }
    let other = try EdgeRuns(model, twins, .zero)
    corrupted = Self.difference(other.logits(keeping: other.everything), twins)
  }

  /// The mean logit difference on the clean texts when these heads and MLPs are kept, with the
  /// embedding and all edges between them.
  public func logitDifference(nodes kept: Set<Node>) throws -> Double {
    Self.difference(runs.logits(keeping: try places(kept)), pairs)
  }

  /// The mean logit difference on the clean texts when these edges are kept.
  public func logitDifference(edges kept: Set<Edge>) throws -> Double {
    Self.difference(runs.logits(keeping: try places(kept)), pairs)
  }

  /// The mean KL(model ‖ circuit) of the next token in nats when these edges are kept.
  public func divergence(edges kept: Set<Edge>) throws -> Double {
    let p = cleanLogits.logSoftmax()
    let q = runs.logits(keeping: try places(kept)).logSoftmax()
    let sum = zip(p.values, q.values).reduce(0.0) { sum, pair in
      sum + exp(Double(pair.0)) * Double(pair.0 - pair.1)
    }
    return sum / Double(pairs.count)
  }

  private static func difference(_ logits: Tensor, _ pairs: [TaskPair]) -> Double {
    pairs.enumerated().reduce(0.0) {
      $0 + Double(logits[$1.offset, $1.element.answer])
        - Double(logits[$1.offset, $1.element.foil])
    } / Double(pairs.count)
  }

  private func places(_ kept: Set<Node>) throws -> [[Int]] {
    let own =
      try [0]
      + kept.filter { $0 != .embedding }.map { node in
        guard let place = nodePlaces[node] else { throw UnknownPart(name: "\(node)") }
        return place
      }.sorted()
    return runs.reach.map { count in own.filter { $0 < count } }
  }

  private func places(_ kept: Set<Edge>) throws -> [[Int]] {
    var places = [[Int]](repeating: [], count: runs.receivers.count)
    for edge in kept {
      guard let node = nodePlaces[edge.from], let receiver = receiverPlaces[edge.to],
        node < runs.reach[receiver]
      else { throw UnknownPart(name: "\(edge)") }
      places[receiver].append(node)
    }
    return places.map { $0.sorted() }
  }
}

/// A node or an edge that the model does not have.
struct UnknownPart: Error, CustomStringConvertible {
  let name: String
  var description: String {
    "the model has no \(name); `meter.nodes` and `meter.edges` list what there is"
  }
}
