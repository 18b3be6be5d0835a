import Files
import Foundation

/// The table of a sweep: a row an input, in the order of the file.
///
/// JSON has all; CSV has what fits a cell: texts, numbers and truths, nested names joined by dots.
struct SweepTable {
  let folder: SweepFolder
  let path: String

  struct Summary {
    var rows = 0
    var failed = 0
    var missing = 0
  }

  /// Writes both files; one row is in memory at a time.
  func write() throws -> Summary {
    var summary = Summary()
    var columns: Set<String> = []
    try forEachRow { line, row in
      summary.rows += 1
      guard let row else {
        summary.missing += 1
        return
      }
      let cells = Self.cells(row)
      if cells["error"] != nil { summary.failed += 1 }
      columns.formUnion(cells.keys)
    }
    columns.subtract(["line", "error"])
    let names = ["line"] + columns.sorted() + ["error"]
    try stream(to: folder.table) { write in
      try write(Data((names.map(Self.quoted).joined(separator: ",") + "\n").utf8))
      try forEachRow { line, row in
        let cells = row.map(Self.cells) ?? ["line": "\(line)", "error": "not finished"]
        let text = names.map { Self.quoted(cells[$0] ?? "") }.joined(separator: ",") + "\n"
        try write(Data(text.utf8))
      }
    }
    try stream(to: folder.tableOfAll) { write in
      var separator = "[\n"
      try forEachRow { line, row in
        try write(
          Data(separator.utf8)
            + (row?.dropLast(while: { $0 == 0x0A })
              ?? Data("{\"line\":\(line),\"error\":\"not finished\"}".utf8)))
        separator = ",\n"
      }
      try write(Data("\n]\n".utf8))
    }
    return summary
  }

  private func forEachRow(_ body: (_ line: Int, _ row: Data?) throws -> Void) throws {
    var reader = try LineReader(path)
    while let input = try reader.next() {
      try body(
        input.number,
        FileManager.default.contents(atPath: folder.result(ofLine: input.number).path))
    }
  }

  private func stream(
    to url: URL, _ body: (_ write: (Data) throws -> Void) throws -> Void
  ) throws {
    let file = try AtomicFile(url)
    try body { try file.write($0) }
    try file.commit()
  }

  private static func cells(_ row: Data) -> [String: String] {
    guard let object = try? JSONSerialization.jsonObject(with: row) as? [String: Any] else {
      return ["error": "its file is damaged; remove it and sweep again"]
    }
    var cells: [String: String] = [:]
    func add(_ value: Any, _ name: String) {
      switch value {
      case let text as String: cells[name] = text
      case let number as NSNumber:
        cells[name] =
          String(cString: number.objCType) == "c"
          ? "\(number.boolValue)" : number.stringValue
      case let object as [String: Any]:
        for (key, value) in object { add(value, "\(name).\(key)") }
      default: break
      }
    }
    for (name, value) in object { add(value, name) }
    return cells
  }

  /// A cell: quoted where it has to be, and no formula to a spreadsheet.
  private static func quoted(_ text: String) -> String {
    var text = text
    if let first = text.first, "=+-@\t\r".contains(first), Double(text) == nil { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

extension Data {
  /// The data without the bytes at its end that are of a kind.
  fileprivate func dropLast(while isOfKind: (UInt8) -> Bool) -> Data {
    var end = endIndex
    while end > startIndex, isOfKind(self[end - 1]) { end -= 1 }
    return self[..<end]
  }
}
