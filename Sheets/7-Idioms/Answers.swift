// Sheet 7, Idioms: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet7` walks through
// the sheet and draws its figures; `swift test --filter Sheet7` checks your answers.

import Answering
import Foundation
import IdiomsVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 7.
struct Answers: IdiomsAnswers {
  // MARK: 7.1  Where is the idiom?

  /// The positions of the tokens that hold anything of the span, in their order.
  ///
  /// - Parameter sentence: Words, their tags, and the characters that each token covers.
  func spanPositions(of sentence: TaggedSentence) throws -> [Int] {
    throw Unanswered()
  }

  // MARK: 7.2  Cage it

  /// The activation of a sentence: from the cage where it is there, else from a run, which is kept.
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
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 7.3  The idiom score

  /// The idiom score of a head on a sentence: `mean`, `deviation` and `greatest` over pairs with a key
  /// not behind the query of which one or both are in the span; `phrase` and `result` of the span.
  ///
  /// - Parameter head: Its pattern, what it adds to the residual stream, and the span.
  func idiomScore(of head: HeadOnSentence) throws -> ScoreParts {
    throw Unanswered()
  }

  // MARK: 7.4  The literal score

  /// The literal score: the same five over pairs with neither token in the span, the rest of the
  /// sentence being the phrase; nil where the span is the whole sentence.
  ///
  /// - Parameter head: Its pattern, what it adds to the residual stream, and the span.
  func literalScore(of head: HeadOnSentence) throws -> ScoreParts? {
    throw Unanswered()
  }

  /// How much two tables of scores agree over heads, and how far apart they are in each.
  ///
  /// - Parameters:
  ///   - formal: Scores on sentences with idioms, `[head, sentence]`.
  ///   - literal: Scores on literal sentences, `[head, sentence]`; as many heads, other sentences.
  func agreement(of formal: Tensor, with literal: Tensor) throws -> Agreement {
    throw Unanswered()
  }

  // MARK: 7.5  Position i predicts i + 1

  /// What each part of a run adds to the logit of the token that follows: the mean over followers in
  /// the span, and over the others, `[part, 2]`.
  ///
  /// - Parameter parts: What the parts add, the scale of the final layer norm, and W_U.
  func attribution(of parts: LogitParts) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 7.6  Ablate a head

  /// What a head taken away costs, over all tokens of all sentences that are predicted.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - kind: Whether zeros take the place of its mixed values (`hook_z`), or their mean over all
  ///     tokens of all sentences.
  ///   - sentences: Tokens, of different lengths.
  ///   - model: A decoder.
  func cost(
    of head: HeadPlace, by kind: Replacement, on sentences: [[Int]], in model: Transformer
  ) throws -> AblationCost {
    throw Unanswered()
  }

  // MARK: 7.7  Ablate together

  /// How far two heads zeroed together cost other than one by one, `[head, head]`: the growth of the
  /// mean loss for both, less that for each; on the diagonal the growth for one alone.
  ///
  /// - Parameters:
  ///   - heads: Heads, of one layer or several.
  ///   - sentences: Tokens, of different lengths; every predicted token counts alike.
  ///   - model: A decoder.
  func interplay(
    of heads: [HeadPlace], on sentences: [[Int]], in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 7.8  Awareness

  /// For each sentence, whether greedy decoding ends its span with its last word, given all that stands
  /// before that word.
  ///
  /// - Parameters:
  ///   - sentences: Tokens with a span; its last word may be several tokens.
  ///   - model: A decoder.
  func completes(_ sentences: [IdiomSentence], in model: Transformer) throws -> [Bool] {
    throw Unanswered()
  }

  // MARK: 7.9  Exchange the last word, exchange the states

  /// What another last word of the span changes.
  ///
  /// - Parameters:
  ///   - sentence: The original.
  ///   - other: The same up to the span's last word, which is another.
  ///   - model: A decoder.
  func exchangedWord(
    in sentence: IdiomSentence, for other: IdiomSentence, in model: Transformer
  ) throws -> WordExchange {
    throw Unanswered()
  }

  /// KL(own ‖ exchanged) in nats of what follows the span, by layer: the residual stream at the span's
  /// last token is exchanged for the other sentence's at the last token of *its* span.
  ///
  /// - Parameters:
  ///   - sentence: Whose run is changed.
  ///   - other: Whose states go in. Layer 0 is the stream before the first block, layer n the one after
  ///     block n; `residualPoints` of the configuration lists them.
  ///   - model: A decoder.
  func exchangedStates(
    in sentence: IdiomSentence, from other: IdiomSentence, in model: Transformer
  ) throws -> [Double] {
    throw Unanswered()
  }

  // MARK: 7.10  Similar patterns?

  /// For each head the mean cosine of whole patterns, over pairs of sentences of one length: of pairs of
  /// one kind, and of pairs of two kinds, `[head, 2]`.
  ///
  /// - Parameters:
  ///   - patterns: A sentence each, `[head, query, key]`.
  ///   - kinds: The kind of each sentence.
  func likeness(of patterns: [Tensor], kinds: [Int]) throws -> Tensor {
    throw Unanswered()
  }

  /// The silhouette of every point, (b − a) / max(a, b), by Euclidean distances; 0 for a point alone in
  /// its cluster.
  ///
  /// - Parameters:
  ///   - points: `[point, width]`.
  ///   - clusters: The cluster of each; at least two.
  func silhouettes(of points: Tensor, clusters: [Int]) throws -> [Double] {
    throw Unanswered()
  }

  // MARK: 7.11  Score against importance

  /// Spearman's rank correlation of a score with an effect, over heads; equal values share the mean of
  /// their ranks.
  ///
  /// - Parameters:
  ///   - score: A head each.
  ///   - effect: Of the same heads.
  func foresight(of score: [Double], for effect: [Double]) throws -> Double {
    throw Unanswered()
  }

  /// How well the tokens of all sentences are predicted, each counting alike, when the heads of the
  /// greatest scores are zeroed together.
  ///
  /// - Parameters:
  ///   - count: How many heads are zeroed.
  ///   - scores: `[layer, head]`; no two are equal.
  ///   - sentences: Tokens, of different lengths.
  ///   - model: A decoder.
  func quality(
    without count: Int, by scores: Tensor, on sentences: [[Int]], in model: Transformer
  ) throws -> Quality {
    throw Unanswered()
  }

  // MARK: 7.12  In words: what may the title say?

  /// How you would have designed the thesis, and what its title may say; about 200 words.
  func whatTheTitleMaySay() throws -> String {
    throw Unanswered()
  }
}
