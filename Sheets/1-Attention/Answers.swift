// Sheet 1, Attention: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet1` walks through
// the sheet and draws its figures; `swift test --filter Sheet1` checks your answers.

import Answering
import AttentionVocabulary
import Foundation
import Tensors
import Transformers

/// Your answers to Sheet 1.
struct Answers: AttentionAnswers {
  // MARK: 1.1  Read the model

  /// The depth and widths of a model, from nothing but the shapes of its activations.
  ///
  /// - Parameter shapes: The shape of every activation of one sentence by its hook name, such as
  ///   `encoder.0.attn.hook_q`; the first axis is the batch, of length 1.
  func modelShape(from shapes: [String: [Int]]) throws -> ModelShape {
    throw Unanswered()
  }

  /// How many weights a model of a shape has in its attention and in its MLPs.
  ///
  /// - Parameters:
  ///   - shape: Depth and widths; the two lengths play no part.
  ///   - hasGate: Whether an MLP multiplies what its first matrix gives with what a second gives.
  func weights(of shape: ModelShape, hasGate: Bool) throws -> WeightCounts {
    throw Unanswered()
  }

  // MARK: 1.2  Write attention

  /// The attention pattern of one head, `[query, key]`: a softmax over keys of the scores
  /// `queries · keys · scale + bias`, with −∞ where the mask forbids a key.
  ///
  /// - Parameter head: `queries` `[query, headWidth]`, `keys` `[key, headWidth]`, `scale`, `bias`
  ///   `[query, key]` or nil, `isCausal`, `keyMask` (false for padding) or nil.
  func attention(of head: AttentionHead) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 1.3  Whose attention is this?

  /// Whose attention a map is: `.encoder`, `.decoder` or `.cross`.
  ///
  /// - Parameter map: A layer's pattern without its name, `[head, row, column]`; source and target
  ///   never have the same length here.
  func origin(of map: Tensor) throws -> MapOrigin {
    throw Unanswered()
  }

  // MARK: 1.4  Name the rows

  /// For every row of decoder attention, the piece it reads and the piece it predicts.
  ///
  /// - Parameters:
  ///   - target: The pieces the decoder should produce, the end token last.
  ///   - startToken: The piece the decoder starts from.
  func rows(producing target: [String], startToken: String) throws -> [RowTokens] {
    throw Unanswered()
  }

  /// Whether the words on a picture's rows are those that rows read or those that they predict.
  ///
  /// - Parameter picture: `cross` `[row, sourceWord]`, a French word for each row in `labels`, and in
  ///   `translates` the source word that each label translates, or nil.
  func labelling(of picture: LabelledMap) throws -> RowLabelling {
    throw Unanswered()
  }

  // MARK: 1.5  Align the words

  /// For every target word, the index of the source word it is aligned with, or nil for none.
  ///
  /// - Parameters:
  ///   - pair: The words and pieces of both sides, and which piece belongs to which word.
  ///   - cross: Cross-attention of the last decoder layer, `[head, targetPiece, sourcePiece]`; row t
  ///     is the one that predicts target piece t.
  func alignment(of pair: PiecedPair, cross: Tensor) throws -> [Int?] {
    throw Unanswered()
  }

  // MARK: 1.6  Who swaps adjective and noun?

  /// For every head, the fraction of swapped adjective–noun pairs in which it links both words right.
  ///
  /// A pair counts when French puts the adjective on the other side of the noun. A head links a
  /// target word to the source word on which most of its row lies.
  ///
  /// - Parameter examples: `cross` is attention between words, `[head, targetWord, sourceWord]`.
  func swapScores(over examples: [AdjectiveExample]) throws -> [Float] {
    throw Unanswered()
  }

  // MARK: 1.7  Detect

  /// How much every head attends to what a head of each kind looks for: the mean over all rows of all
  /// texts in which there is such a key; 0 where no row has one.
  ///
  /// - Parameter texts: `pattern` `[head, query, key]`, all layers' heads in a row, `tokens`, `isRead`
  ///   (false for padding), and the place of the `indirectObject` or nil.
  func headScores(over texts: [ReadText]) throws -> HeadScores {
    throw Unanswered()
  }

  /// The scores of a head that spreads its attention evenly over all keys that a row may see.
  func evenScores(over texts: [ReadText]) throws -> EvenScores {
    throw Unanswered()
  }

  // MARK: 1.8  Rollout and entropy

  /// Attention rollout, `[position, position]`: R = Â^L … Â¹ with Â = ½ (A + I), heads averaged.
  ///
  /// - Parameter patterns: A layer's self-attention each, `[head, query, key]`, first layer first.
  func rollout(of patterns: [Tensor]) throws -> Tensor {
    throw Unanswered()
  }

  /// The entropy of every row of attention in bits, `[head, query]`.
  ///
  /// - Parameter pattern: `[head, query, key]`.
  func entropy(of pattern: Tensor) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 1.9  The capital of France

  /// Your guess, before you measure: in which part of the model, and from which word to which, a head
  /// looks that helps to answer “What is the capital of France?” with “The capital is Paris.”.
  func capitalPrediction() throws -> CapitalGuess {
    throw Unanswered()
  }

  /// For every head of each part, how much of its attention goes along one link, averaged over the
  /// questions.
  ///
  /// In the encoder from the question's word “capital” to the country; in the decoder from the row
  /// that predicts the capital's first piece to the answer's word “capital”; in cross-attention from
  /// that row to the country. A row gives a word what it gives to all of its pieces; rows of a word of
  /// several pieces are averaged.
  ///
  /// - Parameter questions: Patterns `encoder`, `decoder` and `cross`, all layers' heads in a row, and
  ///   the indices of the words: `topic` and `country` in the source, `answeredTopic` and `capital` in
  ///   the target.
  func capitalAttention(over questions: [CapitalQuestion]) throws -> CapitalAttention {
    throw Unanswered()
  }

  // MARK: 1.10  Attention is not explanation

  /// For every head of the decoder's last cross-attention, by how many nats the log-probability of
  /// the whole target falls when the head's output is zeroed.
  ///
  /// - Parameters:
  ///   - model: The translator; `model.run(input, intervening: […])` runs it with changes, and
  ///     `Intervention.zeroHead` makes one.
  ///   - input: One sentence; the decoder reads the target shifted right.
  ///   - predicts: The token that every decoder row should predict.
  func headEffects(in model: Transformer, input: ModelInput, predicts: [Int]) throws -> [Float] {
    throw Unanswered()
  }

  /// Pearson's correlation of two lists of one length; 0 when either list is the same everywhere,
  /// for then it has no spread and the correlation is not defined.
  func correlation(_ x: [Float], _ y: [Float]) throws -> Float {
    throw Unanswered()
  }

  // MARK: 1.11  In words

  /// What does a map of cross-attention show, and what does it not show? Use what you measured in
  /// 1.9 and 1.10; about 150 words.
  func whatAttentionShows() throws -> String {
    throw Unanswered()
  }

  // MARK: 1.12  In words

  /// What you would check before you believe a paper that shows one attention map.
  ///
  /// It says “this head resolves gender”. About 150 words.
  func whatToCheck() throws -> String {
    throw Unanswered()
  }

  // MARK: 1.13  In words

  /// What you see in at least three heads of different layers or parts, and for each the number that
  /// would check it over a corpus.
  ///
  /// About 200 words.
  func patternsSeen() throws -> String {
    throw Unanswered()
  }
}
