import Foundation

/// The parts of a file that students do not get, between marker lines as nbgrader writes them.
///
/// A marker is three number signs, BEGIN or END, and a kind, anywhere in a line, so that it can
/// stand in a comment of any language.
struct Markers {
  /// What is marked.
  enum Kind: String, CaseIterable {
    case solution = "SOLUTION"
    case hiddenTests = "HIDDEN TESTS"
    /// What only an instructor's package has, such as the room that grades.
    case instructor = "INSTRUCTOR"
  }

  /// The kinds that are left out.
  let kinds: Set<Kind>

  /// A text without its marked parts.
  ///
  /// - Parameters:
  ///   - file: The file's name, for errors.
  ///   - stub: What takes a solution's place, or nil for nothing.
  /// - Throws: ``ReportError`` with file and line when parts are nested, not closed or not opened.
  func strip(_ text: String, file: String, stub: String? = nil) throws -> String {
    var kept: [Substring] = []
    var stubs: [String] = []
    var open: (kind: Kind, line: Int)?
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let place = "\(file), line \(index + 1)"
      guard let marker = Self.marker(in: line) else {
        if open.map({ !kinds.contains($0.kind) }) ?? true { kept.append(line) }
        continue
      }
      guard let kind = marker.kind else {
        throw ReportError(
          "\(place): this marks no part that is known; the kinds are "
            + Kind.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let name = kind.rawValue
      switch (marker.begins, open) {
      case (true, nil):
        open = (kind, index + 1)
        if kind == .solution, kinds.contains(kind), let stub {
          stubs.append(line.prefix { $0.isWhitespace } + stub)
          kept.append(stubs[stubs.count - 1][...])
        }
      case (true, let outer?):
        throw ReportError(
          "\(place): \(name) begins inside \(outer.kind.rawValue), which began in line "
            + "\(outer.line); close that one first")
      case (false, nil):
        throw ReportError("\(place): \(name) ends here and never began")
      case (false, let outer?):
        guard outer.kind == kind else {
          throw ReportError(
            "\(place): \(name) ends here, and what is open since line \(outer.line) is "
              + outer.kind.rawValue)
        }
        open = nil
      }
    }
    if let open {
      throw ReportError(
        "\(file), line \(open.line): \(open.kind.rawValue) begins here and never ends")
    }
    return kept.joined(separator: "\n")
  }

  private static func marker(in line: Substring) -> (begins: Bool, kind: Kind?)? {
    // Few lines hold the signs, and a pattern is slow to try on every line of a package.
    guard line.utf8.contains(UInt8(ascii: "#")),
      let match = line.firstMatch(of: /###\s*(BEGIN|END)\s+([A-Z]+(?:\s+TESTS?)?)/.ignoresCase())
    else { return nil }
    let words = match.2.uppercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return (match.1.uppercased() == "BEGIN", Kind(rawValue: words))
  }
}
