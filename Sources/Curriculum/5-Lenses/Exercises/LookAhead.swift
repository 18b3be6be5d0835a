import Coursework
import Interpretability
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// 5.10: from a state to the last state some tokens later.
  static let futureLens = Exercise(
    "5.10", "Future lens", points: 4, difficulty: 3, importance: 3, minutes: 25,
    hints: [
      """
      Which pairs (from, to) do you fit? With n = 1 the state at position t belongs to the last \
      layer's state at t + 1, in the same text.
      """,
      """
      A text of T tokens gives T − n pairs: positions 0 to T − n − 1 on the left, n to T − 1 on the \
      right. Cut before you join the texts, or the end of one is paired with the beginning of the next.
      """,
      """
      The right side is always the *last* layer, the left side each layer in turn, the last one too. \
      `now.leastSquares(to: later)` gives a matrix `[input, output]` with no constant in it; `AffineMap` \
      wants it transposed, and a bias.
      """,
      """
      `let later = Tensor.concatenation(texts.map { $0.values[at: last].slice(n..<$0.positionCount) }, \
      axis: 0)`, and for each layer `now` with `slice(0..<($0.positionCount - n))`. Then `let matrix = \
      (now - now.mean(axis: 0)).leastSquares(to: later)`, and the bias is what is left on average: \
      `(later - now.matmul(matrix)).mean(axis: 0)`.
      """,
    ],
    interpretation: """
      The next token is what the state is for; the one after is a test of planning, or of phrases. A \
      linear map finds what can be foreseen from this token alone, and texts are full of that: after \
      “New” comes “York” whatever the model thinks. So the fair comparison is a map from the *embedding* \
      at t, layer 0 of your own answer. Only what later layers add to it can be the model's doing.
      """,
    cases: { generator in
      try [
        ("the token after the next", LensModel.Kind.layerNorm, 1),
        ("two further", .rootMeanSquare, 2),
      ].map { name, kind, distance in
        let spec = LensModel(kind, using: &generator)
        let model = try spec.made()
        let texts = try (0..<24).map { index in
          try model.residualStates(
            of: ModelInput(LensModel.text(8 + index % 5, using: &generator)))
        }
        let question = StatesToLookAhead(model: spec, texts: texts, distance: distance)
        return Case(name, question)
      }
    },
    parts: [Part(LensAsks.futureLens, judge: AheadJudge.init)])
}

/// Holds maps against the least error there is on the pairs, right and wrong.
private struct AheadJudge: Judge {
  private let key: StatesToLookAhead
  private let last: Int

  init(_ key: StatesToLookAhead) {
    self.key = key
    last = key.texts[0].layerCount - 1
  }

  private typealias Pairs = (now: Tensor, later: Tensor)

  /// Pairs of rows, found text by text: from a layer at t to a layer at t + n.
  private func pairs(from layer: Int, to other: Int, distance: Int) -> Pairs {
    let (back, ahead) = (max(-distance, 0), max(distance, 0))
    return (
      .concatenation(
        key.texts.map { $0.values[at: layer].slice(back..<($0.positionCount - ahead)) }, axis: 0),
      .concatenation(
        key.texts.map { $0.values[at: other].slice(ahead..<($0.positionCount - back)) }, axis: 0)
    )
  }

  /// All texts joined before they are shifted.
  private func joined(from layer: Int, to other: Int) -> Pairs {
    let now = Tensor.concatenation(key.texts.map { $0.values[at: layer] }, axis: 0)
    let later = Tensor.concatenation(key.texts.map { $0.values[at: other] }, axis: 0)
    return (
      now.slice(0..<(now.shape[0] - key.distance)), later.slice(key.distance..<later.shape[0])
    )
  }

  private func error(_ map: AffineMap, _ pairs: Pairs) -> Double {
    let rest = map(pairs.now) - pairs.later
    return rest.values.reduce(0.0) { $0 + Double($1) * Double($1) }
  }

  /// Whether each map comes within some per cent of the least error on the pairs of its layer.
  private func isBest(
    _ maps: [AffineMap], slack: Double = 1.01, _ pairs: (Int) -> Pairs
  ) -> Bool {
    maps.indices.allSatisfy { layer in
      let pairs = pairs(layer)
      let least = error(.leastSquares(from: pairs.now, to: pairs.later, ridge: 0), pairs)
      return error(maps[layer], pairs) <= slack * least + 1e-3
    }
  }

  func verdict(on maps: [AffineMap]) -> Verdict {
    guard maps.count == last + 1 else {
      return .invalid(
        "there are \(maps.count) maps, not \(last + 1): one for every layer, the last one too")
    }
    let width = LensModel.width
    for (layer, map) in maps.enumerated() {
      if let problem = Verdict.problem(
        with: map.weight, shape: [width, width], named: "the weight of layer \(layer)")
        ?? Verdict.problem(with: map.bias, shape: [width], named: "the bias of layer \(layer)")
      {
        return problem
      }
    }
    let (n, last) = (key.distance, last)
    if isBest(maps, { pairs(from: $0, to: last, distance: n) }) { return .passed() }
    let mistakes: [(String, (Int) -> Pairs)] = [
      (
        "the end of one text is paired with the beginning of the next; cut each text before joining",
        { joined(from: $0, to: last) }
      ),
      (
        "the pairs are one token too near: n = 1 leads to the next position's state",
        { pairs(from: $0, to: last, distance: n - 1) }
      ),
      (
        "the pairs are one token too far: the state at t + n is the one that predicts token t + n + 1",
        { pairs(from: $0, to: last, distance: n + 1) }
      ),
      (
        "the maps look back: they lead from a position to an earlier one",
        { pairs(from: $0, to: last, distance: -n) }
      ),
      (
        "the maps lead to the same layer later; the last layer is what can be unembedded",
        { pairs(from: $0, to: $0, distance: n) }
      ),
      (
        "all maps start from the last layer; each layer has its own",
        { _ in pairs(from: last, to: last, distance: n) }
      ),
    ]
    for (sentence, pairs) in mistakes where isBest(maps, slack: 1.002, pairs) {
      return .failed(sentence)
    }
    let layer = maps.indices.first { layer in
      !isBest([maps[layer]]) { _ in pairs(from: layer, to: last, distance: n) }
    }
    return .failed("the map of layer \(layer ?? 0) leaves a larger error than it must")
  }
}
