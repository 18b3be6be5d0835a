/// The declarations of a Swift text, as far as keywords and braces tell them.
///
/// It is no parser: it finds the function, the type or the property around a place, in texts that do
/// not compile as well.
struct SourceOutline {
  struct Declaration {
    enum Kind: Equatable {
      case function
      case type
      /// A property, an import, a case and so on.
      case other
    }

    let kind: Kind
    /// The keyword, such as `func`.
    let keyword: String
    /// Its name; of a function with its labels, as in `rows(producing:startToken:)`.
    let name: String
    /// Its bytes, from the first attribute to the last brace.
    let range: Range<Int>
    /// What lies between its braces, for functions and types that have them.
    let body: Range<Int>?
    var members: [Declaration] = []

    /// The name without labels.
    var baseName: String { String(name.prefix { $0 != "(" }) }
  }

  let declarations: [Declaration]
  /// Whether every brace is closed, and nothing is closed that is not open.
  let isBalanced: Bool

  init(_ masked: MaskedSource) {
    var reader = OutlineReader(bytes: masked.bytes)
    declarations = reader.declarations(in: 0..<masked.bytes.count)
    isBalanced = masked.isTerminated && Self.balance(masked.bytes) == (0, 0)
  }

  /// How many braces more are opened than closed, and the least on the way.
  static func balance(_ masked: some Sequence<UInt8>) -> (net: Int, least: Int) {
    var (net, least) = (0, 0)
    for byte in masked {
      if byte == UInt8(ascii: "{") { net += 1 }
      if byte == UInt8(ascii: "}") { net -= 1 }
      least = min(least, net)
    }
    return (net, least)
  }

  /// The declarations around a place, the outermost first.
  func path(to place: Int) -> [Declaration] {
    var path: [Declaration] = []
    var level = declarations
    while let next = level.first(where: { $0.range.contains(place) }) {
      path.append(next)
      level = next.members
    }
    return path
  }
}

/// Reads declarations one after the other.
private struct OutlineReader {
  let bytes: [UInt8]
  /// How many types enclose the place.
  ///
  /// Bounds, here and below, keep a text that was written to be read slowly from being so.
  private var nesting = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private static let types: Set<String> = [
    "struct", "class", "enum", "actor", "extension", "protocol",
  ]
  private static let functions: Set<String> = ["func", "init", "deinit", "subscript"]
  private static let others: Set<String> = [
    "let", "var", "typealias", "import", "case", "associatedtype", "operator", "precedencegroup",
    "macro",
  ]
  private static let modifiers: Set<String> = [
    "public", "private", "fileprivate", "internal", "package", "open", "static", "final",
    "mutating", "nonmutating", "nonisolated", "override", "lazy", "weak", "unowned", "convenience",
    "required", "indirect", "dynamic", "borrowing", "consuming", "prefix", "postfix", "infix",
    "optional", "isolated", "distributed",
  ]

  mutating func declarations(in range: Range<Int>) -> [SourceOutline.Declaration] {
    var found: [SourceOutline.Declaration] = []
    var place = range.lowerBound
    while place < range.upperBound {
      guard let start = head(at: place, end: range.upperBound) else {
        place = nextStart(after: place, end: range.upperBound)
        continue
      }
      let declaration = declaration(start, end: range.upperBound)
      found.append(declaration)
      place = declaration.range.upperBound
    }
    return found
  }

  /// The beginning of a declaration.
  private struct Head {
    let start: Int
    let keyword: String
    /// Behind the keyword.
    let rest: Int
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
      || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
      || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private func skipBlanks(_ place: inout Int, _ end: Int) {
    while place < end, isBlank(bytes[place]) || bytes[place] == UInt8(ascii: ";") { place += 1 }
  }

