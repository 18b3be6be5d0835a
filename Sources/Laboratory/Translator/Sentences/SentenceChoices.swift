/// The determiners that suit a place in the sentence.
enum DeterminerChoice: Sendable {
  /// The subject of a verb that is not negated.
  case anyOrEvery
  /// Another subject or object.
  case any
  /// The subject of a negated verb: quantities, but no articles without one.
  case negatedSubject
  /// The object of a negated verb: "any" but no quantities, whose scope would be in doubt.
  case negated
  /// The subject of a description: no indefinites.
  case definite
  /// After most prepositions: "de" and "à" would swallow or clash with the others.
  case goal

  /// Every determiner with its weight.
  var weights: [(element: Determiner, weight: Int)] {
    switch self {
    case .anyOrEvery: Self.withEvery
    case .any: Self.all
    case .negatedSubject: Self.withoutIndefinites
    case .negated: Self.withoutQuantities
    case .definite: Self.definites
    case .goal: Self.goals
    }
  }

  /// The determiner whose French ends in "d'" before a vowel: d'arbres.
  var elided: Determiner? {
    switch self {
    case .anyOrEvery, .any, .negatedSubject: .many
    case .negated: .some
    case .definite, .goal: nil
    }
  }

  private static let definites: [(element: Determiner, weight: Int)] =
    [(.the, 38), (.this, 6), (.that, 6), (.these, 6), (.those, 6)]
    + [.my, .your, .his, .her, .our, .their].map { ($0, 5) }
  private static let goals = definites + [(.a, 14)]
  private static let withoutQuantities = definites + [(.a, 22), (.some, 14)]
  private static let quantities: [(element: Determiner, weight: Int)] =
    [.several, .many, .two, .three, .four].map { ($0, 4) }
  private static let withoutIndefinites = definites + quantities
  private static let all = withoutQuantities + quantities
  private static let withEvery = all + [(.every, 6)]
}

/// Tables that the generator draws from, made once.
enum Vocabulary {
  /// The nouns of any of the kinds.
  static func nouns(_ kinds: NounKinds) -> [Noun] {
    nounsOfKinds[kinds] ?? Lexicon.nouns.filter { !$0.kinds.isDisjoint(with: kinds) }
  }

  private static let nounsOfKinds: [NounKinds: [Noun]] = {
    let everyKind = NounKinds(rawValue: .max)
    let kinds =
      Lexicon.verbs.flatMap { [$0.subjects, $0.objects] } + locations.map(\.element.kinds)
      + [.destination, .place, .tool, .human, .building, everyKind]
    var table: [NounKinds: [Noun]] = [:]
    for kind in kinds where table[kind] == nil {
      table[kind] = Lexicon.nouns.filter { !$0.kinds.isDisjoint(with: kind) }
    }
    return table
  }()

  /// The adjectives that suit each noun.
  static let adjectives = Lexicon.nouns.map { noun in
    Lexicon.adjectives.filter { !$0.kinds.isDisjoint(with: noun.kinds) }
  }

  /// Of these, the ones that can follow "is".
  static let predicates = adjectives.map { $0.filter(\.isPredicative) }

  static let humanPredicates = Lexicon.adjectives.filter {
    $0.kinds.contains(.human) && $0.isPredicative
  }

  /// First and second person more often: their verb forms occur nowhere else.
  static let pronouns: [Pronoun] = [.I, .I, .I, .you, .you, .you, .we, .we, .we, .he, .she, .they]

  /// Where something can be, with the nouns that suit the preposition.
  static let locations: [(element: (preposition: Preposition, kinds: NounKinds), weight: Int)] = [
    ((.in, .inside), 34), ((.on, .surface), 18), ((.under, .below), 14),
    ((.behind, .landmark), 14), ((.inFrontOf, .landmark), 8), ((.near, .place), 12),
  ]
}
