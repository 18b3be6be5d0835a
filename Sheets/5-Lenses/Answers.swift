// Sheet 5, Lenses: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet5` walks through
// the sheet and draws its figures; `swift test --filter Sheet5` checks your answers.

import Answering
import Foundation
import LensesVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 5.
struct Answers: LensAnswers {
  // MARK: 5.1  The logit lens

  /// The logits of the logit lens at every layer and position, `[layer, position, token]`.
  ///
  /// Layer 0 is the residual stream before the first block, layer n the one after block n.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - model: A decoder. `residualPoints` of its configuration lists the layers.
  func logitLens(of tokens: [Int], in model: Transformer) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 5.2  The norm trap

  /// The logits of the logit lens from states that somebody has kept, `[layer, position, token]`.
  ///
  /// - Parameters:
  ///   - states: `values` `[layer, position, width]`; `lastIsNormed` says whether the last layer has gone
  ///     through the final norm already.
  ///   - model: The decoder they come from.
  func logits(of states: ResidualStates, in model: Transformer) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 5.3  Prec@1

  /// Prec@1 at every layer: the mean over positions and its standard deviation, that of the positions
  /// themselves (the root of the mean squared distance).
  ///
  /// A lens whose greatest logit is shared by several tokens has chosen none, and does not agree.
  ///
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func precision(of logits: Tensor) throws -> [Spread] {
    throw Unanswered()
  }

  // MARK: 5.4  Whose surprise?

  /// The surprisal in nats at every layer: the mean over positions and its standard deviation, as in 5.3.
  ///
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func surprisal(of logits: Tensor) throws -> [Spread] {
    throw Unanswered()
  }

  // MARK: 5.5  Random positions

  /// Texts cut short behind a random position each, in their order.
  ///
  /// - Parameters:
  ///   - texts: Token ids; those shorter than the minimum are left out.
  ///   - minimum: The least number of tokens to keep.
  ///   - seed: Where the positions come from: `SeededGenerator(seed: seed)`.
  func trimmed(_ texts: [[Int]], minimum: Int, seed: UInt64) throws -> [[Int]] {
    throw Unanswered()
  }

  // MARK: 5.6  Left padding

  /// The residual stream at the last token of every prompt, `[layer, prompt, width]`, from one batch.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, of different lengths.
  ///   - padding: The token to fill a batch with; it is a word like others.
  ///   - model: A decoder.
  func lastStates(of prompts: [[Int]], padding: Int, in model: Transformer) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 5.7  Train a tuned lens

  /// A tuned lens: A and b of what is added to the states h, h + A h + b, for every layer but the last.
  ///
  /// On new positions it must leave less than 0.3 of the logit lens's divergence at every layer.
  ///
  /// - Parameters:
  ///   - states: Of several hundred positions; the last layer has not gone through the final norm.
  ///   - model: Whose states they are.
  ///   - seed: Where your random numbers come from, if you need any.
  /// - Returns: Maps with A `[width, width]` as `weight` and b `[width]` as `bias`.
  func tunedLens(
    on states: ResidualStates, of model: Transformer, seed: UInt64
  ) throws -> [AffineMap] {
    throw Unanswered()
  }

  // MARK: 5.8  The logit lens is a Patchscope

  /// The logits of a target run in which one state was overwritten, `[position, token]`.
  ///
  /// - Parameters:
  ///   - source: The text S in `tokens`, the `position` i and the `layer` l.
  ///   - map: What to do with the state, `[1, width]` to `[1, width]`; nil takes it as it is.
  ///   - target: The text T, the position i* and the layer l*.
  ///   - model: The model of both runs.
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 5.9  Token identity

  /// The logits at the end of an identity prompt with the state of every layer patched into the same
  /// layer, `[layer, token]`.
  ///
  /// - Parameters:
  ///   - source: The text and the position; its `layer` is not used.
  ///   - prompt: An identity prompt; the state goes to its last token.
  ///   - model: The model of both runs.
  func tokenIdentity(
    of source: PatchPlace, prompt: [Int], in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 5.10  Future lens

  /// A least-squares map for every layer, from a state to the last layer's state some tokens later in the
  /// same text.
  ///
  /// - Parameters:
  ///   - texts: The states of one text each; the last layer has not gone through the final norm.
  ///   - distance: n, how many tokens later.
  func futureLens(on texts: [ResidualStates], distance: Int) throws -> [AffineMap] {
    throw Unanswered()
  }

  // MARK: 5.11  In words: the answer at layer 2

  /// What the lens shows, what it does not, and what you would run next; about 150 words.
  func whatALensShows() throws -> String {
    throw Unanswered()
  }
}
