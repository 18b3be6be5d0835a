import Foundation

/// Turns tokens and titles into text that can be seen and does no harm.
package enum VisibleText {
  /// A token as it is shown in a figure.
  ///
  /// An empty token is ∅. A space is ␣ at either end of a token, where it could not be seen, and so
  /// is the "▁" that T5's tokeniser writes for one, whose block would run into the next row.
  /// A line break is ↵ and a tab ⇥. Other control characters, what is invisible or turns the writing
  /// direction, and what has a glyph in no installed font are their code points, as in ‹U+001B›.
  /// A token that is wider than it may be ends in "…".
  package static func token(_ token: String, style: TextStyle, maximumWidth: Double) -> String {
    guard !token.isEmpty else { return "∅" }
    // What cannot fit is not looked at: a token may be a megabyte.
    let visible = visible(String(token.unicodeScalars.prefix(400)), marksOuterSpaces: true)
    return shortened(visible, style: style, maximumWidth: maximumWidth)
  }

  /// A title or a name: as a token, but spaces are spaces, marks of the direction stay unseen, and
  /// nothing is shortened.
  static func plain(_ text: String) -> String {
    visible(String(text.unicodeScalars.prefix(2000)), marksOuterSpaces: false)
  }

  private static func visible(_ text: String, marksOuterSpaces: Bool) -> String {
    // Cairo's simple text does not put accents over letters, so they are joined where they can be.
    let characters = Array(text.precomposedStringWithCanonicalMapping)
    var result = ""
    for (index, character) in characters.enumerated() {
      let isOuter = index == 0 || index == characters.count - 1
      if marksOuterSpaces, isOuter, character == " " {
        result += "␣"
      } else if !marksOuterSpaces, character == "\u{200E}" || character == "\u{200F}" {
        result.append(character)
      } else {
        result += visible(character)
      }
    }
    return result
  }

  /// A letter with its marks, or a picture of several parts, as it is where it can be drawn whole.
  private static func visible(_ character: Character) -> String {
    let scalars = Array(character.unicodeScalars)
    guard scalars.count > 1 else { return visible(scalars[0]) }
    let isPicture = scalars[0].value > 0xFF && scalars[0].properties.isEmoji
    let isJoined = !Script.standsAlone(scalars[0]) || isPicture
    let hides = scalars.dropFirst().contains { scalar in
      switch scalar.properties.generalCategory {
      // What joins letters or parts does harm to no other text.
      case .format: !isJoined
      case .control, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    return !hides && isSpelled(scalars[0]) && FontMetrics.shared.canShow(String(character))
      ? String(character) : scalars.map(visible).joined()
  }

  /// Whether a scalar is shown as itself, if there is a glyph for it.
  private static func isSpelled(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator, .surrogate:
      return false
    default: return true
    }
  }

  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x20...0x7E: return String(scalar)
    case 0x0A: return "↵"
    case 0x09: return "⇥"
    case 0x2581: return "␣"
    default: break
    }
    guard isSpelled(scalar) else { return codePoint(scalar) }
    if FontMetrics.shared.canShow(String(scalar)) { return String(scalar) }
    MissingLetters.shared.add(scalar)
    return codePoint(scalar)
  }

  /// A token as a page shows it, whose browser has fonts and directions of its own.
  ///
  /// As ``token(_:style:maximumWidth:)`` otherwise; a mark that has no letter before it stands on ◌.
  package static func onPage(_ token: String) -> String {
    let scalars = Array(token.unicodeScalars.prefix(400))
    guard !scalars.isEmpty else { return "∅" }
    var result = ""
    for (place, scalar) in scalars.enumerated() {
      switch (scalar, scalar.properties.generalCategory) {
      case (" ", _):
        result += place == 0 || place == scalars.count - 1 ? "␣" : " "
      case ("\n", _): result += "↵"
      case ("\t", _): result += "⇥"
      case ("\u{2581}", _): result += "␣"
      // What joins letters or the parts of a picture does so within a token alone.
      case ("\u{200C}", _), ("\u{200D}", _): result.unicodeScalars.append(scalar)
      case (_, .nonspacingMark), (_, .spacingMark), (_, .enclosingMark):
        if place == 0 { result += "◌" }
        result.unicodeScalars.append(scalar)
      default: result += isSpelled(scalar) ? String(scalar) : codePoint(scalar)
      }
    }
    return result + (scalars.count < token.unicodeScalars.count ? "…" : "")
  }

  private static func codePoint(_ scalar: Unicode.Scalar) -> String {
    "‹\(Script.codePoint(scalar))›"
  }

  static func shortened(_ text: String, style: TextStyle, maximumWidth: Double) -> String {
    if style.width(of: text) <= maximumWidth { return text }
    let characters = Array(text)
    // The longest beginning that fits, by bisection: widths grow with the text.
    var (fits, fails) = (0, characters.count)
    while fails - fits > 1 {
      let middle = (fits + fails) / 2
      if style.width(of: String(characters[..<middle]) + "…") <= maximumWidth {
        fits = middle
      } else {
        fails = middle
      }
    }
    return String(characters[..<fits]) + "…"
  }
}
