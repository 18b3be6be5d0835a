import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import SheetTools
import Tensors

extension AttentionSheet {
  /// Examples and every head's score over them.
  struct SwapKey {
    var examples: [AdjectiveExample]
    var scores: [Float]
  }

  /// 1.6: every head scored over a corpus for linking adjective and noun across the swap.
  static let whoSwaps = Exercise(
    "1.6", "Who swaps adjective and noun?", points: 4, difficulty: 3, importance: 4, minutes: 20,
    hints: [
      """
      “The brown dog” becomes “le chien brun”, but “the big dog” stays “le grand chien”. Which of \
      the two can show you a head that swaps?
      """,
      """
      A pair counts when the adjective is before the noun on one side and after it on the other. \
      Leave all other examples out, also of the number that you divide by.
      """,
      """
      A row of `cross` belongs to a target word: it is the row that predicts the word. The source \
      word that it is linked to is the place of the greatest value in that row. Both words must be \
      linked right.
      """,
      """
      For every head: `let source = example.cross[at: head].argmax()`, then count the swapped \
      examples in which `source[targetAdjective] == sourceAdjective` and `source[targetNoun] == \
      sourceNoun`; divide by the number of swapped examples.
      """,
    ],
    interpretation: """
      There is no single head that swaps. Sort your scores for the translator: many heads link both \
      words right, most of all in the last layer. None of them needs to know that anything is \
      swapped. Each word simply looks up its own source word, wherever that stands; which French \
      word comes next is decided elsewhere. Had you looked at one pretty picture, you would have \
      announced a “swap head”. Scoring every head over many sentences showed you that the others do \
      it too, and that a head that is right once may be wrong the next time.
      """,
    cases: { generator in
      [
        plantedSwaps(using: &generator), try translatorSwaps(using: &generator),
        twoWordSwaps(using: &generator),
      ]
    },
    parts: [Part(AttentionAsks.swapScores, judge: swaps)])

  private static func swaps(_ key: SwapKey) -> Expected<[Float]> {
    Expected(key.scores, tolerance: 1e-3, named: "the list of scores", of: "head") {
      SwapMistake.usual(in: key.examples, scores: key.scores)
    }.otherwise {
      $0.count == key.scores.count
        ? nil
        : .invalid("answer one number for every head, in the order of `cross`'s first axis")
    }
  }

  /// Adjectives and nouns of sentences the translator has not seen, swapped or not.
  private static func translatorSwaps(
    using generator: inout SeededGenerator
  ) throws -> Case<[AdjectiveExample], SwapKey> {
    let translator = try SheetTranslator.translator()
    var swapped: [AdjectiveExample] = []
    var straight: [AdjectiveExample] = []
    while swapped.count < 16 || straight.count < 6 {
      for pair in translator.pairs(count: 10, using: &generator) where !pair.adjectives.isEmpty {
        let cross = try translator.crossBetweenWords(of: pair)
        for place in pair.adjectives {
          let example = AdjectiveExample(
            cross: cross, sourceAdjective: place.sourceAdjective, sourceNoun: place.sourceNoun,
            targetAdjective: place.targetAdjective, targetNoun: place.targetNoun)
          guard !example.hasTie else { continue }
          if example.isSwapped { swapped.append(example) } else { straight.append(example) }
        }
      }
    }
    let examples = (swapped.prefix(24) + straight.prefix(12)).shuffled(using: &generator)
    return Case(
      "unseen sentences", question: examples,
      key: SwapKey(examples: examples, scores: SwapCount().scores(of: examples)))
  }
}
