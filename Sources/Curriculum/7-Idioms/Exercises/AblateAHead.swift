import Coursework
import IdiomsVocabulary
import SheetTools
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
          // Some words change, none hangs on a rounding, and every mistake shows.
          guard judged.isClear, try judged.key().isDecided() else { continue }
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
  private let question: HeadQuestion
  private let oracle: AblationOracle
  private let clean: [AblationOracle.Prediction]
  private let ablated: [AblationOracle.Prediction]
  private let mixed: [[[Double]]]
  private var head: HeadPlace { question.heads[0] }

  init(_ question: HeadQuestion) throws {
    self.question = question
    oracle = AblationOracle(model: try question.model.made(), sentences: question.sentences)
    clean = try oracle.predictions()
    mixed = try oracle.mixed(question.heads[0])
    ablated = try Self.ablated(oracle, question.heads[0], question.kind, mixed)
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

  func judge() -> Judgement<AblationCost> {
    let judge = key().judge
    return Judgement {
      try judge.verdict(on: Tensor([Float($0.loss), Float($0.changed)], shape: [2]))
    }
  }

  func key() -> TensorKey {
    let right = numbers(ablated)
    return TensorKey(
      right, shape: [2], named: "the loss and the share of changed words", axes: ["number"],
      tolerance: 5e-4
    ) {
      let (head, mixed) = (head, mixed)
      let other = try Self.ablated(
        oracle, head, question.kind == .zero ? .mean : .zero, mixed)
      let zeros = mixed[0][0].map { _ in Float(0) }
      let layer = try oracle.predictions { _, place, _ in place.layer == head.layer ? zeros : nil }
      let accuracy = AblationOracle.accuracy(ablated) - AblationOracle.accuracy(clean)
      var found: [Mistake<Tensor>] = [
        Mistake("nothing was ablated", [0, 0]),
        Mistake("the loss has the wrong sign: it is how much it grows", [-right[0], right[1]]),
        Mistake(
          question.kind == .zero
            ? "the head was replaced by its mean; zeros are asked for"
            : "the head was replaced by zeros; its mean is asked for", numbers(other)
        ),
        Mistake("all heads of the layer were taken away; one is asked for", numbers(layer)),
      ]
      if question.kind == .mean { found += try mistakenMeans() }
      found += [
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
            try Self.ablated(oracle, head, question.kind, mixed, shift: 0),
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
      return found
    }
  }

  /// Rows that take the head's place instead of its mean.
  private func mistakenMeans() throws -> [Mistake<Tensor>] {
    let (head, means) = (head, mixed.map { AblationOracle.mean($0) })
    let ofMeans = AblationOracle.mean(means.map { $0.map(Double.init) })
    let rows = mixed.flatMap { $0 }
    let sum = AblationOracle.mean(rows).map { $0 * Float(rows.count) }
    func own(_ row: @escaping @Sendable (Int) -> [Float]) throws -> [Double] {
      numbers(try oracle.predictions { index, place, _ in place == head ? row(index) : nil })
    }
    return [
      Mistake(
        "each sentence's own mean took the head's place; take it over all sentences",
        try own { means[$0] }
      ),
      Mistake(
        "sentences' means were averaged for the head; every token counts alike",
        try own { _ in ofMeans }
      ),
      Mistake("the sum took the head's place, not the mean", try own { _ in sum }),
    ]
  }
}
