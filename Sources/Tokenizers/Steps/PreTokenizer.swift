/// Splits a normalised text into the words the model sees one at a time.
indirect enum PreTokenizer: Sendable {
  /// At white space, which is dropped.
  case whitespaceSplit
  /// Into runs of word characters and runs of other visible ones; white space is dropped.
  case whitespace
  /// At white space, which is dropped, and around every punctuation mark.
  case bert
  case metaspace(Metaspace)
  case byteLevel(addsPrefixSpace: Bool, splits: Bool)
  case split(TextPattern, SplitBehavior, inverted: Bool)
  case scalars(ScalarClass, SplitBehavior)
  case delimiter([UInt8])
  /// Every so many characters.
  case fixedLength(Int)
  /// Between scripts; what comes before the first letter of one is dropped.
  case scripts
  case sequence([PreTokenizer])

  init(_ part: Part) throws(TokenizerError) {
    let name = try part.required("type").text()
    switch name {
    case "WhitespaceSplit": self = .whitespaceSplit
    case "Whitespace": self = .whitespace
    case "BertPreTokenizer": self = .bert
    case "Metaspace": self = .metaspace(try Metaspace(part))
    case "ByteLevel":
      self = .byteLevel(
        addsPrefixSpace: try part.boolean("add_prefix_space", default: true),
        splits: try part.boolean("use_regex", default: true))
    case "Split":
      self = .split(
        try TextPattern(part.required("pattern")), try Self.behavior(part.required("behavior")),
        inverted: try part.boolean("invert", default: false))
    case "Digits":
      self = .scalars(
        .numeric,
        try part.boolean("individual_digits", default: false) ? .isolated : .contiguous)
    case "Punctuation":
      self = .scalars(
        .punctuation, try part.optional("behavior").map(Self.behavior) ?? .isolated)
    case "CharDelimiterSplit":
      self = .delimiter(Array(String(try part.required("delimiter").scalar()).utf8))
    case "FixedLength":
      let length = try part.optional("length")?.count() ?? 5
      guard length > 0 else {
        throw .malformed(part: "\(part.place).length", expected: "1 or more", found: "0")
      }
      self = .fixedLength(length)
    case "UnicodeScripts": self = .scripts
    case "Sequence":
      self = .sequence(
        try part.map("pretokenizers") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: [
          "WhitespaceSplit", "Whitespace", "BertPreTokenizer", "Metaspace", "ByteLevel", "Split",
          "Digits", "Punctuation", "CharDelimiterSplit", "FixedLength", "UnicodeScripts",
          "Sequence",
        ])
    }
  }

  private static func behavior(_ part: Part) throws(TokenizerError) -> SplitBehavior {
    let name = try part.text()
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw .unsupported(
        part: part.place, name: "\"\(name)\"", supported: SplitBehavior.allCases.map(\.rawValue))
    }
    return behavior
  }

  /// How many times longer it can make a text.
  var growth: Double {
    switch self {
    case .metaspace(let metaspace): Double(metaspace.replacement.count)
    case .byteLevel: 2
    case .sequence(let steps): steps.reduce(1) { $0 * $1.growth }
    default: 1
    }
  }

  func apply(to text: inout PreparedText) throws(TokenizerError) {
    switch self {
    case .whitespaceSplit:
      text.split(ScalarSeparator(classes: .space), .removed, inverted: false)
    case .whitespace:
      text.split(WordRuns(), .removed, inverted: true)
    case .bert:
      text.split(ScalarSeparator(classes: .space), .removed, inverted: false)
      text.split(ScalarSeparator(classes: .punctuation), .isolated, inverted: false)
    case .metaspace(let metaspace): metaspace.apply(to: &text)
    case .byteLevel(let addsPrefixSpace, let splits):
      if addsPrefixSpace { Self.addPrefixSpace(to: &text) }
      if splits, let expression = Expression.gpt2 {
        text.split(expression, .isolated, inverted: false)
      }
      text.rewrite { bytes, piece, result in
        ByteAlphabet.encode(bytes, piece.start..<piece.end, into: &result)
      }
    case .split(.literal(let literal), let behavior, let inverted):
      text.split(Literal(bytes: literal), behavior, inverted: inverted)
    case .split(.expression(let expression), let behavior, let inverted):
      text.split(expression, behavior, inverted: inverted)
    case .split(.pattern(let pattern), let behavior, let inverted):
      try text.split(pattern, behavior, inverted: inverted)
    case .scalars(let classes, let behavior):
      text.split(ScalarSeparator(classes: classes), behavior, inverted: false)
    case .delimiter(let delimiter):
      text.split(Literal(bytes: delimiter), .removed, inverted: false)
    case .fixedLength(let length):
      text.split(Stretches(length: length), .isolated, inverted: false)
    case .scripts: text.split(ScriptRuns(), .removed, inverted: true)
    case .sequence(let steps): for step in steps { try step.apply(to: &text) }
    }
  }

  private static func addPrefixSpace(to text: inout PreparedText) {
    text.rewrite { bytes, piece, result in
      if bytes[piece.start] != 0x20 { result.append(0x20) }
      for position in piece.start..<piece.end { result.append(bytes[position]) }
    }
  }
}

/// `\w+|[^\w\s]+`.
private struct WordRuns: Separator {
  func match(in bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> (Int, Int)? {
    var position = start
    var run: (start: Int, isWord: Bool)?
    while position < end {
      let (scalar, next) = Scalars.scalar(in: bytes, at: position)
      let classes = scalar.classes
      let isWord = classes.contains(.word)
      let isSpace = classes.contains(.space)
      if let run, isSpace || isWord != run.isWord { return (run.start, position) }
      if run == nil, !isSpace { run = (position, isWord) }
      position = next
    }
    return run.map { ($0.start, end) }
  }
}
