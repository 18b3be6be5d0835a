/// Present, or past: the passé composé, and for "to be" the imparfait.
package enum Tense: Sendable, Hashable { case present, past }

/// A noun with its determiner, adjectives and prepositional phrases.
package struct NounPhrase: Sendable, Hashable {
  package var determiner: Determiner
  package var noun: Noun
  package var number: GrammaticalNumber
  /// In English order: those before the French noun first.
  package var adjectives: [Adjective]
  package var phrases: [PrepositionalPhrase]

  /// - Precondition: the determiner goes with the number.
  package init(
    _ determiner: Determiner, _ adjectives: [Adjective] = [], _ noun: Noun,
    _ number: GrammaticalNumber = .singular, phrases: [PrepositionalPhrase] = []
  ) {
    let required = determiner.requiredNumber ?? number
    precondition(required == number, "\"\(determiner)\" goes with a \(required) noun")
    self.determiner = determiner
    self.noun = noun
    self.number = number
    self.adjectives = adjectives
    self.phrases = phrases
  }
}

/// A preposition and what follows it.
package struct PrepositionalPhrase: Sendable, Hashable {
  package var preposition: Preposition
  package var object: Participant

  package init(_ preposition: Preposition, _ object: Participant) {
    self.preposition = preposition
    self.object = object
  }
}

/// Who or what takes part in a clause.
package enum Participant: Sendable, Hashable {
  /// Only as a subject.
  case pronoun(Pronoun)
  case name(Lexicon.FirstName)
  case noun(NounPhrase)
  /// Joined by "and".
  case both([Participant])

  /// Number and gender; a group is masculine unless all of it is feminine.
  var agreement: Agreement {
    switch self {
    case .pronoun(let pronoun): pronoun.agreement
    case .name(let name): Agreement(person: 3, number: .singular, gender: name.gender)
    case .noun(let phrase):
      Agreement(person: 3, number: phrase.number, gender: phrase.noun.gender)
    case .both(let members):
      Agreement(
        person: 3, number: .plural,
        gender: members.allSatisfy { $0.agreement.gender == .feminine } ? .feminine : .masculine)
    }
  }
}

/// What is said of the subject.
package enum VerbPhrase: Sendable, Hashable {
  /// A verb with its object, prepositional phrases and adverb.
  case verb(
    Verb, object: Participant? = nil, phrases: [PrepositionalPhrase] = [],
    adverb: Adverb? = nil)
  /// To be, with one adjective or two joined by "and", the first perhaps with "very".
  case adjectives([Adjective], isVery: Bool = false)
}

/// A subject and a predicate.
package struct Clause: Sendable, Hashable {
  package var subject: Participant
  package var tense: Tense
  package var isNegated: Bool
  package var predicate: VerbPhrase

  package init(
    _ subject: Participant, _ tense: Tense, _ predicate: VerbPhrase, isNegated: Bool = false
  ) {
    self.subject = subject
    self.tense = tense
    self.isNegated = isNegated
    self.predicate = predicate
  }
}
