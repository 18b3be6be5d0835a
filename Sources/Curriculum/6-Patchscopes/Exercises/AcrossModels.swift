import Coursework
import Interpretability
import Laboratory
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.9: states of one model in another.
  static let acrossModels = Exercise(
    "6.9", "From one model into another", points: 4, difficulty: 4, importance: 3, minutes: 35,
    hints: [
      """
      Two models have other widths, other axes and other depths. What do they have in common, if they \
      have read the same texts? And which layer of the one is like which of the other?
      """,
      """
      Layer l of L has passed the share l/L of its blocks; the other model has passed the same share at \
      l·L*/L, rounded. For each l, least squares from the one's rows to the other's, with a constant.
      """,
      """
      `x.leastSquares(to: y)` has no constant: take the mean off the rows of x, and let the bias be what \
      the matrix leaves on average. `AffineMap` multiplies by the transpose.
      """,
      """
      Bias: `(y - x.matmul(matrix)).mean(axis: 0)`. Then, for every layer, 6.5's Scope from the source's \
      layer through its stitch to the prompt's last token at the partner layer; read the prompt's last row.
      """,
    ],
    interpretation: """
      In the paper larger models of a family explain smaller ones better than these explain themselves. \
      But a map with a constant that was fitted on texts is a small model of its own, and a target that \
      knows the world can make up what the source never held. Hold it against maps from shuffled pairs, \
      and fit on other texts than those you measure on.
      """,
    cases: { generator in
      var cases: [Case<ModelsToStitch, ModelsToStitch>] = []
      for (name, from, to) in [
        ("into a wider and deeper model", ScopeModel.Kind.small, ScopeModel.Kind.wide),
        ("into a narrower one", .wide, .small), ("another kind of position", .rotary, .wide),
      ] {
        let question = try drawn(
          using: &generator,
          { generator -> ModelsToStitch? in
            let (model, target) = (
              ScopeModel(from, using: &generator), ScopeModel(to, using: &generator)
            )
            let texts = (0..<12).map { _ in ScopeModel.text(10, using: &generator) }
            let input = ModelInput(tokens: texts)
            let (one, other) = (
              try model.made().residualStates(of: input),
              try target.made().residualStates(of: input)
            )
            let (width, wide) = (one.values.shape[2], other.values.shape[2])
            return ModelsToStitch(
              from: one, to: other, model: model,
              source: ScopePlace(
                tokens: ScopeModel.text(7, using: &generator),
                position: Int.random(in: 2...4, using: &generator), layer: 0),
              stitches: (0..<one.layerCount).map { _ in
                AffineMap(
                  weight: .randomNormal([wide, width], standardDeviation: 0.4, using: &generator),
                  bias: .randomNormal([wide], using: &generator))
              }, prompt: ScopeModel.text(6, using: &generator), target: target)
          },
          until: { try stitchKey($0).isDecided() && explainedKey($0).isDecided() })
        cases.append(Case(name, question))
      }
      return cases
    },
    parts: [
      Part(PatchscopesAsks.stitches) { question in
        let key = stitchKey(question)
        let (from, to) = (question.from, question.to)
        return Judgement { (maps: [AffineMap]) in
          let shape = [to.values.shape[2], from.values.shape[2]]
          guard maps.count == from.layerCount else {
            return .invalid(
              "there are \(maps.count) maps, not \(from.layerCount): one for every layer of the source"
            )
          }
          for (layer, map) in maps.enumerated() {
            if map.weight.shape == Array(shape.reversed()), shape[0] != shape[1] {
              return .invalid(
                "the maps lead the wrong way, or are transposed: from the source to the target")
            }
            if let problem = Verdict.problem(
              with: map.weight, shape: shape, named: "the weight of layer \(layer)")
              ?? Verdict.problem(
                with: map.bias, shape: [shape[0]], named: "the bias of layer \(layer)")
            {
              return problem
            }
          }
          return try key.judge.verdict(on: mapped(from, through: maps))
        }
      },
      Part(PatchscopesAsks.explained) { try explainedKey($0).judge },
    ])

  /// The layer at the same share of depth, in whole numbers.
  static func partner(of layer: Int, of count: Int, in other: Int) -> Int {
    // Halves go upwards: ⌊(2 a + b) / 2 b⌋.
    (2 * layer * (other - 1) + (count - 1)) / (2 * (count - 1))
  }

  /// What maps make of all states, `[layer · position, target width]`.
  private static func mapped(_ states: ResidualStates, through maps: [AffineMap]) -> Tensor {
    .concatenation(maps.enumerated().map { $1(states.values[at: $0]) }, axis: 0)
  }

  private static func stitchKey(_ question: ModelsToStitch) -> TensorKey {
    let (from, to) = (question.from, question.to)
    let layers = from.layerCount
    /// What least squares make of the states of all layers.
    func fitted(
      _ other: (Int) -> Int, rows: [Int]? = nil,
      bias: (_ x: Tensor, _ y: Tensor, _ matrix: Tensor) -> Tensor = {
        ($1 - $0.matmul($2)).mean(axis: 0)
      }, centring: Bool = true
    ) -> Tensor {
      mapped(
        from,
        through: (0..<layers).map { layer in
          let x = from.values[at: layer]
          var y = to.values[at: min(max(other(layer), 0), to.layerCount - 1)]
          if let rows { y = y.gathering(rows) }
          let matrix = (centring ? x - x.mean(axis: 0) : x).leastSquares(to: y)
          return AffineMap(weight: matrix.transposed(), bias: bias(x, y, matrix))
        })
    }
    func own(_ layer: Int) -> Int { partner(of: layer, of: layers, in: to.layerCount) }
    let zero = Tensor.zeros([to.values.shape[2]])
    return TensorKey(
      fitted(own), named: "what the maps make of the states", axes: ["row", "column"],
      tolerance: 5e-3
    ) {
      [
        Mistake(
          "layer l was paired with layer l; the other model is at another share of its depth there",
          fitted { $0 }),
        Mistake(
          "every layer was mapped to the last one; its partner is at the same share of depth",
          fitted { _ in to.layerCount - 1 }),
        Mistake(
          "layers are paired from the end; the first goes with the first",
          fitted { own(layers - 1 - $0) }),
        Mistake(
          "there is no constant: it makes up for the means of both",
          fitted(own, bias: { _, _, _ in zero }, centring: false)),
        Mistake(
          "the means were taken off, and the bias does not make up for them",
          fitted(own, bias: { _, _, _ in zero })),
        Mistake(
          "the bias is the mean of the target's rows; what the matrix makes of the source's mean is still "
            + "to be taken off", fitted(own, bias: { _, y, _ in y.mean(axis: 0) })),
        Mistake(
          "rows are paired one off: both models have read the same texts, position by position",
          fitted(own, rows: (0..<to.positionCount).map { min($0 + 1, to.positionCount - 1) })),
      ]
    }
  }

  private static func explainedKey(_ question: ModelsToStitch) throws -> TensorKey {
    let runner = ScopeRunner(
      source: try question.model.made(), target: try question.target.made())
    let (layers, others) = (runner.source.points.count, runner.target.points.count)
    let end = question.prompt.count - 1
    func own(_ layer: Int) -> Int { partner(of: layer, of: layers, in: others) }
    func explained(
      target: ((Int) -> Int)? = nil, source: (Int) -> Int = { $0 }, map: (Int) -> Int = { $0 },
      position: Int? = nil, into: Int? = nil, read: Int? = nil
    ) throws -> Tensor {
      .stack(
        try (0..<layers).map { layer in
          let scope = Scope(
            source: ScopeRun(
              ScopePlace(
                tokens: question.source.tokens, position: position ?? question.source.position,
                layer: source(layer))),
            map: question.stitches[map(layer)],
            target: ScopeRun(
              ScopePlace(
                tokens: question.prompt, position: into ?? end,
                layer: min(max((target ?? own)(layer), 0), others - 1))))
          return try runner.logits(of: scope)[at: read ?? end]
        })
    }
    let right = try explained()
    return TensorKey(right, named: "the logits", axes: ["layer", "token"]) {
      let plain = try runner.target.logits(of: question.prompt)[at: end]
      return [
        Mistake(
          "layer l went in at layer l of the other model; its partner is at the same share of depth",
          try explained(target: { $0 })),
        Mistake(
          "every state went in at the last layer, where nothing of the prompt is left",
          try explained(target: { _ in others - 1 })),
        Mistake("every state went in at layer 0", try explained(target: { _ in 0 })),
        Mistake(
          "one map was used for all layers; each has its own", try explained(map: { _ in 0 })),
        Mistake(
          "the maps are in the wrong order", try explained(map: { layers - 1 - $0 })),
        Mistake(
          "the states are those of the text's last token, not of the position asked for",
          try explained(position: question.source.tokens.count - 1)),
        Mistake(
          "the state went into the token before the prompt's last", try explained(into: end - 1)),
        Mistake(
          "the row before the patched one was read; the patched one is the last",
          try explained(read: end - 1)),
        Mistake(
          "nothing was patched: these are the plain prompt's logits",
          .stack(Array(repeating: plain, count: layers))),
        Mistake(
          "there is one layer too few: what the first block reads is a layer too",
          right.slice(1..<layers)),
      ]
    }
  }
}
