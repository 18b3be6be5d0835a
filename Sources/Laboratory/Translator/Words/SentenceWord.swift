/// Singular or plural.
package enum GrammaticalNumber: String, Codable, Sendable, Hashable, CaseIterable {
  case singular, plural
}

/// Masculine or feminine.
package enum GrammaticalGender: String, Codable, Sendable, Hashable, CaseIterable {
  case masculine, feminine
}

/// The class of a word in its sentence.
package enum PartOfSpeech: String, Codable, Sendable, Hashable, CaseIterable {
  case determiner, noun, properNoun, adjective, verb, auxiliary, pronoun, preposition, adverb
  case negation, conjunction, punctuation
}

/// A word of a sentence, as it is displayed, and what is known about it.
///
/// Punctuation is a word of its own, and so is an elided word: "l'homme." is "l'", "homme", ".".
package struct SentenceWord: Codable, Sendable, Hashable {
  /// The word as displayed, such as "L'" or "ran".
  package var text: String
  /// The dictionary form in the word's own language: "run" for "ran", "courir" for "couru".
  package var lemma: String
  /// The class of the word.
  package var partOfSpeech: PartOfSpeech
  /// The number it shows or agrees with; nil for words without one.
  package var number: GrammaticalNumber?
  /// The gender, in French, of the noun it is or belongs to; nil for words without one.
  ///
  /// English determiners, adjectives and nouns carry the gender of their French counterparts.
  package var gender: GrammaticalGender?
  /// Whether the word belongs to the instruction "Translate to French:".
  package var isPrefix = false
  /// Whether the next word follows without a space, as after "l'".
  package var joinsNext = false
  /// Whether the word follows the one before without a space, as a full stop does.
  package var joinsPrevious = false
  /// On the English side, the index of the word it depends on; nil for the root and the prefix.
  package var head: Int?
  /// On the English side, the number of heads above it, 0 for the root; nil for the prefix.
  package var depth: Int?

  /// Whether the word is a punctuation mark.
  package var isPunctuation: Bool { partOfSpeech == .punctuation }

  package init(
    _ text: String, lemma: String? = nil, _ partOfSpeech: PartOfSpeech,
    _ number: GrammaticalNumber? = nil, _ gender: GrammaticalGender? = nil
  ) {
    self.text = text
    self.lemma = lemma ?? text
    self.partOfSpeech = partOfSpeech
    self.number = number
    self.gender = gender
    joinsPrevious = partOfSpeech == .punctuation
  }
}

extension Sequence<SentenceWord> {
  /// The words as running text: a space between two words unless one of them joins the other.
  package var joinedText: String {
    var text = ""
    var joins = true
    for word in self {
      if !joins && !word.joinsPrevious { text += " " }
      text += word.text
      joins = word.joinsNext
    }
    return text
  }
}
