import Answering
import Coursework
import Foundation

/// Rows of cells as comma-separated values (RFC 4180), safe to open in a spreadsheet.
struct Table {
  enum Cell: ExpressibleByStringLiteral {
    case text(String)
    case number(Double)
    case empty

    init(stringLiteral text: String) { self = .text(text) }
  }

  private(set) var text = ""

  mutating func add(_ cells: [Cell]) {
    text += cells.map(Self.field).joined(separator: ",") + "\r\n"
  }

  private static func field(_ cell: Cell) -> String {
    switch cell {
    case .empty: return ""
    case .number(let number): return shownPoints(number)
    case .text(let text):
      let safe = guarded(printable(text, limit: 40_000, keepingLines: true))
      guard safe.contains(where: { ",;\"\n\r".contains($0) || $0.isWhitespace }) else {
        return safe
      }
      return "\"" + safe.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
  }

  /// A text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe.
  ///
  /// Blanks before the sign do not help, and full-width signs are signs to some programs. What
  /// already begins with apostrophes gets one more, so that ``unguarded(_:)`` finds the text again.
  static func guarded(_ text: String) -> String { looksLikeFormula(text) ? "'" + text : text }

  /// The text that was guarded.
  static func unguarded(_ text: String) -> String {
    text.hasPrefix("'") && looksLikeFormula(text) ? String(text.dropFirst()) : text
  }

  private static func looksLikeFormula(_ text: String) -> Bool {
    // Scalars, for a mark that is put on a sign makes another character of it.
    let start = text.unicodeScalars.drop { $0 == "'" || $0.properties.isWhitespace }.first
    return start.map { "=+-@＝＋－＠|%".unicodeScalars.contains($0) } ?? false
  }
}

/// Points for a reader: at most two decimals, none that says nothing.
func shownPoints(_ points: Double) -> String { pointsText((points * 100).rounded() / 100) }
