import Coursework
import Foundation
import IdiomsVocabulary
import Laboratory
import SheetTools
import Tensors
import Transformers

extension IdiomsSheet {
  /// 7.9: another last word, and another reading's states.
  static let exchangeTheLastWord = Exercise(
    "7.9", "Exchange the last word, exchange the states", points: 4, difficulty: 4, importance: 4,
    minutes: 35,
    hints: [
      """
      First the words: two runs. Before the last word both sentences are the same, so the logits there \
      are the same too, and the difference of two of them is one number.
      """,
      """
      Loss: each sentence's own mean over its predicted tokens. Logits: at the position before the \
      last word's first token. Cosine: `run.output[at: 0]`, at each sentence's own last span token.
      """,
      """
      Then the states: 5.8 at every layer. Capture `residualPoints` of the other sentence; overwrite one \
      row of the run of this one, at its span's last token, with the row at the other span's last token \
      – the two places differ when the spans are of other lengths.
      """,
      """
      KL(own ‖ exchanged) at the span's last token: with `p = own.softmax()`, sum over tokens of `p * \
      (own.logSoftmax() - exchanged.logSoftmax())`. One number for each of `residualPoints`.
      """,
    ],
    interpretation: """
      At the last layer the exchanged state *is* the prediction; at layer 0 it is another word in the \
      same place, and all blocks go on to read the sentence around it. Where the curve rises between \
      the two, the reading arrives at this position. Two traps: where both sentences are the same up to \
      the exchanged word, the curve is flat by construction, for every layer gives just the other run; \
      and what follows most idioms is a full stop, whatever they mean. As for the cosine: without a \
      random word beside it, it says nothing.
      """,
    cases: { generator in
      /// Three sentences: two with the same beginning, and a reading that is longer before its span's
      /// end.
      func sentences(
        pieces: Int, otherPieces: Int, using generator: inout SeededGenerator
      ) -> [IdiomSentence] {
        func text(_ count: Int) -> [Int] {
          (0..<count).map { _ in Int.random(in: 0..<IdiomsModel.vocabulary, using: &generator) }
        }
        let (before, behind) = (text(5), text(3))
        func sentence(_ word: [Int], _ before: [Int], behind: [Int]) -> IdiomSentence {
          let end = before.count + word.count
          return IdiomSentence(
            tokens: before + word + behind, span: Array(3..<end),
            lastWord: Array(before.count..<end))
        }
        let word = text(pieces)
        var other = text(otherPieces)
        while other[0] == word[0] { other = text(otherPieces) }
        return [
          sentence(word, before, behind: behind), sentence(other, before, behind: behind),
          sentence(text(1), text(7), behind: text(2)),
        ]
      }
      func isDecided(_ question: SentencesOfModel, allowsSame: Bool = false) throws -> Bool {
        try exchangedWordKey(question).isDecided(allowsSame: allowsSame)
          && exchangedStatesKey(question).isDecided(allowsSame: allowsSame)
      }
      var cases = try [("a word for a word", 1, 1), ("pieces for a word", 2, 1)].map { name, a, b in
        let question = try drawn(
          using: &generator,
          { generator in
            SentencesOfModel(
              model: IdiomsModel(using: &generator),
              sentences: sentences(pieces: a, otherPieces: b, using: &generator))
          }, until: { try isDecided($0) })
        return Case(name, question)
      }
      let alike = phrases.filter { $0.literal.dropLast() == ($0.lead + $0.words).dropLast() }
      let question = try drawn(
        using: &generator,
        { generator in
          let idiom = alike.randomElement(using: &generator)!
          // Another sentence, where something else than a full stop follows.
          var other = idiomText(phrases.randomElement(using: &generator)!, .formal, name: "Paul")
          other.span = [2, 3]
          other.lastWord = [3]
          return SentencesOfModel(
            model: .reader,
            sentences: [
              idiomText(idiom, .formal, name: "Anna"), idiomText(idiom, .literal, name: "Anna"),
              other,
            ])
        }, until: { try isDecided($0, allowsSame: true) })
      cases.append(Case("an idiom of the reader", question))
      return cases
    },
    parts: [
      Part(IdiomsAsks.exchangedWord) { question in
        let judge = try exchangedWordKey(question).judge
        return Judgement { (found: WordExchange) in
          try judge.verdict(
            on: Tensor([found.loss, found.logitDifference, found.cosine].map { Float($0) }))
        }
      },
      Part(IdiomsAsks.exchangedStates) { question in
        let judge = try exchangedStatesKey(question).judge
        return Judgement { (found: [Double]) in
          try judge.verdict(on: Tensor(found.map { Float($0) }))
        }
      },
    ])

