/// Reads JSON text from its first byte to its last, as whoever calls it asks for it.
///
/// Text may come from anywhere and be 100 MB long. It is read in one pass, in time linear in its
/// length; nothing is built that was not asked for, nesting is bounded, whole numbers are exact or
/// refused, and a repeated name is an error where it could hide another: Foundation promises none of
/// these.
package struct JSONReader: ~Copyable {
  /// What is wrong with the text, to be put after "it" or "its header".
  package struct Problem: Error {
    package let text: String

    package init(text: String) { self.text = text }
  }

  /// What is taken for a number.
  package enum Dialect: Sendable {
    /// What RFC 8259 says.
    case standard
    /// `NaN`, `Infinity` and `-Infinity` as well, which Python writes.
    case python
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let dialect: Dialect
  private var position = 0
  private var depth = 0
  /// Deeper nesting than this is refused rather than left to exhaust the stack.
  private static let deepest = 128

  private init(bytes: UnsafeBufferPointer<UInt8>, _ dialect: Dialect) {
    self.bytes = bytes
    self.dialect = dialect
  }

  /// Hands a reader of the text to the closure, which must read all of it but white space.
  package static func read<Value>(
    _ text: [UInt8], _ dialect: Dialect,
    _ body: (inout JSONReader) throws(Problem) -> Value
  ) throws(Problem) -> Value {
    try text.withUnsafeBufferPointer { (bytes) throws(Problem) in
      var reader = JSONReader(bytes: bytes, dialect)
      let value = try body(&reader)
      reader.skipSpace()
      guard reader.position == bytes.count else {
        throw reader.problem("has more text after its end")
      }
      return value
    }
  }

  /// Skips the mark that some editors put before UTF-8 text.
  package mutating func skipByteOrderMark() {
    if position == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  // MARK: - Values

  /// Reads a value of any kind.
  package mutating func readValue() throws(Problem) -> JSON {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"):
      var members: [(key: String, value: JSON)] = []
      try forEachMember { (reader, key) throws(Problem) in
        members.append((key, try reader.readValue()))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSON] = []
      try forEachElement { (reader) throws(Problem) in elements.append(try reader.readValue()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try readString())
    default: return try readWord()
    }
  }

  /// Reads past a value of any kind; a name that an object has twice is an error.
  package mutating func skipValue() throws(Problem) {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"):
      try readObject { (reader, _) throws(Problem) in try reader.skipValue() }
    case UInt8(ascii: "["):
      try forEachElement { (reader) throws(Problem) in try reader.skipValue() }
    case UInt8(ascii: "\""): _ = try readString()
    default: _ = try readWord()
    }
  }

  /// Reads an object, leaving every value to the closure, which must read exactly one.
  ///
  /// A name that comes twice is an error, also in another spelling of its accents: the closure will
  /// put values into a dictionary.
  package mutating func readObject(
    _ readValue: (inout JSONReader, String) throws(Problem) -> Void
  ) throws(Problem) {
    var seen: Set<String> = []
    try forEachMember { (reader, key) throws(Problem) in
      guard seen.insert(key).inserted else { throw Problem(text: "names \(quoted(key)) twice") }
      try readValue(&reader, key)
    }
  }

  /// Reads a list of integers that are not negative, at most `limit` of them.
  package mutating func readNaturals(limit: Int) throws(Problem) -> [Int] {
    var values: [Int] = []
    try forEachElement { (reader) throws(Problem) in
      guard values.count < limit else {
        throw reader.problem("has a list of more than \(limit) numbers")
      }
      values.append(try reader.readNatural())
    }
    return values
  }

  /// Reads a text.
  package mutating func readString() throws(Problem) -> String {
    guard accept("\"") else { throw missing("a text") }
    let start = position
    skipPlainText()
    if peek == UInt8(ascii: "\"") {
      let text = bytes[start..<position]
      guard let string = String(validating: text, as: UTF8.self) else { throw notUTF8(from: start) }
      position += 1
      return string
    }
    return try readString(from: start)
  }

  /// Reads the rest of a text that has an escape, or no end.
  private mutating func readString(from start: Int) throws(Problem) -> String {
    var text = Array(bytes[start..<position])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw notUTF8(from: start)
        }
        position += 1
        return string
      case UInt8(ascii: "\\"):
        position += 1
        text.append(contentsOf: UTF8.encode(try readEscape())!)
      case 0..<0x20: throw problem("has a control character in a text")
      default:
        let plain = position
        skipPlainText()
        text.append(contentsOf: bytes[plain..<position])
      }
    }
    throw missing("the end of a text")
  }

  private mutating func skipPlainText() {
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
  }

  private mutating func readEscape() throws(Problem) -> Unicode.Scalar {
    guard let letter = peek else { throw missing("the rest of an escape") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try readHexadecimal()
      if let scalar = Unicode.Scalar(first) { return scalar }
      // The other half of the pair has to follow at once.
      guard first < 0xDC00, bytes[position...].starts(with: "\\u".utf8) else { break }
      position += 2
      let second = try readHexadecimal()
      guard 0xDC00..<0xE000 ~= second,
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      else { break }
      return scalar
    default:
      position -= 1
      throw problem("has an unknown escape")
    }
    throw problem("has half a surrogate pair")
  }

  private mutating func readHexadecimal() throws(Problem) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = peek.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw missing("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func readNatural() throws(Problem) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = peekDigit {
      let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = scaled.addingReportingOverflow(digit)
      guard !overflowed, !carried else {
        position = start
        throw problem("has a number that does not fit in 64 bits")
      }
      value = sum
      position += 1
    }
    let isWhole = peek.map { !".eE".utf8.contains($0) } ?? true
    let leadsWithZero = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, isWhole, !leadsWithZero else {
      position = start
      throw missing("a whole number of at least 0")
    }
    return value
  }

  /// A number, or `true`, `false` or `null`.
  private mutating func readWord() throws(Problem) -> JSON {
    switch peek {
    case UInt8(ascii: "t") where accept(word: "true"): return .boolean(true)
    case UInt8(ascii: "f") where accept(word: "false"): return .boolean(false)
    case UInt8(ascii: "n") where accept(word: "null"): return .null
    case UInt8(ascii: "N") where dialect == .python && accept(word: "NaN"): return .number(.nan)
    case UInt8(ascii: "I") where dialect == .python && accept(word: "Infinity"):
      return .number(.infinity)
    default: return .number(try readNumber())
    }
  }

  private mutating func readNumber() throws(Problem) -> Double {
    let start = position
    let isNegative = peek == UInt8(ascii: "-")
    if isNegative {
      position += 1
      if dialect == .python, accept(word: "Infinity") { return -.infinity }
    }
    let first = position
    var whole = 0
    while let digit = peekDigit {
      whole = whole &* 10 &+ digit
      position += 1
    }
    let count = position - first
    var isRight = count == 1 || count > 1 && bytes[first] != UInt8(ascii: "0")
    // Most numbers are ids, which a sum of digits gives exactly.
    if isRight, count <= 15, peek.map({ !".eE".utf8.contains($0) }) ?? true {
      return isNegative ? -Double(whole) : Double(whole)
    }
    if peek == UInt8(ascii: ".") {
      position += 1
      isRight = skipDigits() && isRight
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      position += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      isRight = skipDigits() && isRight
    }
    guard isRight, let value = Double(String(decoding: bytes[start..<position], as: UTF8.self))
    else {
      position = start
      throw missing("a value")
    }
    return value
  }

  // MARK: - What values are made of

  private mutating func forEachMember(
    _ body: (inout JSONReader, String) throws(Problem) -> Void
  ) throws(Problem) {
    guard accept("{") else { throw missing("an object") }
    try descend()
    if !accept("}") {
      repeat {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw missing("a name in quotes") }
        let key = try readString()
        guard accept(":") else { throw missing("a colon") }
        try body(&self, key)
      } while accept(",")
      guard accept("}") else { throw missing("a comma or }") }
    }
    depth -= 1
  }

  private mutating func forEachElement(
    _ body: (inout JSONReader) throws(Problem) -> Void
  ) throws(Problem) {
    guard accept("[") else { throw missing("a list") }
    try descend()
    if !accept("]") {
      repeat { try body(&self) } while accept(",")
      guard accept("]") else { throw missing("a comma or ]") }
    }
    depth -= 1
  }

  private mutating func descend() throws(Problem) {
    depth += 1
    guard depth <= Self.deepest else {
      position -= 1
      throw problem("is nested more than \(Self.deepest) deep")
    }
  }

  @inline(__always)
  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var peekDigit: Int? {
    guard let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
    return Int(byte - UInt8(ascii: "0"))
  }

  /// Skips digits; whether there were any.
  private mutating func skipDigits() -> Bool {
    let start = position
    while peekDigit != nil { position += 1 }
    return position > start
  }

  @inline(__always)
  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func accept(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  private mutating func accept(word: StaticString) -> Bool {
    let isThere = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    if isThere { position += word.utf8CodeUnitCount }
    return isThere
  }

  // MARK: - Problems

  private func missing(_ expected: String) -> Problem {
    position < bytes.count
      ? problem("lacks \(expected)") : Problem(text: "ends where \(expected) should be")
  }

  private func problem(_ what: String) -> Problem {
    // Bytes that are no text at all are the better explanation of anything that is amiss.
    if let place = firstByteThatIsNotUTF8(from: 0) {
      return Problem(text: "is not UTF-8 text at byte \(place)")
    }
    return Problem(text: "\(what) at byte \(position)")
  }

  private func notUTF8(from start: Int) -> Problem {
    Problem(text: "is not UTF-8 text at byte \(firstByteThatIsNotUTF8(from: start) ?? start)")
  }

  private func firstByteThatIsNotUTF8(from start: Int) -> Int? {
    var place = start
    var decoder = Unicode.UTF8.ForwardParser()
    var rest = bytes[start...].makeIterator()
    while true {
      switch decoder.parseScalar(from: &rest) {
      case .valid(let scalar): place += scalar.count
      case .error: return place
      case .emptyInput: return nil
      }
    }
  }
}
