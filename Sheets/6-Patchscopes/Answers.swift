// Sheet 6, Patchscopes: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet6` walks through
// the sheet and draws its figures; `swift test --filter Sheet6` checks your answers.

import Answering
import Foundation
import PatchscopesVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 6.
struct Answers: PatchscopesAnswers {
  // MARK: 6.1  Patch one activation

  /// The normalised effect of patching one state, `[layer, position]`: 0 where nothing changes, 1 where
  /// the whole difference between the two runs is made up (restoring) or lost (corrupting).
  ///
  /// - Parameters:
  ///   - contrast: Two texts, an answer and a foil; what is read is the difference of their logits at
  ///     the last position.
  ///   - direction: Which run is patched.
  ///   - model: A decoder. `residualPoints` of its configuration lists the layers.
  func effects(
    of contrast: Contrast, _ direction: PatchDirection, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 6.2  Causal tracing

  /// Causal tracing: how much probability the answer gains by one clean state in a run whose subject
  /// is spoilt, `[layer, position]`, the mean over samples of noise.
  ///
  /// The noise has three deviations of all entries of the embeddings.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer, which is read at the last position.
  ///   - draws: Of a normal distribution of deviation 1, `[sample, subject token, width]`.
  ///   - embedding: The model's token embeddings, `[token, width]`. `HookPoint.embedding` is where the
  ///     model has looked them up.
  ///   - model: A decoder.
  func causalTrace(
    of fact: SubjectFact, draws: Tensor, embedding: Tensor, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 6.3  Windows

  /// The gain when what attention or the MLP adds at one position is put back in a window of blocks,
  /// `[block, position]`.
  ///
  /// The window of W blocks around block l goes from l − ⌊W/2⌋ on; blocks that the model has not are
  /// left out.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer, which is read at the last position.
  ///   - noise: What is added to the subject's embeddings, `[sample, subject token, width]`.
  ///   - part: What is put back.
  ///   - window: W.
  ///   - model: A decoder.
  func windowTrace(
    of fact: SubjectFact, noise: Tensor, part: BlockPart, window: Int, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 6.4  Attention knockout

  /// What the answer's probability loses when one query may not attend to some keys in blocks l to
  /// l + W − 1, in all heads, `[block]`.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - answer: The token whose probability is read at the last position.
  ///   - query: The position that may not attend.
  ///   - keys: The positions that it may not attend to.
  ///   - window: W; a window that reaches beyond the last block ends with it.
  ///   - model: A decoder.
  func knockout(
    of tokens: [Int], answer: Int, from query: Int, to keys: [Int], window: Int,
    in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 6.5  The general Patchscope

  /// The logits of a Patchscope's target run, `[position, token]`.
  ///
  /// - Parameters:
  ///   - scope: The two runs, each with what is done to it besides, and the map, which takes
  ///     `[1, source width]` to `[1, target width]`.
  ///   - model: The model of the source.
  ///   - target: The model of the target.
  func logits(of scope: Scope, from model: Transformer, into target: Transformer) throws -> Tensor {
    throw Unanswered()
  }

  /// Causal tracing of one state with one sample of noise, as a Patchscope.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer.
  ///   - noise: What is added to the subject's embeddings, `[subject token, width]`.
  ///   - position: Of the state that is put back.
  ///   - layer: Its layer.
  func tracingScope(
    of fact: SubjectFact, noise: Tensor, position: Int, layer: Int
  ) throws -> Scope {
    throw Unanswered()
  }

  /// Attention knockout from the last position, as a Patchscope whose target run has no changes.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - keys: What the last position may not attend to.
  ///   - blocks: In which blocks.
  func knockoutScope(of tokens: [Int], keys: [Int], blocks: Range<Int>) throws -> Scope {
    throw Unanswered()
  }

  // MARK: 6.6  Linear relations

  /// A relation as an affine map from the subject's state to the last state: the mean over prompts of
  /// the Jacobian J = ∂o/∂s, and of o − J s.
  ///
  /// s is the state of the subject's last token, o what leaves the last block at the last position,
  /// before the final norm.
  ///
  /// - Parameters:
  ///   - prompts: Texts of the relation.
  ///   - layer: Of the subject's state.
  ///   - model: A decoder.
  /// - Returns: A map with J, `[width, width]`, as `weight` and `[width]` as `bias`.
  func relation(
    of prompts: [RelationPrompt], layer: Int, in model: Transformer
  ) throws -> AffineMap {
    throw Unanswered()
  }

  /// The logits of the objects that a relation gives to subjects, o = β J s + b, `[subject, token]`.
  ///
  /// - Parameters:
  ///   - relation: J and b.
  ///   - states: Of subjects, `[subject, width]`.
  ///   - beta: β.
  ///   - model: A decoder, whose last state o is.
  func objects(
    by relation: AffineMap, of states: Tensor, beta: Float, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 6.7  Probe against feature extraction

  /// Which of some choices a prompt makes of each state that is put into it, a token each.
  ///
  /// - Parameters:
  ///   - sources: Where the states are taken.
  ///   - prompt: Where they are put; the answer is read at its last token.
  ///   - choices: The tokens to choose from: a probe has no others either.
  ///   - model: A decoder.
  func extracted(
    from sources: [ScopePlace], by prompt: ScopePlace, choices: [Int], in model: Transformer
  ) throws -> [Int] {
    throw Unanswered()
  }

  /// How much more often the first method is right than the second, as a difference of shares, with a
  /// bootstrap interval of 95 % over items.
  ///
  /// - Parameters:
  ///   - first: Whether the first method is right, an item each.
  ///   - second: The same of the second method, on the same items.
  ///   - seed: Where random numbers come from: `SeededGenerator(seed: seed)`.
  func advantage(of first: [Bool], over second: [Bool], seed: UInt64) throws -> Estimate {
    throw Unanswered()
  }

  // MARK: 6.8  Describe the entity

  /// What the model writes behind a prompt of descriptions when an entity's state of each layer stands
  /// at the placeholder, in the same layer: a text for every layer.
  ///
  /// - Parameters:
  ///   - entity: Its tokens; the state is that of the last.
  ///   - filler: A text to stand before the entity, from its first token on, and as much of it as makes
  ///     the entity end at the placeholder's position.
  ///   - prompt: Descriptions of others; the placeholder is not its last token.
  ///   - placeholder: The position that is overwritten.
  ///   - count: How many tokens to write, each the likeliest; an end token ends a description
  ///     and is its last.
  ///   - model: A decoder with learned positions.
  func descriptions(
    of entity: [Int], after filler: [Int], prompt: [Int], placeholder: Int, count: Int,
    in model: Transformer
  ) throws -> [[Int]] {
    throw Unanswered()
  }

  // MARK: 6.9  From one model into another

  /// Least-squares maps from every layer of one model to a layer of another that has read the same
  /// texts: from layer l of L to the layer nearest to l/L of the other's depth, halves upwards.
  ///
  /// - Parameters:
  ///   - source: The one model's states.
  ///   - target: The other's, position by position.
  /// - Returns: A map for every layer of the source, the last one included, with a constant.
  func stitches(from source: ResidualStates, to target: ResidualStates) throws -> [AffineMap] {
    throw Unanswered()
  }

  /// The logits at the end of an identity prompt that another model reads, with the stitched state of
  /// every layer at its end, `[layer, token]`.
  ///
  /// - Parameters:
  ///   - source: The text and the position; its `layer` is not used.
  ///   - model: The model that reads it.
  ///   - stitches: A map for every layer of it, to the layer of the other that 6.9's maps lead to.
  ///   - prompt: An identity prompt; the state goes to its last token.
  ///   - target: The model that reads the prompt.
  func explained(
    _ source: ScopePlace, in model: Transformer, through stitches: [AffineMap], by prompt: [Int],
    in target: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 6.10  Two hops

  /// What a model says to a question of two steps, asked in three ways: both steps in one text; with
  /// the first step's state in the place of the placeholder; with the first step's answer there, as a
  /// token.
  ///
  /// - Parameters:
  ///   - question: Its texts; an answer is the likeliest token at a text's last position.
  ///   - layer: Of the first step's state, at the last position of its text.
  ///   - targetLayer: Where it is put, made as long as the state that it replaces.
  ///   - model: A decoder.
  func answers(
    to question: TwoHops, layer: Int, targetLayer: Int, in model: Transformer
  ) throws -> HopAnswers {
    throw Unanswered()
  }

  /// How often each way is right, and what the patch mends and breaks.
  ///
  /// Mended: of the questions that are wrong in one text, the share that the patch gets right. Broken: of
  /// those that are right, the share that it gets wrong. A share of no questions is 0.
  ///
  /// - Parameters:
  ///   - answers: A question each.
  ///   - truths: The right tokens.
  func tally(of answers: [HopAnswers], truths: [Int]) throws -> HopTally {
    throw Unanswered()
  }

  // MARK: 6.11  Soft prompts

  /// A soft prompt after which a state at its end says the token after the next.
  ///
  /// On new states the cross-entropy of what is said at the state's position must fall well below that
  /// of the best answer which knows nothing of the state.
  ///
  /// - Parameters:
  ///   - states: `[row, width]`. One stands behind the prompt's vectors at a time: in a text of
  ///     `length` + 1 tokens, of any, the vectors take the place of what `HookPoint.embedding` holds at
  ///     the first `length` positions, and the state that of what the last one holds at `layer`.
  ///   - layer: Where the states come from, and where they are put.
  ///   - targets: What each is to say, a token a row.
  ///   - length: How many vectors the prompt has.
  ///   - model: A decoder with learned positions.
  ///   - seed: Where your random numbers come from, if you need any.
  func softPrompt(
    for states: Tensor, layer: Int, targets: [Int], length: Int, in model: Transformer, seed: UInt64
  ) throws -> SoftPrompt {
    throw Unanswered()
  }

  // MARK: 6.12  In words: what a patch can invent

  /// Why restoring is not corrupting, and what a Patchscope can invent; about 200 words.
  func whatPatchesShow() throws -> String {
    throw Unanswered()
  }
}
