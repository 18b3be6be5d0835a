/// Rows of token ids as they are written on the command line: `5,6;7,8`.
struct TokenRows: Equatable, Sendable {
  /// `[batch][position]`, all rows of one length.
  let rows: [[Int]]

  /// - Throws: ``CommandError`` when a row is empty, an id is no whole number from 0, or the rows
  ///   differ in length.
  init(_ text: String) throws(CommandError) {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw CommandError("there is no id in it; write ids as in 5,6 and rows as in 5,6;7,8")
    }
    var rows: [[Int]] = []
    for (index, row) in text.split(separator: ";", omittingEmptySubsequences: false).enumerated() {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimming(while: \.isWhitespace) }
      guard fields != [""] else {
        throw CommandError("row \(index + 1) is empty; write rows as in 5,6;7,8")
      }
      var ids: [Int] = []
      for (place, field) in fields.enumerated() {
        guard !field.isEmpty else {
          throw CommandError(
            "place \(place + 1) of row \(index + 1) is empty; write one id between two commas")
        }
        guard let id = Int(field), id >= 0 else {
          throw CommandError(
            "“\(field)” in row \(index + 1) is no token id; ids are whole numbers from 0")
        }
        ids.append(id)
      }
      if let first = rows.first, first.count != ids.count {
        throw CommandError(
          "row \(index + 1) has \(counted(ids.count, "number")) where row 1 has \(first.count); the "
            + "rows of a batch have one length: fill shorter ones up, with 0 in --attention-mask")
      }
      rows.append(ids)
    }
    self.rows = rows
  }

  /// The rows as a mask.
  ///
  /// - Throws: ``CommandError`` when there is another number than 0 and 1, or a row of zeros.
  func mask() throws(CommandError) -> [[Bool]] {
    for (index, row) in rows.enumerated() {
      if let other = row.first(where: { $0 > 1 }) {
        throw CommandError(
          "row \(index + 1) holds \(other); a mask is 1 for a token and 0 for padding")
      }
      guard row.contains(1) else {
        throw CommandError("row \(index + 1) is all padding; a row needs at least one token")
      }
    }
    return rows.map { $0.map { $0 == 1 } }
  }
}

/// A number with its noun in the singular or plural.
func counted(_ number: Int, _ noun: String) -> String {
  "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
}

extension [Int] {
  /// Ids as they are written on the command line: `5,6`.
  var idText: String { map(String.init).joined(separator: ",") }
}

extension Substring {
  func trimming(while isLeftOut: (Character) -> Bool) -> Substring {
    let start = drop(while: isLeftOut)
    guard let last = start.lastIndex(where: { !isLeftOut($0) }) else { return "" }
    return start[...last]
  }
}
