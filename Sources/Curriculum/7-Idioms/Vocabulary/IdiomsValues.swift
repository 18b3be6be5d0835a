public import Tensors

/// A sentence whose words are tagged, cut into tokens.
public struct TaggedSentence: Codable, Sendable, Hashable {
  /// The words; in the text, one space stands between two.
  public var words: [String]
  /// A tag a word: B begins the span, I goes on with it, O is outside.
  ///
  /// An I behind an O goes on with
  /// a span that other words break up.
  public var tags: [String]
  /// The characters of the text that each token covers, counted from 0.
  ///
  /// A token may begin with the
  /// space before its word; a token that the model adds, such as a start token, covers none.
  public var offsets: [Range<Int>]

  /// A sentence.
  public init(words: [String], tags: [String], offsets: [Range<Int>]) {
    (self.words, self.tags, self.offsets) = (words, tags, offsets)
  }
}

/// Tokens, some of which are a span, such as an idiom.
public struct IdiomSentence: Codable, Sendable, Hashable {
  /// The tokens.
  public var tokens: [Int]
  /// The positions of the span, in their order; others may stand between.
  public var span: [Int]
  /// The positions of the span's last word: one, or several pieces side by side.
  public var lastWord: [Int]

  /// A sentence.
  public init(tokens: [Int], span: [Int], lastWord: [Int]) {
    (self.tokens, self.span, self.lastWord) = (tokens, span, lastWord)
  }
}

/// What a head of a causal model does on a sentence.
public struct HeadOnSentence: Codable, Sendable {
  /// Its attention, `[query, key]`; 0 where the key stands behind the query.
  public var pattern: Tensor
  /// What it adds to the residual stream, `[position, width]`.
  public var result: Tensor
  /// The positions of the span.
  public var span: [Int]

  /// A head on a sentence.
  public init(pattern: Tensor, result: Tensor, span: [Int]) {
    (self.pattern, self.result, self.span) = (pattern, result, span)
  }
}

/// A score of a head on a sentence, and what it is made of.
public struct ScoreParts: Codable, Sendable, Hashable {
  /// The mean attention over the pairs.
  public var mean: Double
  /// Its standard deviation over the pairs, dividing by their number.
  public var deviation: Double
  /// The mean, over the queries that have pairs, of the greatest attention in the query's pairs.
  public var greatest: Double
  /// The mean, over the queries in the phrase, of the attention that stays in the phrase.
  public var phrase: Double
  /// The mean of what the head adds at the phrase's positions, over positions and width.
  public var result: Double
  /// 2 (σ(mean − deviation + greatest + phrase + result) − ½).
  public var score: Double

  /// A score.
  public init(
    mean: Double, deviation: Double, greatest: Double, phrase: Double, result: Double,
    score: Double
  ) {
    (self.mean, self.deviation, self.greatest) = (mean, deviation, greatest)
    (self.phrase, self.result, self.score) = (phrase, result, score)
  }
}

/// How much scores on two sets of sentences agree.
public struct Agreement: Codable, Sendable, Hashable {
  /// Pearson's correlation over heads of the two means over sentences.
  public var correlation: Double
  /// For each head, the mean of the first set less that of the second, in deviations: divided by
  /// the root of the mean of both variances, each dividing by the number of sentences.
  public var separations: [Double]

  /// An agreement.
  public init(correlation: Double, separations: [Double]) {
    (self.correlation, self.separations) = (correlation, separations)
  }
}

/// What parts of a run, such as heads and MLPs, add to the residual stream, and how logits come of it.
public struct LogitParts: Codable, Sendable {
  /// What each part adds, `[part, position, width]`.
  public var parts: Tensor
  /// What the final norm, a layer norm, divides by at each position of this run, `[position]`.
  public var scales: Tensor
  /// W_U with the final norm's weight multiplied into it, `[token, width]`.
  public var unembedding: Tensor
  /// The sentence, whose tokens are rows of the unembedding.
  public var tokens: [Int]
  /// The positions of the span.
  public var span: [Int]

  /// Parts of a run.
  public init(parts: Tensor, scales: Tensor, unembedding: Tensor, tokens: [Int], span: [Int]) {
    (self.parts, self.scales, self.unembedding) = (parts, scales, unembedding)
    (self.tokens, self.span) = (tokens, span)
  }
}

/// What takes the place of a head.
public enum Replacement: String, Codable, Sendable, CaseIterable {
  /// Zeros.
  case zero
  /// Its mean over all tokens of all sentences.
  case mean
}

/// What an ablation costs.
public struct AblationCost: Codable, Sendable, Hashable {
  /// How much the mean loss of a token grows, in nats.
  public var loss: Double
  /// The share of predictions that are another token than without ablation.
  public var changed: Double

  /// A cost.
  public init(loss: Double, changed: Double) { (self.loss, self.changed) = (loss, changed) }
}

/// How well a model predicts.
public struct Quality: Codable, Sendable, Hashable {
  /// The share of predicted tokens that are the model's first choice.
  public var accuracy: Double
  /// The mean loss of a predicted token, in nats.
  public var loss: Double

  /// A quality.
  public init(accuracy: Double, loss: Double) { (self.accuracy, self.loss) = (accuracy, loss) }
}

/// What another last word changes.
public struct WordExchange: Codable, Sendable, Hashable {
  /// The mean loss of the other sentence's tokens less that of the original's, in nats.
  public var loss: Double
  /// Where the last word is predicted, the logit of its first token less that of the other's.
  public var logitDifference: Double
  /// The cosine of the model's output, `run.output`, at the last tokens of both spans.
  public var cosine: Double

  /// An exchange.
  public init(loss: Double, logitDifference: Double, cosine: Double) {
    (self.loss, self.logitDifference, self.cosine) = (loss, logitDifference, cosine)
  }
}
