/// The words of the translator's language, English and French side by side.
///
/// English to French is a function here: every choice French leaves open is made once.
/// - you is tu, they is ils; I, we, you and they are masculine;
/// - a, some are un, une, des; "de" before an adjective that precedes its noun, and for the object
///   of a negated verb, where English says "a" or "any";
/// - this and that are both ce, these and those both ces;
/// - the past of verbs is the passé composé, the past of "to be" the imparfait;
/// - adverbs of manner stand after the verb and its object, others at the end;
/// - English nouns that leave the sex open, such as "teacher", are masculine.
package enum Lexicon {
  /// A first name, the same in both languages.
  package struct FirstName: Sendable, Hashable {
    package var text: String
    package var gender: GrammaticalGender
  }

  package static let firstNames: [FirstName] =
    ["Anna", "Emma", "Marie", "Alice", "Sarah", "Julia", "Nina", "Lucy"].map {
      FirstName(text: $0, gender: .feminine)
    }
    + ["Paul", "Tom", "Louis", "Peter", "Martin", "Daniel", "Hugo", "David"].map {
      FirstName(text: $0, gender: .masculine)
    }
    + ["Charlotte", "Margaret", "Caroline", "Isabelle", "Victoria", "Josephine", "Penelope"].map {
      FirstName(text: $0, gender: .feminine)
    }
    + [
      "Christopher", "Benjamin", "Sebastian", "Frederick", "Nicolas", "Leonardo", "Theodore",
      "Nathaniel",
    ].map { FirstName(text: $0, gender: .masculine) }

  package static let adverbs: [Adverb] = [
    Adverb(english: "slowly", french: "lentement"),
    Adverb(english: "quickly", french: "rapidement"),
    Adverb(english: "silently", french: "silencieusement"),
    Adverb(english: "patiently", french: "patiemment"),
    Adverb(english: "carefully", french: "prudemment"),
    Adverb(english: "joyfully", french: "joyeusement"),
    Adverb(english: "immediately", french: "immédiatement"),
    Adverb(english: "today", french: "aujourd'hui", kind: .time),
    Adverb(english: "here", french: "ici", kind: .time),
    Adverb(english: "yesterday", french: "hier", kind: .past),
    Adverb(english: "together", french: "ensemble", kind: .together),
  ]

  /// The noun with an English singular.
  package static func noun(_ english: String) -> Noun {
    find(english, nouns) { $0.english.singular == english }
  }

  /// The adjective with an English form.
  package static func adjective(_ english: String) -> Adjective {
    find(english, adjectives) { $0.english == english }
  }

  /// The verb with an English base form.
  package static func verb(_ english: String) -> Verb {
    find(english, verbs) { $0.lemma == english }
  }

  /// The adverb with an English form.
  package static func adverb(_ english: String) -> Adverb {
    find(english, adverbs) { $0.english == english }
  }

  /// The first name so written.
  package static func firstName(_ text: String) -> FirstName {
    find(text, firstNames) { $0.text == text }
  }

  private static func find<Word>(
    _ english: String, _ words: [Word], where matches: (Word) -> Bool
  ) -> Word {
    guard let word = words.first(where: matches) else {
      preconditionFailure("the lexicon has no \"\(english)\"")
    }
    return word
  }

  static func numbered<Word: Numbered>(_ words: [Word]) -> [Word] {
    words.enumerated().map { index, word in
      var word = word
      word.id = index
      return word
    }
  }
}

/// A word with a number in its table.
protocol Numbered {
  var id: Int { get set }
}

extension Noun: Numbered {}
extension Adjective: Numbered {}
extension Verb: Numbered {}
