extension Expression {
  /// Reads an expression, or returns nil if it holds anything this package does not have.
  init?(_ text: String) {
    var parser = ExpressionParser(text)
    guard let sequences = parser.choice(depth: 0), parser.isAtEnd,
      sequences.allSatisfy({ $0.contains { $0.kind != .notAhead && $0.minimum > 0 } })
    else { return nil }
    self.init(sequences)
  }

  /// GPT-2's, which the pre-tokenizer `ByteLevel` splits by.
  static let gpt2 = Expression(
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#)
}

/// Reads the part of Oniguruma's syntax that `Expression` can match.
///
/// A group is multiplied out: `(?i:'s|'t)` becomes two sequences, `a(b)?` becomes `ab|a`; trying
/// sequences in order finds what trying the groups in order would.
private struct ExpressionParser {
  private typealias Item = Expression.Item

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var ignoresCase = false
  /// The most repetitions in a sequence that may give back: more could take time without end.
  private static let mostRepetitions = 4
  private static let deepest = 8
  private static let longest = 64

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  var isAtEnd: Bool { position == scalars.count }

  private var peek: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

  private mutating func accept(_ text: String) -> Bool {
    guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  mutating func choice(depth: Int) -> [[Expression.Item]]? {
    guard depth <= Self.deepest else { return nil }
    var sequences: [[Item]] = []
    repeat {
      guard let more = sequence(depth: depth) else { return nil }
      sequences += more
      guard sequences.count <= Expression.largest else { return nil }
    } while accept("|")
    return sequences
  }

  private mutating func sequence(depth: Int) -> [[Item]]? {
    var sequences: [[Item]] = [[]]
    while let next = peek, next != "|", next != ")" {
      guard let more = group(depth: depth) ?? item().map({ [[$0]] }) else { return nil }
      guard sequences.count * more.count <= Expression.largest else { return nil }
      sequences = sequences.flatMap { head in more.map { head + $0 } }
      guard
        sequences.allSatisfy({ sequence in
          sequence.count <= Self.longest
            && sequence.count { $0.kind == .greedy && $0.maximum > $0.minimum }
              <= Self.mostRepetitions
        })
      else { return nil }
    }
    return sequences
  }

  /// A group and the `?` after it, or nil, with nothing read, where there is none.
  private mutating func group(depth: Int) -> [[Item]]? {
    let start = position
    let outer = ignoresCase
    if accept("(?i:") {
      ignoresCase = true
    } else if accept("(?!") || accept("(?=") || accept("(?<") || accept("(?>") {
      position = start
      return nil
    } else if !accept("(?:"), !(accept("(") && peek != "?") {
      position = start
      return nil
    }
    guard var sequences = choice(depth: depth + 1), accept(")") else {
      position = start
      return nil
    }
    ignoresCase = outer
    if accept("?") { sequences.append([]) }
    if let next = peek, "?*+{".unicodeScalars.contains(next) {
      position = start
      return nil
    }
    return sequences
  }

  private mutating func item() -> Item? {
    if accept("(?!") {
      guard let set = set(), accept(")") else { return nil }
      return Item(set: set, kind: .notAhead)
    }
    guard let set = set() else { return nil }
    var item = Item(set: set)
    if accept("*") {
      (item.minimum, item.maximum) = (0, .max)
    } else if accept("+") {
      item.maximum = .max
    } else if accept("?") {
      item.minimum = 0
    } else if accept("{") {
      guard let minimum = number() else { return nil }
      (item.minimum, item.maximum) = (minimum, minimum)
      if accept(",") { item.maximum = number() ?? .max }
      guard item.maximum >= item.minimum, item.maximum > 0, accept("}") else { return nil }
      return peek.map { "?*+{".unicodeScalars.contains($0) } ?? false ? nil : item
    } else {
      return item
    }
    if accept("+") { item.kind = .possessive }
    return peek.map { "?*+{".unicodeScalars.contains($0) } ?? false ? nil : item
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let next = peek, ("0"..."9").contains(next), digits.count < 4 {
      digits.unicodeScalars.append(next)
      position += 1
    }
    return Int(digits)
  }

  /// One character, a class, or a list in brackets.
  private mutating func set() -> ScalarSet? {
    var set = ScalarSet()
    guard let next = peek else { return nil }
    if accept(#"\S"#) { return ScalarSet(classes: .space, isInverted: true) }
    if next == "\\" {
      return element(into: &set) ? set : nil
    }
    position += 1
    guard next == "[" else {
      guard !".^$*+?{}()|]".unicodeScalars.contains(next) else { return nil }
      set.insert(next.value...next.value, ignoresCase: ignoresCase)
      return set
    }
    let isInverted = accept("^")
    while let next = peek, next != "]" {
      // Nested lists and intersections of lists are another language.
      guard next != "[", !scalars[position...].starts(with: "&&".unicodeScalars),
        element(into: &set)
      else { return nil }
    }
    guard accept("]"), set != ScalarSet() else { return nil }
    set.isInverted = isInverted
    return set
  }

  /// A class, a character, or two with what lies between them.
  private mutating func element(into set: inout ScalarSet) -> Bool {
    if accept(#"\p{L}"#) { return set.insert(.letter) }
    if accept(#"\p{N}"#) { return set.insert(.number) }
    if accept(#"\s"#) { return set.insert(.space) }
    guard let first = character() else { return false }
    guard position + 1 < scalars.count, peek == "-", scalars[position + 1] != "]" else {
      set.insert(first.value...first.value, ignoresCase: ignoresCase)
      return true
    }
    position += 1
    guard let last = character(), last.value >= first.value else { return false }
    set.insert(first.value...last.value, ignoresCase: ignoresCase)
    return true
  }

  private mutating func character() -> Unicode.Scalar? {
    guard let next = peek else { return nil }
    position += 1
    guard next == "\\" else { return next }
    guard let escaped = peek else { return nil }
    position += 1
    switch escaped {
    case "r": return "\r"
    case "n": return "\n"
    case "t": return "\t"
    default:
      return escaped.isASCII && escaped.classes.contains(.punctuation) ? escaped : nil
    }
  }
}

extension ScalarSet {
  fileprivate mutating func insert(_ kind: ScalarClass) -> Bool {
    classes.insert(kind)
    return true
  }
}
