/// A text broken into lines of at most `width` columns, at spaces where there are any.
///
/// Line feeds in the text stay. A word that is wider than a line is broken within.
package func wrapped(_ text: String, width: Int) -> [String] {
  let width = max(width, 1)
  return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in paragraph.split(separator: " ") {
      for piece in pieces(of: word, width: width) {
        let size = columns(piece)
        if used > 0, used + 1 + size > width {
          lines.append(line)
          line = ""
          used = 0
        }
        if used > 0 {
          line += " "
          used += 1
        }
        line += piece
        used += size
      }
    }
    return lines + [line]
  }
}

/// How many columns a text takes in a terminal: East Asian characters and emoji take two.
package func columns(_ text: some StringProtocol) -> Int {
  text.reduce(0) { $0 + columns($1) }
}

private func columns(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .control: return 0
  default: break
  }
  if scalar.properties.isEmojiPresentation { return 2 }
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
    return 2
  default: return 1
  }
}

private func pieces(of word: Substring, width: Int) -> [Substring] {
  guard columns(word) > width else { return [word] }
  var pieces: [Substring] = []
  var start = word.startIndex
  var used = 0
  for index in word.indices {
    let size = columns(word[index])
    if used > 0, used + size > width {
      pieces.append(word[start..<index])
      start = index
      used = 0
    }
    used += size
  }
  return pieces + [word[start...]]
}
