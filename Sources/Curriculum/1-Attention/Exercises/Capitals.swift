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
    /// The name of every head, such as “layer 1, head 2”.
    var heads: [String]
  }

  /// A word of the question and its share of attention.
  struct WordShare {
    var word: String
    var share: Double
  }

  /// 1.9: where the capital is read, guessed first and then measured.
  static let capitalOfFrance = Exercise(
    "1.9", "The capital of France", points: 3, difficulty: 2, importance: 3, minutes: 20,
    hints: [
      """
      Write your guess down first: any word of the question earns its point, right or wrong. Then \
      measure: in which row does the model decide on “Paris”? 1.4 has the answer.
      """,
      """
      Row t predicts target piece t. You need the row of the capital's *first* piece: the later \
      pieces only finish a word that has been chosen.
      """,
      """
      “Switzerland” is two pieces of one word. What a row gives to a word is the sum of what it \
      gives to its pieces, so find all pieces whose word is `question.country`.
      """,
      """
      `let row = pair.wordOfTargetPiece.firstIndex(of: question.capital)!`; for every head add \
      `cross[head, row, piece]` over the pieces with `wordOfSourcePiece[piece] == \
      question.country`; divide the sums by the number of questions.
      """,
    ],
    interpretation: """
      Compare your guess with the numbers, head by head. A head that looks at the country need not \
      read its name there, and a head that looks elsewhere need not be blind: after the encoder \
      every position holds a mixture, so the word under the attention is where something is \
      *stored*, not what it says. Heads of one layer may disagree completely and the model still \
      answers. Whether the answer hangs on any one of them is a question attention cannot settle; \
      the next exercise takes heads away.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let measured = try capitalQuestions(translator, using: &generator)
      let made = madeQuestions(using: &generator)
      let decoder = translator.model.configuration.decoder!
      let sets = CapitalSets(measured: measured, made: made)
      let heads = (0..<decoder.layerCount).flatMap { layer in
        (0..<decoder.headCount).map { "layer \(layer), head \($0)" }
      }
      return [
        Case("questions on capitals", question: sets, key: CapitalKey(sets: sets, heads: heads))
      ]
    },
    parts: [Part(AttentionAsks.countryAttention) { key in Judgement { try judge($0, key) } }])

  /// The guess earns nothing and must be there: it was made before the measurement.
  private static func judge(_ answer: GuessAndMeasure, _ key: CapitalKey) throws -> Verdict {
    guard answer.guess.contains(where: { !$0.isWhitespace }) else {
      return .failed("guess before you measure: `capitalPrediction` answers with a word")
    }
    guard let measured = answer.measured, let made = answer.made else {
      return .failed("your guess is noted; now measure it with `countryAttention`")
    }
    func expected(_ questions: [CapitalQuestion]) -> Expected<[Float]> {
      Expected(countryShare(of: questions), named: "the attention to the country", of: "head") {
        countryMistakes(in: questions)
      }
    }
    let verdict = Verdict.combining([
      // Made by hand first: there words and pieces never have the same index by chance.
      try expected(key.sets.made).verdict(on: made),
      try expected(key.sets.measured).verdict(on: measured),
    ])
    guard verdict.status == .passed else { return verdict }
    return .passed(CapitalReport(key).sentence(guess: answer.guess))
  }

  /// Questions drawn by seed: some countries and some capitals of two pieces among them.
  private static func capitalQuestions(
    _ translator: SheetTranslator, using generator: inout SeededGenerator
  ) throws -> [CapitalQuestion] {
    var chosen: [(pair: SentencePair, pieced: PiecedPair, country: Int, capital: Int)] = []
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
      chosen.append((pair, pieced, link.source, link.target))
    }
    return try chosen.map {
      CapitalQuestion(
        pair: $0.pieced, cross: try translator.cross(of: $0.pair), country: $0.country,
        capital: $0.capital)
    }
  }

  /// Random attention over questions nobody asks: the country may stand anywhere, in one piece or
  /// three, and the answer may be one word long.
  private static func madeQuestions(using generator: inout SeededGenerator) -> [CapitalQuestion] {
    (0..<5).map { number in
      func words(_ count: Int, _ prefix: String) -> (words: [String], of: [Int?]) {
        let words = (0..<count).map { "\(prefix)\($0)" }
        let pieces = words.indices.flatMap { word in
          Array(repeating: word, count: word == number % count ? 3 : 1 + word % 2)
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
      let source = words(3 + number, "s")
      let target = words(1 + number, "t")
      let pair = PiecedPair(
        sourceWords: source.words, targetWords: target.words,
        sourcePieces: pieces(source.words, source.of),
        targetPieces: pieces(target.words, target.of), wordOfSourcePiece: source.of,
        wordOfTargetPiece: target.of)
      let cross = Tensor.randomNormal(
        [3, target.of.count, source.of.count], standardDeviation: 1.5, using: &generator
      ).softmax()
      return CapitalQuestion(
        pair: pair, cross: cross, country: number % source.words.count,
        capital: number % target.words.count)
    }
  }
}
