extension PairWriter {
  /// Writes a participant and returns the index of its head word in English.
  mutating func participant(_ participant: Participant, asNegatedObject: Bool = false) -> Int {
    switch participant {
    case .pronoun(let pronoun):
      let agreement = pronoun.agreement
      let source = english(
        SentenceWord(pronoun.rawValue, .pronoun, agreement.number, agreement.gender))
      french(
        SentenceWord(pronoun.french, .pronoun, agreement.number, agreement.gender), from: [source],
        behaviour: pronoun == .I ? .elides : .fixed)
      return source
    case .name(let name):
      let source = english(SentenceWord(name.text, .properNoun, .singular, name.gender))
      french(
        SentenceWord(name.text, .properNoun, .singular, name.gender), from: [source],
        startsWithVowelSound: name.text.prefix(1).contains { "AEIOU".contains($0) })
      return source
    case .noun(let phrase):
      return nounPhrase(phrase, asNegatedObject: asNegatedObject)
    case .both(let members):
      precondition(members.count == 2, "\"and\" joins two participants, not \(members.count)")
      let first = self.participant(members[0])
      let conjunction = english(SentenceWord("and", .conjunction))
      french(SentenceWord("et", .conjunction), from: [conjunction])
      let second = self.participant(members[1])
      attach(second, to: first)
      attach(conjunction, to: second)
      return first
    }
  }

  private mutating func nounPhrase(_ phrase: NounPhrase, asNegatedObject: Bool) -> Int {
    let noun = phrase.noun
    let (number, gender) = (phrase.number, noun.gender)
    let hasAnyOrA = asNegatedObject && phrase.determiner.isIndefinite

    let nextEnglish = phrase.adjectives.first?.english ?? noun.english[number]
    var surface = phrase.determiner.rawValue
    if phrase.determiner == .a, let initial = nextEnglish.first, "aeiou".contains(initial) {
      surface = "an"
    } else if phrase.determiner == .some, hasAnyOrA {
      surface = "any"
    }
    let lemma = surface == "an" ? "a" : surface
    let determiner = english(SentenceWord(surface, lemma: lemma, .determiner, number, gender))
    let adjectives = phrase.adjectives.map {
      english(SentenceWord($0.english, .adjective, number, gender))
    }
    let head = english(
      SentenceWord(noun.english[number], lemma: noun.english.singular, .noun, number, gender))
    attach(determiner, to: head)
    for adjective in adjectives { attach(adjective, to: head) }

    let before = phrase.adjectives.indices.filter { phrase.adjectives[$0].position == .before }
    let after = phrase.adjectives.indices.reversed().filter {
      phrase.adjectives[$0].position == .after
    }
    let beforeVowel =
      before.first.map { phrase.adjectives[$0].startsWithVowel } ?? noun.takesElision
    frenchDeterminer(
      phrase, from: determiner, beforeVowel: beforeVowel, hasPreposed: !before.isEmpty,
      asNegatedObject: hasAnyOrA)

    var drafted: [(adjective: Int, draft: Int)] = []
    for (place, index) in before.enumerated() {
      let nextVowel =
        place + 1 < before.count
        ? phrase.adjectives[before[place + 1]].startsWithVowel : noun.takesElision
      let adjective = phrase.adjectives[index]
      let text = adjective.form(gender, number, beforeVowel: nextVowel)
      drafted.append((index, frenchAdjective(adjective, text, gender, number, adjectives[index])))
    }
    let draftNoun = french(
      SentenceWord(noun.french[number], lemma: noun.french.singular, .noun, number, gender),
      from: [head], startsWithVowelSound: noun.takesElision)
    for index in after {
      let adjective = phrase.adjectives[index]
      let text = adjective.form(gender, number)
      drafted.append((index, frenchAdjective(adjective, text, gender, number, adjectives[index])))
    }
    for (index, draft) in drafted {
      place(
        adjective: adjectives[index], noun: head, draftAdjective: draft, draftNoun: draftNoun)
    }
    for modifier in phrase.phrases { prepositionalPhrase(modifier, on: head) }
    return head
  }

  private mutating func frenchAdjective(
    _ adjective: Adjective, _ text: String, _ gender: GrammaticalGender,
    _ number: GrammaticalNumber, _ source: Int
  ) -> Int {
    french(
      SentenceWord(text, lemma: adjective.lemma, .adjective, number, gender), from: [source],
      startsWithVowelSound: adjective.startsWithVowel)
  }

  /// The article or other determiner; des is "de" before an adjective, un and des after ne … pas.
  private mutating func frenchDeterminer(
    _ phrase: NounPhrase, from source: Int, beforeVowel: Bool, hasPreposed: Bool,
    asNegatedObject: Bool
  ) {
    let (number, gender) = (phrase.number, phrase.noun.gender)
    func word(_ text: String, _ lemma: String) -> SentenceWord {
      SentenceWord(text, lemma: lemma, .determiner, number, gender)
    }
    if let (text, lemma) = phrase.determiner.french(gender, number, beforeVowel: beforeVowel) {
      french(word(text, lemma), from: [source])
    } else if asNegatedObject {
      french(word("de", "de"), from: [source], behaviour: .elides)
    } else if phrase.determiner == .the {
      let text = number == .plural ? "les" : gender == .feminine ? "la" : "le"
      french(word(text, "le"), from: [source], behaviour: .article)
    } else if phrase.determiner == .a {
      french(word(gender == .feminine ? "une" : "un", "un"), from: [source])
    } else if phrase.determiner == .many {
      french(word("beaucoup", "beaucoup"), from: [source])
      french(word("de", "de"), from: [source], behaviour: .elides)
    } else if hasPreposed {
      french(word("de", "un"), from: [source], behaviour: .elides)
    } else {
      french(word("des", "un"), from: [source], behaviour: .article)
    }
  }

  /// Writes a preposition and its object, which depend on the English word at `head`.
  mutating func prepositionalPhrase(_ phrase: PrepositionalPhrase, on head: Int) {
    let preposition = phrase.preposition
    var sources: [Int] = []
    for text in preposition.english {
      sources.append(english(SentenceWord(text, .preposition), head: sources.first ?? head))
    }
    for text in preposition.french {
      french(
        SentenceWord(text, .preposition), from: sources,
        behaviour: text == "de" ? .elides : .fixed)
    }
    attach(participant(phrase.object), to: sources[0])
  }
}
