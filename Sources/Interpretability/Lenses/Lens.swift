public import Tensors
public import Transformers

/// A way of reading an intermediate state as if it were the last one.
public protocol Lens: Sendable {
  /// What is to stand for the last state: `[position, width]` after so many blocks to
  /// `[position, width]`. It goes through the model's final norm and its unembedding then.
  func translate(_ states: Tensor, layer: Int) -> Tensor
}

/// The lens that takes a state as it is: softmax(W_U · LN_f(hˡ)).
///
/// LN_f divides by the statistics of hˡ itself, once. TransformerLens's
/// `accumulated_resid(apply_ln=True)` does the same; its `apply_ln_to_stack` by itself divides every
/// layer by the scale kept from the last, which is another lens: early states are shorter, so that
/// it looks unsure of everything there.
///
/// nostalgebraist, "Interpreting GPT: the logit lens", 2020.
public struct LogitLens: Lens {
  /// The lens.
  public init() {}

  /// The states as they are.
  public func translate(_ states: Tensor, layer: Int) -> Tensor { states }
}

extension Transformer {
  /// What goes into the unembedding, `[layer, position, width]`.
  ///
  /// The last layer is the model's own and is not translated.
  package func unembeddable(_ states: ResidualStates, through lens: some Lens) -> Tensor {
    let last = states.layerCount - 1
    return .stack(
      (0...last).map { layer in
        let own = states.values[at: layer]
        if layer < last { return finalNorm(lens.translate(own, layer: layer)) }
        return states.lastIsNormed ? own : finalNorm(own)
      })
  }

  /// The logits of every layer through a lens, `[layer, position, token]`; of the last they are the
  /// model's own.
  ///
  /// For more than a few positions of a large vocabulary use ``reading(of:through:)``, which never
  /// holds all logits.
  public func logits(of states: ResidualStates, through lens: some Lens = LogitLens()) -> Tensor {
    logits(ofNormed: unembeddable(states, through: lens))
  }
}
