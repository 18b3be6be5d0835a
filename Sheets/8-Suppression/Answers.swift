// Sheet 8, Suppression: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet8` walks through
// the sheet and draws its figures; `swift test --filter Sheet8` checks your answers.

import Answering
import Foundation
import SuppressionVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 8.
struct Answers: SuppressionAnswers {
  // MARK: 8.1  What a head writes

  /// For every token t, how many tokens the head writes against more than against t itself when it reads
  /// t: 0 where its own entry is the most negative one.
  ///
  /// - Parameter head: Matrices, whose `embedding` stands for the tokens where the head reads them.
  func suppressionRanks(of head: HeadMatrices) throws -> [Int] {
    throw Unanswered()
  }

  // MARK: 8.2  What a head looks for

  /// What leaves block 0 for every token, when it stands alone in a text and at no position,
  /// `[token, width]`.
  ///
  /// - Parameter model: A decoder with learned positions.
  func effectiveEmbedding(of model: Transformer) throws -> Tensor {
    throw Unanswered()
  }

  /// For every token p, how many tokens the head would look at more than at p itself when p is what is
  /// predicted: 0 where its own entry is the greatest one.
  ///
  /// - Parameters:
  ///   - head: Matrices; their `embedding` is the raw one.
  ///   - embedding: What stands for the tokens where the head reads keys, `[token, width]`.
  func attentionRanks(of head: HeadMatrices, embedding: Tensor) throws -> [Int] {
    throw Unanswered()
  }

  // MARK: 8.3  Three steps

  /// The three steps at every position but the first, in order.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - text: Token ids; the first is the start token, which is no candidate.
  ///   - model: A decoder.
  /// - Returns: A `SuppressionStep(token:probability:attention:effect:)` a position.
  func steps(
    of head: HeadPlace, _ matrices: HeadMatrices, on text: [Int], in model: Transformer
  ) throws -> [SuppressionStep] {
    throw Unanswered()
  }

  // MARK: 8.4  A survey

  /// What every head adds by itself to the logit of the true next token, the mean over all positions that
  /// have one, `[layer, head]`.
  ///
  /// - Parameters:
  ///   - texts: Token ids, of different lengths.
  ///   - model: A decoder.
  ///   - unembedding: W_U, `[width, token]`, for states divided by the final norm's scale.
  /// - Returns: Such as `Tensor(rows:)` makes of `[[Float]]`.
  func survey(of texts: [[Int]], in model: Transformer, unembedding: Tensor) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 8.5  Take it away

  /// How much the loss of every next token grows, in nats, when the head is mean-ablated; a list for each
  /// text, one entry shorter than it.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - texts: Token ids, of different lengths. The mean is one, over all their positions.
  ///   - model: A decoder.
  func lossChanges(
    without head: HeadPlace, on texts: [[Int]], in model: Transformer
  ) throws -> [[Float]] {
    throw Unanswered()
  }

  // MARK: 8.6  Read an example

  /// One prediction with the head and without it.
  ///
  /// - Parameters:
  ///   - text: Token ids.
  ///   - position: Whose prediction is read.
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - replacement: What stands in the place of what the head mixes, at every position, `[headWidth]`.
  ///   - model: A decoder.
  /// - Returns: `PredictionExample(before:after:added:lens:attention:)`.
  func example(
    _ text: [Int], at position: Int, of head: HeadPlace, _ matrices: HeadMatrices,
    replacement: Tensor, in model: Transformer
  ) throws -> PredictionExample {
    throw Unanswered()
  }

  // MARK: 8.7  Keep only that

  /// What a head writes, `[destination, width]`, when of all it moves beyond its mean only copy suppression
  /// is kept.
  ///
  /// - Parameters:
  ///   - head: Matrices, whose `embedding` stands for the tokens where the head reads them.
  ///   - text: What the head did on a text.
  ///   - keys: How many tokens that a source is written against count.
  ///   - unembeddings: How many of the likeliest predictions at a destination count.
  func kept(
    of head: HeadMatrices, on text: HeadText, keys: Int, unembeddings: Int
  ) throws -> Tensor {
    throw Unanswered()
  }

