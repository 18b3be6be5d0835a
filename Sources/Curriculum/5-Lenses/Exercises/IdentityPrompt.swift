import Coursework
import Interpretability
import Laboratory
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// 5.9: ask the model to repeat what a state stands for.
  static let tokenIdentity = Exercise(
    "5.9", "Token identity", points: 4, difficulty: 3, importance: 4, minutes: 20,
    hints: [
      """
      “cat -> cat; 1135 -> 1135; hello -> hello; ?”: what would a model that has understood the pattern \
      say after the last mark, if the mark stood for something else?
      """,
      """
      For each layer: take the state after so many blocks at the text's position, put it in the place \
      of the prompt's last token after *the same* number of blocks, and read the last position.
      """,
      """
      You have written the patch already (5.8): source `layer`, target `PatchPlace(tokens: prompt, \
      position: prompt.count - 1, layer: layer)`. Layers go from 0 to the number of blocks.
      """,
      """
      `(0..<points.count).map { layer in try patched(source: PatchPlace(tokens: source.tokens, \
      position: source.position, layer: layer), map: nil, target: …, in: model)[at: prompt.count - 1] \
      }`, stacked.
      """,
    ],
    interpretation: """
      At the last layer nothing of the prompt is left, and token identity is the logit lens. At layer 0 \
      the state is a token *and its place*: only where i = i* is it as if the prompt ended in that very \
      token. In between, blocks l to L work on the state, and no weight was trained for it. Is it the \
      prompt that makes them pass it on? Put plain prose in its place and ask again: in the reader prose \
      does as well. What reads the state is the blocks that are still to come, which would have read it \
      anyway.
      """,
    cases: { generator in
      [
        ("an identity prompt", LensModel.reader, identityPrompt),
        ("plain prose", .reader, prosePrompt), ("another model", .otherReader, identityPrompt),
      ].map { name, model, prompt in
        Case(
          name,
          PromptedPlace(
            model: model,
            source: PatchPlace(
              tokens: LensTexts.beginning(10, using: &generator),
              position: Int.random(in: 2..<9, using: &generator), layer: 0), prompt: prompt))
      }
    },
    parts: [Part(LensAsks.tokenIdentity, judge: identities)])

  /// A prompt that the reader follows; the last word is the one that is overwritten.
  static let identityPrompt = ReaderVocabulary.encode(
    "dog -> dog ; Rome -> Rome ; seven -> seven ; door".split(separator: " ").map(String.init))

  /// As many words that ask for nothing.
  static let prosePrompt = ReaderVocabulary.encode(
    "One day Anna went to the garden . There he met the door".split(separator: " ").map(String.init)
  )

  private static func identities(_ key: PromptedPlace) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let points = model.configuration.residualPoints
    let end = key.prompt.count - 1
    let states = try model.residualStates(of: ModelInput(key.source.tokens)).values
    /// One patch a layer, by an intervention in a whole run.
    func logits(
      target: (Int) -> Int = { $0 }, position: Int? = nil, into: Int? = nil, read: Int? = nil,
      shift: Int = 0
    ) throws -> Tensor {
      .stack(
        try points.indices.map { layer in
          let source = states[at: min(layer + shift, points.count - 1)]
          let from = position ?? key.source.position
          let state = source.slice(from..<(from + 1))
          let change = Intervention(at: points[target(layer)]) { residual in
            var changed = residual
            for column in 0..<state.shape[1] {
              changed[0, into ?? end, column] = state[0, column]
            }
            return changed
          }
          return try model.run(ModelInput(key.prompt), intervening: [change])
            .logits[at: 0][at: read ?? end]
        })
    }
    let long = try LongPatch(
      PatchOfModel(
        model: key.model, source: key.source,
        target: PatchPlace(tokens: key.prompt, position: end, layer: 0)))
    /// What comes of a `patched` that is wrong in the same way at every layer.
    func patches(_ run: (PatchPlace, PatchPlace) throws -> Tensor) throws -> Tensor {
      .stack(
        try points.indices.map { layer in
          let source = PatchPlace(
            tokens: key.source.tokens, position: key.source.position, layer: layer)
          return try run(
            source, PatchPlace(tokens: key.prompt, position: end, layer: layer))[at: end]
        })
    }
    func later(_ place: PatchPlace) -> PatchPlace {
      PatchPlace(tokens: place.tokens, position: place.position, layer: place.layer + 1)
    }
    let blame = "this rests on your 5.8, and there the fault is: "
    let plain = try model(ModelInput(key.prompt))[at: 0][at: end]
    let expected = try logits()
    return Expected(
      expected, tolerance: 1e-3, named: "the logits", axes: ["layer", "token"]
    ) {
      [
        Mistake(
          "every state went in at layer 0; put it into the layer it comes from",
          try logits(target: { _ in 0 })
        ),
        Mistake(
          "every state went in after the last block, where nothing of the prompt is left: this is the "
            + "logit lens", try logits(target: { _ in points.count - 1 })
        ),
        Mistake(
          "the states are those of the text's last token, not of the position asked for",
          try logits(position: key.source.tokens.count - 1)
        ),
        Mistake("the state went into the prompt's first token", try logits(into: 0)),
        Mistake(
          "the state stands before the prompt's last token; it goes in the place of that one",
          try logits(into: end - 1)
        ),
        Mistake(
          "the row before the patched one was read; a row predicts what follows it, and the patched one "
            + "is the last", try logits(read: end - 1)
        ),
        Mistake(
          "nothing was patched: these are the plain prompt's logits",
          .stack(points.map { _ in plain })
        ),
        Mistake(
          "states were taken one block too late, here or in your 5.8: after l blocks is before block "
            + "number l", try logits(shift: 1)
        ),
        Mistake(
          blame + "the state was added to what stood there; overwrite it",
          try patches { try long.run(from: $0, to: $1, adds: true) }
        ),
        Mistake(
          blame + "every position was overwritten; only i* is meant",
          try patches { try long.run(from: $0, to: $1, rows: $1.tokens.indices) }
        ),
        Mistake(
          blame + "the state went in one block too late",
          try patches { try long.run(from: $0, to: later($1)) }
        ),
        Mistake(
          blame + "both layers are off by one",
          try patches { try long.run(from: later($0), to: later($1)) }
        ),
        Mistake(
          "there is one layer too few: layer 0 is what the first block reads",
          expected.slice(1..<points.count)
        ),
        Mistake(
          "there is one layer too few: what leaves the last block is a layer too",
          expected.slice(0..<(points.count - 1))
        ),
      ]
    }
  }
}
