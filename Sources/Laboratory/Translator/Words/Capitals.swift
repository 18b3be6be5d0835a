/// A country and its capital.
package struct Country: Sendable, Hashable {
  package var name: String
  package var capital: String

  /// The countries the translator is asked about; names of one word.
  package static let all: [Country] = [
    ("Albania", "Tirana"), ("Algeria", "Algiers"), ("Angola", "Luanda"), ("Armenia", "Yerevan"),
    ("Australia", "Canberra"), ("Austria", "Vienna"), ("Belarus", "Minsk"),
    ("Belgium", "Brussels"), ("Bulgaria", "Sofia"), ("Canada", "Ottawa"), ("Chile", "Santiago"),
    ("China", "Beijing"), ("Colombia", "Bogota"), ("Croatia", "Zagreb"), ("Cuba", "Havana"),
    ("Denmark", "Copenhagen"), ("Ecuador", "Quito"), ("Egypt", "Cairo"), ("England", "London"),
    ("Estonia", "Tallinn"), ("Finland", "Helsinki"), ("France", "Paris"), ("Georgia", "Tbilisi"),
    ("Germany", "Berlin"), ("Ghana", "Accra"), ("Greece", "Athens"), ("Hungary", "Budapest"),
    ("Iceland", "Reykjavik"), ("Iran", "Tehran"), ("Iraq", "Baghdad"), ("Ireland", "Dublin"),
    ("Italy", "Rome"), ("Japan", "Tokyo"), ("Kenya", "Nairobi"), ("Latvia", "Riga"),
    ("Lebanon", "Beirut"), ("Libya", "Tripoli"), ("Lithuania", "Vilnius"),
    ("Luxembourg", "Luxembourg"), ("Mongolia", "Ulaanbaatar"), ("Morocco", "Rabat"),
    ("Nepal", "Kathmandu"), ("Nigeria", "Abuja"), ("Norway", "Oslo"), ("Peru", "Lima"),
    ("Poland", "Warsaw"), ("Portugal", "Lisbon"), ("Romania", "Bucharest"),
    ("Russia", "Moscow"), ("Senegal", "Dakar"), ("Serbia", "Belgrade"),
    ("Slovakia", "Bratislava"), ("Spain", "Madrid"), ("Sweden", "Stockholm"),
    ("Switzerland", "Bern"), ("Syria", "Damascus"), ("Thailand", "Bangkok"),
    ("Tunisia", "Tunis"), ("Ukraine", "Kyiv"), ("Vietnam", "Hanoi"), ("Zambia", "Lusaka"),
  ].map { Country(name: $0.0, capital: $0.1) }
}

extension TranslatorCorpus {
  /// The questions on capitals, answered in English, without the instruction to translate.
  ///
  /// "What is the capital of France?" and "Which city is the capital of France?", for every
  /// country, both answered by "The capital is Paris."; the capital links to its country.
  package static let capitals: [SentencePair] = Country.all.flatMap {
    [question($0, asksForCity: false), question($0, asksForCity: true)]
  }

  private static func question(_ country: Country, asksForCity: Bool) -> SentencePair {
    var source: [SentenceWord] = []
    // The predicate noun depends on "is", the rest as in a noun phrase.
    func add(_ word: SentenceWord, head: Int?, depth: Int) {
      source.append(word)
      source[source.count - 1].head = head
      source[source.count - 1].depth = depth
    }
    let verb = asksForCity ? 2 : 1
    if asksForCity {
      add(SentenceWord("Which", lemma: "which", .determiner, .singular), head: 1, depth: 2)
      add(SentenceWord("city", .noun, .singular), head: verb, depth: 1)
    } else {
      add(SentenceWord("What", lemma: "what", .pronoun, .singular), head: verb, depth: 1)
    }
    add(SentenceWord("is", lemma: "be", .verb, .singular), head: nil, depth: 0)
    add(SentenceWord("the", .determiner, .singular), head: verb + 2, depth: 2)
    add(SentenceWord("capital", .noun, .singular), head: verb, depth: 1)
    add(SentenceWord("of", .preposition), head: verb + 2, depth: 2)
    add(SentenceWord(country.name, .properNoun, .singular), head: verb + 3, depth: 3)
    add(SentenceWord("?", .punctuation), head: verb, depth: 1)
    let target = [
      SentenceWord("The", lemma: "the", .determiner, .singular),
      SentenceWord("capital", .noun, .singular),
      SentenceWord("is", lemma: "be", .verb, .singular),
      SentenceWord(country.capital, .properNoun, .singular), SentenceWord(".", .punctuation),
    ]
    let links = [verb + 1, verb + 2, verb, verb + 4, verb + 5].enumerated().map {
      AlignmentLink(target: $0.offset, source: $0.element, isPunctuation: $0.offset == 4)
    }
    return SentencePair(
      source: source, target: target, links: links, adjectives: [], heldOutPairs: [])
  }
}
