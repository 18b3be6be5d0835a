/// Draws random clauses that make sense.
///
/// Verbs come first, evenly; then a subject and an object that the verb allows, so that every word
/// of the lexicon is met about as often as its fellows.
package struct SentenceGenerator<Random: RandomNumberGenerator> {
  package var random: Random

  package init(random: Random) { self.random = random }

  /// The clauses of one sentence: one as a rule, sometimes two short ones.
  package mutating func clauses() -> [Clause] {
    random.chance(3) ? [clause(isShort: true), clause(isShort: true)] : [clause(isShort: false)]
  }

  private mutating func clause(isShort: Bool) -> Clause {
    let tense: Tense = random.chance(52) ? .present : .past
    if random.chance(13) {
      return description(tense, isNegated: random.chance(18), isShort: isShort)
    }
    let verb = random.pick(Lexicon.verbs)
    // Forms after "n'" and "d'" are tokens of their own, and would be rare.
    let isNegated = random.chance(verb.startsWithVowel ? 30 : 18)
    let subject = subject(
      of: verb.subjects, isShort: isShort, isNegated: isNegated, isDefinite: false,
      pronouns: verb.startsWithVowel ? 45 : 33)
    let hasObject =
      !verb.objects.isEmpty && !(verb.frames.contains(.optionalObject) && random.chance(50))
    let object = hasObject ? self.object(of: verb, subject, isNegated: isNegated) : nil
    var phrases: [PrepositionalPhrase] = []
    if !isShort || verb.frames.contains(.needsPhrase) {
      phrases = self.phrases(of: verb)
    }
    let adverb =
      isShort
      ? nil : self.adverb(of: verb, subject, tense, hasPhrase: !phrases.isEmpty)
    return Clause(
      subject, tense, .verb(verb, object: object, phrases: phrases, adverb: adverb),
      isNegated: isNegated)
  }

  /// A description, such as that the dog is very tired.
  private mutating func description(_ tense: Tense, isNegated: Bool, isShort: Bool) -> Clause {
    let subject = subject(
      of: NounKinds(rawValue: .max), isShort: isShort, isNegated: isNegated, isDefinite: true,
      pronouns: 33)
    let adjectives: [Adjective]
    switch subject {
    case .noun(let phrase):
      adjectives = Vocabulary.predicates[phrase.noun.id].filter {
        !phrase.adjectives.contains($0)
      }
    default: adjectives = Vocabulary.humanPredicates
    }
    let first = random.pick(adjectives)
    if random.chance(15) {
      let second = random.pick(adjectives)
      if second != first { return Clause(subject, tense, .adjectives([first, second])) }
    }
    let isVery = first.isGradable && random.chance(30)
    return Clause(subject, tense, .adjectives([first], isVery: isVery), isNegated: isNegated)
  }

  private mutating func subject(
    of kinds: NounKinds, isShort: Bool, isNegated: Bool, isDefinite: Bool,
    pronouns: Int
  ) -> Participant {
    if kinds.contains(.human) {
      if random.chance(pronouns) { return .pronoun(random.pick(Vocabulary.pronouns)) }
      if random.chance(isDefinite ? 20 : 13) {
        let name = random.pick(Lexicon.firstNames)
        guard random.chance(20) else { return .name(name) }
        let other = random.pick(Lexicon.firstNames)
        return other == name ? .name(name) : .both([.name(name), .name(other)])
      }
    }
    let nouns = Vocabulary.nouns(kinds)
    let noun = random.pick(nouns)
    if !isDefinite, !isShort, random.chance(4) {
      let other = random.pick(nouns)
      if other != noun {
        return .both([
          .noun(phrase(noun, .definite, adjectives: 15)),
          .noun(phrase(other, .definite, adjectives: 15)),
        ])
      }
    }
    let choice: DeterminerChoice =
      isDefinite ? .definite : isNegated ? .negatedSubject : .anyOrEvery
    return .noun(
      phrase(noun, choice, adjectives: isDefinite ? 25 : 50, phrases: isShort ? 0 : 4))
  }

  private mutating func object(
    of verb: Verb, _ subject: Participant, isNegated: Bool
  ) -> Participant {
    if verb.objects.contains(.human), random.chance(12) {
      let name = random.pick(Lexicon.firstNames)
      if .name(name) != subject { return .name(name) }
    }
    let nouns = Vocabulary.nouns(verb.objects)
    var noun = random.pick(nouns)
    if case .noun(let phrase) = subject, phrase.noun == noun { noun = random.pick(nouns) }
    let first = phrase(noun, isNegated ? .negated : .any, adjectives: 50, phrases: 4)
    if !isNegated, first.phrases.isEmpty, random.chance(3) {
      let other = random.pick(nouns)
      if other != noun {
        return .both([.noun(first), .noun(phrase(other, .any, adjectives: 15))])
      }
    }
    return .noun(first)
  }

  private mutating func phrases(of verb: Verb) -> [PrepositionalPhrase] {
    var phrases: [PrepositionalPhrase] = []
    func takes(_ frame: VerbFrames, _ percent: Int) -> Bool {
      guard verb.frames.contains(frame), phrases.isEmpty else { return false }
      return random.chance(percent)
    }
    let goal = verb.frames.contains(.needsPhrase) ? 100 : 45
    if takes(.goal, goal) {
      let noun = random.pick(Vocabulary.nouns(.destination))
      phrases.append(PrepositionalPhrase(.to, .noun(phrase(noun, .goal, adjectives: 20))))
    }
    if takes(.origin, 50) {
      let noun = random.pick(Vocabulary.nouns(.place))
      phrases.append(PrepositionalPhrase(.from, .noun(phrase(noun, .goal, adjectives: 20))))
    }
    if takes(.recipient, goal) { phrases.append(PrepositionalPhrase(.to, person())) }
    if takes(.instrument, 30) {
      let noun = random.pick(Vocabulary.nouns(.tool))
      phrases.append(PrepositionalPhrase(.with, .noun(phrase(noun, .goal, adjectives: 20))))
    }
    if takes(.beneficiary, 25) { phrases.append(PrepositionalPhrase(.for, person())) }
    if takes(.company, 14) { phrases.append(PrepositionalPhrase(.with, person())) }
    if takes(.location, 24) { phrases.append(location()) }
    return phrases
  }

  private mutating func person() -> Participant {
    if random.chance(30) { return .name(random.pick(Lexicon.firstNames)) }
    return .noun(phrase(random.pick(Vocabulary.nouns(.human)), .goal, adjectives: 20))
  }

  private mutating func location() -> PrepositionalPhrase {
    let preposition = random.pick(weighted: Vocabulary.locations)
    let noun = random.pick(Vocabulary.nouns(preposition.kinds))
    return PrepositionalPhrase(
      preposition.preposition, .noun(phrase(noun, .goal, adjectives: 20)))
  }

  private mutating func adverb(
    of verb: Verb, _ subject: Participant, _ tense: Tense, hasPhrase: Bool
  ) -> Adverb? {
    guard !verb.frames.isDisjoint(with: [.manner, .location]), random.chance(22) else {
      return nil
    }
    let adverb = random.pick(Lexicon.adverbs)
    let fits =
      switch adverb.kind {
      case .manner: verb.frames.contains(.manner)
      case .time: !hasPhrase
      case .past: tense == .past
      case .together:
        subject.agreement.number == .plural && !hasPhrase && verb.frames.contains(.company)
      }
    return fits ? adverb : nil
  }

  /// A noun with a determiner and, at the given chances in per cent, adjectives and phrases.
  private mutating func phrase(
    _ noun: Noun, _ choice: DeterminerChoice, adjectives: Int, phrases: Int = 0
  ) -> NounPhrase {
    let determiner = determiner(for: noun, choice)
    let number: GrammaticalNumber =
      determiner.requiredNumber ?? (random.chance(35) ? .plural : .singular)
    var chosen: [Adjective] = []
    if random.chance(adjectives) {
      let allowsOrdinals = determiner == .the || determiner.isPossessive
      func fits(_ adjective: Adjective) -> Bool { allowsOrdinals || !adjective.isOrdinal }
      let all = Vocabulary.adjectives[noun.id]
      let first = random.pick(all.filter(fits))
      chosen = [first]
      if adjectives > 30, random.chance(10) {
        let others = all.filter { fits($0) && $0.position != first.position }
        if !others.isEmpty {
          let second = random.pick(others)
          chosen = first.position == .before ? [first, second] : [second, first]
        }
      }
    }
    var modifiers: [PrepositionalPhrase] = []
    if random.chance(phrases) { modifiers = [modifier(of: noun, determiner)] }
    return NounPhrase(determiner, chosen, noun, number, phrases: modifiers)
  }

  private mutating func modifier(
    of noun: Noun, _ determiner: Determiner
  ) -> PrepositionalPhrase {
    let owner: NounKinds? =
      noun.kinds.contains(.part) ? .building : noun.kinds.contains(.kin) ? .human : nil
    // "her sister of the king" has one owner too many.
    guard let owner, determiner == .the || determiner == .a, random.chance(70) else {
      return location()
    }
    let other = random.pick(Vocabulary.nouns(owner))
    return PrepositionalPhrase(.of, .noun(phrase(other, .goal, adjectives: 15)))
  }

  private mutating func determiner(for noun: Noun, _ choice: DeterminerChoice) -> Determiner {
    let allowsPossessive = noun.kinds.isDisjoint(with: .sky)
    if noun.takesElision, let determiner = choice.elided, random.chance(8) { return determiner }
    while true {
      let determiner = random.pick(weighted: choice.weights)
      if allowsPossessive || !determiner.isPossessive { return determiner }
    }
  }
}
