import Foundation

/// The lines of a file of texts, each a JSON text or an object with `text`.
struct TextLines: Sequence {
  private let lines: [Data]

  init(_ data: Data) {
    var lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).map { Data($0) }
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    self.lines = lines
  }

  func makeIterator() -> IndexingIterator<[Data]> { lines.makeIterator() }

  /// The text of a line, or nil if it holds none.
  static func text(of line: Data) -> String? {
    struct Object: Decodable { let text: String }
    let decoder = JSONDecoder()
    if let text = try? decoder.decode(String.self, from: line) { return text }
    return try? decoder.decode(Object.self, from: line).text
  }
}
