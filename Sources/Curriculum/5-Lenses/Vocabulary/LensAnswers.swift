public import Tensors
public import Transformers

/// What a student answers on Sheet 5: one method an exercise.
public protocol LensAnswers: Sendable {
  /// 5.1: the logits of the logit lens at every layer and position, `[layer, position, token]`.
  ///
  /// Layer 0 is the residual stream before the first block, layer n the one after block n.
  ///
  /// - Parameters:
  ///   - tokens: A text.
  ///   - model: A decoder.
  func logitLens(of tokens: [Int], in model: Transformer) throws -> Tensor

  /// 5.2: the logits of the logit lens from states that somebody has kept, `[layer, position, token]`.
  ///
  /// - Parameters:
  ///   - states: `values` `[layer, position, width]`; `lastIsNormed` says whether the last layer has
  ///     gone through the final norm already.
  ///   - model: The decoder they come from.
  func logits(of states: ResidualStates, in model: Transformer) throws -> Tensor

  /// 5.3: prec@1 at every layer: the mean over positions and its standard deviation, that of the
  /// positions themselves (the root of the mean squared distance).
  ///
  /// A lens whose greatest logit is shared by several tokens has chosen none, and does not agree.
  ///
  /// - Parameters:
  ///   - logits: Of a lens, `[layer, position, token]`; the last layer is the model's own, and its
  ///     greatest logit is never shared.
  ///   - next: The token that stands in the text after each position.
  func precision(of logits: Tensor, next: [Int]) throws -> [Spread]

  /// 5.4: the surprisal in nats at every layer: the mean over positions and its standard deviation,
  /// as in 5.3.
  ///
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func surprisal(of logits: Tensor) throws -> [Spread]

  /// 5.5: prompts to learn from and prompts to measure on, each the beginning of a text that ends at
  /// a position drawn at random.
  ///
  /// - Parameters:
  ///   - texts: Token ids, the start token first. Some texts come several times, and many begin alike.
  ///   - count: How many prompts each of the two parts has.
  ///   - seed: Where chance comes from: `SeededGenerator(seed: seed)`.
  func prompts(from texts: [[Int]], count: Int, seed: UInt64) throws -> PromptSplit

  /// 5.6: the residual stream at the last token of every prompt, `[layer, prompt, width]`.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, of different lengths.
  ///   - padding: The token to fill a batch with; it is a word like others.
  ///   - model: A decoder.
  func lastStates(of prompts: [[Int]], padding: Int, in model: Transformer) throws -> Tensor

  /// 5.7: one layer's translator of a tuned lens: A and b of what is added to its states h,
  /// h + A h + b.
  ///
  /// - Parameters:
  ///   - states: The layer's states at several hundred positions, `[position, width]`.
  ///   - final: The last layer's states at the same positions, before the final norm.
  ///   - model: Whose states they are.
  ///   - seed: Where your random numbers come from, if you need any.
  func translator(
    from states: Tensor, to final: Tensor, of model: Transformer, seed: UInt64
  ) throws -> AffineMap

  /// 5.8: the logits of a target run in which one state was overwritten, `[position, token]`.
  ///
  /// - Parameters:
  ///   - source: The text S, the position i and the layer l.
  ///   - map: What to do with the state; nil takes it as it is.
  ///   - target: The text T, the position i* and the layer l*.
  ///   - model: The model of both runs.
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor

  /// 5.9: the logits at the end of an identity prompt with the state of every layer patched into the
  /// same layer, `[layer, token]`.
  ///
  /// - Parameters:
  ///   - source: The text and the position; its `layer` is not used.
  ///   - prompt: An identity prompt; the state goes to its last token.
  ///   - model: The model of both runs.
  func tokenIdentity(
    of source: PatchPlace, prompt: [Int], in model: Transformer
  ) throws -> Tensor

  /// 5.10: a lens as a Patchscope: what f, T, i* and l* are, and of which token of S the logits at i*
  /// then speak.
  ///
  /// - Parameters:
  ///   - lens: Which lens, with what was learned for this layer.
  ///   - source: The text S, the position i and the layer l of the state that is read.
  ///   - model: The model of both runs.
  func recipe(
    for lens: NamedLens, of source: PatchPlace, in model: Transformer
  ) throws -> PatchRecipe

  /// 5.11, in words: what may be concluded when the lens shows the answer early.
  func whatALensShows() throws -> String
}

/// A place in the run of a text: tokens, a position and a layer.
public struct PatchPlace: Codable, Sendable, Hashable {
  /// The text.
  public var tokens: [Int]
  /// The position in it; the start token stands at 0.
  public var position: Int
  /// How many blocks have been passed; 0 is what the first block reads.
  public var layer: Int

  /// A place.
  public init(tokens: [Int], position: Int, layer: Int) {
    self.tokens = tokens
    self.position = position
    self.layer = layer
  }
}

/// The mean of a measure over positions, and how far positions lie from it.
public struct Spread: Codable, Hashable, Sendable {
  /// The mean.
  public var mean: Double
  /// The standard deviation of the positions themselves: the root of the mean squared distance.
  public var deviation: Double

  /// A mean and a deviation.
  public init(mean: Double, deviation: Double) {
    self.mean = mean
    self.deviation = deviation
  }
}

/// Prompts in two parts that have nothing to do with each other.
public struct PromptSplit: Codable, Hashable, Sendable {
  /// What a lens is trained on.
  public var training: [[Int]]
  /// What it is measured on.
  public var evaluation: [[Int]]

  /// Two parts.
  public init(training: [[Int]], evaluation: [[Int]]) {
    self.training = training
    self.evaluation = evaluation
  }
}

/// A lens by its name, with what was learned for the layer that it reads.
public enum NamedLens: Codable, Sendable {
  /// The logit lens.
  case logit
  /// The affine lens: a map from the layer's state to the last layer's state.
  case affine(AffineMap)
  /// The tuned lens: what is added to the layer's state.
  case tuned(added: AffineMap)
  /// Token identity with a prompt.
  case tokenIdentity(prompt: [Int])
  /// The future lens: a map from the layer's state to the last layer's state so many tokens later.
  case future(AffineMap, distance: Int)
}

/// What makes a Patchscope of a state: f, (T, i*, l*), and what its logits are about.
public struct PatchRecipe: Codable, Sendable {
  /// f, or nil where the state is taken as it is.
  public var map: AffineMap?
  /// The text T, the position i* and the layer l*; the logits are read at i*.
  public var target: PatchPlace
  /// The position in S of the token that the logits at i* predict.
  public var predicts: Int

  /// A recipe.
  public init(map: AffineMap?, target: PatchPlace, predicts: Int) {
    self.map = map
    self.target = target
    self.predicts = predicts
  }
}
