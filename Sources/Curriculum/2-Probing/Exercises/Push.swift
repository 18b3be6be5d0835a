import Coursework
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// What is held against the answer.
  struct PushKey {
    var negative: Tensor
    var positive: Tensor
    var flips: [Bool]
    var mistakes: [Mistake<[Bool]>]
  }

  /// 2.8: a direction by difference of means, and whether the model follows it.
  static let push = Exercise(
    "2.8", "Push", points: 4, difficulty: 4, importance: 5, minutes: 40,
    hints: [
      """
      A probe reads; it does not touch. To see whether the *model* reads what you read, change the \
      vector and look at what is written. Which two runs do you have to compare?
      """,
      """
      The direction is the mean of the positive vectors less that of the negative: \
      `positive.mean(axis: 0) - negative.mean(axis: 0)`. Keep its length: added once, it carries the \
      middle of one class to the middle of the other.
      """,
      """
      For each sentence run the model twice, with `ModelInput(tokens, decoderTokens: \
      [model.configuration.startToken])`: once as it is, once with an intervention at \
      `.residualPost(.encoder, layer)`. A flip: the larger of the two logits in the decoder's first \
      row is another than before.
      """,
      """
      `Intervention(at: .residualPost(.encoder, layer)) { residual in … }` gets `[1, position, width]`: \
      copy it, and add `vector[column]` to `copy[0, position, column]` for every position that is named. \
      `model.run(input, intervening: [it]).logits` is `[1, 1, token]`. Compare \
      `logits[0, 0, choices[0]] > logits[0, 0, choices[1]]` of both runs, and return whether the two \
      differ.
      """,
    ],
    interpretation: """
      What can be read off a vector need not be used there. At “the” a probe finds the gender once \
      the encoder has read the noun; yet pushing “the” alone by the distance of the means leaves the \
      articles as they were, while the same push at the noun flips them early on. At three times the \
      distance “the” works as well, where a random vector still does nothing: the decoder has learned \
      where to look first, and that is not where the probe looked. The random direction of the same \
      length is the control without which a flip would say nothing.
      """,
    cases: { generator in
      let blocks = try SheetTranslator.translator().model.configuration.encoder!.layerCount
      return try [
        ("after the first block", 0), ("after the second block", 1),
        ("after the last block", blocks - 1),
      ].map { name, layer in try pushCase(name, layer: layer, using: &generator) }
    },
    parts: [
      Part(ProbingAsks.direction, judge: directionBetweenMeans),
      Part(ProbingAsks.flips, judge: flipJudge),
    ])

  /// Sentences of both genders, pushed at the article, the noun or both, along the gender and a bit
  /// off it, so that every way to go wrong shows.
  private static func pushCase(
    _ name: String, layer: Int, using generator: inout SeededGenerator
  ) throws -> Case<SentencesToPush, PushKey> {
    let model = try SheetTranslator.translator().model
    let pool = try PushPool(ofEach: 8, using: &generator)
    let positive = try pool.vectors(
      of: pool.members(feminine: true), afterBlock: layer
    ) { $0.noun }
    let negative = try pool.vectors(
      of: Array(pool.members(feminine: false).prefix(6)), afterBlock: layer
    ) { $0.noun }
    let gender = positive.mean(axis: 0) - negative.mean(axis: 0)
    let length = (gender * gender).sum().scalar.squareRoot()
    var best: (question: SentencesToPush, key: PushKey, distinct: Int)?
    for _ in 0..<2 {
      let noise = Tensor.randomNormal(gender.shape, using: &generator)
      let size = (noise * noise).sum().scalar.squareRoot()
      let off = Float.random(in: 0.8...2, using: &generator)
      let vector =
        gender * Float.random(in: 0.7...1.4, using: &generator) + noise * (off * length / size)
      let sentences = pool.members.shuffled(using: &generator).enumerated().map { index, member in
        PushedSentence(
          tokens: member.words.tokens,
          positions: [[member.noun], [member.article, member.noun], [member.article]][index % 3],
          choices: Bool.random(using: &generator) ? pool.choices : pool.choices.reversed())
      }
      let outcome = try PushOutcome(sentences, adding: vector, layer: layer, in: model)
      let distinct = Set(outcome.mistakes.map(\.answer) + [outcome.flips]).count
      guard distinct > best?.distinct ?? 0 else { continue }
      best = (
        SentencesToPush(
          negative: negative, positive: positive, sentences: outcome.sentences, vector: vector,
          layer: layer),
        PushKey(
          negative: negative, positive: positive, flips: outcome.flips,
          mistakes: outcome.mistakes), distinct
      )
      if distinct == outcome.mistakes.count + 1 { break }
    }
    return Case(name, question: best!.question, key: best!.key)
  }

  private static func directionBetweenMeans(_ key: PushKey) -> Expected<Tensor> {
    let (negative, positive) = (key.negative.doubleRows, key.positive.doubleRows)
    func sum(_ rows: [[Double]]) -> [Double] {
      rows.dropFirst().reduce(rows[0]) { zip($0, $1).map(+) }
    }
    func mean(_ rows: [[Double]]) -> [Double] { sum(rows).map { $0 / Double(rows.count) } }
    func difference(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(-) }
    let right = difference(mean(positive), mean(negative))
    return Expected(
      right, shape: [right.count], tolerance: 1e-3, named: "the direction", axes: ["width"],
      revealing: false
    ) {
      let length = right.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return [
        Mistake(
          "the direction leads the wrong way: from negative to positive is asked for",
          right.map { -$0 }),
        Mistake(
          "sums are subtracted; the classes have different sizes, so take means",
          difference(sum(positive), sum(negative))),
        Mistake(
          "the direction has length 1; keep its own, the distance between the means",
          right.map { $0 / length }),
        Mistake(
          "that is the mean of the positive class alone; take the negative's off", mean(positive)),
        Mistake(
          "the mean of all words is taken off instead of that of the negative class",
          difference(mean(positive), mean(positive + negative))),
        Mistake(
          "that is the difference of two single words; take the means of the classes",
          difference(positive[0], negative[0])),
      ]
    }
  }

  private static func flipJudge(_ key: PushKey) -> Judgement<[Bool]> {
    Judgement { answer in
      if answer.count == key.flips.count, answer != key.flips {
        // With so few sentences two mistakes may look alike.
        var causes = key.mistakes.filter { $0.answer == answer }.map(\.sentence)
        if !answer.contains(true) {
          causes.insert(
            "no sentence flips, and some do: is the push part of the second run, and added to what the "
              + "block wrote", at: 0)
        }
        if !causes.isEmpty { return .failed(causes.joined(separator: "; or ")) }
      }
      return .match(
        answer, to: key.flips, named: "the list of flips", of: "sentence", revealing: false)
    }
  }
}

