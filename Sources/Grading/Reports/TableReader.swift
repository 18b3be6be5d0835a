import Foundation

/// Comma-separated values as a spreadsheet writes them: with a byte order mark or without, with
/// any line end, with the comma, semicolon or tab of the country.
struct TableReader {
  /// A row, and the line of the file it begins in, from 1.
  struct Row: Equatable {
    let line: Int
    let cells: [String]
  }

  /// The rows of a file that hold anything.
  ///
  /// - Throws: ``ReportError`` when the file is no text in UTF-8, or a quotation mark is not closed.
  static func rows(of data: Data, file: String) throws -> [Row] {
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ReportError(
        "\(file), line \(lineOfInvalidText(data)): this is not text in UTF-8; save the table as "
          + "“CSV UTF-8”")
    }
    var scalars = text.unicodeScalars[...]
    if scalars.first == "\u{FEFF}" { scalars = scalars.dropFirst() }
    return try parse(scalars, separator: separator(of: scalars), file: file)
  }

  private static func lineOfInvalidText(_ data: Data) -> Int {
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }

  /// The sign that parts the cells of the first line.
  private static func separator(of text: Substring.UnicodeScalarView) -> Unicode.Scalar {
    let head = text.prefix { $0 != "\n" && $0 != "\r" }
    let candidates: [Unicode.Scalar] = [",", ";", "\t"]
    return candidates.max { one, other in
      head.count { $0 == one } < head.count { $0 == other }
    }!
  }

  private static func parse(
    _ text: Substring.UnicodeScalarView, separator: Unicode.Scalar, file: String
  ) throws -> [Row] {
    var rows: [Row] = []
    var cells: [String] = []
    var cell = String.UnicodeScalarView()
    var (line, start, quoteLine) = (1, 1, 0)
    var isQuoted = false
    func endRow() {
      cells.append(String(cell))
      if cells.contains(where: { !$0.isEmpty }) { rows.append(Row(line: start, cells: cells)) }
      cells = []
      cell = .init()
    }
    var index = text.startIndex
    while index < text.endIndex {
      let scalar = text[index]
      index = text.index(after: index)
      let next = index < text.endIndex ? text[index] : nil
      if scalar == "\n" || scalar == "\r" && next != "\n" { line += 1 }
      if isQuoted {
        if scalar != "\"" {
          if scalar != "\r" { cell.append(scalar) }
        } else if next == "\"" {
          cell.append("\"")
          index = text.index(after: index)
        } else {
          isQuoted = false
        }
      } else if scalar == "\"", cell.isEmpty {
        isQuoted = true
        quoteLine = line
      } else if scalar == separator {
        cells.append(String(cell))
        cell = .init()
      } else if scalar == "\n" || scalar == "\r" {
        if scalar == "\r", next == "\n" { continue }
        endRow()
        start = line
      } else {
        cell.append(scalar)
      }
    }
    if isQuoted {
      throw ReportError("\(file), line \(quoteLine): a quotation mark is opened and never closed")
    }
    if !cells.isEmpty || !cell.isEmpty { endRow() }
    return rows
  }
}

/// What went wrong with a report, in one sentence.
package struct ReportError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
