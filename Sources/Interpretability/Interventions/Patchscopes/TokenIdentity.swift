public import Interpretability
import Tensors
public import Transformers

/// The Patchscope that asks a model to repeat a token: the target is a prompt such as
/// "cat -> cat; 1135 -> 1135; hello -> hello; ?", the state goes to the layer it comes from, at the
/// prompt's last token, and what the model predicts there is read.
///
/// It needs no training and reads early layers better than the logit lens does in models that follow
/// such prompts.
public struct TokenIdentity: Sendable {
  /// The model that reads.
  public let model: Transformer
  /// The prompt.
  public let prompt: [Int]

  /// The inspection with a prompt whose last token is overwritten.
  public init(_ model: Transformer, prompt: [Int]) {
    self.model = model
    self.prompt = prompt
  }

  /// What is read of every state at every layer, held against the model's own final distributions.
  ///
  /// All positions of a layer run as one batch, from that layer on.
  ///
  /// - Throws: ``PatchscopeError``, and what the model throws.
  public func reading(of states: ResidualStates) throws -> LensReading {
    let last = states.layerCount - 1
    let end = states.values[at: last]
    let final = model.logits(ofNormed: states.lastIsNormed ? end : model.finalNorm(end))
    return LensReading(
      try (0...last).map { layer in
        let place = Patchscope.Target(model, prompt, position: prompt.count - 1, layer: layer)
        let logits =
          layer == last && states.lastIsNormed
          ? final
          : try place.logits(patching: states.values[at: layer], at: prompt.count - 1)
        return LensReading(logits: .stack([logits]), final: final).cells[0]
      })
  }
}
