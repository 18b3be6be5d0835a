import Coursework
import IdiomsVocabulary
import Tensors
import Transformers

extension IdiomsSheet {
  /// 7.6: one head, zeros or its mean.
  static let ablateAHead = Exercise(
    "7.6", "Ablate a head", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      Two things are compared, with the head and without it: the mean loss of the tokens that are \
      predicted, and which token comes first.
      """,
      """
      An intervention at `.block(.blocks, layer, .attention(.own, .mixed))` gets `[batch, position, \
      head, headWidth]`. Overwrite the values of the one head at every position; the others stay.
      """,
      """
      The mean comes from runs of its own, before anything is changed: sum the head's mixed values over \
      all positions of all sentences, and divide by how many positions that are. A mean of means would \
      weigh short sentences more; the same holds for the loss.
      """,
      """
      Of a run with logits `[position, token]`: for position i < n − 1 the loss is \
      `-logits.logSoftmax()[i, tokens[i + 1]]`, the choice `logits.argmax()[i]`. Add both up over \
      sentences, with and without the intervention; divide once, at the end.
      """,
    ],
    interpretation: """
      Zero is a value that a head may never write, so a model can break because it is surprised, and not \
      because it misses what the head knew. The mean leaves what the head always adds. Where the two \
      differ much, the head serves as a bias. And the next word is another question than the loss: a \
      head can cost half a nat and change no word.
      """,
    cases: { generator in
      var cases: [Case<HeadQuestion, HeadQuestion>] = []
      let kinds: [(String, Replacement, Int)] = [
        ("zeros in the first layer", .zero, 0), ("the mean in the first layer", .mean, 0),
        ("zeros in the middle", .zero, 1), ("the mean in the middle", .mean, 1),
      ]
      for (name, kind, layer) in kinds {
        while true {
          let question = HeadQuestion(
            model: IdiomsModel(using: &generator),
            heads: [
              HeadPlace(
                layer: layer, head: Int.random(in: 0..<IdiomsModel.heads, using: &generator))
            ],
            kind: kind, sentences: randomSentences(using: &generator))
          let judged = try AblatedHead(question)
          // Some words change, and none hangs on a rounding.
          guard judged.isClear else { continue }
          cases.append(Case(name, question))
          break
        }
      }
      let reader = HeadQuestion(
        model: .reader,
        heads: [HeadPlace(layer: 0, head: Int.random(in: 0..<4, using: &generator))],
        kind: .mean, sentences: idiomTexts(.formal, count: 3, using: &generator).map(\.tokens))
      return cases + [Case("the reader", reader)]
    },
    parts: [Part(IdiomsAsks.cost) { try AblatedHead($0).judge() }])
}

/// One head taken away, right and wrong.
private struct AblatedHead {
  private let key: HeadQuestion
  private let oracle: AblationOracle
  private let clean: [AblationOracle.Prediction]
  private let ablated: [AblationOracle.Prediction]
  private let mixed: [[[Double]]]
  private var head: HeadPlace { key.heads[0] }

  init(_ key: HeadQuestion) throws {
    self.key = key
    oracle = AblationOracle(model: try key.model.made(), sentences: key.sentences)
    clean = try oracle.predictions()
    mixed = try oracle.mixed(key.heads[0])
    ablated = try Self.ablated(oracle, key.heads[0], key.kind, mixed)
  }

  private static func ablated(
    _ oracle: AblationOracle, _ head: HeadPlace, _ kind: Replacement, _ mixed: [[[Double]]],
    shift: Int = 1
  ) throws -> [AblationOracle.Prediction] {
    let mean = AblationOracle.mean(mixed.flatMap { $0 })
    let row = kind == .zero ? mean.map { _ in 0 } : mean
    return try oracle.predictions(shift: shift) { _, place, _ in place == head ? row : nil }
  }

  var isClear: Bool {
    let changed = zip(clean, ablated).count { $0.choice != $1.choice }
    return changed > 0 && (clean + ablated).allSatisfy { $0.margin > 2e-3 }
      && abs(AblationOracle.loss(ablated) - AblationOracle.loss(clean)) > 0.02
  }

  private func numbers(
    _ ablated: [AblationOracle.Prediction], _ clean: [AblationOracle.Prediction]? = nil
  ) -> [Double] {
    let clean = clean ?? self.clean
    let changed = zip(clean, ablated).count { $0.choice != $1.choice }
    return [
      AblationOracle.loss(ablated) - AblationOracle.loss(clean),
      Double(changed) / Double(clean.count),
    ]
  }

  func judge() throws -> Judgement<AblationCost> {
    let right = numbers(ablated)
    let expected = Expected(
      right, shape: [2], tolerance: 5e-4, named: "the loss and the share of changed words",
      axes: ["number"], mistakes: mistakes(right))
    return Judgement {
      try expected.verdict(on: Tensor([Float($0.loss), Float($0.changed)], shape: [2]))
    }
  }

  private func mistakes(_ right: [Double]) -> () throws -> [Mistake<Tensor>] {
    {
      let (head, mixed) = (head, mixed)
      let means = mixed.map { AblationOracle.mean($0) }
      let all = AblationOracle.mean(mixed.flatMap { $0 })
      let ofMeans = AblationOracle.mean(means.map { $0.map(Double.init) })
      let width = Float(key.sentences.count)
      func own(_ row: @escaping @Sendable (Int) -> [Float]) throws -> [Double] {
        numbers(
          try oracle.predictions { index, place, _ in place == head ? row(index) : nil })
      }
      let other = try AblatedHead.ablated(oracle, head, key.kind == .zero ? .mean : .zero, mixed)
      let zeros = all.map { _ in Float(0) }
      let layer = try oracle.predictions { _, place, _ in place.layer == head.layer ? zeros : nil }
      let accuracy = AblationOracle.accuracy(ablated) - AblationOracle.accuracy(clean)
      return [
        Mistake("nothing was ablated", [0, 0]),
        Mistake("the loss has the wrong sign: it is how much it grows", [-right[0], right[1]]),
        Mistake(
          key.kind == .zero
            ? "the head was replaced by its mean; zeros are asked for"
            : "the head was replaced by zeros; its mean is asked for", numbers(other)
        ),
        Mistake("all heads of the layer were taken away; one is asked for", numbers(layer)),
        Mistake(
          "each sentence's own mean took the head's place; take it over all sentences",
          key.kind == .mean ? try own { means[$0] } : [.nan, .nan]
        ),
        Mistake(
          "sentences' means were averaged for the head; every token counts alike",
          key.kind == .mean ? try own { _ in ofMeans } : [.nan, .nan]
        ),
        Mistake(
          "the sum took the head's place, not the mean",
          key.kind == .mean ? try own { _ in all.map { $0 * width } } : [.nan, .nan]
        ),
        Mistake(
          "sentences' means were averaged for the loss; every predicted token counts alike",
          [
            AblationOracle.bySentence(ablated, \.loss) - AblationOracle.bySentence(clean, \.loss),
            right[1],
          ]
        ),
        Mistake(
          "means of sentences were averaged; every predicted token counts alike",
          [
            AblationOracle.bySentence(ablated, \.loss) - AblationOracle.bySentence(clean, \.loss),
            AblationOracle.bySentence(
              zip(clean, ablated).map { pair in
                AblationOracle.Prediction(
                  sentence: pair.0.sentence, position: pair.0.position,
                  loss: pair.0.choice == pair.1.choice ? 0 : 1, choice: 0, isRight: false, margin: 0
                )
              }, \.loss),
          ]
        ),
        Mistake(
          "position i was held against token i, which stands there already",
          numbers(
            try AblatedHead.ablated(oracle, head, key.kind, mixed, shift: 0),
            try oracle.predictions(shift: 0))
        ),
        Mistake(
          "the second number is how many more words are right; asked is how many are others",
          [right[0], accuracy]
        ),
        Mistake(
          "the second number is how many fewer words are right; asked is how many are others",
          [right[0], -accuracy]
        ),
        Mistake(
          "the second number is the share that stays; asked is the share that changes",
          [right[0], 1 - right[1]]),
        Mistake(
          "the loss is summed over tokens; take the mean",
          [right[0] * Double(clean.count), right[1]]
        ),
      ]
    }
  }
}
