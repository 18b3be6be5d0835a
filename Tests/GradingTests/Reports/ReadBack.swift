import Foundation
import XCTest

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A document as a parser of XML sees it.
final class ParsedDocument: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []

  /// - Throws: when the document is not well formed.
  init(_ data: Data) throws {
    super.init()
    let parser = XMLParser(data: data)
    parser.delegate = self
    guard parser.parse() else {
      throw NotWellFormed(
        description:
          "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "not well formed")")
    }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The text of all elements of a name.
  func texts(_ name: String) -> [String] { all(name).map(\.text) }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { open.removeLast() }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }
}

/// A document that no parser of XML reads.
struct NotWellFormed: Error, CustomStringConvertible {
  let description: String
}

/// Comma-separated values read by the book (RFC 4180), apart from the code under test.
func cells(_ text: String) -> [[String]] {
  var rows: [[String]] = []
  var row: [String] = []
  var cell = ""
  var isQuoted = false
  var rest = Array(text.unicodeScalars)[...]
  while let scalar = rest.popFirst() {
    switch (isQuoted, scalar) {
    case (true, "\"") where rest.first == "\"":
      rest.removeFirst()
      cell += "\""
    case (true, "\""): isQuoted = false
    case (true, _): cell.unicodeScalars.append(scalar)
    case (false, "\""): isQuoted = true
    case (false, ","):
      row.append(cell)
      cell = ""
    case (false, "\r"): continue
    case (false, "\n"):
      rows.append(row + [cell])
      (row, cell) = ([], "")
    case (false, _): cell.unicodeScalars.append(scalar)
    }
  }
  return rows
}

extension XCTestCase {
  /// A folder that is gone after the test.
  func reportFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "headlight-reports-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }
}

func content(_ folder: URL, _ path: String) throws -> Data {
  try Data(contentsOf: folder.appending(path: path))
}

func text(_ folder: URL, _ path: String) throws -> String {
  String(decoding: try content(folder, path), as: UTF8.self)
}
