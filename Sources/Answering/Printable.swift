/// A text that is safe to print and to put into a report: control characters are gone, terminal
/// escapes with them, and what turns the reading direction around.
///
/// Line feeds stay when `keepingLines` is set and become spaces otherwise, as tabs do. What lies
/// beyond `limit` characters is left out and marked with an ellipsis.
package func printable(
  _ text: String, limit: Int = 2_000, keepingLines: Bool = false
) -> String {
  var result = String.UnicodeScalarView()
  var scalars = text.unicodeScalars.makeIterator()
  // A character has no largest size: marks pile up without end, so scalars are bounded as well.
  var budget = limit * 4
  while let scalar = scalars.next(), budget > 0 {
    budget -= 1
    switch scalar.value {
    case 0x0A where keepingLines: result.append(scalar)
    case 0x09, 0x0A: result.append(" ")
    case 0x1B: skipEscape(&scalars, &result, keepingLines)
    case 0..<0x20, 0x7F..<0xA0: continue
    case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: continue
    default: result.append(scalar)
    }
  }
  let cut = budget == 0 && scalars.next() != nil
  let shown = String(result)
  if shown.count > limit { return shown.prefix(limit) + "…" }
  return cut ? shown + "…" : shown
}

/// Passes over the rest of a terminal's control sequence, `ESC [ … letter` or `ESC letter`.
private func skipEscape(
  _ scalars: inout String.UnicodeScalarView.Iterator, _ result: inout String.UnicodeScalarView,
  _ keepingLines: Bool
) {
  guard let next = scalars.next() else { return }
  guard next == "[" else { return }
  while let scalar = scalars.next() {
    if (0x40...0x7E).contains(scalar.value) { return }
    if scalar.value < 0x20 {
      // Not a control sequence after all; a line that follows it is still a line.
      if scalar == "\n", keepingLines { result.append(scalar) }
      return
    }
  }
}
