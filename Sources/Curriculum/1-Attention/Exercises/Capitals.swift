import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// What attention is read from, and what there is to tell.
  struct CapitalKey {
    var sets: CapitalSets
    /// The name of every head of each part, such as “L1H2”.
    var heads: [MapOrigin: [String]]
  }

  /// 1.9: where the capital is read, guessed first and then measured in all parts of the model.
  static let capitalOfFrance = Exercise(
    "1.9", "The capital of France", points: 4, difficulty: 3, importance: 3, minutes: 30,
    hints: [
      """
      Write your guess down first: a part of the model, the word that looks and the word that is \
      looked at. It earns nothing and costs nothing. Then measure: in which row does the model decide \
      on “Paris”? 1.4 has the answer.
      """,
      """
      Row t predicts target piece t. You need the row of the capital's *first* piece: the later pieces \
      only finish a word that has been chosen. In the decoder's own map rows and columns are what is \
      *read*: piece t of the answer is read at t + 1.
      """,
      """
      “Switzerland” is two pieces of one word. What a row gives to a word is the sum of what it gives \
      to its pieces, so find all pieces whose word is `question.country`. In the encoder a word of \
      several pieces has several rows: average them.
      """,
      """
      One function does all three: given a pattern, the rows of the word that looks and the columns of \
      the word that is looked at, add over columns, average over rows, then over questions. Rows: \
      pieces of `topic`; `[firstPiece of capital]`; the same. Columns: pieces of `country`; pieces of \
      `answeredTopic`, each + 1; pieces of `country`.
      """,
    ],
    interpretation: """
      Compare your guess with the numbers, part by part. The word “capital” need not look at the country \
      for the answer to be right: after the encoder every position holds a mixture, so the word under \
      the attention is where something is *stored*, not what it says. In the decoder a row knows only \
      what was written so far, which is the same for every country: nothing there can choose Paris, \
      however much it is looked at. Whether the answer hangs on any head that looks at the country is a \
      question attention cannot settle; the next exercise takes heads away.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let sets = CapitalSets(
        measured: try capitalQuestions(translator, using: &generator),
        made: madeQuestions(using: &generator))
      let configuration = translator.model.configuration
      func names(_ stack: TransformerConfiguration.Stack) -> [String] {
        (0..<stack.layerCount).flatMap { layer in
          (0..<stack.headCount).map { "L\(layer)H\($0)" }
        }
      }
      let (encoder, decoder) = (names(configuration.encoder!), names(configuration.decoder!))
      return [
        Case(
          "questions on capitals", question: sets,
          key: CapitalKey(
            sets: sets, heads: [.encoder: encoder, .decoder: decoder, .cross: decoder]))
      ]
    },
    parts: [Part(AttentionAsks.capitalAttention) { key in Judgement { try judge($0, key) } }])

  /// The guess earns nothing and must be there: it was made before the measurement.
  ///
  /// Every part of the model is a third of what is measured.
  private static func judge(_ answer: GuessAndMeasure, _ key: CapitalKey) throws -> Verdict {
    if let problem = CapitalReport.problem(with: answer.guess) { return .failed(problem) }
    guard let measured = answer.measured, let made = answer.made else {
      return .failed("your guess is noted; now measure it with `capitalAttention`")
    }
    let parts: [(MapOrigin, KeyPath<CapitalAttention, [Float]>, String)] = [
      (.encoder, \.encoder, "the encoder's attention"),
      (.decoder, \.decoder, "the decoder's attention"),
      (.cross, \.cross, "the cross-attention"),
    ]
    let verdict = Verdict.combining(
      try parts.map { part, list, name in
        func verdict(_ answer: [Float], _ questions: [CapitalQuestion]) throws -> Verdict {
          let reading = CapitalReading(questions)
          return try Expected(reading.right(part).map(Float.init), named: name, of: "head") {
            reading.mistakes(part)
          }.verdict(on: answer)
        }
        // Made by hand first: there words and pieces never have the same index by chance.
        let first = try verdict(made[keyPath: list], key.sets.made)
        guard first.status == .passed else { return .failed("\(name): \(first.message)") }
        return try verdict(measured[keyPath: list], key.sets.measured)
      })
    guard verdict.status == .passed else { return verdict }
    return .passed(CapitalReport(key).sentence(guess: answer.guess))
  }

  /// Questions drawn by seed: some countries and some capitals of two pieces among them.
  private static func capitalQuestions(
    _ translator: SheetTranslator, using generator: inout SeededGenerator
  ) throws -> [CapitalQuestion] {
    var chosen: [SentencePair] = []
    var (long, longAnswers) = (0, 0)
    for pair in TranslatorCorpus.capitals.shuffled(using: &generator) {
      guard
        let link = pair.links.first(where: { pair.target[$0.target].partOfSpeech == .properNoun })
      else { continue }
      let pieced = try translator.pieced(pair)
      let isLong = pieced.wordOfSourcePiece.count { $0 == link.source } > 1
      let isLongAnswer = pieced.wordOfTargetPiece.count { $0 == link.target } > 1
      // A few of each kind, and the rest as they come.
      guard isLong && long < 4 || isLongAnswer && longAnswers < 4 || chosen.count < 6 else {
        continue
      }
      long += isLong ? 1 : 0
      longAnswers += isLongAnswer ? 1 : 0
      chosen.append(pair)
    }
    return try chosen.map { try translator.capitalQuestion($0) }
  }

  /// Random attention over questions nobody asks: words may stand anywhere, in one piece or three.
  private static func madeQuestions(using generator: inout SeededGenerator) -> [CapitalQuestion] {
    (0..<6).map { number in
      func words(_ count: Int, _ prefix: String) -> (words: [String], of: [Int?]) {
        let words = (0..<count).map { "\(prefix)\($0)" }
        let pieces = words.indices.flatMap { word in
          Array(repeating: word, count: 1 + (word + number) % 3)
        }
        return (words, pieces + [nil])
      }
      func pieces(_ words: [String], _ of: [Int?]) -> [String] {
        of.enumerated().map { place, word in
          guard let word else { return "</s>" }
          let isFirst = place == 0 || of[place - 1] != word
          return isFirst ? "▁" + words[word] : "\(place)"
        }
      }
      let source = words(4 + number, "s")
      let target = words(3 + number, "t")
      let pair = PiecedPair(
        sourceWords: source.words, targetWords: target.words,
        sourcePieces: pieces(source.words, source.of),
        targetPieces: pieces(target.words, target.of), wordOfSourcePiece: source.of,
        wordOfTargetPiece: target.of)
      func attention(_ rows: Int, _ columns: Int, isCausal: Bool = false) -> Tensor {
        var scores = Tensor.randomNormal(
          [3, rows, columns], standardDeviation: 1.5, using: &generator)
        for head in 0..<3 {
          for row in 0..<rows {
            for column in 0..<columns where isCausal && column > row {
              scores[head, row, column] = -.infinity
            }
          }
        }
        return scores.softmax()
      }
      let (sources, targets) = (source.of.count, target.of.count)
      let country = Int.random(in: 1..<source.words.count, using: &generator)
      let capital = Int.random(in: 2..<target.words.count, using: &generator)
      return CapitalQuestion(
        pair: pair, encoder: attention(sources, sources),
        decoder: attention(targets, targets, isCausal: true), cross: attention(targets, sources),
        topic: Int.random(in: 0..<country, using: &generator), country: country,
        answeredTopic: Int.random(in: 0..<(capital - 1), using: &generator), capital: capital)
    }
  }
}

extension SheetTranslator {
  /// A question on a capital with all attention of a run that writes the right answer.
  func capitalQuestion(_ pair: SentencePair) throws -> CapitalQuestion {
    let (encoder, decoder) = (try self.encoder(), try self.decoder())
    let trace = try run(pair, capturing: .matching("*.hook_pattern")).trace
    func heads(_ stack: StackName, _ layers: Int, _ kind: AttentionKind = .own) throws -> Tensor {
      .concatenation(
        try (0..<layers).map { try trace[.pattern(stack, $0, kind)][at: 0] }, axis: 0)
    }
    func place(_ words: [SentenceWord], _ found: (SentenceWord) -> Bool) -> Int {
      words.firstIndex(where: found)!
    }
    return CapitalQuestion(
      pair: try pieced(pair), encoder: try heads(.encoder, encoder.layerCount),
      decoder: try heads(.decoder, decoder.layerCount),
      cross: try heads(.decoder, decoder.layerCount, .cross),
      topic: place(pair.source) { $0.text == "capital" },
      country: place(pair.source) { $0.partOfSpeech == .properNoun },
      answeredTopic: place(pair.target) { $0.text == "capital" },
      capital: place(pair.target) { $0.partOfSpeech == .properNoun })
  }

  /// The encoder of an encoder–decoder.
  private func encoder() throws -> TransformerConfiguration.Stack {
    _ = try decoder()
    return model.configuration.encoder!
  }
}
