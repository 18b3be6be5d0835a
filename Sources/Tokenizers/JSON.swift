/// A JSON value whose strings are kept byte for byte.
///
/// Swift compares strings by canonical equivalence, so a dictionary keyed by `String` would merge
/// the tokens `é` and `e` + accent. Objects are therefore lists of members, in the file's order.
enum JSON: Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// What a message calls a value of this kind.
  var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The last member of that name, or nil.
  subscript(key: String) -> JSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      members.removeAll { $0.key.utf8.elementsEqual(key.utf8) }
      if let newValue { members.append((key, newValue)) }
      self = .object(members)
    }
  }

  /// The object without a member.
  func without(_ key: String) -> JSON {
    var copy = self
    copy[key] = nil
    return copy
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  init(stringLiteral text: String) { self = .string(text) }

  init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(members.map { (key: $0, value: $1) })
  }
}

/// Reads JSON in one pass over the bytes, in time linear in their number.
///
/// Beyond the standard it reads `NaN` and `Infinity`, which Python writes, so that the model can
/// say which score is not a number.
struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  /// Deeper nesting than this is refused rather than left to exhaust the stack.
  private static let deepest = 128

  static func parse(_ bytes: [UInt8]) throws(TokenizerError) -> JSON {
    guard Scalars.areValid(bytes) else {
      throw .notJSON(reason: "it is not UTF-8 text")
    }
    let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<JSON, TokenizerError> in
      var parser = JSONParser(bytes: buffer)
      return Result { () throws(TokenizerError) in try parser.document() }
    }
    return try outcome.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func document() throws(TokenizerError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let result = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw unexpected("its end") }
    return result
  }

  private mutating func value(depth: Int) throws(TokenizerError) -> JSON {
    guard depth < Self.deepest else {
      throw .notJSON(reason: "it is nested more than \(Self.deepest) deep")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(TokenizerError) -> JSON {
    position += 1
    var members: [(key: String, value: JSON)] = []
    if accept("}") { return .object([]) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
      let key = try string()
      guard accept(":") else { throw unexpected("a colon") }
      members.append((key, try value(depth: depth + 1)))
    } while accept(",")
    guard accept("}") else { throw unexpected("a comma or }") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(TokenizerError) -> JSON {
    position += 1
    var elements: [JSON] = []
    if accept("]") { return .array([]) }
    repeat { elements.append(try value(depth: depth + 1)) } while accept(",")
    guard accept("]") else { throw unexpected("a comma or ]") }
    return .array(elements)
  }

  private mutating func string() throws(TokenizerError) -> String {
    position += 1
    let start = position
    skipPlainText()
    var text = String(decoding: bytes[start..<position], as: UTF8.self)
    while let byte = peek {
      position += 1
      if byte == UInt8(ascii: "\"") { return text }
      guard byte >= 0x20 else { throw .notJSON(reason: "a text holds a bare control character") }
      if byte == UInt8(ascii: "\\") {
        text.unicodeScalars.append(try escape())
      } else {
        let start = position - 1
        skipPlainText()
        text += String(decoding: bytes[start..<position], as: UTF8.self)
      }
    }
    throw unexpected("the end of a text")
  }

  private mutating func skipPlainText() {
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
  }

  private mutating func escape() throws(TokenizerError) -> Unicode.Scalar {
    let letter = peek
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Unicode.Scalar(letter ?? 0)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      if let scalar = Unicode.Scalar(first) { return scalar }
      guard first < 0xDC00, peek == UInt8(ascii: "\\") else { break }
      position += 1
      guard peek == UInt8(ascii: "u") else { break }
      position += 1
      let second = try hexadecimal()
      guard (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      else { break }
      return scalar
    default: position -= 1
    }
    throw unexpected("a valid escape")
  }

  private mutating func hexadecimal() throws(TokenizerError) -> UInt32 {
    let end = position + 4
    guard end <= bytes.count,
      bytes[position..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
    else { throw unexpected("four hexadecimal digits") }
    position = end
    return value
  }

  private mutating func number() throws(TokenizerError) -> JSON {
    let start = position
    if peek == UInt8(ascii: "-") {
      position += 1
      if peek == UInt8(ascii: "I") { return try word("Infinity", .number(-.infinity)) }
    }
    while let byte = peek, "+-.eE0123456789".utf8.contains(byte) { position += 1 }
    guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      position = start
      throw unexpected("a value")
    }
    return .number(value)
  }

  private mutating func word(_ word: String, _ value: JSON) throws(TokenizerError) -> JSON {
    guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value") }
    position += word.utf8.count
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private func unexpected(_ expected: String) -> TokenizerError {
    position < bytes.count
      ? .notJSON(reason: "byte \(position) is not \(expected)")
      : .notJSON(reason: "it ends where \(expected) should be")
  }
}
