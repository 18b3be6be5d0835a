import Foundation
import Interpretability
public import Tensors

/// Points laid out in a plane so that neighbours stay neighbours: t-SNE, computed exactly.
///
/// Distances between clusters and their sizes mean nothing in it, and clusters may appear where there
/// are none. Van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008.
public struct NeighbourEmbedding: Sendable {
  /// The place of each point, `[point, 2]`.
  public let places: Tensor
  /// KL of the neighbourhoods in space from those in the plane, in nats.
  public let divergence: Float

  /// Lays out the rows of `[point, width]`.
  ///
  /// - Parameters:
  ///   - perplexity: About how many neighbours a point has.
  ///   - seed: Decides the first places; kept, so that a figure can be made again.
  /// - Throws: ``SpanError`` when there are not more points than three times the perplexity.
  public init(
    _ points: Tensor, perplexity: Double = 5, steps: Int = 1_000, seed: UInt64
  ) throws(SpanError) {
    let count = points.shape[0]
    guard perplexity >= 1, Double(count) > 3 * perplexity else {
      throw SpanError(
        "\(counted(count, "point")) do not have \(perplexity) neighbours each to be told from the "
          + "rest; take more than three times as many points, or a smaller perplexity")
    }
    let shares = Self.neighbourhoods(pairwiseDistances(points), perplexity: perplexity)
    var generator = SeededGenerator(seed: seed)
    var places = Tensor.randomNormal([count, 2], using: &generator).values.map {
      Double($0) * 1e-4
    }
    var (velocity, gains) = (places.map { _ in 0.0 }, places.map { _ in 1.0 })
    let rate = max(Double(count) / 12 / 4, 50)
    for step in 0..<steps {
      // Exaggerated at first, so that clusters form before they spread.
      let early = step < 250
      let gradient = Self.gradient(shares, places, factor: early ? 12 : 1).gradient
      for i in places.indices {
        gains[i] = max(
          gradient[i] * velocity[i] < 0 ? gains[i] + 0.2 : gains[i] * 0.8, 0.01)
        velocity[i] = (early ? 0.5 : 0.8) * velocity[i] - rate * gains[i] * gradient[i]
        places[i] += velocity[i]
      }
    }
    divergence = Float(Self.gradient(shares, places, factor: 1).divergence)
    self.places = Tensor(places.map { Float($0) }, shape: [count, 2])
  }

  /// How much each point is a neighbour of each other, symmetric, with the sum 1.
  static func neighbourhoods(_ distances: [[Double]], perplexity: Double) -> [Double] {
    let count = distances.count
    var shares = Array(repeating: 0.0, count: count * count)
    for point in 0..<count {
      // The width of the bell that gives the perplexity, by halving.
      let squares = distances[point].map { $0 * $0 }
      let nearest = squares.indices.filter { $0 != point }.map { squares[$0] }.min() ?? 0
      var (precision, lower, upper) = (1.0, 0.0, Double.infinity)
      var row: [Double] = []
      for _ in 0..<100 {
        row = squares.indices.map {
          $0 == point ? 0 : exp(-(squares[$0] - nearest) * precision)
        }
        let sum = row.reduce(0, +)
        row = row.map { $0 / sum }
        let entropy = row.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        let excess = entropy - log(perplexity)
        if abs(excess) < 1e-6 { break }
        if excess > 0 {
          lower = precision
          precision = upper.isFinite ? (lower + upper) / 2 : precision * 2
        } else {
          upper = precision
          precision = (lower + upper) / 2
        }
      }
      for other in 0..<count { shares[point * count + other] = row[other] }
    }
    var symmetric = shares
    for a in 0..<count {
      for b in 0..<count {
        symmetric[a * count + b] =
          (shares[a * count + b] + shares[b * count + a]) / Double(2 * count)
      }
    }
    return symmetric
  }

  /// The divergence and its gradient with respect to the places.
  static func gradient(
    _ shares: [Double], _ places: [Double], factor: Double
  ) -> (divergence: Double, gradient: [Double]) {
    let count = places.count / 2
    var near = Array(repeating: 0.0, count: count * count)
    var sum = 0.0
    for a in 0..<count {
      for b in 0..<a {
        let (dx, dy) = (places[2 * a] - places[2 * b], places[2 * a + 1] - places[2 * b + 1])
        let value = 1 / (1 + dx * dx + dy * dy)
        near[a * count + b] = value
        near[b * count + a] = value
        sum += 2 * value
      }
    }
    var divergence = 0.0
    var gradient = places.map { _ in 0.0 }
    for a in 0..<count {
      for b in 0..<count where a != b {
        let (share, own) = (shares[a * count + b], max(near[a * count + b] / sum, 1e-300))
        if share > 0 { divergence += share * log(share / own) }
        let force = 4 * (factor * share - own) * near[a * count + b]
        gradient[2 * a] += force * (places[2 * a] - places[2 * b])
        gradient[2 * a + 1] += force * (places[2 * a + 1] - places[2 * b + 1])
      }
    }
    return (divergence, gradient)
  }
}