  private func word(_ place: inout Int, _ end: Int) -> String {
    let start = place
    while place < end, isWordByte(bytes[place]) { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// Passes over a parenthesis, if one is here.
  private func skipParenthesis(_ place: inout Int, _ end: Int) {
    guard place < end, bytes[place] == UInt8(ascii: "(") else { return }
    var depth = 0
    let limit = min(end, place + 1_000)
    while place < limit {
      if bytes[place] == UInt8(ascii: "(") { depth += 1 }
      if bytes[place] == UInt8(ascii: ")") { depth -= 1 }
      place += 1
      if depth == 0 { return }
    }
  }

  /// The attributes, modifiers and keyword of a declaration that begins here, or nil.
  private func head(at begin: Int, end: Int) -> Head? {
    var place = begin
    skipBlanks(&place, end)
    let start = place
    for _ in 0..<32 where place < end {
      if bytes[place] == UInt8(ascii: "@") {
        place += 1
        _ = word(&place, end)
        skipParenthesis(&place, end)
      } else {
        let text = word(&place, end)
        if text == "class" {
          // Of a class's own functions it is a modifier.
          var ahead = place
          skipBlanks(&ahead, end)
          let next = word(&ahead, end)
          if ["func", "var", "subscript", "let"].contains(next) { continue }
        }
        if Self.types.contains(text) || Self.functions.contains(text) || Self.others.contains(text)
        {
          return Head(start: start, keyword: text, rest: place)
        }
        guard Self.modifiers.contains(text) else { return nil }
        skipParenthesis(&place, end)
      }
      skipBlanks(&place, end)
    }
    return nil
  }

  /// Where a declaration may begin behind a place: at the beginning of a line, outside of any
  /// bracket that is opened from here on.
  ///
  /// Between round and square brackets alone no function and no type can begin, so one that does
  /// says that a bracket is not closed.
  private func nextStart(after begin: Int, end: Int) -> Int {
    var brackets = 0
    var braces = 0
    var place = begin
    skipBlanks(&place, end)
    while place < end {
      switch bytes[place] {
      case UInt8(ascii: "("), UInt8(ascii: "["): brackets += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): brackets = max(0, brackets - 1)
      case UInt8(ascii: "{"): braces += 1
      case UInt8(ascii: "}"): braces = max(0, braces - 1)
      case 0x0A where braces == 0, UInt8(ascii: ";") where braces == 0:
        skipBlanks(&place, end)
        if let head = head(at: place, end: end), brackets == 0 || Self.begins(head) { return place }
        continue
      default: break
      }
      place += 1
    }
    return end
  }

  /// Whether a head is one of a function or a type or an import, which stands in no brackets.
  private static func begins(_ head: Head) -> Bool {
    types.contains(head.keyword) || ["func", "import"].contains(head.keyword)
  }

  private mutating func declaration(_ head: Head, end: Int) -> SourceOutline.Declaration {
    let name = name(of: head, end: end)
    guard !Self.others.contains(head.keyword) else {
      return SourceOutline.Declaration(
        kind: .other, keyword: head.keyword, name: name,
        range: head.start..<trimmed(nextStart(after: head.rest, end: end), after: head.rest),
        body: nil)
    }
    let isType = Self.types.contains(head.keyword)
    let kind: SourceOutline.Declaration.Kind = isType ? .type : .function
    guard let open = openingBrace(from: head.rest, end: end) else {
      return SourceOutline.Declaration(
        kind: kind, keyword: head.keyword, name: name,
        range: head.start..<trimmed(nextStart(after: head.rest, end: end), after: head.rest),
        body: nil)
    }
    var place = open
    var depth = 0
    while place < end {
      if bytes[place] == UInt8(ascii: "{") { depth += 1 }
      if bytes[place] == UInt8(ascii: "}") { depth -= 1 }
      if depth == 0 { break }
      place += 1
    }
    let body = open + 1..<max(open + 1, place)
    var declaration = SourceOutline.Declaration(
      kind: kind, keyword: head.keyword, name: name, range: head.start..<min(place + 1, end),
      body: body)
    if isType, nesting < 16 {
      nesting += 1
      declaration.members = declarations(in: body)
      nesting -= 1
    }
    return declaration
  }

  private func trimmed(_ end: Int, after begin: Int) -> Int {
    var end = end
    while end > begin, isBlank(bytes[end - 1]) { end -= 1 }
    return end
  }

  /// The brace that opens a body, outside of parentheses, before another declaration begins.
  private func openingBrace(from begin: Int, end: Int) -> Int? {
    var depth = 0
    var place = begin
    while place < end {
      switch bytes[place] {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "{") where depth <= 0: return place
      case 0x0A:
        skipBlanks(&place, end)
        if let head = head(at: place, end: end), depth <= 0 || Self.begins(head) { return nil }
        continue
      default: break
      }
      place += 1
    }
    return nil
  }

  private func name(of head: Head, end: Int) -> String {
    var place = head.rest
    skipBlanks(&place, end)
    let start = place
    if head.keyword == "func" {
      while place < end, !isBlank(bytes[place]),
        !"(<{".utf8.contains(bytes[place]) || place == start
      { place += 1 }
    } else if Self.functions.contains(head.keyword) {
      return head.keyword + labels(from: place, end: end)
    } else {
      while place < end, isWordByte(bytes[place]) || bytes[place] == UInt8(ascii: ".") {
        place += 1
      }
    }
    let name = String(decoding: bytes[start..<place], as: UTF8.self).filter { $0 != "`" }
    return head.keyword == "func" ? name + labels(from: place, end: end) : name
  }

  /// The labels of a function, as in `(of:)`.
  private func labels(from begin: Int, end: Int) -> String {
    var place = begin
    while place < end, bytes[place] != UInt8(ascii: "("), bytes[place] != UInt8(ascii: "{") {
      place += 1
    }
    guard place < end, bytes[place] == UInt8(ascii: "(") else { return "" }
    var depth = 0
    var labels = "("
    var expectsLabel = true
    while place < end {
      switch bytes[place] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ",") where depth == 1: expectsLabel = true
      case let byte where depth == 1 && expectsLabel && (isWordByte(byte) || byte == 0x60):
        if byte == 0x60 { place += 1 }
        labels += word(&place, end) + ":"
        expectsLabel = false
        continue
      default: break
      }
      place += 1
      if depth == 0 { break }
    }
    return labels + ")"
  }
}
