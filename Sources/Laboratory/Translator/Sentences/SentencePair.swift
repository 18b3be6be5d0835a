/// One link of a gold word alignment.
package struct AlignmentLink: Codable, Sendable, Hashable {
  /// The index of the French word.
  package var target: Int
  /// The index of the English word it translates.
  package var source: Int
  /// Whether it links two punctuation marks, which alignment error rates leave out.
  package var isPunctuation: Bool
}

/// Where an attributive adjective and its noun stand on both sides.
package struct AdjectivePlace: Codable, Sendable, Hashable {
  /// The index of the English adjective.
  package var sourceAdjective: Int
  /// The index of the English noun.
  package var sourceNoun: Int
  /// The index of the French adjective.
  package var targetAdjective: Int
  /// The index of the French noun.
  package var targetNoun: Int

  /// Whether French puts the adjective on the other side of the noun.
  package var isSwapped: Bool {
    (sourceAdjective < sourceNoun) != (targetAdjective < targetNoun)
  }
}

/// A noun and an adjective, or a noun and a verb, by their English lemmas.
package struct LexicalPair: Codable, Sendable, Hashable {
  /// The noun, in the singular.
  package var noun: String
  /// The adjective, or the base form of the verb.
  package var partner: String

  package init(_ noun: String, _ partner: String) {
    self.noun = noun
    self.partner = partner
  }
}

/// An English source and its French target, with the gold word alignment.
///
/// The alignment is built while the sentence is generated, from the same structure:
/// - every French word links to the English word it comes from; "a couru" links twice to "ran";
/// - "ne" and "pas" both link to "not"; English do, does and did have no French counterpart and
///   no link;
/// - a contraction links to both its parts: "au" to "to" and "the";
/// - "devant" links to all of "in front of"; "près" and "de" to "near"; "beaucoup" and "de" to
///   "many"; the "de" of a negated object to "a" or "any";
/// - punctuation links to punctuation, and says so;
/// - words of the instruction have no links.
package struct SentencePair: Codable, Sendable, Hashable {
  /// The words the model reads, the instruction's first.
  package var source: [SentenceWord]
  /// The words the model should write.
  package var target: [SentenceWord]
  /// The gold alignment, ordered by target, then source.
  package var links: [AlignmentLink]
  /// Every attributive adjective.
  package var adjectives: [AdjectivePlace]
  /// The reserved pairs in direct relation here, which training never shows together.
  package var heldOutPairs: [LexicalPair]

  /// The text the model reads: "Translate to French: The brown dog ran.", for example.
  package var sourceText: String { source.joinedText }
  /// The text the model should write: "Le chien brun a couru.", for example.
  package var targetText: String { target.joinedText }

  /// For every target word, the indices of the source words it links to, in order.
  package var sourcesOfTargets: [[Int]] {
    var sources = [[Int]](repeating: [], count: target.count)
    for link in links { sources[link.target].append(link.source) }
    return sources
  }
}
