import AttentionVocabulary
import Coursework
import Foundation
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// 1.8: attention rollout, and the entropy of attention in bits.
  static let rolloutAndEntropy = Exercise(
    "1.8", "Rollout and entropy", points: 4, difficulty: 3, importance: 3, minutes: 25,
    hints: [
      """
      Rollout: layer 2 attends to what layer 1 wrote, and layer 1 wrote mixtures of tokens. Which \
      matrix says how much of token j is in position i after both? Entropy: how many yes–no \
      questions name the key that a row attends to?
      """,
      """
      A layer's matrix is the mean of its heads, and half of it is the identity: the residual \
      connection carries every position past the attention. Its rows still sum to 1. Entropy is \
      −Σ p · log₂ p over the keys of one row; a p of 0 adds nothing.
      """,
      """
      Multiply the layers so that a later one stands to the *left*: R = Â³ Â² Â¹. In entropy, test \
      for `p > 0` before you take the logarithm: `0 * log2(0)` is NaN.
      """,
      """
      Start with `rollout = identity`; for every layer, first to last, \
      `rollout = ((pattern.mean(axis: 0) + identity) * 0.5).matmul(rollout)`. For entropy, map every \
      value p to `p > 0 ? -p * log2(p) : 0` and sum along axis 2.
      """,
    ],
    interpretation: """
      Entropy says how spread a row is, not what it does: 0 bits is one key, 3 bits are as good as \
      eight keys. Rollout follows attention through the layers, and it assumes much: that heads \
      count the same, that half of everything takes the residual connection, that MLPs move \
      nothing, and that what is attended to is what matters. Where rollout spreads evenly, that is \
      often its averaging and not the model. It is a picture of where information *could* flow.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let trace = try translator.run(pair, capturing: .matching("*attn.hook_pattern")).trace
      let configuration = translator.model.configuration
      func patterns(_ stack: StackName, _ kind: AttentionKind, _ layers: Int) throws -> [Tensor] {
        try (0..<layers).map { try trace[.pattern(stack, $0, kind)][at: 0] }
      }
      let decoderLayers = configuration.decoder!.layerCount
      let questions = [
        ("three layers made by hand, and heads of known entropy", plantedMixing(using: &generator)),
        (
          "the encoder, and cross-attention",
          LayerPatterns(
            layers: try patterns(.encoder, .own, configuration.encoder!.layerCount),
            pattern: try patterns(.decoder, .cross, decoderLayers)[decoderLayers - 1])
        ),
        (
          "the decoder, which never looks ahead",
          LayerPatterns(
            layers: try patterns(.decoder, .own, decoderLayers),
            pattern: try patterns(.decoder, .own, 1)[0])
        ),
        (
          "one layer, one head, one token",
          LayerPatterns(
            layers: [Tensor(repeating: 1, shape: [1, 1, 1])],
            pattern: Tensor(repeating: 1, shape: [1, 1, 1]))
        ),
      ]
      return questions.map { Case($0.0, $0.1) }
    },
    parts: [
      Part(AttentionAsks.rollout) { RolloutWalk($0.layers).judge },
      Part(AttentionAsks.entropy) { RowEntropy($0.pattern).judge },
    ])

  /// Layers that do not commute, and rows that are even, that have one key, and that are neither.
  static func plantedMixing(using generator: inout SeededGenerator) -> LayerPatterns {
    let length = Int.random(in: 5...6, using: &generator)
    let layers = (0..<3).map { _ in
      Tensor.randomNormal([2, length, length], standardDeviation: 2, using: &generator).softmax()
    }
    let (queries, keys) = (4, 8)
    var pattern = Tensor.randomNormal(
      [3, queries, keys], standardDeviation: 2, using: &generator
    ).softmax()
    for query in 0..<queries {
      let only = Int.random(in: 0..<keys, using: &generator)
      for key in 0..<keys {
        pattern[0, query, key] = key < 1 << query ? 1 / Float(1 << query) : 0
        pattern[1, query, key] = key == only ? 1 : 0
      }
    }
    return LayerPatterns(layers: layers, pattern: pattern)
  }
}
