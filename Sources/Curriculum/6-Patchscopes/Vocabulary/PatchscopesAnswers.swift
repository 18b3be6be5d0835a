public import Tensors
public import Transformers

/// What a student answers on Sheet 6: one method an exercise, or two or three that belong together.
///
/// A *layer* is always a place in `residualPoints`: 0 is what the first block reads, l what leaves
/// block l − 1, and there is one more than blocks.
public protocol PatchscopesAnswers: Sendable {
  /// 6.1: the normalised effect of patching one state, `[layer, position]`.
  ///
  /// - Parameters:
  ///   - contrast: Two texts, an answer and a foil; what is read is the difference of their logits at
  ///     the last position.
  ///   - direction: Which run is patched.
  ///   - model: A decoder.
  func effects(
    of contrast: Contrast, _ direction: PatchDirection, in model: Transformer
  ) throws -> Tensor

  /// 6.2: causal tracing: how much probability the answer gains by one clean state in a run whose
  /// subject is spoilt, `[layer, position]`, the mean over samples of noise.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer.
  ///   - draws: Of a normal distribution of deviation 1, `[sample, subject token, width]`.
  ///   - embedding: The model's token embeddings, `[token, width]`.
  ///   - model: A decoder.
  func causalTrace(
    of fact: SubjectFact, draws: Tensor, embedding: Tensor, in model: Transformer
  ) throws -> Tensor

  /// 6.3: the same gain when what attention or the MLP adds at one position is put back in a window
  /// of blocks, `[block, position]`.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer.
  ///   - noise: What is added to the subject's embeddings, `[sample, subject token, width]`.
  ///   - part: What is put back.
  ///   - window: In how many blocks, W: from l − ⌊W/2⌋ on, cut at the ends.
  ///   - model: A decoder.
  func windowTrace(
    of fact: SubjectFact, noise: Tensor, part: BlockPart, window: Int, in model: Transformer
  ) throws -> Tensor

