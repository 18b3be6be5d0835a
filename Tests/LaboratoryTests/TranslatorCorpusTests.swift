import Foundation
import Tensors
import XCTest

@testable import Laboratory

final class TranslatorCorpusTests: XCTestCase {
  private static let training = TranslatorCorpus(seed: 7).training(count: 20_000)
  private static let development = TranslatorCorpus(seed: 7).development()
  private static let test = TranslatorCorpus(seed: 7).test()
  private static let sameDistribution = TranslatorCorpus(seed: 7).sameDistribution()
  private static let everything =
    training + development + test + sameDistribution + TranslatorCorpus.capitals

  func testSameSeedGivesSameSentences() {
    XCTAssertEqual(
      TranslatorCorpus(seed: 7).training(count: 500), Array(Self.training.prefix(500)))
    XCTAssertNotEqual(
      TranslatorCorpus(seed: 8).training(count: 500), Array(Self.training.prefix(500)))
  }

  func testSplitsDoNotOverlap() {
    var sentences = Set<String>()
    for pair in Self.everything {
      XCTAssertTrue(sentences.insert(pair.sourceText).inserted, pair.sourceText)
    }
    let others = TranslatorCorpus(seed: 99).test() + TranslatorCorpus(seed: 99).sameDistribution()
    let training = Set(Self.training.map(\.sourceText))
    for pair in others { XCTAssertFalse(training.contains(pair.sourceText), pair.sourceText) }
  }

  func testEnglishDeterminesFrench() {
    var translations: [String: String] = [:]
    for pair in Self.everything + TranslatorCorpus(seed: 99).training(count: 20_000) {
      let known = translations.updateValue(pair.targetText, forKey: pair.sourceText)
      XCTAssertEqual(known ?? pair.targetText, pair.targetText, pair.sourceText)
    }
  }

  func testTrainingNeverShowsReservedPairsTogether() {
    let reserved = Set(ReservedPairs.standard.pairs)
    for pair in Self.training + Self.sameDistribution {
      let nouns = pair.source.filter { $0.partOfSpeech == .noun }
      let partners = pair.source.filter { [.adjective, .verb].contains($0.partOfSpeech) }
      for noun in nouns {
        for partner in partners {
          XCTAssertFalse(
            reserved.contains(LexicalPair(noun.lemma, partner.lemma)), pair.sourceText)
        }
      }
    }
  }

  func testHeldOutSentencesHoldAReservedPair() {
    let reserved = Set(ReservedPairs.standard.pairs)
    for pair in Self.development + Self.test {
      XCTAssertFalse(pair.heldOutPairs.isEmpty, pair.sourceText)
      let lemmas = Set(pair.source.map(\.lemma))
      for held in pair.heldOutPairs {
        XCTAssertTrue(reserved.contains(held), pair.sourceText)
        XCTAssertTrue(lemmas.isSuperset(of: [held.noun, held.partner]), pair.sourceText)
      }
    }
  }

  func testFewPlausiblePairsAreReserved() {
    let standard = ReservedPairs.standard
    let share = Double(standard.pairs.count) / Double(standard.plausibleCount)
    XCTAssertTrue((0.05...0.08).contains(share), "\(share)")
    XCTAssertFalse(standard.pairs.contains(LexicalPair("dog", "brown")))
    XCTAssertFalse(standard.pairs.contains(LexicalPair("dog", "run")))
  }

  func testEveryLemmaIsTrained() {
    var counts: [String: Int] = [:]
    for pair in Self.training {
      for word in pair.source { counts[word.lemma, default: 0] += 1 }
    }
    let lemmas =
      Lexicon.nouns.map(\.english.singular) + Lexicon.adjectives.map(\.english)
      + Lexicon.verbs.map(\.lemma) + Lexicon.adverbs.map(\.english) + Lexicon.firstNames.map(\.text)
    // This is a sixth of training, so every word is met more than a hundred times.
    for lemma in lemmas { XCTAssertGreaterThanOrEqual(counts[lemma, default: 0], 20, lemma) }
  }

