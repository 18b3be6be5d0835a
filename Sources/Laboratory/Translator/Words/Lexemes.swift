/// A pair of forms, singular and plural.
package struct NumberForms: Sendable, Hashable {
  package var singular: String
  package var plural: String

  package subscript(number: GrammaticalNumber) -> String {
    number == .singular ? singular : plural
  }
}

/// Whether a French word calls for elision before it: l'homme, but le hibou.
func startsWithVowelSound(_ word: String, aspirate: Bool = false) -> Bool {
  switch word.unicodeScalars.first {
  case "h": !aspirate
  case "a", "à", "â", "e", "é", "è", "ê", "i", "î", "o", "ô", "u", "û", "œ": true
  default: false
  }
}

/// A noun in both languages.
package struct Noun: Sendable, Hashable {
  package var id = 0
  package var english: NumberForms
  package var french: NumberForms
  package var gender: GrammaticalGender
  package var kinds: NounKinds
  /// Whether the French noun, in either number, takes elision before it.
  package var takesElision: Bool

  /// - Parameters:
  ///   - english: singular and, unless it adds an s, plural, separated by a space.
  ///   - french: the same in French; a first letter `*` marks an h aspiré.
  init(_ english: String, _ french: String, _ gender: GrammaticalGender, _ kinds: NounKinds) {
    func forms(_ text: Substring) -> NumberForms {
      let parts = text.split(separator: " ").map(String.init)
      return NumberForms(singular: parts[0], plural: parts.count > 1 ? parts[1] : parts[0] + "s")
    }
    let isAspirate = french.hasPrefix("*")
    self.english = forms(english[...])
    self.french = forms(isAspirate ? french.dropFirst() : french[...])
    self.gender = gender
    self.kinds = kinds
    takesElision = startsWithVowelSound(self.french.singular, aspirate: isAspirate)
  }
}

/// An adjective in both languages.
package struct Adjective: Sendable, Hashable {
  /// Where the French adjective stands.
  enum Position: Sendable { case before, after }

  package var id = 0
  package var english: String
  var masculine: NumberForms
  var feminine: NumberForms
  /// The masculine singular before a vowel, where it differs: bel, vieil, nouvel.
  var prevocalic: String?
  var position: Position
  var kinds: NounKinds
  /// Whether "very" can intensify it.
  var isGradable = true
  /// Whether it only follows "the" and possessives: first, last, other.
  var isOrdinal = false
  /// Whether it can follow "is".
  var isPredicative = true
  var startsWithVowel: Bool

  package var lemma: String { masculine.singular }
  package var forms: [String] {
    [
      masculine.singular, feminine.singular, masculine.plural, feminine.plural,
    ] + (prevocalic.map { [$0] } ?? [])
  }

  /// - Parameter french: masculine, feminine and, where they don't add an s, both plurals and the
  ///   form before a vowel, separated by spaces; one form alone serves both genders.
  init(
    _ english: String, _ french: String, _ position: Position, _ kinds: NounKinds,
    isGradable: Bool = true, isOrdinal: Bool = false, isPredicative: Bool = true
  ) {
    let parts = french.split(separator: " ").map(String.init)
    func plural(_ word: String) -> String {
      word.hasSuffix("s") || word.hasSuffix("x") ? word : word + "s"
    }
    let feminine = parts.count > 1 ? parts[1] : parts[0]
    self.english = english
    masculine = NumberForms(
      singular: parts[0], plural: parts.count > 2 ? parts[2] : plural(parts[0]))
    self.feminine = NumberForms(
      singular: feminine, plural: parts.count > 3 ? parts[3] : plural(feminine))
    prevocalic = parts.count > 4 ? parts[4] : nil
    self.position = position
    self.kinds = kinds
    self.isGradable = isGradable
    self.isOrdinal = isOrdinal
    self.isPredicative = isPredicative && !isOrdinal
    startsWithVowel = startsWithVowelSound(parts[0])
  }

  /// An adjective that follows its noun in French.
  init(_ english: String, _ french: String, _ kinds: NounKinds, isGradable: Bool = true) {
    self.init(english, french, .after, kinds, isGradable: isGradable)
  }

  package func form(
    _ gender: GrammaticalGender, _ number: GrammaticalNumber, beforeVowel: Bool = false
  ) -> String {
    if gender == .feminine { return feminine[number] }
    if number == .singular, beforeVowel, let prevocalic { return prevocalic }
    return masculine[number]
  }
}

/// What can follow a verb besides its object.
struct VerbFrames: OptionSet, Sendable, Hashable {
  let rawValue: UInt16
  init(rawValue: UInt16) { self.rawValue = rawValue }

  /// In the garden, under the table.
  static let location = VerbFrames(rawValue: 1)
  /// To the market.
  static let goal = VerbFrames(rawValue: 2)
  /// From the market.
  static let origin = VerbFrames(rawValue: 4)
  /// To the teacher.
  static let recipient = VerbFrames(rawValue: 8)
  /// Slowly, silently.
  static let manner = VerbFrames(rawValue: 16)
  /// With a friend.
  static let company = VerbFrames(rawValue: 32)
  /// With the hammer.
  static let instrument = VerbFrames(rawValue: 64)
  /// For his sister.
  static let beneficiary = VerbFrames(rawValue: 128)
  /// Incomplete without its goal or its recipient: one goes *to* somewhere.
  static let needsPhrase = VerbFrames(rawValue: 256)
  /// Complete without an object: one sings, or sings a song.
  static let optionalObject = VerbFrames(rawValue: 512)
}

/// A verb in both languages.
package struct Verb: Sendable, Hashable {
  package var id = 0
  /// Base form, third person, past.
  package var english: [String]
  package var infinitive: String
  /// je, tu, il, nous, ils.
  var present: [String]
  var participle: String
  var usesEtre: Bool
  var subjects: NounKinds
  /// Empty for an intransitive verb.
  var objects: NounKinds
  var frames: VerbFrames
  /// Whether its present takes elision before it: j'aime.
  var startsWithVowel: Bool

  package var lemma: String { english[0] }

  /// - Parameters:
  ///   - english: base, third person and past, separated by spaces.
  ///   - french: infinitive, five present forms and participle; infinitive and participle alone
  ///     for a regular verb in -er.
  init(
    _ english: String, _ french: String, etre: Bool = false, by subjects: NounKinds = .human,
    _ objects: NounKinds = [], _ frames: VerbFrames = []
  ) {
    let parts = french.split(separator: " ").map(String.init)
    let stem = parts[0].dropLast(2)
    self.english = english.split(separator: " ").map(String.init)
    infinitive = parts[0]
    present =
      parts.count == 1
      ? ["e", "es", "e", "ons", "ent"].map { stem + $0 } : Array(parts[1...5])
    participle = parts.count == 1 ? stem + "é" : parts[6]
    usesEtre = etre
    self.subjects = subjects
    self.objects = objects
    self.frames = frames
    startsWithVowel = startsWithVowelSound(parts[0])
  }

  /// The participle after être, which agrees with the subject.
  package func participle(_ gender: GrammaticalGender, _ number: GrammaticalNumber) -> String {
    guard usesEtre else { return participle }
    return participle + (gender == .feminine ? "e" : "") + (number == .plural ? "s" : "")
  }
}
