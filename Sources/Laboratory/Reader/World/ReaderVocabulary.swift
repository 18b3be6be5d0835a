package import Foundation

/// The words of the reader: each is one token.
package enum ReaderVocabulary {
  /// Ends a text and begins the next; the model reads it first.
  package static let start = "<s>"
  /// Stands for any word that is not here.
  package static let unknown = "<unk>"

  /// All tokens; the index is the id.
  package static let words: [String] = {
    var words = [start, unknown]
    var seen = Set(words)
    for word in marks + ReaderWriter.contentWords + others
    where !word.hasPrefix("{") && seen.insert(word).inserted {
      words.append(word)
    }
    return words
  }()

  /// The id of every token.
  package static let ids = Dictionary(uniqueKeysWithValues: zip(words, words.indices))

  /// The ids of words, the start token before them.
  package static func encode(_ words: [String]) -> [Int] {
    [ids[start]!] + words.map { ids[$0] ?? ids[unknown]! }
  }

  private static let marks = [".", ",", ";", ":", "->", "(", ")"]

  /// What is left: the words of all tables and wordings.
  private static var others: [String] {
    let world = ReaderWorld.standard
    let relations = ReaderRelation.allCases.flatMap { $0.templates.flatMap(\.fixedWords) }
    let places = world.countries.flatMap { $0.region + $0.continent }
    let kinds = ReaderSequence.Kind.allCases.flatMap { $0.frames.flatMap(\.self) }
    let frames: [[String]] =
      ReaderWriter.idiomFrames + ReaderWriter.narrativePatterns
      + ReaderWriter.arrivals + ReaderWriter.bystanding + ReaderWriter.heads.values.flatMap(\.self)
    let idioms = ReaderIdiom.all.flatMap { idiom in
      idiom.lead + [idiom.situation[0].capitalizedFirst]
    }
    let small = ReaderNames.words(
      """
      Of Then The At work in is the one from and Meet flag of firm sells Across spoken old new big \
      small were was a to lasted year kind country capital company He She It he she it
      """)
    return relations.sorted() + places + kinds + frames.flatMap(\.self).sorted() + idioms
      + small + ReaderWriter.spanNouns + ReaderWriter.giving
      + ReaderWords.kinds.map(\.kind) + ReaderTour.allCases.map(\.title)
      + world.companies.map(\.product)
  }

  /// The tokenizer as a `tokenizer.json` of the `tokenizers` library.
  ///
  /// Word level: cut at white space, marks apart from words, years in two, the start token in front.
  package static func tokenizerJSON() throws -> Data {
    let special: [[String: Any]] = [start, unknown].enumerated().map { id, token in
      [
        "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
      ]
    }
    func sequence(_ name: String) -> [String: Any] { ["Sequence": ["id": name, "type_id": 0]] }
    let first: [String: Any] = ["SpecialToken": ["id": start, "type_id": 0]]
    let object: [String: Any] = [
      "version": "1.0",
      "truncation": NSNull(),
      "padding": NSNull(),
      "added_tokens": special,
      "normalizer": NSNull(),
      // Years are two words of two digits.
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Whitespace"],
          [
            "type": "Split", "pattern": ["Regex": "\\p{N}\\p{N}"], "behavior": "Isolated",
            "invert": false,
          ] as [String: Any],
        ] as [[String: Any]],
      ] as [String: Any],
      "post_processor": [
        "type": "TemplateProcessing",
        "single": [first, sequence("A")],
        "pair": [first, sequence("A"), sequence("B")],
        "special_tokens": [
          start: ["id": start, "ids": [0], "tokens": [start]] as [String: Any]
        ],
      ] as [String: Any],
      // Joins words by spaces, with none before a full stop or a comma.
      "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true] as [String: Any],
      "model": ["type": "WordLevel", "vocab": ids, "unk_token": unknown] as [String: Any],
    ]
    return try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
  }
}
