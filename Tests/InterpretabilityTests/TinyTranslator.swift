import Tensors
import Transformers

/// An untrained encoder–decoder with two layers and two heads, the same in every run.
let tinyTranslator: Transformer = {
  var generator = SeededGenerator(seed: 11)
  let stack = TransformerConfiguration.Stack(
    layerCount: 2, headCount: 2, headWidth: 4, feedForwardWidth: 16)
  return Transformer(
    configuration: .t5(
      vocabularySize: 20, width: 12, encoder: stack, decoder: stack, activation: .relu,
      isGated: false, tiesEmbeddings: true),
    using: &generator)
}()
