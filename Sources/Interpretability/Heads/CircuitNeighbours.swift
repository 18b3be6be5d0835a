import Foundation
public import Interpretability
import Interventions
import Tensors
import Transformers

/// A token and what a circuit says of it.
public struct CircuitEntry: Sendable, Codable, Equatable {
  /// The token.
  public let token: Int
  /// The entry of the circuit.
  public let value: Float

  /// An entry.
  public init(token: Int, value: Float) {
    self.token = token
    self.value = value
  }
}

/// The tokens next to one in a head's two circuits.
public struct CircuitNeighbours: Sendable, Codable, Equatable {
  /// What the head writes for most when it reads the token, greatest first.
  public let promoted: [CircuitEntry]
  /// What it writes against most when it reads the token, most negative first.
  public let suppressed: [CircuitEntry]
  /// The tokens it looks at most where the token is predicted, greatest score first.
  public let keys: [CircuitEntry]
  /// The predictions with which it looks at the token most, greatest score first.
  public let predictions: [CircuitEntry]

  /// Neighbours; of a head without a QK circuit those of the OV circuit alone.
  public init(
    promoted: [CircuitEntry], suppressed: [CircuitEntry], keys: [CircuitEntry] = [],
    predictions: [CircuitEntry] = []
  ) {
    self.promoted = promoted
    self.suppressed = suppressed
    self.keys = keys
    self.predictions = predictions
  }
}

extension HeadCircuits {
  /// The neighbours of tokens in both circuits.
  ///
  /// - Throws: ``HeadError`` when a token has no vector or the QK circuit is not defined; of a model
  ///   without one, ``outputNeighbours(of:_:in:count:)`` is what there is.
  public func neighbours(
    of tokens: [Int], _ head: HeadAddress, in embedded: EmbeddedTokens, count: Int = 10
  ) throws -> [CircuitNeighbours] {
    let outputs = try outputNeighbours(of: tokens, head, in: embedded, count: count)
    let factors = try queryFactors(head, of: embedded)
    let scale = scoreScale
    let asked = factors.query.gathering(tokens).matmul(transposing: factors.key) * scale
    let rows = try tokens.map { try embedded.row(of: $0) }
    let answered = factors.key.gathering(rows).matmul(transposing: factors.query) * scale
    return tokens.indices.map { index in
      CircuitNeighbours(
        promoted: outputs[index].promoted, suppressed: outputs[index].suppressed,
        keys: greatest(asked[at: index].values, count).map {
          CircuitEntry(token: embedded.tokens[$0.token], value: $0.value)
        },
        predictions: greatest(answered[at: index].values, count))
    }
  }

  /// What a head writes for and against most when it reads tokens.
  ///
  /// - Throws: ``HeadError/unseen(_:)`` when a token has no vector.
  public func outputNeighbours(
    of tokens: [Int], _ head: HeadAddress, in embedded: EmbeddedTokens, count: Int = 10
  ) throws -> [(promoted: [CircuitEntry], suppressed: [CircuitEntry])] {
    let head = try checked(head)
    let rows = try tokens.map { try embedded.row(of: $0) }
    let read = embedded.values(layer: head.layer).gathering(rows)
      .matmul(transposing: value(head))
    let written = unembedding.matmul(transposing: output(head))
    let chunk = max(1, 8_000_000 / max(unembedding.shape[0], 1))
    var found: [(promoted: [CircuitEntry], suppressed: [CircuitEntry])] = []
    for start in stride(from: 0, to: tokens.count, by: chunk) {
      let entries = read.slice(start..<min(start + chunk, tokens.count))
        .matmul(transposing: written)
      for row in 0..<entries.shape[0] {
        let values = entries[at: row].values
        let least = greatest(values.map { -$0 }, count)
        found.append(
          (
            greatest(values, count),
            least.map { CircuitEntry(token: $0.token, value: -$0.value) }
          ))
      }
    }
    return found
  }
}

/// The greatest values with their places, greatest first; of equal ones the first.
func greatest(_ values: [Float], _ count: Int) -> [CircuitEntry] {
  let count = min(count, values.count)
  if count <= 0 { return [] }
  // Of many, a few are picked without sorting all.
  var kept: [CircuitEntry] = []
  kept.reserveCapacity(count + 1)
  for (token, value) in values.enumerated() where !value.isNaN {
    if kept.count == count, value <= kept[count - 1].value { continue }
    var (low, high) = (0, kept.count)
    while low < high {
      let middle = (low + high) / 2
      if kept[middle].value >= value { low = middle + 1 } else { high = middle }
    }
    kept.insert(CircuitEntry(token: token, value: value), at: low)
    if kept.count > count { kept.removeLast() }
  }
  return kept
}
