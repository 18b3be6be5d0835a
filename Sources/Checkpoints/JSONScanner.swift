/// Reads JSON text from its first byte to its last, as the reader of a file's header asks for it.
///
/// A header may come from anywhere and be 100 MB long. Nothing is built that was not asked for,
/// nesting is bounded, integers are exact or refused, and a repeated key is an error, none of
/// which Foundation's reader promises.
struct JSONScanner {
  /// What is wrong with the text, to be put after "its header".
  struct Problem: Error {
    let text: String
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads an object, leaving every value to the closure, which must read exactly one.
  mutating func readObject(
    _ readValue: (inout JSONScanner, String) throws(Problem) -> Void
  ) throws(Problem) {
    var seen: Set<String> = []
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try readString()
      guard seen.insert(key).inserted else {
        throw Problem(text: "names \(quoted(key)) twice")
      }
      try expect(":")
      try readValue(&self, key)
    } while skip(",")
    try expect("}")
  }

  mutating func readString() throws(Problem) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw Problem(text: "is not UTF-8 before byte \(position)")
        }
        return string
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      case 0..<0x20: throw unexpected("a control character inside a string")
      default: text.append(byte)
      }
    }
  }

  /// Reads a list of integers that are not negative, at most `limit` of them.
  mutating func readNaturals(limit: Int) throws(Problem) -> [Int] {
    var values: [Int] = []
    try expect("[")
    if skip("]") { return values }
    repeat {
      guard values.count < limit else {
        throw Problem(text: "has a list of more than \(limit) numbers at byte \(position)")
      }
      values.append(try readNatural())
    } while skip(",")
    try expect("]")
    return values
  }

  private mutating func readNatural() throws(Problem) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, let digit = digit(bytes[position]) {
      let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = scaled.addingReportingOverflow(digit)
      guard !overflowed, !carried else {
        throw Problem(text: "has a number at byte \(start) that does not fit in 64 bits")
      }
      value = sum
      position += 1
    }
    let isWhole = position == bytes.count || !".eE".utf8.contains(bytes[position])
    let leadsWithZero = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, isWhole, !leadsWithZero else {
      throw Problem(text: "should have a whole number of at least 0 at byte \(start)")
    }
    return value
  }

  /// Reads past one value of any kind.
  mutating func skipValue(depth: Int = 0) throws(Problem) {
    guard depth < 32 else { throw Problem(text: "is nested too deeply at byte \(position)") }
    skipSpace()
    guard position < bytes.count else { throw endOfText }
    switch bytes[position] {
    case UInt8(ascii: "{"):
      try readObject { (scanner, _) throws(Problem) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      position += 1
      if skip("]") { return }
      repeat { try skipValue(depth: depth + 1) } while skip(",")
      try expect("]")
    case UInt8(ascii: "\""): _ = try readString()
    default: try skipWord()
    }
  }

  /// Checks that nothing but white space is left.
  mutating func finish() throws(Problem) {
    skipSpace()
    guard position == bytes.count else { throw unexpected("more text after its end") }
  }

  /// A number, or `true`, `false` or `null`.
  private mutating func skipWord() throws(Problem) {
    let start = position
    while position < bytes.count, !" \t\n\r,]}".utf8.contains(bytes[position]) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    guard ["true", "false", "null"].contains(word) || isNumber(word) else {
      throw Problem(text: "has something at byte \(start) that is not JSON")
    }
  }

  private func isNumber(_ word: String) -> Bool {
    word.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+\-]?[0-9]+)?/) != nil
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(Problem) {
    switch try next() {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case let byte where "\"\\/".utf8.contains(byte): text.append(byte)
    case UInt8(ascii: "u"):
      var code = try readHexadecimal()
      if 0xD800..<0xDC00 ~= code, try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u")
      {
        let low = try readHexadecimal()
        guard 0xDC00..<0xE000 ~= low else { throw unexpected("half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw unexpected("half a surrogate pair") }
      text.append(contentsOf: String(Character(scalar)).utf8)
    default: throw unexpected("an unknown escape")
    }
  }

  private mutating func readHexadecimal() throws(Problem) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
        throw unexpected("an unknown escape")
      }
      code = code << 4 | UInt32(digit)
    }
    return code
  }

  private func digit(_ byte: UInt8) -> Int? {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte ? Int(byte - UInt8(ascii: "0")) : nil
  }

  private mutating func next() throws(Problem) -> UInt8 {
    guard position < bytes.count else { throw endOfText }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func skipSpace() {
    while position < bytes.count, " \t\n\r".utf8.contains(bytes[position]) { position += 1 }
  }

  private mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ symbol: Unicode.Scalar) throws(Problem) {
    guard !skip(symbol) else { return }
    guard position < bytes.count else { throw endOfText }
    throw Problem(text: "should have \(symbol) at byte \(position)")
  }

  private var endOfText: Problem { Problem(text: "ends in the middle of its JSON") }

  private func unexpected(_ what: String) -> Problem {
    Problem(text: "has \(what) at byte \(position)")
  }
}

/// A name between quotation marks, cut when it is too long for a sentence.
package func quoted(_ name: String) -> String {
  // Scalars, because a character has no largest size: marks pile up without end.
  let scalars = name.unicodeScalars
  let isLong = scalars.dropFirst(80).first != nil
  return "“\(plainLine(isLong ? String(scalars.prefix(77)) + "…" : name))”"
}
