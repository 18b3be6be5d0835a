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
/// `\K`, `\X`, calls and conditions are refused by name: <doc:WhatIsRefused> lists them.
struct PatternParser {
  let scalars: [Unicode.Scalar]
  var position = 0
  private var flags = Flags()
  static let deepest = 64
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
  var peek: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

  func fail(_ reason: String, at place: Int? = nil) -> PatternError {
    PatternError(place: place ?? position, reason: reason)
  }

  private func isNext(_ text: String) -> Bool {
    position <= scalars.count && scalars[position...].starts(with: text.unicodeScalars)
  }

  mutating func accept(_ text: String) -> Bool {
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
      let start = position
      if accept("(?#") {
        while let next = peek, next != ")" { position += next == "\\" ? 2 : 1 }
        guard accept(")") else { throw fail("this comment has no end", at: start) }
        continue
      }
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

  func folded(_ set: ScalarRanges) -> ScalarRanges {
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
      part = part.repeated(minimum: bounds.minimum, maximum: bounds.maximum, kind)
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
}
