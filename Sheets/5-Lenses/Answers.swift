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
  /// - Parameters:
  ///   - logits: Of a lens, `[layer, position, token]`; the last layer is the model's own, and its
  ///     greatest logit is never shared.
  ///   - next: The token that stands in the text after each position.
  func precision(of logits: Tensor, next: [Int]) throws -> [Spread] {
    throw Unanswered()
  }

  // MARK: 5.4  Whose surprise?

  /// The surprisal in nats at every layer: the mean over positions and its standard deviation, as in 5.3.
  ///
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func surprisal(of logits: Tensor) throws -> [Spread] {
    throw Unanswered()
  }

  // MARK: 5.5  A fair sample

  /// Prompts to learn from and prompts to measure on, each the beginning of a text that ends at a
  /// position drawn at random.
  ///
  /// - Parameters:
  ///   - texts: Token ids, the start token first. Some texts come several times, and many begin alike.
  ///   - count: How many prompts each of the two parts has.
  ///   - seed: Where chance comes from: `SeededGenerator(seed: seed)`.
  func prompts(from texts: [[Int]], count: Int, seed: UInt64) throws -> PromptSplit {
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

  /// One layer's translator of a tuned lens: A and b of what is added to its states h, h + A h + b.
  ///
  /// - Parameters:
  ///   - states: The layer's states at several hundred positions, `[position, width]`.
  ///   - final: The last layer's states at the same positions, before the final norm.
  ///   - model: Whose states they are.
  ///   - seed: Where your random numbers come from, if you need any.
  /// - Returns: A map with A `[width, width]` as `weight` and b `[width]` as `bias`.
  func translator(
    from states: Tensor, to final: Tensor, of model: Transformer, seed: UInt64
  ) throws -> AffineMap {
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

  // MARK: 5.10  Every lens is a Patchscope

  /// A lens as a Patchscope: what f, T, i* and l* are, and of which token of S the logits at i* then
  /// speak.
  ///
  /// - Parameters:
  ///   - lens: Which lens, with what was learned for this layer.
  ///   - source: The text S, the position i and the layer l of the state that is read.
  ///   - model: The model of both runs.
  func recipe(
    for lens: NamedLens, of source: PatchPlace, in model: Transformer
  ) throws -> PatchRecipe {
    throw Unanswered()
  }

  // MARK: 5.11  In words: the answer at layer 2

  /// What the lens shows, what it does not, and what you would run next; about 150 words.
  func whatALensShows() throws -> String {
    throw Unanswered()
  }
}
