/// Properties of characters by the names that expressions give them.
enum PatternProperty {
  static let space = ScalarRanges([
    0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A,
    0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
  ])

  private static let groups: [String: [String]] = [
    "l": ["lu", "ll", "lt", "lm", "lo"], "lc": ["lu", "ll", "lt"], "m": ["mn", "mc", "me"],
    "n": ["nd", "nl", "no"], "p": ["pc", "pd", "ps", "pe", "pi", "pf", "po"],
    "s": ["sm", "sc", "sk", "so"], "z": ["zs", "zl", "zp"], "alnum": ["alpha", "nd"],
  ]

  private static let longNames: [String: String] = [
    "letter": "l", "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt",
    "casedletter": "lc", "modifierletter": "lm", "otherletter": "lo", "mark": "m",
    "nonspacingmark": "mn", "spacingmark": "mc", "enclosingmark": "me", "number": "n",
    "decimalnumber": "nd", "letternumber": "nl", "othernumber": "no", "punctuation": "p",
    "connectorpunctuation": "pc", "dashpunctuation": "pd", "openpunctuation": "ps",
    "closepunctuation": "pe", "initialpunctuation": "pi", "finalpunctuation": "pf",
    "otherpunctuation": "po", "symbol": "s", "mathsymbol": "sm", "currencysymbol": "sc",
    "modifiersymbol": "sk", "othersymbol": "so", "separator": "z", "spaceseparator": "zs",
    "lineseparator": "zl", "paragraphseparator": "zp", "control": "cc", "format": "cf",
    "privateuse": "co", "alphabetic": "alpha", "uppercase": "upper", "lowercase": "lower",
    "digit": "nd", "cntrl": "cc", "whitespace": "space", "hira": "hiragana", "kana": "katakana",
    "hani": "han", "hang": "hangul", "latn": "latin", "grek": "greek", "cyrl": "cyrillic",
    "arab": "arabic", "hebr": "hebrew", "deva": "devanagari", "beng": "bengali", "armn": "armenian",
  ]

  /// All characters of a property, however its name is spelled, or nil where there is none of it.
  static func set(named name: String) -> ScalarRanges? {
    var key = String(
      String.UnicodeScalarView(
        name.unicodeScalars.filter { !" -_".unicodeScalars.contains($0) })
    ).lowercased()
    key = longNames[key] ?? key
    switch key {
    case "any": return .all
    case "ascii": return ScalarRanges([0...0x7F])
    case "assigned": return union(categories + ["cc", "cf", "co"])
    case "space": return space
    case "word": return Pattern.word
    case "blank": return union(["zs"]).union(ScalarRanges([0x9...0x9]))
    case "xdigit": return ScalarRanges([0x30...0x39, 0x41...0x46, 0x61...0x66])
    case "cn", "unassigned": return union(categories + ["cc", "cf", "co"]).inverted
    case "c", "other": return union(categories).inverted
    default: break
    }
    if let parts = groups[key] { return union(parts) }
    return ScalarPropertyTable.properties[key].map { ScalarRanges(runs: $0) }
  }

  /// All characters of some properties that there are.
  private static func union(_ names: [String]) -> ScalarRanges {
    names.reduce(ScalarRanges()) { $0.union(set(named: $1) ?? ScalarRanges()) }
  }

  static let decimal = union(["nd"])
  static let symbol = union(["s"])
  /// The general categories but those of controls and what is not assigned.
  private static let categories = ["l", "m", "n", "p", "s", "z"]
}
