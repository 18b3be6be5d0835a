import AttentionVocabulary

/// One number of a model's shape, where it stands, and what is easily read in its place.
struct ShapeField {
  /// A wrong way to get the number, as a function of the right shape.
  struct Mistake {
    var value: (ModelShape) -> Int
    var says: String
  }

  var name: String
  var value: KeyPath<ModelShape, Int>
  var place: String
  var mistakes: [Mistake]

  static var all: [ShapeField] {
    [
      ShapeField(
        name: "the encoder's depth", value: \.encoderLayers,
        place: "count the layers whose names begin with `encoder.`",
        mistakes: depthMistakes(\.encoderLayers, other: \.decoderLayers, "decoder")),
      ShapeField(
        name: "the decoder's depth", value: \.decoderLayers,
        place: "count the layers whose names begin with `decoder.`",
        // A block of the decoder has queries twice.
        mistakes: [
          Mistake(
            value: { 2 &* $0.decoderLayers },
            says: "a block of the decoder has two attentions, `attn` and `cross_attn`, and this "
              + "counts both: count blocks")
        ] + depthMistakes(\.decoderLayers, other: \.encoderLayers, "encoder")),
      ShapeField(
        name: "the number of heads", value: \.heads,
        place: "it is the axis after the position in `hook_q`",
        mistakes: [
          Mistake(value: { _ in 1 }, says: batch),
          Mistake(value: \.sourceLength, says: patternAxes),
          Mistake(value: \.targetLength, says: patternAxes),
          Mistake(value: \.headWidth, says: "`hook_q` is [batch, position, head, headWidth]"),
        ]),
      ShapeField(
        name: "the width", value: \.width,
        place: "it is the last axis of the residual stream, `hook_resid_pre`",
        mistakes: [
          Mistake(
            value: { $0.heads &* $0.headWidth },
            says: "heads × head width is the width of all heads side by side, which need not be "
              + "the residual stream's"),
          Mistake(value: \.headWidth, says: "that is the width of one head, not of the model"),
          Mistake(value: \.feedForwardWidth, says: "that is the width inside the MLP"),
        ]),
      ShapeField(
        name: "the head width", value: \.headWidth,
        place: "it is the last axis of `hook_q`",
        mistakes: [
          Mistake(
            value: { $0.width / max($0.heads, 1) },
            says: "it need not be width / heads; `hook_q` shows it directly"),
          Mistake(value: \.width, says: "that is the width of the residual stream"),
          Mistake(value: \.heads, says: "`hook_q` is [batch, position, head, headWidth]"),
          Mistake(value: { $0.heads &* $0.headWidth }, says: "that is all heads side by side"),
        ]),
      ShapeField(
        name: "the feed-forward width", value: \.feedForwardWidth,
        place: "it is the last axis of `mlp.hook_post`",
        mistakes: [
          Mistake(
            value: { 4 &* $0.width },
            says: "four times the width is a custom, not a rule; `mlp.hook_post` shows it"),
          Mistake(
            value: \.width,
            says: "what the MLP gives back has the width of the residual stream; "
              + "look inside it, at `mlp.hook_post`"),
        ]),
      ShapeField(
        name: "the source length", value: \.sourceLength,
        place: "it is the position axis of the encoder's residual stream",
        mistakes: [
          Mistake(value: { _ in 1 }, says: batch),
          Mistake(
            value: \.targetLength,
            says: "that is the target's; look at what the encoder reads"),
        ]),
      ShapeField(
        name: "the target length", value: \.targetLength,
        place: "it is the position axis of the decoder's residual stream",
        mistakes: [
          Mistake(value: { _ in 1 }, says: batch),
          Mistake(
            value: \.sourceLength,
            says: "that is the source's; the keys of cross-attention come from the encoder"),
        ]),
    ]
  }

  private static let batch = "the first axis is the batch, one sentence here"
  private static let patternAxes =
    "that is a number of positions; a pattern is [batch, head, query, key]"

  private static func depthMistakes(
    _ own: KeyPath<ModelShape, Int>, other: KeyPath<ModelShape, Int>,
    _ stack: String
  ) -> [Mistake] {
    [
      // With ten layers or fewer the last name is also the greatest as text.
      Mistake(
        value: { $0[keyPath: own] > 10 ? 10 : .min },
        says: "compare layer numbers as numbers: as text, \"10\" comes before \"9\""),
      Mistake(
        value: { $0[keyPath: own] - 1 },
        says: "layers are numbered from 0, so there is one more than the greatest number"),
      Mistake(value: { $0[keyPath: other] }, says: "that is the \(stack)'s depth"),
      Mistake(
        value: { $0.encoderLayers &+ $0.decoderLayers },
        says: "that counts the layers of both stacks together"),
    ]
  }
}
