/// What stands for one character: lists, escapes, properties.
extension PatternParser {
  mutating func list(depth: Int, from start: Int) throws(PatternError) -> ScalarRanges {
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
    if name == "punct" { set = set.union(PatternProperty.symbol) }
    return isInverted ? set.inverted : set
  }

  /// A class after a backslash, or nil, with nothing read, where there is none.
  mutating func escapedSet() throws(PatternError) -> ScalarRanges? {
    guard let next = peek else { return nil }
    let lower = Unicode.Scalar(next.value | 0x20) ?? next
    let set: ScalarRanges
    switch lower {
    case "d": set = PatternProperty.decimal
    case "w": set = Pattern.word
    case "s": set = PatternProperty.space
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
  mutating func character(from start: Int) throws(PatternError) -> Unicode.Scalar {
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

  private func property(_ name: String, from start: Int) throws(PatternError) -> ScalarRanges {
    guard let set = PatternProperty.set(named: name) else {
      throw fail("the property \(name) is not known", at: start)
    }
    return set
  }
}

extension ScalarRanges: ExpressibleByArrayLiteral {
  init(arrayLiteral scalars: UInt32...) { self.init(scalars.map { $0...$0 }) }
}