  func testAlignmentIsValid() {
    for pair in Self.everything {
      for (word, sources) in zip(pair.target, pair.sourcesOfTargets) {
        XCTAssertFalse(sources.isEmpty, "\(word.text) in \(pair.targetText)")
        XCTAssertEqual(sources, Array(Set(sources)).sorted(), pair.targetText)
      }
      for link in pair.links {
        let source = pair.source[link.source]
        XCTAssertFalse(source.isPrefix, pair.targetText)
        XCTAssertEqual(source.isPunctuation, link.isPunctuation, pair.targetText)
        XCTAssertEqual(pair.target[link.target].isPunctuation, link.isPunctuation)
      }
      let linked = Set(pair.links.map(\.source))
      for (index, word) in pair.source.enumerated()
      where !word.isPrefix && pair.source[0].isPrefix && word.lemma != "do" {
        XCTAssertTrue(linked.contains(index), "\(word.text) in \(pair.sourceText)")
      }
    }
  }

  func testEnglishSideIsATree() {
    for pair in Self.everything {
      var roots = 0
      for word in pair.source where !word.isPrefix {
        guard let head = word.head else {
          roots += 1
          XCTAssertEqual(word.depth, 0)
          XCTAssertEqual(word.partOfSpeech, .verb)
          continue
        }
        XCTAssertEqual(word.depth, pair.source[head].depth.map { $0 + 1 }, pair.sourceText)
      }
      XCTAssertEqual(roots, 1, pair.sourceText)
    }
  }

  func testHeadsOfASentence() {
    let sisters = NounPhrase(
      .the, [Lexicon.adjective("small")], Lexicon.noun("sister"), .plural,
      phrases: [PrepositionalPhrase(.of, .name(Lexicon.firstName("Anna")))])
    let pair = SentencePair(
      Clause(.noun(sisters), .past, .verb(Lexicon.verb("sleep")), isNegated: true))
    // Translate to French : The small sisters of Anna did not sleep .
    XCTAssertEqual(
      pair.source.map(\.head), [nil, nil, nil, nil, 6, 6, 11, 6, 7, 11, 11, nil, 11])
    XCTAssertEqual(
      pair.source.map(\.depth), [nil, nil, nil, nil, 2, 2, 1, 2, 3, 1, 1, 0, 1])
    XCTAssertEqual(pair.source[4].gender, .feminine)
    XCTAssertEqual(pair.source[6].lemma, "sister")
    XCTAssertEqual(pair.source[6].number, .plural)
    XCTAssertEqual(pair.targetText, "Les petites sœurs d'Anna n'ont pas dormi.")
  }

  func testAdjectivePlacesPointAtAdjectivesAndNouns() {
    var swapped = 0
    var kept = 0
    for pair in Self.everything {
      for place in pair.adjectives {
        XCTAssertEqual(pair.source[place.sourceAdjective].partOfSpeech, .adjective)
        XCTAssertEqual(pair.source[place.sourceNoun].partOfSpeech, .noun)
        XCTAssertEqual(pair.target[place.targetAdjective].partOfSpeech, .adjective)
        XCTAssertEqual(pair.target[place.targetNoun].partOfSpeech, .noun)
        let french = pair.target[place.targetAdjective].lemma
        let entry = Lexicon.adjective(pair.source[place.sourceAdjective].text)
        XCTAssertEqual(entry.lemma, french)
        XCTAssertEqual(place.isSwapped, entry.position == .after, pair.targetText)
        if place.isSwapped { swapped += 1 } else { kept += 1 }
      }
    }
    XCTAssertGreaterThan(min(swapped, kept), 3_000)
  }

  func testCapitals() {
    XCTAssertEqual(Country.all.count, 61)
    let france = TranslatorCorpus.capitals.filter { $0.sourceText.contains("France") }
    XCTAssertEqual(
      france.map(\.sourceText),
      ["What is the capital of France?", "Which city is the capital of France?"])
    XCTAssertEqual(Set(france.map(\.targetText)), ["The capital is Paris."])
    XCTAssertEqual(france[0].sourcesOfTargets, [[2], [3], [1], [5], [6]])
    XCTAssertEqual(france[1].sourcesOfTargets, [[3], [4], [2], [6], [7]])
  }

  func testPairsSurviveCoding() throws {
    let pairs = Array(Self.test.prefix(20))
    let data = try JSONEncoder().encode(pairs)
    XCTAssertEqual(try JSONDecoder().decode([SentencePair].self, from: data), pairs)
  }
}
