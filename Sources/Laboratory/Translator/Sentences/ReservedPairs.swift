/// The (noun, adjective) and (noun, verb) pairs that training never shows in one sentence.
///
/// About one plausible pair in fifteen, chosen by a hash of the words alone, so that they are the
/// same for every seed and every run. No word loses more than an eighth of its partners.
package struct ReservedPairs: Sendable {
  /// The reserved pairs of the lexicon.
  package static let standard = ReservedPairs()

  /// All of them, ordered by noun and partner.
  package let pairs: [LexicalPair]
  /// The number of pairs they were chosen from.
  package let plausibleCount: Int
  /// [noun, partner], adjectives before verbs.
  private let isReserved: [Bool]
  private let partnerCount: Int

  private init() {
    let nouns = Lexicon.nouns
    let (adjectives, verbs) = (Lexicon.adjectives, Lexicon.verbs)
    let partners = adjectives.map(\.english) + verbs.map(\.lemma)
    func suits(_ noun: Noun, _ partner: Int) -> Bool {
      if partner < adjectives.count {
        return !adjectives[partner].kinds.isDisjoint(with: noun.kinds)
      }
      let verb = verbs[partner - adjectives.count]
      return !verb.subjects.union(verb.objects).isDisjoint(with: noun.kinds)
    }
    var candidates: [(noun: Int, partner: Int, hash: UInt64)] = []
    // A noun's adjectives and its verbs are counted apart.
    var nounTotals = [[Int]](repeating: [0, 0], count: nouns.count)
    var partnerTotals = [Int](repeating: 0, count: partners.count)
    for noun in nouns.indices {
      for partner in partners.indices where suits(nouns[noun], partner) {
        let name = nouns[noun].english.singular + " " + partners[partner]
        candidates.append((noun, partner, fingerprint(name)))
        nounTotals[noun][partner < adjectives.count ? 0 : 1] += 1
        partnerTotals[partner] += 1
      }
    }
    plausibleCount = candidates.count
    candidates.sort { $0.hash < $1.hash }

    // The sentence that introduces the model stays ordinary.
    let spared: Set<LexicalPair> = [LexicalPair("dog", "brown"), LexicalPair("dog", "run")]
    var isReserved = [Bool](repeating: false, count: nouns.count * partners.count)
    var nounCounts = [[Int]](repeating: [0, 0], count: nouns.count)
    var partnerCounts = [Int](repeating: 0, count: partners.count)
    var reserved = 0
    for (noun, partner, _) in candidates where reserved * 15 < candidates.count {
      let kind = partner < adjectives.count ? 0 : 1
      let pair = LexicalPair(nouns[noun].english.singular, partners[partner])
      guard (nounCounts[noun][kind] + 1) * 8 <= nounTotals[noun][kind],
        (partnerCounts[partner] + 1) * 8 <= partnerTotals[partner], !spared.contains(pair)
      else { continue }
      nounCounts[noun][kind] += 1
      partnerCounts[partner] += 1
      reserved += 1
      isReserved[noun * partners.count + partner] = true
    }
    self.isReserved = isReserved
    partnerCount = partners.count
    pairs = nouns.indices.flatMap { noun in
      partners.indices.filter { isReserved[noun * partners.count + $0] }.map {
        LexicalPair(nouns[noun].english.singular, partners[$0])
      }
    }
  }

  /// The reserved pairs of the clauses.
  ///
  /// - Returns: `direct`, those in direct relation: an adjective with the noun it describes, a verb
  ///   with its subject or object; `isClean`, whether no reserved pair occurs even apart.
  package func occurrences(in clauses: [Clause]) -> (direct: [LexicalPair], isClean: Bool) {
    var nouns: [Int] = []
    var partners: [Int] = []
    var direct: [LexicalPair] = []
    func relate(_ noun: Noun, adjective: Adjective) {
      if isReserved[noun.id * partnerCount + adjective.id] {
        direct.append(LexicalPair(noun.english.singular, adjective.english))
      }
    }
    func visit(_ participant: Participant, verb: Verb?, predicates: [Adjective] = []) {
      switch participant {
      case .pronoun, .name: break
      case .both(let members):
        for member in members { visit(member, verb: verb, predicates: predicates) }
      case .noun(let phrase):
        let noun = phrase.noun
        nouns.append(noun.id)
        for adjective in phrase.adjectives {
          partners.append(adjective.id)
          relate(noun, adjective: adjective)
        }
        for adjective in predicates { relate(noun, adjective: adjective) }
        if let verb,
          isReserved[noun.id * partnerCount + Lexicon.adjectives.count + verb.id]
        {
          direct.append(LexicalPair(noun.english.singular, verb.lemma))
        }
        for modifier in phrase.phrases { visit(modifier.object, verb: nil) }
      }
    }
    for clause in clauses {
      switch clause.predicate {
      case .verb(let verb, let object, let phrases, _):
        partners.append(Lexicon.adjectives.count + verb.id)
        visit(clause.subject, verb: verb)
        if let object { visit(object, verb: verb) }
        for phrase in phrases { visit(phrase.object, verb: nil) }
      case .adjectives(let adjectives, _):
        partners += adjectives.map(\.id)
        visit(clause.subject, verb: nil, predicates: adjectives)
      }
    }
    let isClean = !nouns.contains { noun in
      partners.contains { isReserved[noun * partnerCount + $0] }
    }
    return (direct, isClean)
  }
}

/// A hash of the text that never changes: FNV-1a, its bits mixed once more.
func fingerprint(_ text: String) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
  return hash ^ (hash >> 33)
}
