import Coursework
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.1: the residual stream at every layer, one vector a word.
  static let extractAndPool = Exercise(
    "2.1", "Extract and pool", points: 3, difficulty: 2, importance: 5, minutes: 20,
    hints: [
      """
      Which activation carries everything a later layer can know of a position? You met its name on \
      Sheet 1: `hook_resid_pre` before a block, `hook_resid_post` after it.
      """,
      """
      There is one layer more than there are blocks: capture `.residualPre(.encoder, 0)` and \
      `.residualPost(.encoder, n)` for every block n. The decoder needs something to read; its start \
      token will do.
      """,
      """
      `sentence.words[w]` is the range of places of word w's tokens. With `.last` its vector is the \
      row at `upperBound - 1`; with `.mean` it is the mean of all rows of the range. Tokens of no \
      word, such as the instruction and the end, are left out.
      """,
      """
      `let run = try model.run(ModelInput(sentence.tokens, decoderTokens: [model.configuration.startToken]), \
      capturing: .points(Set(points)))`, then for each point `let rows = try run.trace[point][at: 0]`; \
      `rows.gathering([range.upperBound - 1])` or `rows.slice(axis: 0, range).mean(axis: 0)` for each \
      word, and `Tensor.stack` for words and for layers.
      """,
    ],
    interpretation: """
      This is all that a probe ever sees: a matrix with a row for each word. What is in it was decided \
      by two choices, the layer and the pooling. In a causal model only a word's last token has read \
      all of it; in an encoder each has, and the two poolings differ less.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      var cases: [Case<PooledSentence, PooledSentence>] = []
      func add(_ name: String, _ sentence: WordTokens, _ pooling: WordPooling) {
        cases.append(Case(name, PooledSentence(sentence: sentence, pooling: pooling)))
      }
      let pairs = translator.pairs(count: 2, using: &generator)
      let plain = try WordTokens(pairs[0].annotated, tokenizer: translator.tokenizer)
      add("a sentence of the corpus, last pieces", plain, .last)
      // Words of several pieces: names that the tokenizer cuts, and made-up words.
      let cut = ["Margaret", "Christopher", "Switzerland", "extraordinary"].shuffled(
        using: &generator)
      let letters = String("bcdfgklmprstvz".shuffled(using: &generator).prefix(5))
      for pooling in WordPooling.allCases {
        let text = "Translate to French: \(cut[0]) saw \(letters) and \(cut[1])."
        let words = [cut[0], "saw", letters, "and", cut[1], "."]
        add(
          "words of several pieces, \(pooling.rawValue)",
          try WordTokens(spelled(text, words), tokenizer: translator.tokenizer), pooling)
      }
      let other = try WordTokens(pairs[1].annotated, tokenizer: translator.tokenizer)
      // The order of words is the question's, not the sentence's.
      add(
        "words in another order, means",
        WordTokens(tokens: other.tokens, words: other.words.shuffled(using: &generator)), .mean)
      return cases
    },
    parts: [Part(ProbingAsks.wordVectors, judge: vectors)])

  private static func vectors(of question: PooledSentence) throws -> Expected<Tensor> {
    try EncoderVectors(question).expected
  }

  /// A text with the instruction in front, and its words, each found behind the one before.
  static func spelled(_ text: String, _ words: [String]) -> AnnotatedSentence {
    let bytes = Array(text.utf8)
    var place = "Translate to French:".utf8.count
    return AnnotatedSentence(
      id: text, text: text,
      words: words.map { word in
        while !bytes[place...].starts(with: word.utf8) { place += 1 }
        defer { place += word.utf8.count }
        return AnnotatedWord(
          word, lemma: word, labels: [:], head: nil, place: place..<(place + word.utf8.count),
          isPunctuation: false)
      })
  }
}

/// What the encoder holds of a sentence, pooled in plain loops.
private struct EncoderVectors {
  /// `[position, width]`: before the first block, then after each.
  private let residuals: [Tensor]
  /// The encoder's output after its last norm, `[position, width]`.
  private let normed: Tensor
  private let words: [Range<Int>]
  private let pooling: WordPooling

  init(_ question: PooledSentence) throws {
    let model = try SheetTranslator.translator().model
    let points =
      [HookPoint.residualPre(.encoder, 0)]
      + (0..<model.configuration.encoder!.layerCount).map { .residualPost(.encoder, $0) }
    let run = try model.run(
      ModelInput(
        question.sentence.tokens, decoderTokens: [model.configuration.startToken]),
      capturing: .points(Set(points + [.finalNorm(.encoder, .normalized)])))
    residuals = try points.map { try run.trace[$0][at: 0] }
    normed = try run.trace[.finalNorm(.encoder, .normalized)][at: 0]
    words = question.sentence.words
    pooling = question.pooling
  }

  /// `[layer, word, width]` with a choice of tokens.
  private func vectors(
    _ residuals: [Tensor], _ tokens: (Range<Int>) -> [Int], summing: Bool = false
  ) -> Tensor {
    let width = residuals[0].shape[1]
    var values: [Float] = []
    for residual in residuals {
      for word in words {
        let places = tokens(word)
        for column in 0..<width {
          let sum = places.reduce(0.0) { $0 + Double(residual[$1, column]) }
          values.append(Float(summing ? sum : sum / Double(places.count)))
        }
      }
    }
    return Tensor(values, shape: [residuals.count, words.count, width])
  }

  /// Recognises vectors of other layers, other tokens and other pooling.
  var expected: Expected<Tensor> {
    let own: (Range<Int>) -> [Int] = pooling == .last ? { [$0.upperBound - 1] } : { Array($0) }
    let right = vectors(residuals, own)
    return Expected(
      right, tolerance: 1e-3, named: "the tensor of word vectors",
      axes: ["layer", "word", "width"], revealing: false
    ) {
      [
        Mistake(
          "the pooling is not the one that was asked for: look at `pooling`",
          vectors(residuals) { pooling == .last ? Array($0) : [$0.upperBound - 1] }),
        Mistake(
          "each word is its first token; `.last` is its last, and `.mean` the mean of all",
          vectors(residuals) { [$0.lowerBound] }),
        Mistake(
          "the tokens of a word are added up; their mean is asked for",
          vectors(residuals, { Array($0) }, summing: true)),
        Mistake(
          "each vector is of the token after the word: a range's `upperBound` is one past its end",
          vectors(residuals) { [min($0.upperBound, residuals[0].shape[0] - 1)] }),
        Mistake(
          "layer n holds what enters block n, so the embedding is there twice and the last block's "
            + "output is missing; take `residualPost`",
          vectors([residuals[0]] + residuals.dropLast(), own)),
        Mistake(
          "the last layer has gone through the final norm; the residual stream before it is asked for",
          vectors(residuals.dropLast() + [normed], own)),
        Mistake(
          "the layers are in the wrong order: the embedding comes first",
          vectors(residuals.reversed(), own)),
      ]
    }.otherwise { answer in
      guard answer.shape == [right.shape[0] - 1] + right.shape.dropFirst() else { return nil }
      return .failed(
        "the vectors have one layer too few: beside the output of every block there is what enters "
          + "the first, layer 0")
    }
  }
}
