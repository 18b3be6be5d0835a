/// A text of which a file may hold parts, as a terminal can show it: on one line, cut where it is too
/// long, and without what would move the cursor or turn the reading direction around.
package func plainLine(_ text: String) -> String {
  let longest = 1_500
  var line = String.UnicodeScalarView()
  for (index, scalar) in text.unicodeScalars.enumerated() {
    guard index < longest else {
      line.append("…")
      break
    }
    switch scalar.value {
    case 0x0A...0x0D, 0x85, 0x2028, 0x2029: line.append("␤")
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
      line.append("\u{FFFD}")
    default: line.append(scalar)
    }
  }
  return String(line)
}

/// A name between quotation marks, cut when it is too long for a sentence.
package func quoted(_ name: String) -> String {
  // Scalars, because a character has no largest size: marks pile up without end.
  let scalars = name.unicodeScalars
  let isLong = scalars.dropFirst(80).first != nil
  return "“\(plainLine(isLong ? String(scalars.prefix(77)) + "…" : name))”"
}