  /// 6.4: what the answer's probability loses when one query may not attend to some keys in blocks
  /// l to l + W − 1, `[block]`.
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
  ) throws -> Tensor

  /// 6.5: the logits of a Patchscope's target run, `[position, token]`.
  ///
  /// - Parameters:
  ///   - scope: The two runs and the map.
  ///   - model: The model of the source.
  ///   - target: The model of the target.
  func logits(of scope: Scope, from model: Transformer, into target: Transformer) throws -> Tensor

  /// 6.5: causal tracing of one state with one sample of noise, as a Patchscope.
  ///
  /// - Parameters:
  ///   - fact: A text, its subject and the answer.
  ///   - noise: What is added to the subject's embeddings, `[subject token, width]`.
  ///   - position: Of the state that is put back.
  ///   - layer: Its layer.
  func tracingScope(
    of fact: SubjectFact, noise: Tensor, position: Int, layer: Int
  ) throws -> Scope

  /// 6.5: attention knockout from the last position, as a Patchscope whose target run is the plain
  /// model's.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - keys: What the last position may not attend to.
  ///   - blocks: In which blocks.
  func knockoutScope(of tokens: [Int], keys: [Int], blocks: Range<Int>) throws -> Scope

  /// 6.6: a relation as an affine map from the subject's state to the last state, before the final
  /// norm: the mean Jacobian, and the mean of what it leaves.
  ///
  /// - Parameters:
  ///   - prompts: Texts of the relation.
  ///   - layer: Of the subject's state.
  ///   - model: A decoder.
  func relation(
    of prompts: [RelationPrompt], layer: Int, in model: Transformer
  ) throws -> AffineMap

  /// 6.6: the logits of the objects that a relation gives to subjects, `[subject, token]`.
  ///
  /// - Parameters:
  ///   - relation: J and b.
  ///   - states: Of subjects, `[subject, width]`.
  ///   - beta: β.
  ///   - model: A decoder.
  func objects(
    by relation: AffineMap, of states: Tensor, beta: Float, in model: Transformer
  ) throws -> Tensor

  /// 6.7: which of some choices a prompt makes of each state that is put into it, a token each.
  ///
  /// - Parameters:
  ///   - sources: Where the states are taken.
  ///   - prompt: Where they are put.
  ///   - choices: The tokens to choose from.
  ///   - model: A decoder.
  func extracted(
    from sources: [ScopePlace], by prompt: ScopePlace, choices: [Int], in model: Transformer
  ) throws -> [Int]

  /// 6.7: how much more often the first method is right than the second, with a bootstrap interval
  /// of 95 % over items.
  ///
  /// - Parameters:
  ///   - first: Whether the first method is right, an item each.
  ///   - second: The same of the second method, on the same items.
  ///   - seed: Where random numbers come from.
  func advantage(of first: [Bool], over second: [Bool], seed: UInt64) throws -> Estimate

  /// 6.8: what the model writes behind a prompt of descriptions when an entity's state of each layer
  /// stands at the placeholder, in the same layer.
  ///
  /// - Parameters:
  ///   - entity: Its tokens; the state is that of the last.
  ///   - filler: A text to stand before the entity, from its first token on, so that the entity ends
  ///     at the placeholder's position.
  ///   - prompt: Descriptions of others; the placeholder is not its last token.
  ///   - placeholder: The position that is overwritten.
  ///   - count: How many tokens to write, each the likeliest; an end token ends a description and is
  ///     its last.
  ///   - model: A decoder with learned positions.
  func descriptions(
    of entity: [Int], after filler: [Int], prompt: [Int], placeholder: Int, count: Int,
    in model: Transformer
  ) throws -> [[Int]]

  /// 6.9: least-squares maps from every layer of one model to the layer at the same share of depth
  /// of another, which has read the same texts.
  ///
  /// - Parameters:
  ///   - source: The one model's states.
  ///   - target: The other's, position by position.
  func stitches(from source: ResidualStates, to target: ResidualStates) throws -> [AffineMap]

  /// 6.9: the logits at the end of an identity prompt that another model reads, with the stitched
  /// state of every layer at its end, `[layer, token]`.
  ///
  /// - Parameters:
  ///   - source: The text and the position; its `layer` is not used.
  ///   - model: The model that reads it.
  ///   - stitches: A map for every layer of it.
  ///   - prompt: An identity prompt; the state goes to its last token.
  ///   - target: The model that reads the prompt.
  func explained(
    _ source: ScopePlace, in model: Transformer, through stitches: [AffineMap], by prompt: [Int],
    in target: Transformer
  ) throws -> Tensor

  /// 6.10: what a model says to a question of two steps, asked in three ways.
  ///
  /// - Parameters:
  ///   - question: Its texts.
  ///   - layer: Of the first step's state.
  ///   - targetLayer: Where it is put, with the length of the state that it replaces.
  ///   - model: A decoder.
  func answers(
    to question: TwoHops, layer: Int, targetLayer: Int, in model: Transformer
  ) throws -> HopAnswers

  /// 6.10: how often each way is right, and what the patch mends and breaks.
  ///
  /// A share of no questions is 0.
  ///
  /// - Parameters:
  ///   - answers: A question each.
  ///   - truths: The right tokens.
  func tally(of answers: [HopAnswers], truths: [Int]) throws -> HopTally

  /// 6.11: a soft prompt after which a state at its end says the token after the next.
  ///
  /// - Parameters:
  ///   - states: `[row, width]`; one stands behind the prompt at a time.
  ///   - layer: Their layer, and the one where they are put.
  ///   - targets: What each is to say, a token a row.
  ///   - length: How many vectors the prompt has.
  ///   - model: A decoder with learned positions.
  ///   - seed: Where your random numbers come from, if you need any.
  func softPrompt(
    for states: Tensor, layer: Int, targets: [Int], length: Int, in model: Transformer, seed: UInt64
  ) throws -> SoftPrompt

  /// 6.12, in words: restoring is not corrupting, and what a Patchscope can invent.
  func whatPatchesShow() throws -> String
}
