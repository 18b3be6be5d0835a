// Sheet 3, Gradients: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet3` walks through
// the sheet and draws its figures; `swift test --filter Sheet3` checks your answers.

import Answering
import Foundation
import GradientsVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 3.
struct Answers: GradientsAnswers {
  // MARK: 3.1  By hand

  /// The gradient of the log-probability of a class with respect to the input, `[input]`, of
  /// log softmax(U relu(W x + b)), in double precision.
  ///
  /// - Parameters:
  ///   - model: `inputWeight` W `[hidden][input]`, `inputBias` b `[hidden]`, `outputWeight` U
  ///     `[class][hidden]`.
  ///   - input: x, `[input]`.
  ///   - target: The class whose log-probability is explained.
  func gradientByHand(of model: OneLayerModel, at input: [Double], target: Int) throws -> [Double] {
    throw Unanswered()
  }

  // MARK: 3.2  Saliency

  /// How steeply the number rises along one coordinate of one embedding, measured by moving the
  /// coordinate a little to either side.
  ///
  /// - Parameters:
  ///   - number: `number.embeddings` are `[position, width]`; `try number(x).scalar` is the number
  ///     for other embeddings x of that shape.
  ///   - position: Whose embedding.
  ///   - column: Which coordinate.
  func slope(of number: PredictedNumber, position: Int, column: Int) throws -> Float {
    throw Unanswered()
  }

  /// The length of the number's gradient with respect to every embedding, `[position]`.
  ///
  /// - Parameter number: `number.embeddings` are `[position, width]`.
  func saliency(of number: PredictedNumber) throws -> [Float] {
    throw Unanswered()
  }

  // MARK: 3.3  Input × gradient

  /// The product of every embedding with its gradient, summed over the coordinates, `[position]`.
  func inputTimesGradient(of number: PredictedNumber) throws -> [Float] {
    throw Unanswered()
  }

  /// Scores of words from the scores of their pieces, one for every word.
  ///
  /// - Parameters:
  ///   - scores: One for every piece.
  ///   - words: The word of every piece, from 0, or nil for a piece of none.
  func wordScores(_ scores: [Float], words: [Int?]) throws -> [Float] {
    throw Unanswered()
  }

  // MARK: 3.4  Integrated gradients

  /// Integrated gradients along the straight line from a baseline, `[position]`, by the midpoint
  /// rule: gradients in the middles of equal steps.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - baseline: Where the line starts, `[position, width]`.
  ///   - steps: How many gradients are taken.
  func integratedGradients(
    of number: PredictedNumber, from baseline: Tensor, steps: Int
  ) throws -> [Float] {
    throw Unanswered()
  }

  /// By how much more the scores add up to than they should: Σ − (f(x) − f(x′)).
  ///
  /// - Parameters:
  ///   - scores: One for every position.
  ///   - number: f, whose embeddings are x.
  ///   - baseline: x′, `[position, width]`.
  func completenessGap(
    of scores: [Float], for number: PredictedNumber, from baseline: Tensor
  ) throws -> Float {
    throw Unanswered()
  }

  // MARK: 3.5  The baseline matters

  /// A baseline in which a filler stands in every place but some, `[position, width]`.
  ///
  /// - Parameters:
  ///   - embeddings: What the model reads, `[position, width]`.
  ///   - filler: The embedding of the piece that says nothing, `[width]`.
  ///   - kept: The positions that stay as they are.
  func baseline(for embeddings: Tensor, filler: Tensor, keeping kept: [Int]) throws -> Tensor {
    throw Unanswered()
  }

  /// From every baseline: which position is given most, how much there was to share out, and whether
  /// the sum can be trusted: the gap is at most a twentieth of f(x) − f(x′), signs aside.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - baselines: `[position, width]` each.
  ///   - steps: How many gradients are taken from each, by the midpoint rule.
  func reports(
    on number: PredictedNumber, from baselines: [Tensor], steps: Int
  ) throws -> [BaselineReport] {
    throw Unanswered()
  }

  // MARK: 3.6  Why brun and not brune

  /// Why this token and not that one: integrated gradients of the difference of their logits, target
  /// minus foil, `[position]`, by the midpoint rule.
  ///
  /// - Parameters:
  ///   - row: `row.embeddings` are `[position, width]`; `try row(x)` are the logits of all tokens,
  ///     `[token]`, for embeddings x, of which gradients can be taken.
  ///   - target: The token that was predicted.
  ///   - foil: The token that might have been.
  ///   - baseline: Where the line starts, `[position, width]`.
  ///   - steps: How many gradients are taken.
  func contrast(
    in row: PredictedRow, target: Int, foil: Int, from baseline: Tensor, steps: Int
  ) throws -> [Float] {
    throw Unanswered()
  }

  // MARK: 3.7  Trace it through cross-attention

  /// The gradient of a logit at every layer and position of an encoder–decoder.
  ///
  /// - Parameters:
  ///   - model: `model.run(input, capturing: …, intervening: [.replace(.embedding, with: x), …])`
  ///     with an x that requires a gradient; what the run captures can be differentiated.
  ///   - input: One sentence.
  ///   - target: The token whose logit is explained.
  ///   - position: The row of the logits that predicts it.
  func gradientMaps(
    of model: Transformer, input: ModelInput, target: Int, position: Int
  ) throws -> GradientMaps {
    throw Unanswered()
  }

  // MARK: 3.8  Is it faithful?

  /// The number after 0, 1, 2 … positions have given way to the baseline, the highest score first;
  /// one value more than there are positions.
  ///
  /// Equal scores go from left to right.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - scores: One for every position.
  ///   - baseline: What stands in the place of a deleted embedding, `[position, width]`.
  func deletionCurve(
    of number: PredictedNumber, by scores: [Float], baseline: Tensor
  ) throws -> [Float] {
    throw Unanswered()
  }

  /// The mean height of a curve whose values stand at equal distances, by the trapezoid rule.
  func area(under curve: [Float]) throws -> Float {
    throw Unanswered()
  }

  // MARK: 3.9  Attention against gradients

  /// Spearman's rank correlation of two lists of one length: Pearson's of their ranks.
  ///
  /// Equal values share the mean of their ranks; a list that is the same everywhere gives 0.
  func rankCorrelation(_ x: [Float], _ y: [Float]) throws -> Float {
    throw Unanswered()
  }

  /// The name of the method whose scores have ranks most like those of occlusion: by the mean, over
  /// the sentences, of the rank correlation of absolute scores.
  ///
  /// - Parameter sentences: `methods` holds `[position]` by name, `occlusion` `[position]`.
  func mostFaithful(among sentences: [MethodScores]) throws -> String {
    throw Unanswered()
  }

  // MARK: 3.10  In words

  /// What does an attribution say, and what does it not say? Use what you measured; about 150 words.
  func whatAnAttributionSays() throws -> String {
    throw Unanswered()
  }

  // MARK: 3.11  In words

  /// Which method and which baseline you would report, and how you would defend them.
  ///
  /// For this translator; about 150 words.
  func whichMethod() throws -> String {
    throw Unanswered()
  }
}
