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
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func precision(of logits: Tensor) throws -> [Spread]

  /// 5.4: the surprisal in nats at every layer: the mean over positions and its standard deviation,
  /// as in 5.3.
  ///
  /// - Parameter logits: Of a lens, `[layer, position, token]`; the last layer is the model's own.
  func surprisal(of logits: Tensor) throws -> [Spread]

  /// 5.5: texts cut short behind a random position each, in their order.
  ///
  /// - Parameters:
  ///   - texts: Token ids; those shorter than the minimum are left out.
  ///   - minimum: The least number of tokens to keep.
  ///   - seed: Where the positions come from: `SeededGenerator(seed: seed)`.
  func trimmed(_ texts: [[Int]], minimum: Int, seed: UInt64) throws -> [[Int]]

  /// 5.6: the residual stream at the last token of every prompt, `[layer, prompt, width]`.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, of different lengths.
  ///   - padding: The token to fill a batch with; it is a word like others.
  ///   - model: A decoder.
  func lastStates(of prompts: [[Int]], padding: Int, in model: Transformer) throws -> Tensor

  /// 5.7: a tuned lens: A and b of what is added to the states h, h + A h + b, for every layer but the
  /// last.
  ///
  /// On new positions it must leave less than 0.3 of the logit lens's divergence at every layer.
  ///
  /// - Parameters:
  ///   - states: Of several hundred positions; the last layer has not gone through the final norm.
  ///   - model: Whose states they are.
  ///   - seed: Where your random numbers come from, if you need any.
  func tunedLens(
    on states: ResidualStates, of model: Transformer, seed: UInt64
  ) throws -> [AffineMap]

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

  /// 5.10: a least-squares map for every layer, from a state to the last layer's state some tokens
  /// later in the same text.
  ///
  /// - Parameters:
  ///   - texts: The states of one text each; the last layer has not gone through the final norm.
  ///   - distance: How many tokens later.
  func futureLens(on texts: [ResidualStates], distance: Int) throws -> [AffineMap]

  /// 5.11, in words: what may be concluded when the lens shows the answer early.
  func whatALensShows() throws -> String
}

/// A place in the run of a text: tokens, a position and a layer.
public struct PatchPlace: Codable, Sendable, Hashable {
  /// The text.
  public var tokens: [Int]
  /// The position in it.
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