  /// How much of a head is kept: 1 − mean KL(kept ‖ model) / mean KL(ablated ‖ model).
  ///
  /// - Parameters:
  ///   - kept: Logits with what was kept, `[position, token]`.
  ///   - ablated: Logits with the head mean-ablated.
  ///   - model: Logits of the model as it is.
  func recovered(kept: Tensor, ablated: Tensor, model: Tensor) throws -> Double {
    throw Unanswered()
  }

  // MARK: 8.8  What is left is not nothing

  /// What the model makes up for when a head is taken away; means over all positions of all texts that
  /// have a next token.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - replacement: What stands in the place of what it mixes, at every position, `[headWidth]`.
  ///   - texts: Token ids, of different lengths.
  ///   - model: A decoder.
  ///   - unembedding: W_U, `[width, token]`, for states divided by the final norm's scale.
  /// - Returns: `Repair(expected:actual:heads:mlps:scale:)`.
  func repair(
    of head: HeadPlace, replacement: Tensor, on texts: [[Int]], in model: Transformer,
    unembedding: Tensor
  ) throws -> Repair {
    throw Unanswered()
  }

  // MARK: 8.9  Start of the text

  /// The cosine of the residual stream that enters the head's layer with what the query bias asks for, the
  /// mean over texts by position, `[position]`.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - texts: Token ids, of one length.
  ///   - model: A decoder.
  func startCosines(
    of head: HeadPlace, _ matrices: HeadMatrices, on texts: [[Int]], in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  /// The attention that later positions give to the first, when its token or its position is another.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - text: Token ids.
  ///   - token: What stands in the first place instead.
  ///   - position: Whose position embedding the first place gets instead.
  ///   - model: A decoder with learned positions.
  /// - Returns: `StartAttention(asItIs:otherToken:otherPosition:)`.
  func startAttention(
    of head: HeadPlace, on text: [Int], token: Int, position: Int, in model: Transformer
  ) throws -> StartAttention {
    throw Unanswered()
  }

  // MARK: 8.10  Beside the prediction

  /// The scores of a query in three parts, each `[key]`, for the keys up to the position.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - text: Token ids.
  ///   - position: Where the query is asked.
  ///   - prediction: The token whose unembedding splits the query.
  ///   - model: A decoder.
  /// - Returns: `QueryParts(along:beside:bias:)`.
  func queryParts(
    of head: HeadPlace, _ matrices: HeadMatrices, on text: [Int], at position: Int,
    prediction: Int, in model: Transformer
  ) throws -> QueryParts {
    throw Unanswered()
  }

  // MARK: 8.11  Anti-induction

  /// How much every head lowers what induction predicts: the mean direct effect on the true next token with
  /// its sign turned, `[layer, head]`.
  ///
  /// - Parameters:
  ///   - halves: Sequences of random tokens; each is said twice behind the start token.
  ///   - start: The start token.
  ///   - model: A decoder.
  ///   - unembedding: W_U, `[width, token]`, for states divided by the final norm's scale.
  func antiInduction(
    on halves: [[Int]], start: Int, in model: Transformer, unembedding: Tensor
  ) throws -> Tensor {
    throw Unanswered()
  }

  /// The correlation of two scores over all heads of all models, each score standardised within its model
  /// first.
  ///
  /// - Parameter models: The heads of each model.
  func correlation(over models: [[HeadScores]]) throws -> Double {
    throw Unanswered()
  }

  // MARK: 8.12  In words: is a negative head bad?

  /// Is a negative head bad, and what would convince you that this is all it does; about 200 words.
  func isANegativeHeadBad() throws -> String {
    throw Unanswered()
  }
}
