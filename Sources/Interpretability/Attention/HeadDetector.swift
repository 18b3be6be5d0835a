public import Tensors

/// What a head that does one thing only would attend to.
public enum HeadKind: String, Sendable, Codable, CaseIterable {
  /// The token just before the query.
  case previousToken = "previous token"
  /// Earlier tokens equal to the query's own.
  case duplicateToken = "duplicate token"
  /// The first token of the sequence.
  case firstToken = "first token"
  /// The token after an earlier copy of the query's own.
  /// Olsson et al., "In-context Learning and Induction Heads", 2022.
  case induction = "induction"

  /// Which keys the head attends to for every query: a detection pattern `[query, key]` of 0 and 1.
  public func detectionPattern(for tokens: [Int]) -> Tensor {
    var pattern = Tensor.zeros([tokens.count, tokens.count])
    pattern.withUnsafeMutableValues { values in
      for query in tokens.indices {
        for key in tokens.indices {
          let isThere =
            switch self {
            case .previousToken: key == query - 1
            case .duplicateToken: key < query && tokens[key] == tokens[query]
            case .firstToken: key == 0
            case .induction: key > 0 && key <= query && tokens[key - 1] == tokens[query]
            }
          if isThere { values[query * tokens.count + key] = 1 }
        }
      }
    }
    return pattern
  }
}

/// How like a detection pattern a head's attention is.
public enum HeadMeasure: String, Sendable, Codable {
  /// The share of all attention that lies where the pattern is 1: Σ A⊙D / Σ A.
  case multiplied
  /// One minus the mean absolute difference: 1 − mean |A − D|.
  case absolute
}

/// The score of every head for one detection pattern, between 0 and 1; `[head]`.
///
/// After TransformerLens's head detector.
///
/// - Parameters:
///   - pattern: Attention `[head, query, key]`.
///   - detection: `[query, key]`, of 0 and 1.
public func headScores(
  _ pattern: Tensor, against detection: Tensor, by measure: HeadMeasure
) -> [Float] {
  precondition(
    pattern.rank == 3 && Array(pattern.shape.dropFirst()) == detection.shape,
    "attention \(pattern.shape) is not [head, query, key] over a detection pattern "
      + "\(detection.shape)")
  return (0..<pattern.shape[0]).map { head in
    let attention = pattern[at: head]
    switch measure {
    case .multiplied:
      // A head that was knocked out attends to nothing, and so to no pattern.
      let total = attention.sum().scalar
      return total > 0 ? (attention * detection).sum().scalar / total : 0
    case .absolute:
      let differences = zip(attention.values, detection.values).map { abs($0 - $1) }
      return 1 - differences.reduce(0, +) / Float(differences.count)
    }
  }
}
