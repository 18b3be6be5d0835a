public import Tensors
public import Transformers

/// What a student answers on Sheet 7: one method or two an exercise.
public protocol IdiomsAnswers: Sendable {
  /// 7.1: the positions of the tokens that hold anything of the span, in their order.
  ///
  /// - Parameter sentence: Words, their tags, and the characters that each token covers.
  func spanPositions(of sentence: TaggedSentence) throws -> [Int]

  /// 7.2: the activation of a sentence: from the cage where it is there, else from a run, which is
  /// kept.
  ///
  /// - Parameters:
  ///   - tokens: A sentence.
  ///   - model: The name of the model that `run` runs.
  ///   - cage: What is kept, by names that you choose. It outlives your program, and a run that was
  ///     interrupted may have left a tensor in it whose second axis is not the sentence's length.
  ///   - run: Runs the model on a sentence, which is dear; gives `[head, query, key]`.
  func caged(
    _ tokens: [Int], of model: String, in cage: inout [String: Tensor],
    run: ([Int]) throws -> Tensor
  ) throws -> Tensor

  /// 7.3: the idiom score of a head on a sentence, and its five components.
  func idiomScore(of head: HeadOnSentence) throws -> ScoreParts

  /// 7.4: the literal score: the same five over pairs with neither token in the span, the rest of
  /// the sentence being the phrase; nil where the span is the whole sentence.
  func literalScore(of head: HeadOnSentence) throws -> ScoreParts?

  /// 7.4: how much two tables of scores agree over heads, and how far apart they are in each.
  ///
  /// - Parameters:
  ///   - formal: Scores on sentences with idioms, `[head, sentence]`.
  ///   - literal: Scores on literal sentences, `[head, sentence]`; as many heads, other sentences.
  func agreement(of formal: Tensor, with literal: Tensor) throws -> Agreement

  /// 7.5: what each part of a run adds to the logit of the token that follows: the mean over
  /// followers in the span, and over the others, `[part, 2]`.
  func attribution(of parts: LogitParts) throws -> Tensor

  /// 7.6: what a head taken away costs, over all tokens of all sentences that are predicted.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - kind: Whether zeros take the place of its mixed values (`hook_z`), or their mean over all
  ///     tokens of all sentences.
  ///   - sentences: Tokens, of different lengths.
  ///   - model: A decoder.
  func cost(
    of head: HeadPlace, by kind: Replacement, on sentences: [[Int]], in model: Transformer
  ) throws -> AblationCost

  /// 7.7: how far two heads zeroed together cost other than one by one, `[head, head]`: the growth
  /// of the mean loss for both, less that for each; on the diagonal the growth for one alone.
  func interplay(
    of heads: [HeadPlace], on sentences: [[Int]], in model: Transformer
  ) throws -> Tensor

  /// 7.8: for each sentence, whether greedy decoding ends its span with its last word, given all that
  /// stands before that word.
  func completes(_ sentences: [IdiomSentence], in model: Transformer) throws -> [Bool]

  /// 7.9: what another last word of the span changes.
  ///
  /// - Parameters:
  ///   - sentence: The original.
  ///   - other: The same up to the span's last word, which is another.
  ///   - model: A decoder.
  func exchangedWord(
    in sentence: IdiomSentence, for other: IdiomSentence, in model: Transformer
  ) throws -> WordExchange

  /// 7.9: KL(own ‖ exchanged) in nats of what follows the span, by layer: the residual stream at the
  /// span's last token is exchanged for the other sentence's at the last token of *its* span.
  ///
  /// Layer 0 is the stream before the first block, layer n the one after block n.
  func exchangedStates(
    in sentence: IdiomSentence, from other: IdiomSentence, in model: Transformer
  ) throws -> [Double]

  /// 7.10: for each head the mean cosine of whole patterns, over pairs of sentences of one length:
  /// of pairs of one kind, and of pairs of two kinds, `[head, 2]`.
  ///
  /// - Parameters:
  ///   - patterns: A sentence each, `[head, query, key]`.
  ///   - kinds: The kind of each sentence.
  func likeness(of patterns: [Tensor], kinds: [Int]) throws -> Tensor

  /// 7.10: the silhouette of every point, (b − a) / max(a, b), by Euclidean distances; 0 for a point
  /// alone in its cluster.
  ///
  /// - Parameters:
  ///   - points: `[point, width]`.
  ///   - clusters: The cluster of each; at least two.
  func silhouettes(of points: Tensor, clusters: [Int]) throws -> [Double]

  /// 7.11: Spearman's rank correlation of a score with an effect, over heads; equal values share the
  /// mean of their ranks.
  func foresight(of score: [Double], for effect: [Double]) throws -> Double

  /// 7.11: how well the tokens of all sentences are predicted, each counting alike, when the heads of
  /// the greatest scores are zeroed together.
  ///
  /// - Parameters:
  ///   - count: How many heads are zeroed.
  ///   - scores: `[layer, head]`; no two are equal.
  ///   - sentences: Tokens, of different lengths.
  ///   - model: A decoder.
  func quality(
    without count: Int, by scores: Tensor, on sentences: [[Int]], in model: Transformer
  ) throws -> Quality

  /// 7.12, in words: how the thesis should have been designed, and what its title may say.
  func whatTheTitleMaySay() throws -> String
}
