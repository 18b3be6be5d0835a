package import Tensors

/// The number that an attribution explains: what a model makes of one token in one prediction, or
/// by how much it prefers that token to another.
public struct AttributionTarget: Sendable, Codable, Equatable {
  /// What is read from a row of logits.
  public enum Measure: String, Sendable, Codable, CaseIterable {
    /// The token's logit.
    case logit
    /// The logarithm of its probability, in nats.
    case logProbability = "log-probability"
    /// Its probability.
    case probability
  }

  /// The token that is predicted.
  public var token: Int
  /// The row of the logits that predicts it, from 0.
  ///
  /// A decoder reads its target shifted right, so its row t predicts token t of the target; a model
  /// of one stack predicts at position t what comes at t + 1.
  public var position: Int
  /// A token that might have been predicted instead: what is explained is then the difference, why
  /// this and not that.
  ///
  /// Yin and Neubig, "Interpreting Language Models with Contrastive Explanations", 2022.
  public var foil: Int?
  /// What is read from the logits of the target, and of the foil.
  public var measure: Measure

  /// A token at a position, perhaps against a foil.
  public init(
    _ token: Int, at position: Int, against foil: Int? = nil, measure: Measure = .logit
  ) {
    self.token = token
    self.position = position
    self.foil = foil
    self.measure = measure
  }

  /// The number, from rows of logits `[row, token]`; `[row]`.
  package func value(of logits: Tensor) -> Tensor {
    let rows = logits.shape[0]
    func column(_ values: Tensor, _ token: Int) -> Tensor {
      values.gatheringColumns(Array(repeating: token, count: rows))
    }
    guard let foil else {
      switch measure {
      case .logit: return column(logits, token)
      case .logProbability: return column(logits.logSoftmax(), token)
      case .probability: return column(logits.softmax(), token)
      }
    }
    if measure == .probability {
      let probabilities = logits.softmax()
      return column(probabilities, token) - column(probabilities, foil)
    }
    // The same for logits and their log-probabilities: what normalises them is taken off again.
    return column(logits, token) - column(logits, foil)
  }
}
