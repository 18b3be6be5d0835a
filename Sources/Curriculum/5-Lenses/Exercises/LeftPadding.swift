import Coursework
import Interpretability
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// 5.6: prompts of any lengths in one batch, and the last token of each.
  static let leftPadding = Exercise(
    "5.6", "Left padding", points: 4, difficulty: 3, importance: 4, minutes: 20,
    hints: [
      """
      A batch is a rectangle. Fill the short rows up – but on which side, if the last token of all is \
      to stand in one column?
      """,
      """
      In front. Then the last column holds the last token of every prompt. But attention would read \
      the filling, and positions would be counted from it, unless the model is told.
      """,
      """
      `ModelInput(tokens:mask:)` tells it: `true` where there is a token, `false` where there is \
      padding. The model then counts positions from the first token that is there.
      """,
      """
      With `let missing = length - prompt.count`, a row is `Array(repeating: padding, count: missing) + \
      prompt`, and its mask as many `false` and then `true`. Run with `residualPoints` captured; of each \
      point's `[prompt, position, width]` take `.slice(axis: 1, (length - 1)..<length)`, reshape to \
      `[prompt, width]`, and stack.
      """,
    ],
    interpretation: """
      The test of a batch is a loop: each prompt alone must give what it gives in the batch. Padding is \
      the quiet bug of such sweeps: nothing crashes, long prompts are right, and short ones, which have \
      the most padding, are read off a text that nobody wrote. It looks like an effect of length.
      """,
    cases: { generator in
      let kinds: [(String, LensModel, [Int])] = [
        ("many lengths", .reader, [4, 17, 9, 17, 6]),
        ("a wider model", .wideReader, [11, 5, 14, 8]),
        ("prompts of one length", .otherReader, [8, 8]),
      ]
      return kinds.map { name, model, lengths in
        let question = PromptsOfModel(
          model: model,
          prompts: lengths.map { LensTexts.beginning($0, using: &generator) },
          padding: LensTexts.word(using: &generator))
        return Case(name, question)
      }
    },
    parts: [Part(LensAsks.lastStates, judge: lastStates)])

  private static func lastStates(_ key: PromptsOfModel) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let longest = key.prompts.map(\.count).max() ?? 0
    let shortest = key.prompts.map(\.count).min() ?? 0
    /// The states of one text at one position, `[layer, 1, width]`.
    func state(_ tokens: [Int], at position: Int) throws -> Tensor {
      try model.residualStates(of: ModelInput(tokens)).at([position]).values
    }
    func all(_ prompts: [[Int]], _ one: ([Int]) throws -> Tensor) rethrows -> Tensor {
      .concatenation(try prompts.map(one), axis: 1)
    }
    func filling(_ prompt: [Int]) -> [Int] {
      Array(repeating: key.padding, count: longest - prompt.count)
    }
    /// What stands in the last column when the batch is filled up behind, with a mask.
    func behind() throws -> Tensor {
      let (rows, mask) = ModelInput.padding(key.prompts, with: key.padding, at: .back)
      let points = model.configuration.residualPoints
      let trace = try model.run(
        ModelInput(tokens: rows, mask: mask), capturing: .points(Set(points))
      ).trace
      return .stack(
        try points.map { point in
          let layer = try trace[point]
          return .stack(rows.indices.map { layer[at: $0][at: longest - 1] })
        })
    }
    let expected = try all(key.prompts) { try state($0, at: $0.count - 1) }
    return Expected(
      expected, tolerance: 1e-3, named: "the last states", axes: ["layer", "prompt", "width"]
    ) {
      [
        Mistake(
          "the padding was read as text: give the model a mask",
          try all(key.prompts) { try state(filling($0) + $0, at: longest - 1) }
        ),
        Mistake(
          "the last column of a batch that was filled up behind is padding in all but the longest prompts",
          try all(key.prompts) { try state($0 + filling($0), at: longest - 1) }
        ),
        Mistake(
          "the batch was filled up behind, and its last column is padding in all but the longest prompts: "
            + "the mask keeps it from being read, not from being there; fill up in front",
          try behind()
        ),
        Mistake(
          "prompts were cut to the shortest; each has its own last token",
          try all(key.prompts) { try state(Array($0.suffix(shortest)), at: shortest - 1) }
        ),
        Mistake(
          "prompts were cut to the shortest; each has its own last token",
          try all(key.prompts) { try state(Array($0.prefix(shortest)), at: shortest - 1) }
        ),
        Mistake(
          "the first token of each prompt was read, not the last",
          try all(key.prompts) { try state($0, at: 0) }
        ),
        Mistake(
          "prompts come back in another order than they were given in",
          try all(key.prompts.sorted { $0.count < $1.count }) { try state($0, at: $0.count - 1) }
        ),
        Mistake(
          "the axes are prompt, layer, width; layers come first", expected.permuted([1, 0, 2])),
        Mistake(
          "there is one layer too few: the first is what the first block reads",
          expected.slice(1..<expected.shape[0])
        ),
        Mistake(
          "all positions of a prompt were averaged; the last one is asked for",
          try all(key.prompts) {
            try model.residualStates(of: ModelInput($0)).values.mean(axis: 1, keepingAxis: true)
          }
        ),
      ]
    }
  }
}
