/// A determiner, which also decides the number of its noun where English does.
package enum Determiner: String, Sendable, Hashable, CaseIterable {
  case the, a, some, this, that, these, those
  case my, your, his, her, our, their
  case every, several, many, two, three, four

  /// The only number it goes with, if there is one.
  var requiredNumber: GrammaticalNumber? {
    switch self {
    case .a, .this, .that, .every: .singular
    case .some, .these, .those, .several, .many, .two, .three, .four: .plural
    default: nil
    }
  }

  /// "a" and "some", which become "de" for the object of a negated verb.
  var isIndefinite: Bool { self == .a || self == .some }

  var isPossessive: Bool {
    switch self {
    case .my, .your, .his, .her, .our, .their: true
    default: false
    }
  }

  /// The French determiner other than the articles, or nil for those.
  ///
  /// Feminine possessives take their masculine form before a vowel: mon école, son amie.
  func french(
    _ gender: GrammaticalGender, _ number: GrammaticalNumber, beforeVowel: Bool
  ) -> (text: String, lemma: String)? {
    func possessive(_ initial: String) -> (String, String) {
      let ending =
        number == .plural ? "es" : gender == .feminine && !beforeVowel ? "a" : "on"
      return (initial + ending, initial + "on")
    }
    switch self {
    case .the, .a, .some, .many: return nil
    case .this, .that:
      return (gender == .feminine ? "cette" : beforeVowel ? "cet" : "ce", "ce")
    case .these, .those: return ("ces", "ce")
    case .my: return possessive("m")
    case .your: return possessive("t")
    case .his, .her: return possessive("s")
    case .our: return (number == .plural ? "nos" : "notre", "notre")
    case .their: return (number == .plural ? "leurs" : "leur", "leur")
    case .every: return ("chaque", "chaque")
    case .several: return ("plusieurs", "plusieurs")
    case .two: return ("deux", "deux")
    case .three: return ("trois", "trois")
    case .four: return ("quatre", "quatre")
    }
  }
}

/// A subject pronoun.
///
/// "you" is tu and "they" ils, by decree.
package enum Pronoun: String, Sendable, Hashable, CaseIterable {
  case I, you, he, she, we, they

  var french: String {
    switch self {
    case .I: "je"
    case .you: "tu"
    case .he: "il"
    case .she: "elle"
    case .we: "nous"
    case .they: "ils"
    }
  }

  var agreement: Agreement {
    switch self {
    case .I: Agreement(person: 1, number: .singular, gender: .masculine)
    case .you: Agreement(person: 2, number: .singular, gender: .masculine)
    case .he: Agreement(person: 3, number: .singular, gender: .masculine)
    case .she: Agreement(person: 3, number: .singular, gender: .feminine)
    case .we: Agreement(person: 1, number: .plural, gender: .masculine)
    case .they: Agreement(person: 3, number: .plural, gender: .masculine)
    }
  }
}

/// What a verb agrees with.
struct Agreement: Sendable, Hashable {
  var person: Int
  var number: GrammaticalNumber
  var gender: GrammaticalGender

  /// The place in a table of je, tu, il, nous, ils.
  var frenchForm: Int { number == .singular ? person - 1 : person == 1 ? 3 : 4 }
}

/// A preposition.
///
/// Those in -de and à contract with the article: près du jardin, au marché.
package enum Preposition: String, Sendable, Hashable, CaseIterable {
  case `in`, on, under, behind, inFrontOf, near, to, from, of, with, `for`

  var english: [String] {
    self == .inFrontOf ? ["in", "front", "of"] : [rawValue]
  }

  var french: [String] {
    switch self {
    case .in: ["dans"]
    case .on: ["sur"]
    case .under: ["sous"]
    case .behind: ["derrière"]
    case .inFrontOf: ["devant"]
    case .near: ["près", "de"]
    case .to: ["à"]
    case .from, .of: ["de"]
    case .with: ["avec"]
    case .for: ["pour"]
    }
  }
}

/// An adverb: of manner, after the verb and its object, or at the end of its clause, in both
/// languages.
package struct Adverb: Sendable, Hashable {
  /// When it makes sense.
  enum Kind: Sendable { case manner, time, past, together }

  package var english: String
  package var french: String
  var kind = Kind.manner
}

/// Forms of être, avoir and to be.
enum Auxiliaries {
  static let avoir = ["ai", "as", "a", "avons", "ont"]
  static let etre = ["suis", "es", "est", "sommes", "sont"]
  static let imparfait = ["étais", "étais", "était", "étions", "étaient"]

  static func be(_ agreement: Agreement, _ tense: Tense) -> String {
    switch (tense, agreement.person, agreement.number) {
    case (.present, 1, .singular): "am"
    case (.present, 3, .singular): "is"
    case (.present, _, _): "are"
    case (.past, 2, _), (.past, _, .plural): "were"
    case (.past, _, _): "was"
    }
  }

  static func `do`(_ agreement: Agreement, _ tense: Tense) -> String {
    tense == .past ? "did" : agreement.person == 3 && agreement.number == .singular ? "does" : "do"
  }
}