/// What a push does to some sentences, and what it would seem to do to who makes a mistake.
struct PushOutcome {
  /// Those of the sentences that are far from undecided.
  let sentences: [PushedSentence]
  let flips: [Bool]
  let mistakes: [Mistake<[Bool]>]

  init(
    _ all: [PushedSentence], adding vector: Tensor, layer: Int, in model: Transformer
  ) throws {
    let batch = PushedBatch(all, in: model)
    let point = HookPoint.residualPost(.encoder, layer)
    let plus: @Sendable (Tensor, Tensor) -> Tensor = { $0 + $1 * vector }
    let clean = try batch.logits()
    let moved = try batch.logits(at: point, plus)
    func margin(_ logits: [[Float]], _ row: Int) -> Float {
      logits[row][all[row].choices[0]] - logits[row][all[row].choices[1]]
    }
    let decided = all.indices.filter {
      abs(margin(clean, $0)) > 0.05 && abs(margin(moved, $0)) > 0.05
    }
    func flips(_ logits: [[Float]]) -> [Bool] {
      decided.map { (margin(logits, $0) > 0) != (margin(clean, $0) > 0) }
    }
    func top(_ logits: [Float]) -> Int { logits.indices.max { logits[$0] < logits[$1] }! }
    let right = flips(moved)
    let earlier =
      layer == 0 ? HookPoint.residualPre(.encoder, 0) : .residualPost(.encoder, layer - 1)
    func pushed(
      at point: HookPoint, positions: (PushedSentence) -> [Int] = { $0.positions },
      _ change: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) throws -> [Bool] {
      flips(try batch.logits(at: point, positions: positions, change))
    }
    var mistakes: [Mistake<[Bool]>] = []
    func add(_ flips: [Bool], _ sentence: String) {
      mistakes.append(Mistake(sentence, flips))
    }
    add(right.map(!), "it is the other way round: true where the preference *changes*")
    add(
      decided.map { margin(moved, $0) < 0 },
      "these are the preferences after the push; a flip is a change, so compare with the run "
        + "without it")
    add(
      decided.map { margin(moved, $0) > 0 },
      "this says what the decoder prefers after the push; whether that is a change is asked for")
    add(
      try pushed(at: point) { $0 - $1 * vector },
      "the vector is taken off; it is to be added, with the sign it has")
    add(
      try pushed(at: point, positions: { Array($0.tokens.indices) }, plus),
      "the vector is added at every position; `positions` says where")
    add(
      try pushed(at: point, positions: { [$0.positions[0]] }, plus),
      "the vector is added at the first of the positions alone")
    add(
      try pushed(at: point) { $0 - $0 * $1 + $1 * vector },
      "the vector takes the place of the activation; it is to be added to it")
    add(
      try pushed(at: earlier, plus),
      "the push comes a block too early: `residualPost` of that block is the place")
    add(
      decided.map { top(clean[$0]) != top(moved[$0]) },
      "the best of all tokens is compared; only the two of `choices` count")
    if layer + 1 < model.configuration.encoder!.layerCount {
      add(
        try pushed(at: .residualPost(.encoder, layer + 1), plus),
        "the push comes a block too late: blocks count from 0")
    }
    sentences = decided.map { all[$0] }
    self.flips = right
    self.mistakes = mistakes
  }
}
