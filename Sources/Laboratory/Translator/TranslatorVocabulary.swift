/// The pieces of the translator's tokenizer: whole words of the corpus, a few words in two pieces,
/// letters and bytes for everything else.
package enum TranslatorVocabulary {
  /// Words that the tokenizer cuts on purpose, so that a word is not always a token.
  static let splits = [
    "Char|lotte", "Marga|ret", "Caro|line", "Isa|belle", "Vic|toria", "Jose|phine", "Pene|lope",
    "Christo|pher", "Ben|jamin", "Seb|astian", "Frede|rick", "Nico|las", "Leo|nardo",
    "Theo|dore", "Natha|niel",
    "Luxem|bourg", "Switzer|land", "Ice|land", "Fin|land", "Ire|land",
    "Po|land", "Thai|land", "Eng|land", "Bul|garia", "Mon|golia", "Lithu|ania", "Rom|ania",
    "Alb|ania", "Slo|vakia", "Copen|hagen", "Reyk|javik", "Buda|pest", "Bucha|rest",
    "Brati|slava", "Hel|sinki", "Kath|mandu", "Ulaan|baatar", "Can|berra", "Bel|grade",
    "Brus|sels", "Tall|inn", "Vil|nius", "Dam|ascus",
    "silent|ly", "patient|ly", "immediate|ly", "joyful|ly", "careful|ly", "lente|ment",
    "rapide|ment", "silencieuse|ment", "patiem|ment", "immédiate|ment", "joyeuse|ment",
    "prudem|ment", "extra|ordinary", "extra|ordinaire", "extra|ordinaires", "comfort|able",
    "confort|able", "confort|ables",
  ]

  /// A piece and its score in the Unigram model.
  package struct Piece: Sendable, Hashable {
    package var text: String
    package var score: Double
  }

  /// The symbol that stands for a space, and for the start of the text.
  static let space = "▁"

  /// All pieces; the index is the token id.
  ///
  /// Every piece of a word costs the same, so that the fewest pieces win; a letter costs more than
  /// any word in two pieces, a byte more than a letter.
  package static let pieces: [Piece] = {
    var pieces = ["<pad>", "</s>", "<unk>"].map { Piece(text: $0, score: 0) }
    var seen = Set(pieces.map(\.text))
    func add(_ text: String, _ score: Double) {
      if seen.insert(text).inserted { pieces.append(Piece(text: text, score: score)) }
    }
    let cuts = Dictionary(
      uniqueKeysWithValues: splits.map { split in
        let parts = split.split(separator: "|").map(String.init)
        return (parts.joined(), parts)
      })
    for mark in [".", "?", ":"] { add(mark, -8) }
    for word in spacedWords {
      for (index, part) in (cuts[word] ?? [word]).enumerated() {
        add(index == 0 ? space + part : part, -8)
      }
    }
    for word in joinedWords { add(word, -8) }
    add(space, -20)
    for letter in letters { add(String(letter), -20) }
    for byte in 0...255 {
      let digits = String(byte, radix: 16, uppercase: true)
      add("<0x" + (digits.count < 2 ? "0" : "") + digits + ">", -30)
    }
    return pieces
  }()

  private static let letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZàâæçèéêëîïôœùûüÿ',-"

  /// Words that follow a space or start the text.
  private static var spacedWords: [String] {
    SentencePair.instruction.filter { !$0.isPunctuation }.map(\.text)
      + ["What", "Which", "capital"] + Country.all.flatMap { [$0.name, $0.capital] }
      + Lexicon.firstNames.map(\.text) + englishSmallWords + frenchSmallWords
      + Lexicon.adverbs.flatMap { [$0.english, $0.french] }
      + Lexicon.nouns.flatMap {
        [$0.english.singular, $0.english.plural, $0.french.singular, $0.french.plural]
      }
      + Lexicon.adjectives.flatMap { [$0.english] + $0.forms }
      + Lexicon.verbs.flatMap { $0.english + frenchForms(of: $0) }
  }

  /// Words that follow an elided one: homme in l'homme, ai in j'ai, un in d'un.
  ///
  /// "autres" never does here, and "ai" always does.
  private static var joinedWords: [String] {
    let nouns: [String] = Lexicon.nouns.filter(\.takesElision).flatMap {
      [$0.french.singular, $0.french.plural]
    }
    let adjectives: [String] = Lexicon.adjectives.filter { $0.position == .before }
      .flatMap(\.forms).filter { $0 != "autres" }
    let auxiliaries = Auxiliaries.avoir + Auxiliaries.etre + Auxiliaries.imparfait
    let verbs: [String] = auxiliaries + Lexicon.verbs.flatMap(presentForms)
    return ["un", "une"] + nouns + (adjectives + verbs).filter { startsWithVowelSound($0) }
  }

  /// First and second persons only of verbs that people do.
  private static func presentForms(of verb: Verb) -> [String] {
    verb.subjects.contains(.human) ? verb.present : [verb.present[2], verb.present[4]]
  }

  private static func frenchForms(of verb: Verb) -> [String] {
    let participles: [String] = GrammaticalGender.allCases.flatMap { gender in
      GrammaticalNumber.allCases.map { verb.participle(gender, $0) }
    }
    return presentForms(of: verb) + participles
  }

  private static func withCapitals(_ words: [String]) -> [String] {
    words.flatMap { [$0, $0.prefix(1).uppercased() + $0.dropFirst()] }
  }

  private static var englishSmallWords: [String] {
    withCapitals(
      Determiner.allCases.map(\.rawValue) + ["an"] + Pronoun.allCases.map(\.rawValue))
      + ["any", "and", "not", "very", "do", "does", "did", "am", "is", "are", "was", "were"]
      + Preposition.allCases.flatMap(\.english)
  }

  private static var frenchSmallWords: [String] {
    let determiners = Determiner.allCases.flatMap { determiner in
      GrammaticalGender.allCases.flatMap { gender in
        GrammaticalNumber.allCases.flatMap { number in
          [false, true].compactMap {
            determiner.french(gender, number, beforeVowel: $0)?.text
          }
        }
      }
    }
    // "du", "au" and the rest follow a verb or noun and never start a sentence.
    return withCapitals(
      ["le", "la", "les", "l'", "un", "une", "des", "de", "d'", "j'", "beaucoup"]
        + determiners + Pronoun.allCases.map(\.french))
      + ["du", "au", "aux", "ne", "n'", "pas", "et", "très"]
      + Preposition.allCases.flatMap(\.french) + Auxiliaries.avoir.filter { $0 != "ai" }
      + Auxiliaries.etre
      + Auxiliaries.imparfait
  }
}
