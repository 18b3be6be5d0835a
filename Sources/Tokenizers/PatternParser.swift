/// What an expression holds that cannot be matched, and where.
struct PatternError: Error, Equatable {
  /// Counted in characters from 0.
  let place: Int
  let reason: String
}

/// Reads what Oniguruma's Ruby syntax and the regex crate share.
///
/// Groups, alternation, lists with `&&`, properties, POSIX brackets, greedy, lazy and possessive
/// repetitions, look-around, atomic groups, anchors and the flags i, m and x. References back,
/// `\K`, `\X`, calls and conditions are refused by name.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var flags = Flags()
  private static let deepest = 64
  /// The largest number of repetitions, as in Oniguruma.
  private static let mostRepetitions = 100_000

  private struct Flags {
    var ignoresCase = false
    /// `.` takes line ends as well.
    var takesLineEnds = false
    /// White space and comments count for nothing.
    var isExtended = false
  }

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  private var isAtEnd: Bool { position >= scalars.count }
  private var peek: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

  private func fail(_ reason: String, at place: Int? = nil) -> PatternError {
    PatternError(place: place ?? position, reason: reason)
  }

  private func isNext(_ text: String) -> Bool {
    position <= scalars.count && scalars[position...].starts(with: text.unicodeScalars)
  }

  private mutating func accept(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  mutating func whole() throws(PatternError) -> PatternNode {
    let node = try choice(depth: 0)
    guard isAtEnd else { throw fail("a bracket closes that none opened") }
    return node
  }

  private mutating func choice(depth: Int) throws(PatternError) -> PatternNode {
    guard depth < Self.deepest else {
      throw fail("groups are nested more than \(Self.deepest) deep")
    }
    var parts = [try sequence(depth: depth)]
    while accept("|") { parts.append(try sequence(depth: depth)) }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private mutating func sequence(depth: Int) throws(PatternError) -> PatternNode {
    var parts: [PatternNode] = []
    while let next = peek, next != "|", next != ")" {
      if flags.isExtended, skipExtended() { continue }
      if accept("(?#") {
        while let next = peek, next != ")" { position += next == "\\" ? 2 : 1 }
        guard accept(")") else { throw fail("a comment has no end") }
        continue
      }
      let start = position
      let part = try atom(depth: depth)
      parts.append(try repetitions(of: part, from: start, depth: depth))
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  /// Skips white space or a comment under the flag x.
  private mutating func skipExtended() -> Bool {
    guard let next = peek else { return false }
    if next == "#" {
      while let next = peek, next != "\n" { position += 1 }
      return true
    }
    guard " \t\n\r\u{B}\u{C}".unicodeScalars.contains(next) else { return false }
    position += 1
    return true
  }

  private mutating func atom(depth: Int) throws(PatternError) -> PatternNode {
    let start = position
    guard let next = peek else { return .empty }
    position += 1
    switch next {
    case "(": return try group(depth: depth, from: start)
    case "[": return .set(try list(depth: depth, from: start))
    case ".": return .set(flags.takesLineEnds ? .all : ScalarRanges([0xA...0xA]).inverted)
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "?", "*", "+": throw fail("\(next) has nothing to repeat", at: start)
    case "\\": return try escaped(from: start)
    default: return literal(next)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternNode {
    .set(folded(ScalarRanges([scalar.value...scalar.value])))
  }

  private func folded(_ set: ScalarRanges) -> ScalarRanges {
    flags.ignoresCase ? set.ignoringCase : set
  }

  // MARK: Groups

  private mutating func group(depth: Int, from start: Int) throws(PatternError) -> PatternNode {
    let outer = flags
    func close(_ parser: inout Self, _ node: PatternNode) throws(PatternError) -> PatternNode {
      guard parser.accept(")") else {
        throw parser.fail("this group has no end", at: start)
      }
      parser.flags = outer
      return node
    }
    guard accept("?") else { return try close(&self, choice(depth: depth + 1)) }
    for (sign, isAhead, isNegated) in [
      ("=", true, false), ("!", true, true), ("<=", false, false), ("<!", false, true),
    ] where accept(sign) {
      let part = try choice(depth: depth + 1)
      return try close(&self, .look(part, isAhead: isAhead, isNegated: isNegated))
    }
    if accept(":") { return try close(&self, choice(depth: depth + 1)) }
    if accept(">") { return try close(&self, .atomic(choice(depth: depth + 1))) }
    if accept("<") {
      while let next = peek, next != ">" {
        guard next.classes.contains(.word) else { throw fail("a group's name ends with >") }
        position += 1
      }
      guard accept(">") else { throw fail("a group's name ends with >") }
      return try close(&self, choice(depth: depth + 1))
    }
    var isOn = true
    while let next = peek, next != ")", next != ":" {
      switch next {
      case "-": isOn = false
      case "i": flags.ignoresCase = isOn
      case "m": flags.takesLineEnds = isOn
      case "x": flags.isExtended = isOn
      default: throw fail("a group that begins with (?\(next) is not supported", at: start)
      }
      position += 1
    }
    if accept(":") { return try close(&self, choice(depth: depth + 1)) }
    guard accept(")") else { throw fail("this group has no end", at: start) }
    // Flags on their own hold up to the end of the group around them, alternatives included.
    let rest = try choice(depth: depth + 1)
    flags = outer
    return rest
  }

  // MARK: Repetitions

  private mutating func repetitions(
    of part: PatternNode, from start: Int, depth: Int
  ) throws(PatternError) -> PatternNode {
    var part = part
    var count = 0
    while let next = peek {
      if flags.isExtended, skipExtended() { continue }
      let bounds: (minimum: Int, maximum: Int)
      var isInterval = false
      switch next {
      case "?": bounds = (0, 1)
      case "*": bounds = (0, .max)
      case "+": bounds = (1, .max)
      case "{":
        guard let interval = try interval() else { return part }
        bounds = interval
        isInterval = true
      default: return part
      }
      if !isInterval { position += 1 }
      count += 1
      guard count + depth < Self.deepest else {
        throw fail("repetitions are nested more than \(Self.deepest) deep")
      }
      var kind = PatternNode.Repetition.greedy
      if isInterval, bounds.minimum == bounds.maximum, isNext("?") {
        // In this syntax a{2}? is a pair or nothing: the mark is a repetition of its own.
      } else if accept("?") {
        kind = .lazy
      } else if !isInterval, accept("+") {
        kind = .possessive
      }
      part = .repeated(part, minimum: bounds.minimum, maximum: bounds.maximum, kind)
    }
    return part
  }

  /// The numbers in braces, or nil, with nothing read, where the braces are plain characters.
  private mutating func interval() throws(PatternError) -> (minimum: Int, maximum: Int)? {
    let start = position
    position += 1
    let low = number()
    var high = low
    if accept(",") {
      high = number()
      if low == nil, high == nil {
        position = start
        return nil
      }
      high = high ?? .max
    }
    guard low != nil || high != nil, accept("}") else {
      position = start
      return nil
    }
    let (minimum, maximum) = (low ?? 0, high ?? .max)
    guard minimum <= maximum else { throw fail("it should count upwards", at: start) }
    guard minimum <= Self.mostRepetitions, maximum == .max || maximum <= Self.mostRepetitions
    else { throw fail("it repeats more than \(Self.mostRepetitions) times", at: start) }
    return (minimum, maximum)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let next = peek, ("0"..."9").contains(next), (value ?? 0) < 1_000_000 {
      value = (value ?? 0) * 10 + Int(next.value - 0x30)
      position += 1
    }
    return value
  }

  // MARK: Escapes

  private mutating func escaped(from start: Int) throws(PatternError) -> PatternNode {
    guard let next = peek else { throw fail("it ends with a \\", at: start) }
    if let set = try escapedSet() { return .set(set) }
    position += 1
    switch next {
    case "b": return .assertion(.wordBoundary)
    case "B": return .assertion(.noWordBoundary)
    case "A": return .assertion(.textStart)
    case "z": return .assertion(.textEnd)
    case "Z": return .assertion(.lastLineEnd)
    case "G": return .assertion(.searchStart)
    case "N": return .set(ScalarRanges([0xA...0xA]).inverted)
    case "O": return .set(.all)
    case "R":
      let pair: PatternNode = .sequence([.set([0xD]), .set([0xA])])
      return .atomic(
        .choice([pair, .set(ScalarRanges([0xA...0xD, 0x85...0x85, 0x2028...0x2029]))]))
    case "1"..."9" where !isOctal(from: position - 1):
      throw fail("the reference back \\\(next) is not supported", at: start)
    case "K", "X", "k", "g", "y", "Y":
      throw fail("\\\(next) is not supported", at: start)
    default:
      position -= 1
      return literal(try character(from: start))
    }
  }

  /// Whether digits after a backslash are a character's code in octal, and no group's number: the
  /// number has two digits at least, and there are fewer brackets.
  private func isOctal(from place: Int) -> Bool {
    let digits = scalars[place...].prefix { ("0"..."9").contains($0) }.prefix(9)
    guard let number = Int(String(String.UnicodeScalarView(digits))) else { return false }
    return number > 9 && digits.first! < "8" && number > scalars.count { $0 == "(" }
  }

  /// A class after a backslash, or nil, with nothing read, where there is none.
  private mutating func escapedSet() throws(PatternError) -> ScalarRanges? {
    guard let next = peek else { return nil }
    let lower = Unicode.Scalar(next.value | 0x20) ?? next
    let set: ScalarRanges
    switch lower {
    case "d": set = try property("nd")
    case "w": set = Pattern.word
    case "s": set = Self.space
    case "h": set = ScalarRanges([0x30...0x39, 0x41...0x46, 0x61...0x66])
    case "p":
      let start = position - 1
      position += 1
      guard accept("{") else { throw fail("a property stands in braces, as in \\p{L}", at: start) }
      var isInverted = next == "P"
      if accept("^") { isInverted.toggle() }
      var name = ""
      while let next = peek, next != "}" {
        name.unicodeScalars.append(next)
        position += 1
      }
      guard accept("}") else { throw fail("a property stands in braces, as in \\p{L}", at: start) }
      let set = try property(name, from: start)
      return isInverted ? set.inverted : set
    default: return nil
    }
    guard next.isASCII else { return nil }
    position += 1
    return next == lower ? set : set.inverted
  }

  /// One character after a backslash.
  private mutating func character(from start: Int) throws(PatternError) -> Unicode.Scalar {
    guard let next = peek else { throw fail("it ends with a \\", at: start) }
    position += 1
    switch next {
    case "t": return "\t"
    case "n": return "\n"
    case "r": return "\r"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "a": return "\u{7}"
    case "e": return "\u{1B}"
    case "x":
      if accept("{") {
        let scalar = try hexadecimal(1...8, from: start)
        guard accept("}") else { throw fail("\\x{ has no end", at: start) }
        return scalar
      }
      return try hexadecimal(1...2, from: start)
    case "u": return try hexadecimal(4...4, from: start)
    case "0"..."7":
      var code = next.value - 0x30
      while let digit = peek, ("0"..."7").contains(digit), code < 0o20 {
        code = code * 8 + digit.value - 0x30
        position += 1
      }
      guard code < 0x80 else { throw fail("a byte is no character", at: start) }
      return Unicode.Scalar(code) ?? "\0"
    case "c", "C", "M": throw fail("\\\(next) is not supported", at: start)
    default: return next
    }
  }

  private mutating func hexadecimal(
    _ count: ClosedRange<Int>, from start: Int
  ) throws(PatternError) -> Unicode.Scalar {
    var digits = ""
    while let next = peek, Character(next).isHexDigit, next.isASCII,
      digits.utf8.count < count.upperBound
    {
      digits.unicodeScalars.append(next)
      position += 1
    }
    guard digits.utf8.count >= count.lowerBound, let code = UInt32(digits, radix: 16),
      let scalar = Unicode.Scalar(code), count.upperBound != 2 || code < 0x80
    else { throw fail("it names no character in hexadecimal digits", at: start) }
    return scalar
  }

  // MARK: Lists

  private mutating func list(depth: Int, from start: Int) throws(PatternError) -> ScalarRanges {
    guard depth < Self.deepest else {
      throw fail("lists are nested more than \(Self.deepest) deep")
    }
    let isInverted = accept("^")
    var whole: ScalarRanges?
    var parts: [ClosedRange<UInt32>] = []
    var isFirst = true
    while let next = peek {
      let place = position
      if next == "]", !isFirst || !scalars[(position + 1)...].contains("]") {
        guard !isFirst else { throw fail("this list is empty", at: start) }
        position += 1
        let last = folded(ScalarRanges(parts))
        let set = whole.map { $0.intersection(last) } ?? last
        return isInverted ? set.inverted : set
      }
      isFirst = false
      if accept("&&") {
        let last = folded(ScalarRanges(parts))
        whole = whole.map { $0.intersection(last) } ?? last
        parts = []
        continue
      }
      position += 1
      if next == "[" {
        if let named = try posix(from: place) {
          parts += named.ranges
        } else {
          parts += try list(depth: depth + 1, from: place).ranges
        }
        continue
      }
      var first = next
      if next == "\\" {
        if let set = try escapedSet() {
          parts += set.ranges
          continue
        }
        first = try listed(from: place)
      }
      guard peek == "-", position + 1 < scalars.count,
        !"]".unicodeScalars.contains(scalars[position + 1]), !isNextAfterDash("&&")
      else {
        parts.append(first.value...first.value)
        continue
      }
      position += 1
      guard var last = peek, last != "[" else {
        // A list after a dash: the dash stands for itself.
        parts += [first.value...first.value, 0x2D...0x2D]
        continue
      }
      position += 1
      if last == "\\" {
        if let set = try escapedSet() {
          parts += set.ranges + [first.value...first.value, 0x2D...0x2D]
          continue
        }
        last = try listed(from: position - 1)
      }
      guard first.value <= last.value else { throw fail("a range should go upwards", at: place) }
      parts.append(first.value...last.value)
    }
    throw fail("this list has no end", at: start)
  }

  private func isNextAfterDash(_ text: String) -> Bool {
    scalars[(position + 1)...].starts(with: text.unicodeScalars)
  }

  private mutating func listed(from place: Int) throws(PatternError) -> Unicode.Scalar {
    if accept("b") { return "\u{8}" }
    if let next = peek, "RXKkg".unicodeScalars.contains(next) {
      throw fail("\\\(next) is not supported in a list", at: place)
    }
    return try character(from: place)
  }

  /// `[:alpha:]`, whose first bracket has been read, or nil where there is none.
  private mutating func posix(from place: Int) throws(PatternError) -> ScalarRanges? {
    guard peek == ":" else { return nil }
    let before = position
    position += 1
    let isInverted = accept("^")
    var name = ""
    while let next = peek, ("a"..."z").contains(next) {
      name.unicodeScalars.append(next)
      position += 1
    }
    guard accept(":]") else {
      position = before
      return nil
    }
    var set = try property(name, from: place)
    // In brackets, and only there, symbols are punctuation.
    if name == "punct" { set = set.union(try property("s")) }
    return isInverted ? set.inverted : set
  }

  // MARK: Properties

  private static let space = ScalarRanges([
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

  private func property(_ name: String, from start: Int = 0) throws(PatternError) -> ScalarRanges {
    var key = String(
      String.UnicodeScalarView(
        name.unicodeScalars.filter { !" -_".unicodeScalars.contains($0) })
    ).lowercased()
    key = Self.longNames[key] ?? key
    switch key {
    case "any": return .all
    case "ascii": return ScalarRanges([0...0x7F])
    case "assigned": return try property("cn").inverted
    case "space": return Self.space
    case "word": return Pattern.word
    case "blank": return try property("zs").union(ScalarRanges([0x9...0x9]))
    case "xdigit": return ScalarRanges([0x30...0x39, 0x41...0x46, 0x61...0x66])
    case "cn", "unassigned", "c", "other":
      let names =
        ["l", "m", "n", "p", "s", "z"]
        + (key.hasPrefix("u") || key == "cn"
          ? ["cc", "cf", "co"] : [])
      var known = ScalarRanges()
      for name in names { known = known.union(try property(name)) }
      return known.inverted
    default: break
    }
    if let parts = Self.groups[key] {
      var union = ScalarRanges()
      for part in parts { union = union.union(try property(part)) }
      return union
    }
    guard let runs = ScalarPropertyTable.properties[key] else {
      throw fail("the property \(name) is not known", at: start)
    }
    return ScalarRanges(runs: runs)
  }
}

extension ScalarRanges: ExpressibleByArrayLiteral {
  init(arrayLiteral scalars: UInt32...) { self.init(scalars.map { $0...$0 }) }
}
