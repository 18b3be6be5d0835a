extension SentencePair {
  /// The words of the instruction that every translation starts with.
  package static let instruction: [SentenceWord] = [
    SentenceWord("Translate", lemma: "translate", .verb), SentenceWord("to", .preposition),
    SentenceWord("French", .properNoun), SentenceWord(":", .punctuation),
  ].map {
    var word = $0
    word.isPrefix = true
    return word
  }

  /// The pair that says the clauses, joined by "and", with the instruction in front.
  package init(_ clauses: Clause...) { self.init(clauses) }

  package init(_ clauses: [Clause]) {
    var writer = PairWriter()
    var root: Int?
    for clause in clauses {
      guard let first = root else {
        root = writer.clause(clause)
        continue
      }
      let conjunction = writer.english(SentenceWord("and", .conjunction))
      writer.french(SentenceWord("et", .conjunction), from: [conjunction])
      let verb = writer.clause(clause)
      writer.attach(verb, to: first)
      writer.attach(conjunction, to: verb)
    }
    let stop = writer.english(SentenceWord(".", .punctuation), head: root)
    writer.french(SentenceWord(".", .punctuation), from: [stop])
    self = writer.finish(instruction: Self.instruction)
  }
}

extension PairWriter {
  /// Writes a clause and returns the index of its verb in English.
  mutating func clause(_ clause: Clause) -> Int {
    let subject = participant(clause.subject)
    let agreement = clause.subject.agreement
    let verb: Int
    switch clause.predicate {
    case .verb(let lexeme, let object, let phrases, let adverb):
      verb = verbGroup(lexeme, agreement, clause.tense, isNegated: clause.isNegated)
      if let object {
        attach(participant(object, asNegatedObject: clause.isNegated), to: verb)
      }
      if let adverb, adverb.kind == .manner { self.adverb(adverb, on: verb) }
      for phrase in phrases { prepositionalPhrase(phrase, on: verb) }
      if let adverb, adverb.kind != .manner { self.adverb(adverb, on: verb) }
    case .adjectives(let adjectives, let isVery):
      verb = copula(agreement, clause.tense, isNegated: clause.isNegated)
      predicate(adjectives, isVery: isVery, agreement, of: verb)
    }
    attach(subject, to: verb)
    return verb
  }

  private mutating func adverb(_ adverb: Adverb, on verb: Int) {
    let source = english(SentenceWord(adverb.english, .adverb), head: verb)
    french(SentenceWord(adverb.french, .adverb), from: [source])
  }

  /// The verb with its auxiliaries and negation: "did not run" is "n'a pas couru".
  private mutating func verbGroup(
    _ verb: Verb, _ agreement: Agreement, _ tense: Tense, isNegated: Bool
  ) -> Int {
    let number = agreement.number
    var helpers: [Int] = []
    var text = verb.english[0]
    if isNegated {
      let auxiliary = Auxiliaries.do(agreement, tense)
      helpers.append(english(SentenceWord(auxiliary, lemma: "do", .auxiliary, number)))
      helpers.append(english(SentenceWord("not", .negation)))
    } else if tense == .past {
      text = verb.english[2]
    } else if agreement.person == 3, number == .singular {
      text = verb.english[1]
    }
    let source = english(SentenceWord(text, lemma: verb.lemma, .verb, number))
    for helper in helpers { attach(helper, to: source) }

    let form = agreement.frenchForm
    var finite = SentenceWord(verb.present[form], lemma: verb.infinitive, .verb, number)
    if tense == .past {
      finite = SentenceWord(
        verb.usesEtre ? Auxiliaries.etre[form] : Auxiliaries.avoir[form],
        lemma: verb.usesEtre ? "être" : "avoir", .auxiliary, number)
    }
    frenchVerb(finite, from: source, negation: isNegated ? helpers[1] : nil)
    if tense == .past {
      let agrees = verb.usesEtre
      french(
        SentenceWord(
          verb.participle(agreement.gender, number), lemma: verb.infinitive, .verb,
          agrees ? number : nil, agrees ? agreement.gender : nil), from: [source])
    }
    return source
  }

  private mutating func copula(_ agreement: Agreement, _ tense: Tense, isNegated: Bool) -> Int {
    let number = agreement.number
    let source = english(
      SentenceWord(Auxiliaries.be(agreement, tense), lemma: "be", .verb, number))
    let negation = isNegated ? english(SentenceWord("not", .negation), head: source) : nil
    let forms = tense == .past ? Auxiliaries.imparfait : Auxiliaries.etre
    frenchVerb(
      SentenceWord(forms[agreement.frenchForm], lemma: "être", .verb, number), from: source,
      negation: negation)
    return source
  }

  /// The finite verb, between ne and pas if it is negated.
  private mutating func frenchVerb(_ finite: SentenceWord, from source: Int, negation: Int?) {
    if let negation {
      french(SentenceWord("ne", .negation), from: [negation], behaviour: .elides)
    }
    french(finite, from: [source])
    if let negation { french(SentenceWord("pas", .negation), from: [negation]) }
  }

  private mutating func predicate(
    _ adjectives: [Adjective], isVery: Bool, _ agreement: Agreement, of verb: Int
  ) {
    var first: Int?
    for (place, adjective) in adjectives.enumerated() {
      var modifier: Int?
      if place > 0 {
        modifier = english(SentenceWord("and", .conjunction))
        french(SentenceWord("et", .conjunction), from: modifier.map { [$0] } ?? [])
      } else if isVery {
        modifier = english(SentenceWord("very", .adverb))
        french(SentenceWord("très", .adverb), from: modifier.map { [$0] } ?? [])
      }
      let (number, gender) = (agreement.number, agreement.gender)
      let source = english(
        SentenceWord(adjective.english, .adjective, number, gender), head: first ?? verb)
      french(
        SentenceWord(
          adjective.form(gender, number), lemma: adjective.lemma, .adjective, number, gender),
        from: [source])
      if let modifier { attach(modifier, to: source) }
      first = first ?? source
    }
  }
}
