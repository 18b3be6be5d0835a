/// A JSON value whose strings are kept byte for byte.
///
/// Swift compares strings by canonical equivalence, so a dictionary keyed by `String` would merge
/// the tokens `é` and `e` + accent. Objects are therefore lists of members, in the file's order.
package enum JSON: Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// Reads a whole text, which may begin with a byte order mark.
  ///
  /// - Throws: ``JSONReader/Problem``, which says what stands where in its place.
  package init(parsing text: [UInt8], _ dialect: JSONReader.Dialect) throws(JSONReader.Problem) {
    self = try JSONReader.read(text, dialect) { (reader) throws(JSONReader.Problem) in
      reader.skipByteOrderMark()
      return try reader.readValue()
    }
  }

  /// The text, if it is one.
  package var text: String? { if case .string(let text) = self { text } else { nil } }

  /// What a message calls a value of this kind.
  package var kind: String {
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
  package subscript(key: String) -> JSON? {
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
  package func without(_ key: String) -> JSON {
    var copy = self
    copy[key] = nil
    return copy
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  package init(stringLiteral text: String) { self = .string(text) }

  package init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(members.map { (key: $0, value: $1) })
  }
}

extension JSON: CustomStringConvertible {
  /// The value as JSON without spaces, strings escaped no more than JSON demands; numbers that are
  /// not finite are spelled as Python does.
  package var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let value): Self.spelling(of: value)
    case .string(let text): Self.spelling(of: text)
    case .array(let values): "[\(values.map(\.description).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\(Self.spelling(of: $0.key)):\($0.value)" }.joined(separator: ","))}"
    }
  }

  private static func spelling(of number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return Int(exactly: number).map(String.init) ?? "\(number)"
  }

  /// A text in quotes.
  ///
  /// - Parameter isOneLine: Whether controls and line ends are escaped that JSON lets stand, so that
  ///   a terminal and a reader of lines see one line.
  package static func spelling(of string: String, isOneLine: Bool = false) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case "\0"..<" ": text += escape(scalar)
      case "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        if isOneLine { text += escape(scalar) } else { text.unicodeScalars.append(scalar) }
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
