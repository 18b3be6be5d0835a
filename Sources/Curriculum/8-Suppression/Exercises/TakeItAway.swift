import Coursework
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.5: what every prediction loses without a head.
  static let takeItAway = Exercise(
    "8.5", "Take it away", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      Two passes over the texts: the first finds the mean, the second puts it in the place of what the \
      head mixes and compares.
      """,
      """
      What a head mixes is `.block(.blocks, layer, .attention(.own, .mixed))`, `[batch, position, head, headWidth]`. \
      The mean is one row, over every position of every text: sum up, divide once.
      """,
      """
      An `Intervention` at that point sets `[0, position, head, column]` to the mean for every position and leaves \
      other heads alone. The loss of token i + 1 is −log p at position i; without the head minus with it.
      """,
      """
      `let losses = { (logits: Tensor) in let p = logits[at: 0].logSoftmax(); return (0..<(text.count - 1)).map { -p[$0, \
      text[$0 + 1]] } }`, once with `intervening: [ablation]` and once without.
      """,
    ],
    interpretation: """
      On the average the loss hardly moves, and that is the trap of averages: over single tokens it moves \
      both ways, and where it moves most the head is to be understood. The mean is taken away and not \
      zero, because a head that always adds the same would look important without telling anything \
      apart. Where the loss grows most without the head the model was about to repeat something that \
      stands in the text.
      """,
    cases: { generator in
      [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
        let head = model.head(layers: 0...1, using: &generator)
        let texts = (kind == .tours ? [10, 24, 17] : [4, 9, 6]).map {
          model.text($0, using: &generator)
        }
        let name =
          switch kind {
          case .narrow: "random tokens, two layers"
          case .wide: "random tokens, three layers"
          default: "tours"
          }
        return Case(name, HeadOnTexts(model: model, head: head, texts: texts))
      }
    },
    parts: [
      Part(SuppressionAsks.lossChanges) { key in
        let loop = try AblationLoop(key)
        let right = try loop.changes()
        return Expected(
          comparing: { Self.compare($0, to: right) },
          isSame: { Self.compare($0, to: $1).status == .passed }, mistakes: loop.mistakes)
      }
    ])

  private static func compare(_ answer: [[Float]], to wanted: [[Float]]) -> Verdict {
    guard answer.count == wanted.count else {
      return .invalid(
        "there are \(answer.count) lists, not \(wanted.count): one for every text")
    }
    for (found, right) in zip(answer, wanted) where found.count != right.count {
      return .invalid(
        "a text of \(right.count + 1) tokens has \(found.count) changes, not \(right.count): one for every "
          + "token that follows another")
    }
    return .compare(
      Tensor(answer.flatMap(\.self)), to: Tensor(wanted.flatMap(\.self)), tolerance: 1e-3,
      named: "the loss change", axes: ["prediction"])
  }
}

/// Loss changes, text by text, and what becomes of them by mistake.
private struct AblationLoop {
  private let key: HeadOnTexts
  private let model: Transformer
  private let runs: [PlainRun]
  /// What the head mixes, `[text][position][headWidth]`.
  private let mixed: [[[Double]]]

  init(_ key: HeadOnTexts) throws {
    self.key = key
    let made = try key.model.made()
    model = made
    runs = try key.texts.map { try PlainRun(made, $0) }
    mixed = try runs.map { try $0.rows(key.head, .mixed) }
  }

  private var mean: [Double] { Plain.mean(mixed.flatMap(\.self)) }

  func changes(
    _ ablation: ((Int) -> [Intervention])? = nil,
    loss: ([Double], _ target: Int) -> Double = { -Plain.logSoftmax($0)[$1] },
    of target: (_ text: [Int], _ position: Int) -> Int = { $0[$1 + 1] }
  ) throws -> [[Float]] {
    try runs.enumerated().map { index, run in
      let without = try PlainRun(
        model, run.tokens,
        intervening: ablation?(index) ?? [key.head.replaced(by: mean)]
      ).logits
      let with = run.logits
      return run.tokens.indices.dropLast().map { position in
        let target = target(run.tokens, position)
        return Float(loss(without[position], target) - loss(with[position], target))
      }
    }
  }

  /// The head's mean at each position by itself.
  private func byPosition(_ length: Int) -> [Intervention] {
    (0..<length).map { position in
      let rows = mixed.compactMap { $0.indices.contains(position) ? $0[position] : nil }
      return key.head.replaced(by: Plain.mean(rows), at: position..<(position + 1))
    }
  }

  func mistakes() throws -> [Mistake<[[Float]]>] {
    let right = try changes()
    let width = mean.count
    let (layer, heads) = (key.head.layer, runs[0].heads)
    let layerMeans = try (0..<heads).map { head in
      let place = HeadPlace(layer: layer, head: head)
      return place.replaced(by: Plain.mean(try runs.flatMap { try $0.rows(place, .mixed) }))
    }
    return [
      Mistake(
        "zeros stand in the head's place; here it is its mean, so that only what it tells apart is lost",
        try changes { _ in [key.head.replaced(by: Array(repeating: 0, count: width))] }),
      Mistake(
        "the mean is of the first text alone: there is one, over all positions of all texts",
        try changes { _ in [key.head.replaced(by: Plain.mean(mixed[0]))] }),
      Mistake(
        "the last position of each text is missing from the mean: it has no next token, but it is one",
        try changes { _ in
          [key.head.replaced(by: Plain.mean(mixed.flatMap { $0.dropLast() }))]
        }),
      Mistake(
        "the start token is missing from the mean, which is over all positions",
        try changes { _ in
          [key.head.replaced(by: Plain.mean(mixed.flatMap { $0.dropFirst() }))]
        }),
      Mistake(
        "each text has a mean of its own: there is one, over all texts",
        try changes { [key.head.replaced(by: Plain.mean(mixed[$0]))] }),
      Mistake(
        "the mean is one of texts' means, in which short texts weigh too much: it is over all positions",
        try changes { _ in [key.head.replaced(by: Plain.mean(mixed.map { Plain.mean($0) }))] }),
      Mistake(
        "each position has a mean of its own: there is one, over all positions",
        try changes { byPosition(runs[$0].tokens.count) }),
      Mistake(
        "the whole layer was taken away; other heads stay as they are",
        try changes { _ in layerMeans }),
      Mistake(
        "the head was taken away at the last position alone; it is taken away everywhere",
        try changes { index in
          let end = runs[index].tokens.count
          return [key.head.replaced(by: mean, at: (end - 1)..<end)]
        }),
      Mistake(
        "the sign is turned: above 0 is what is lost without the head",
        right.map { $0.map { -$0 } }),
      Mistake(
        "these are changes of the logit; the loss is −log p of the next token, with all logits in it",
        try changes(loss: { -$0[$1] })),
      Mistake(
        "this is the loss of the token that stands there; position i predicts token i + 1",
        try changes(of: { $0[$1] })),
    ]
  }
}
