/// A Swift text with spaces for its comments and quotation marks for its literals, byte for byte, so
/// that every brace that is left is one of code.
struct MaskedSource {
  /// As many bytes as the text has, with its line feeds where they are.
  private(set) var bytes: [UInt8]
  /// Whether the text ends outside of comments and of literals over several lines.
  private(set) var isTerminated = true

  private let source: [UInt8]
  private var index = 0
  /// How many interpolations enclose the place; beyond a few, nothing tells code from text.
  private var nesting = 0

  init(_ source: some Sequence<UInt8>) {
    self.source = Array(source)
    bytes = self.source
    maskCode(untilParenthesis: false)
  }

  private func byte(_ offset: Int = 0) -> UInt8? {
    source.indices.contains(index + offset) ? source[index + offset] : nil
  }

  private func isNext(_ text: StaticString, at offset: Int = 0) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + offset + count <= source.count else { return false }
    return (0..<count).allSatisfy { source[index + offset + $0] == text.utf8Start[$0] }
  }

  /// Passes over bytes, which are no code.
  private mutating func mask(_ count: Int = 1, as filler: UInt8 = UInt8(ascii: "\"")) {
    let end = min(index + count, source.count)
    for place in index..<end where source[place] != UInt8(ascii: "\n") {
      bytes[place] = filler
    }
    index = end
  }

  /// Code to the end of the text, or to the parenthesis that ends an interpolation.
  private mutating func maskCode(untilParenthesis isInterpolation: Bool) {
    var depth = 0
    while let next = byte() {
      if isNext("//") {
        while let one = byte(), one != UInt8(ascii: "\n") { mask(as: UInt8(ascii: " ")) }
      } else if isNext("/*") {
        maskComment()
      } else if let hashes = hashesBefore(UInt8(ascii: "\"")) {
        maskString(hashes: hashes)
      } else if let hashes = hashesBefore(UInt8(ascii: "/")), hashes > 0 || isRegexStart {
        maskRegex(hashes: hashes)
      } else {
        if isInterpolation {
          if next == UInt8(ascii: "(") { depth += 1 }
          if next == UInt8(ascii: ")") {
            if depth == 0 { return }
            depth -= 1
          }
          mask()
        } else {
          index += 1
        }
      }
    }
  }

  /// How many number signs stand here before a sign, or nil when another sign follows.
  private func hashesBefore(_ sign: UInt8) -> Int? {
    var count = 0
    while count < 16, byte(count) == UInt8(ascii: "#") { count += 1 }
    return byte(count) == sign ? count : nil
  }

  private mutating func maskComment() {
    let blank = UInt8(ascii: " ")
    var depth = 0
    while byte() != nil {
      if isNext("/*") {
        depth += 1
        mask(2, as: blank)
      } else if isNext("*/") {
        depth -= 1
        mask(2, as: blank)
        if depth == 0 { return }
      } else {
        mask(as: blank)
      }
    }
    isTerminated = false
  }

  private mutating func maskString(hashes: Int) {
    let isLong = isNext("\"\"\"", at: hashes)
    mask(hashes + (isLong ? 3 : 1))
    while let next = byte() {
      if next == UInt8(ascii: "\\"), areHashes(hashes, at: 1) {
        let isInterpolation = byte(1 + hashes) == UInt8(ascii: "(")
        // A backslash at a line's end does not take the end of the line with it.
        mask(1 + hashes)
        if isInterpolation {
          mask()
          guard nesting < 32 else {
            mask(source.count - index)
            isTerminated = false
            return
          }
          nesting += 1
          maskCode(untilParenthesis: true)
          nesting -= 1
        }
        if byte() != UInt8(ascii: "\n") { mask() }
      } else if isLong ? isNext("\"\"\"") : next == UInt8(ascii: "\"") {
        let count = isLong ? 3 : 1
        let ends = areHashes(hashes, at: count)
        mask(ends ? count + hashes : 1)
        if ends { return }
      } else if next == UInt8(ascii: "\n"), !isLong {
        // The compiler goes on in the next line as well.
        return
      } else {
        mask()
      }
    }
    if isLong { isTerminated = false }
  }

  private func areHashes(_ count: Int, at offset: Int) -> Bool {
    (0..<count).allSatisfy { byte(offset + $0) == UInt8(ascii: "#") }
  }

  /// Whether the slash here begins a regular expression rather than divides: nothing it could divide
  /// stands before it, and another slash ends it in the same line.
  private var isRegexStart: Bool {
    let before = source[..<index].last { $0 != UInt8(ascii: " ") } ?? UInt8(ascii: "\n")
    guard "(,=:[{;!&|?\n".utf8.contains(before), let after = byte(1),
      !" \t\n\r/*".utf8.contains(after)
    else { return false }
    var place = index + 1
    while place < source.count, source[place] != UInt8(ascii: "\n") {
      if source[place] == UInt8(ascii: "/") { return true }
      place += source[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return false
  }

  private mutating func maskRegex(hashes: Int) {
    mask(hashes + 1)
    while let next = byte() {
      if next == UInt8(ascii: "/"), areHashes(hashes, at: 1) { return mask(1 + hashes) }
      if next == UInt8(ascii: "\\") {
        mask(2)
      } else if next == UInt8(ascii: "\n"), hashes == 0 {
        return
      } else {
        mask()
      }
    }
  }
}