  private static func exchangedWordKey(_ key: SentencesOfModel) throws -> TensorKey {
    let model = try key.model.made()
    let (a, b) = (key.sentences[0], key.sentences[1])
    func losses(_ sentence: IdiomSentence, shift: Int = 1) throws -> [Double] {
      try AblationOracle(model: model, sentences: [sentence.tokens]).predictions(shift: shift)
        .map(\.loss)
    }
    let mean = DoubleCorrelation.mean
    let place = a.lastWord[0]
    let runs = try [a, b].map {
      try model.run(
        ModelInput($0.tokens), capturing: .points([model.configuration.residualPoints.last!]))
    }
    func cosine(_ states: [Tensor], _ positions: [Int]) -> Double {
      let rows = zip(states, positions).map { $0[at: $1].values.map(Double.init) }
      return DoubleCorrelation.cosine(rows[0], rows[1])
    }
    let outputs = runs.map { $0.output[at: 0] }
    let ends = [a, b].map { $0.span[$0.span.count - 1] }
    let row = runs[0].logits[at: 0].doubleRows
    func logits(_ position: Int) -> Double {
      row[position][a.tokens[place]] - row[position][b.tokens[place]]
    }
    let right = [
      mean(try losses(b)) - mean(try losses(a)), logits(place - 1), cosine(outputs, ends),
    ]
    return TensorKey(
      right, shape: [3], named: "loss, logit difference and cosine", axes: ["number"],
      tolerance: 5e-4
    ) {
      func with(_ place: Int, _ value: Double) -> [Double] {
        var numbers = right
        numbers[place] = value
        return numbers
      }
      let sums = try [losses(a), losses(b)].map { $0.reduce(0, +) }
      let residuals = try runs.map { try $0.trace[model.configuration.residualPoints.last!][at: 0] }
      return [
        Mistake(
          "the loss has the wrong sign: the other sentence's less the original's",
          with(0, -right[0])),
        Mistake("losses were summed; take each sentence's mean", with(0, sums[1] - sums[0])),
        Mistake(
          "position i was held against token i in the loss; it predicts token i + 1",
          with(0, mean(try losses(b, shift: 0)) - mean(try losses(a, shift: 0)))
        ),
        Mistake(
          "the logits were read at the last word itself; it is predicted one position before",
          with(1, logits(place))
        ),
        Mistake(
          "the logit difference has the wrong sign: the original's less the other's",
          with(1, -right[1])
        ),
        Mistake(
          "the logits were read at the end of the sentence; the last word is predicted before it",
          with(1, logits(a.tokens.count - 1))
        ),
        Mistake(
          "the cosine is of the states before the last words, which are the same in both",
          with(2, cosine(outputs, [place - 1, place - 1]))
        ),
        Mistake(
          "the cosine is at the end of both sentences; take the ends of both spans",
          with(2, cosine(outputs, [a.tokens.count - 1, b.tokens.count - 1]))
        ),
        Mistake(
          "the cosine is of the stream before the final norm; the model's output has gone through it",
          with(2, cosine(residuals, ends))
        ),
        Mistake(
          "the cosine is of logits; take the model's output",
          with(2, cosine(runs.map { $0.logits[at: 0] }, ends))
        ),
        Mistake("this is the cosine's distance, 1 − cosine", with(2, 1 - right[2])),
      ]
    }
  }

  private static func exchangedStatesKey(_ key: SentencesOfModel) throws -> TensorKey {
    let model = try key.model.made()
    let (own, other) = (key.sentences[0], key.sentences[2])
    let points = model.configuration.residualPoints
    let donor = try model.run(ModelInput(other.tokens), capturing: .points(Set(points))).trace
    let (here, there) = (own.span[own.span.count - 1], other.span[other.span.count - 1])
    func divergence(_ p: [Double], _ q: [Double]) -> Double {
      zip(DoubleSoftmax.logarithms(p), DoubleSoftmax.logarithms(q))
        .reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    let clean = try model(ModelInput(own.tokens))[at: 0].doubleRows
    func curve(
      from: Int, to: Int, read: Int, reversed: Bool = false, shift: Int = 0, adds: Bool = false
    ) throws -> [Double] {
      try points.indices.map { layer in
        let state = try donor[points[min(layer + shift, points.count - 1)]]
        let change = Intervention(at: points[layer]) { residual in
          var changed = residual
          for column in 0..<residual.shape[2] {
            changed[0, to, column] = state[0, from, column] + (adds ? residual[0, to, column] : 0)
          }
          return changed
        }
        let found = try model.run(ModelInput(own.tokens), intervening: [change]).logits[at: 0]
          .doubleRows
        return reversed
          ? divergence(found[read], clean[read]) : divergence(clean[read], found[read])
      }
    }
    let right = try curve(from: there, to: here, read: here)
    let end = own.tokens.count - 1
    return TensorKey(
      right, shape: [right.count], named: "the divergence", axes: ["layer"], tolerance: 1e-3
    ) {
      [
        Mistake(
          "the divergence is the other way round: KL(own ‖ exchanged) weighs by the plain run's p",
          try curve(from: there, to: here, read: here, reversed: true)
        ),
        Mistake(
          "the other reading's state was taken at this span's position; its own span ends elsewhere",
          try curve(from: min(here, other.tokens.count - 1), to: here, read: here)
        ),
        Mistake(
          "the divergence was read at the end of the sentence; what follows the span is asked for",
          try curve(from: there, to: here, read: end)
        ),
        Mistake(
          "the state went in before the span's last token",
          try curve(from: there, to: here - 1, read: here)
        ),
        Mistake(
          "the state was added to what stood there; overwrite it",
          try curve(from: there, to: here, read: here, adds: true)
        ),
        Mistake(
          "layers are off by one: after l blocks is before block number l",
          try curve(from: there, to: here, read: here, shift: 1)
        ),
        Mistake(
          "there is one layer too few: layer 0 is what the first block reads",
          Array(right.dropFirst())
        ),
        Mistake(
          "there is one layer too few: what leaves the last block is a layer too",
          Array(right.dropLast())
        ),
        Mistake("these are bits; nats are asked for", right.map { $0 / log(2) }),
      ]
    }
  }
}
