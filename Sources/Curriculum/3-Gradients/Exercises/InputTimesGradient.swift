import Coursework
import Foundation
import GradientsVocabulary
import SheetTools
import Tensors

extension GradientsSheet {
  /// 3.3: the first-order share of every piece, and of every word.
  static let inputTimesGradient = Exercise(
    "3.3", "Input × gradient", points: 4, difficulty: 2, importance: 4, minutes: 20,
    hints: [
      """
      If the number were a plane, what would it lose if the embedding were zero? The slope along every \
      coordinate, times the coordinate, added up.
      """,
      """
      Multiply embedding and gradient coordinate by coordinate and add up each row. Keep the sign: it \
      is what saliency does not have.
      """,
      """
      A word of several pieces gets what its pieces get together. A piece of no word, such as the end \
      token, gives to none.
      """,
      """
      `(number.embeddings * g).sum(axis: 1).values`; and for words: \
      `for (score, word) in zip(scores, words) { if let word { sums[word] += score } }`.
      """,
    ],
    interpretation: """
      Now there is a sign, and a unit: logits. But compare the size with what occlusion says for the \
      same word. A piece on which all depends may get next to nothing, because at this point the model \
      is so sure that a little less would not matter. The gradient is asked about a small step and \
      answers about a small step.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      var cases: [Case<NumberAndPieces, NumberAndPieces>] = []
      func add(_ name: String, _ number: NumberSource) {
        let words = plantedWords(using: &generator)
        let scores = plantedScores(words, using: &generator)
        cases.append(Case(name, NumberAndPieces(number: number, scores: scores, words: words)))
      }
      for pair in translator.pairs(count: 2, using: &generator) {
        let prediction = try translator.prediction(of: pair, using: &generator)
        add("a word of a translation \(cases.count + 1)", .translator(prediction))
      }
      let weights = Tensor.randomNormal([3, 4], using: &generator)
      let embeddings = Tensor.randomNormal([3, 4], using: &generator)
      add(
        "a product, in which each piece counts for nothing without the others",
        .formula(Formula(kind: .product, weights: weights), embeddings: embeddings))
      return cases
    },
    parts: [
      Part(GradientsAsks.inputTimesGradient, judge: products),
      Part(GradientsAsks.wordScores, judge: wordSums),
    ])

  /// Words of one to three pieces, and an end token that is none's.
  private static func plantedWords(using generator: inout SeededGenerator) -> [Int?] {
    // Of every length at least one, so that no two ways of pooling agree.
    let lengths = [2, 1, 3, 1, 2].shuffled(using: &generator)
    return lengths.enumerated().flatMap { word, count in Array(repeating: word, count: count) }
      + [nil]
  }

  /// Scores of both signs, in every word of three pieces the greatest in the middle: neither the first
  /// nor the last can pass for it.
  private static func plantedScores(
    _ words: [Int?], using generator: inout SeededGenerator
  ) -> [Float] {
    var scores = words.map { _ in Float.random(in: -2...1, using: &generator) }
    for place in words.indices.dropFirst().dropLast()
    where words[place - 1] == words[place] && words[place + 1] == words[place] {
      scores[place] = Float.random(in: 1.2...2, using: &generator)
    }
    return scores
  }

  private static func products(of question: NumberAndPieces) throws -> Expected<[Float]> {
    let embeddings = try question.number.number().embeddings
    let gradients = try question.number.knownGradients()
    let pairs = zip(embeddings.doubleRows, gradients.doubleRows).map { ($0, $1) }
    func scores(_ reduce: ([Double], [Double]) -> Double) -> [Double] { pairs.map(reduce) }
    func length(_ row: [Double]) -> Double { row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let width = embeddings.shape[1]
    return Expected(
      scores(dot).map { Float($0) }, tolerance: 1e-3, named: "the list of products", of: "piece"
    ) {
      [
        Mistake(
          "the sign is lost: what speaks against the prediction is negative",
          scores { abs(dot($0, $1)) }),
        Mistake(
          "the signs of the coordinates are lost before they are added: what disagrees must cancel",
          scores { zip($0, $1).reduce(0) { $0 + abs($1.0 * $1.1) } }),
        Mistake(
          "this is the gradient alone; multiply it with the embedding, coordinate by coordinate",
          scores { $1.reduce(0, +) }),
        Mistake("this is saliency: a length, without the embedding", scores { length($1) }),
        Mistake(
          "the lengths are multiplied: coordinates that disagree must cancel",
          scores { length($0) * length($1) }),
        Mistake(
          "this is the length of the product; add its coordinates up with their signs",
          scores { length(zip($0, $1).map { $0 * $1 }) }),
        Mistake(
          "this is the mean over the coordinates; what each contributes is added",
          scores { dot($0, $1) / Double(width) }),
      ]
    }.otherwise { answer in
      answer.count == embeddings.count && width > 1
        ? .invalid("there is a product for every coordinate; add up those of each piece") : nil
    }
  }

  private static func wordSums(of question: NumberAndPieces) -> Expected<[Float]> {
    let (pieceScores, words) = (question.scores, question.words)
    let count = (words.compactMap { $0 }.max() ?? -1) + 1
    func pooled(_ combine: ([Double]) -> Double) -> [Double] {
      (0..<count).map { word in
        combine(zip(pieceScores, words).filter { $0.1 == word }.map { Double($0.0) })
      }
    }
    let sums = pooled { $0.reduce(0, +) }
    return Expected(
      sums.map { Float($0) }, tolerance: 1e-4, named: "the list of word scores", of: "word"
    ) {
      let strays = zip(pieceScores, words).filter { $0.1 == nil }.map { Double($0.0) }
      var leaking = sums
      leaking[0] += strays.reduce(0, +)
      var trailing = sums
      trailing[count - 1] += strays.reduce(0, +)
      return [
        Mistake(
          "a word has the mean of its pieces, and should have their sum: what is shared out adds up",
          pooled { $0.reduce(0, +) / Double($0.count) }),
        Mistake("a word has its last piece's score; add all of them", pooled { $0.last ?? 0 }),
        Mistake("a word has its first piece's score; add all of them", pooled { $0.first ?? 0 }),
        Mistake(
          "a word has the greatest of its pieces' scores; add all of them",
          pooled { $0.max() ?? 0 }),
        Mistake(
          "the signs are lost before the pieces are added", pooled { $0.reduce(0) { $0 + abs($1) } }
        ),
        Mistake("a piece of no word is added to the first word", leaking),
        Mistake("a piece of no word is added to the last word", trailing),
      ]
    }.otherwise { answer in
      if answer.count == count + 1 {
        return .invalid(
          "there is one word too many: a piece of none, such as the end token, gives to no word")
      }
      if answer.count == words.count {
        return .invalid("there is a score for every piece; a word of several pieces has one")
      }
      return nil
    }
  }
}
