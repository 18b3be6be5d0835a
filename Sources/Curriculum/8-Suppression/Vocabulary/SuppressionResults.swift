public import Tensors

/// The three steps of copy suppression at one position.
public struct SuppressionStep: Codable, Hashable, Sendable {
  /// The token that, of those in the text so far, is likeliest before the head: what is predicted.
  public var token: Int
  /// Its probability before the head.
  public var probability: Float
  /// The head's attention to where it stands, all its places together.
  public var attention: Float
  /// What the head adds from there to its logit; below 0 where it is suppressed.
  public var effect: Float

  /// A position's steps.
  public init(token: Int, probability: Float, attention: Float, effect: Float) {
    self.token = token
    self.probability = probability
    self.attention = attention
    self.effect = effect
  }
}

/// What a head does to one prediction.
public struct PredictionExample: Codable, Sendable {
  /// The model's logits, `[token]`.
  public var before: Tensor
  /// The logits when the head is taken away, `[token]`.
  public var after: Tensor
  /// What the head adds to the logits by itself, each held against the mean of all, `[token]`.
  public var added: Tensor
  /// The logits of the logit lens in front of the head's layer, `[token]`.
  public var lens: Tensor
  /// How the head attends, `[position]`.
  public var attention: Tensor

  /// What a head does to a prediction.
  public init(before: Tensor, after: Tensor, added: Tensor, lens: Tensor, attention: Tensor) {
    self.before = before
    self.after = after
    self.added = added
    self.lens = lens
    self.attention = attention
  }
}

/// What a head did on a text.
public struct HeadText: Codable, Sendable {
  /// The text; a token is its row in the head's matrices.
  public var tokens: [Int]
  /// The head's values, `[source, headWidth]`.
  public var values: Tensor
  /// The mean over a corpus of what the head mixes, `[headWidth]`.
  public var mean: Tensor
  /// The head's attention, `[destination, source]`.
  public var pattern: Tensor
  /// The logits of the logit lens in front of the head's layer, `[destination, token]`.
  public var lens: Tensor

  /// What a head did on a text.
  public init(tokens: [Int], values: Tensor, mean: Tensor, pattern: Tensor, lens: Tensor) {
    self.tokens = tokens
    self.values = values
    self.mean = mean
    self.pattern = pattern
    self.lens = lens
  }
}

/// What a model makes up for when a head is taken away, in logits of the true next token held against
/// the mean of all tokens.
public struct Repair: Codable, Sendable {
  /// The drop that the head's direct effect makes one expect.
  public var expected: Double
  /// The drop there is.
  public var actual: Double
  /// What every head makes up, at the old scale, `[layer, head]`; the head itself nothing.
  public var heads: Tensor
  /// What every MLP makes up, at the old scale, `[layer]`.
  public var mlps: Tensor
  /// What another scale of the final norm makes up.
  public var scale: Double

  /// What is made up: expected − heads − MLPs − scale = actual.
  public init(expected: Double, actual: Double, heads: Tensor, mlps: Tensor, scale: Double) {
    self.expected = expected
    self.actual = actual
    self.heads = heads
    self.mlps = mlps
    self.scale = scale
  }
}

/// The mean attention that the positions behind the first give to it.
public struct StartAttention: Codable, Hashable, Sendable {
  /// In the text as it is.
  public var asItIs: Float
  /// With another token in the first place.
  public var otherToken: Float
  /// With the old token, and another position's embedding in the first place.
  public var otherPosition: Float

  /// Attention to the first place, three times.
  public init(asItIs: Float, otherToken: Float, otherPosition: Float) {
    self.asItIs = asItIs
    self.otherToken = otherToken
    self.otherPosition = otherPosition
  }
}

/// The scores of a query for every key up to its position, in parts that add up to the scores.
public struct QueryParts: Codable, Sendable {
  /// By what of the state lies along the unembedding of the prediction, `[key]`.
  public var along: Tensor
  /// By what is perpendicular to it, `[key]`.
  public var beside: Tensor
  /// By the query bias, `[key]`.
  public var bias: Tensor

  /// The parts of a query's scores.
  public init(along: Tensor, beside: Tensor, bias: Tensor) {
    self.along = along
    self.beside = beside
    self.bias = bias
  }
}

/// Two scores of a head.
public struct HeadScores: Codable, Hashable, Sendable {
  /// How much it lowers what induction predicts.
  public var antiInduction: Double
  /// How much it lowers what is predicted and stands in the text.
  public var copySuppression: Double

  /// Two scores of a head.
  public init(antiInduction: Double, copySuppression: Double) {
    self.antiInduction = antiInduction
    self.copySuppression = copySuppression
  }
}
