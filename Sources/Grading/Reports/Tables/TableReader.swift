import Foundation

/// Comma-separated values as a spreadsheet writes them: in UTF-8, UTF-16 or the old encoding of
/// Windows, with any line end, with the comma, semicolon or tab of the country.
struct TableReader {
  /// A row, and the line of the file it begins in, from 1.
  struct Row: Equatable {
    let line: Int
    let cells: [String]
    /// Why the row cannot be read, or nil.
    var fault: String?
  }

  /// The rows that hold anything.
  let rows: [Row]

  init(_ data: Data) {
    var scalars = Self.text(of: data).unicodeScalars[...]
    if scalars.first == "\u{FEFF}" { scalars = scalars.dropFirst() }
    var parser = Parser(scalars)
    rows = parser.rows()
  }

  private static func text(of data: Data) -> String {
    if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]),
      let text = String(data: data, encoding: .utf16)
    {
      return text
    }
    return String(validating: data, as: UTF8.self)
      ?? String(data: data, encoding: .windowsCP1252) ?? String(decoding: data, as: UTF8.self)
  }

  /// Parts a text into rows.
  private struct Parser {
    private let text: Substring.UnicodeScalarView
    private var index: Substring.UnicodeScalarView.Index
    private var separator: Unicode.Scalar = ","
    private var line = 1

    init(_ text: Substring.UnicodeScalarView) {
      self.text = text
      index = text.startIndex
      let head = text.prefix { $0 != "\n" && $0 != "\r" }
      // Spreadsheets write and read a first line that names the sign.
      let said = String(head).filter { $0 != "\"" }
      if said.lowercased().hasPrefix("sep="), let sign = said.dropFirst(4).unicodeScalars.first {
        separator = sign
        index = head.endIndex
        _ = passLineEnd()
      } else {
        separator = Self.separator(of: head)
      }
    }

    /// The sign that parts the cells of the first line.
    private static func separator(of head: Substring.UnicodeScalarView) -> Unicode.Scalar {
      let candidates: [Unicode.Scalar] = [",", ";", "\t"]
      return candidates.max { one, other in
        head.count { $0 == one } < head.count { $0 == other }
      }!
    }

    /// Passes over a line's end, if one is here.
    private mutating func passLineEnd() -> Bool {
      guard index < text.endIndex, text[index] == "\n" || text[index] == "\r" else { return false }
      let isReturn = text[index] == "\r"
      index = text.index(after: index)
      if isReturn, index < text.endIndex, text[index] == "\n" { index = text.index(after: index) }
      line += 1
      return true
    }

    mutating func rows() -> [Row] {
      var rows: [Row] = []
      while index < text.endIndex {
        let (start, first) = (line, index)
        if let cells = row(takesQuotes: true) {
          if cells.contains(where: { !$0.isEmpty }) { rows.append(Row(line: start, cells: cells)) }
          continue
        }
        // One row by itself, so that its mistake is not the next ones' as well.
        (line, index) = (start, first)
        let cells = row(takesQuotes: false) ?? []
        rows.append(
          Row(line: start, cells: cells, fault: "a quotation mark is opened and not closed"))
      }
      return rows
    }

    /// The cells up to the line's end, or nil when quotation marks are not as they should be: the
    /// second of a cell stands at its end.
    private mutating func row(takesQuotes: Bool) -> [String]? {
      var cells: [String] = []
      var cell = String.UnicodeScalarView()
      var isQuoted = false
      while index < text.endIndex {
        let scalar = text[index]
        if isQuoted {
          if passLineEnd() {
            cell.append("\n")
            continue
          }
          index = text.index(after: index)
          guard scalar == "\"" else {
            cell.append(scalar)
            continue
          }
          if index < text.endIndex, text[index] == "\"" {
            cell.append("\"")
            index = text.index(after: index)
          } else if index == text.endIndex || text[index] == separator
            || "\r\n ".unicodeScalars.contains(text[index])
          {
            isQuoted = false
          } else {
            return nil
          }
        } else if passLineEnd() {
          return cells + [String(cell)]
        } else {
          index = text.index(after: index)
          if scalar == "\"", cell.isEmpty, takesQuotes {
            isQuoted = true
          } else if scalar == separator {
            cells.append(String(cell))
            cell = .init()
          } else {
            cell.append(scalar)
          }
        }
      }
      return isQuoted ? nil : cells + [String(cell)]
    }
  }
}

/// What went wrong with a report, in one sentence.
package struct ReportError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
