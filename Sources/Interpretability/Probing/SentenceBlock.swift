/// The lines of one sentence of a CoNLL-U file, taken up one by one.
struct SentenceBlock {
  private struct Row {
    var line: Int
    var form: String
    var lemma: String
    var labels: [String: String]
    /// The number of the word it depends on, 0 for the root, or nil when it is left open.
    var head: Int?
    var isFollowedBySpace: Bool
  }

  /// A multi-word token: the rows it covers and how it is written.
  private struct Contraction {
    var line: Int
    var rows: ClosedRange<Int>
    var form: String
    var isFollowedBySpace: Bool
  }

  private var id: String
  private var rows: [Row] = []
  private var contractions: [Contraction] = []
  private var emptyNodes = 0
  private var firstLine: Int?
  /// Where the first empty node is.
  private var emptyNodeLine: Int?
  private let needsTree: Bool

  /// - Parameters:
  ///   - number: Which sentence it is, its name unless a comment gives another.
  ///   - needsTree: Whether every word must have its head.
  init(number: Int = 1, needsTree: Bool) {
    id = String(number)
    self.needsTree = needsTree
  }

  /// Takes up a line that is not empty.
  mutating func read(_ text: String, at line: Int) throws(ProbingError) {
    firstLine = firstLine ?? line
    if text.hasPrefix("#") {
      guard rows.isEmpty, contractions.isEmpty, emptyNodeLine == nil else {
        throw ProbingError(
          "line \(line) is a comment amid the words of a sentence; comments stand before the first")
      }
      let parts = text.dropFirst().split(separator: "=", maxSplits: 1).map(\.trimmed)
      if parts.count == 2, parts[0] == "sent_id" { id = parts[1] }
      return
    }
    let fields = text.split(separator: "\t", omittingEmptySubsequences: false)
      .map { String($0.trimmingBlanks) }
    guard fields.count == 10 else {
      throw ProbingError(
        "line \(line) has \(fields.count) column\(fields.count == 1 ? "" : "s") where CoNLL-U has "
          + "10, with a tab between two; mend the line")
    }
    if let empty = fields.firstIndex(of: "") {
      throw ProbingError(
        "column \(empty + 1) of line \(line) is empty; write _ where there is nothing to say")
    }
    // A form, a lemma and a remark may hold blanks.
    if let column = [0, 3, 4, 5, 6, 7, 8].first(where: {
      fields[$0].contains(where: \.isWhitespace)
    }) {
      throw ProbingError(
        "column \(column + 1) of line \(line) is “\(fields[column])”, and there are no blanks in it; "
          + "mend the line")
    }
    try readRow(fields, at: line)
  }

  private mutating func readRow(_ fields: [String], at line: Int) throws(ProbingError) {
    let next = rows.count + 1
    let isFollowedBySpace = !fields[9].split(separator: "|").contains("SpaceAfter=No")
    let range = fields[0].split(separator: "-", omittingEmptySubsequences: false)
    let node = fields[0].split(separator: ".", omittingEmptySubsequences: false)
    if range.count == 2 {
      let (first, last) = (Self.number(range[0]), Self.number(range[1]))
      let before = contractions.last?.rows.upperBound ?? 0
      guard let first, let last, first == next, last >= first, first > before else {
        throw ProbingError(
          "line \(line) is a multi-word token \(fields[0]), and the next word is \(next); a range "
            + "stands before the first of its words, such as \(next)-\(next + 1)")
      }
      contractions.append(
        Contraction(
          line: line, rows: first...last, form: fields[1], isFollowedBySpace: isFollowedBySpace))
    } else if node.count == 2 {
      guard Self.number(node[0]) == rows.count, Self.number(node[1]) == emptyNodes + 1 else {
        throw ProbingError(
          "line \(line) is an empty node \(fields[0]) where \(rows.count).\(emptyNodes + 1) would be "
            + "the next; mend the numbers")
      }
      emptyNodes += 1
      emptyNodeLine = emptyNodeLine ?? line
    } else {
      guard Self.number(fields[0][...]) == next else {
        throw ProbingError(
          "line \(line) has the number \(fields[0]) where \(next) comes next; words count from 1")
      }
      let head = Self.number(fields[6][...])
      guard head != nil || fields[6] == "_" && !needsTree else {
        throw ProbingError(
          "the word “\(fields[1])” on line \(line) has no head (column 7 is \(fields[6])); give the "
            + "number of the word it depends on, or 0 for the root")
      }
      var labels = try Self.features(fields[5], at: line)
      for (name, field) in [("upos", 3), ("xpos", 4), ("deprel", 7)] where fields[field] != "_" {
        labels[name] = fields[field]
      }
      emptyNodes = 0
      rows.append(
        Row(
          line: line, form: fields[1], lemma: fields[2], labels: labels, head: head,
          isFollowedBySpace: isFollowedBySpace))
    }
  }

  /// A whole number as the format writes it: digits, without a sign or a leading zero.
  private static func number(_ text: Substring) -> Int? {
    guard let number = Int(text), String(number) == text, number >= 0 else { return nil }
    return number
  }

  private static func features(
    _ field: String, at line: Int
  ) throws(ProbingError) -> [String: String] {
    guard field != "_" else { return [:] }
    var features: [String: String] = [:]
    for feature in field.split(separator: "|", omittingEmptySubsequences: false) {
      let parts = feature.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw ProbingError(
          "the feature “\(feature)” on line \(line) is not of the form Name=Value; mend column 6")
      }
      guard features.updateValue(String(parts[1]), forKey: "feats." + parts[0]) == nil else {
        throw ProbingError(
          "the feature “\(parts[0])” stands twice on line \(line); mend column 6")
      }
    }
    return features
  }

  /// The sentence, or nil when there was no line, or none but comments.
  func finish() throws(ProbingError) -> AnnotatedSentence? {
    guard let firstLine else { return nil }
    if let last = contractions.last, last.rows.upperBound > rows.count {
      throw ProbingError(
        "the multi-word token \(last.rows.lowerBound)-\(last.rows.upperBound) on line \(last.line) "
          + "reaches beyond the \(rows.count) words of its sentence; mend the range")
    }
    guard !rows.isEmpty else {
      guard let emptyNodeLine else { return nil }
      throw ProbingError(
        "the sentence of the empty node on line \(emptyNodeLine) has no word; give one or leave it out"
      )
    }
    try checkTree(firstLine)
    let (text, places) = surface()
    let words = zip(rows, places).map { row, place in
      AnnotatedWord(
        row.form, lemma: row.lemma, labels: row.labels,
        head: row.head.flatMap { $0 == 0 ? nil : $0 - 1 },
        place: place, isPunctuation: row.labels["upos"] == "PUNCT")
    }
    return AnnotatedSentence(id: id, text: text, words: words)
  }

  private func checkTree(_ firstLine: Int) throws(ProbingError) {
    for row in rows {
      guard let head = row.head, head > rows.count else { continue }
      throw ProbingError(
        "the word “\(row.form)” on line \(row.line) depends on word \(head), and the sentence has "
          + "\(rows.count); mend column 7")
    }
    // Heads that are left open make no tree.
    let heads = rows.compactMap(\.head)
    guard heads.count == rows.count else { return }
    let roots = rows.filter { $0.head == 0 }
    if roots.count > 1 {
      throw ProbingError(
        "the sentence that begins on line \(firstLine) has \(roots.count) roots, the second on line "
          + "\(roots[1].line); one word has the head 0")
    }
    var isSettled = [Bool](repeating: false, count: rows.count + 1)
    isSettled[0] = true
    for start in rows.indices {
      var path: [Int] = []
      var word = start + 1
      while !isSettled[word] {
        guard path.count <= rows.count else {
          // So many steps lead into the circle, and the way there is not what is wrong.
          let circle = path[path.firstIndex(of: word)!...]
          let row = rows[circle.min()! - 1]
          throw ProbingError(
            "the heads of the word “\(row.form)” on line \(row.line) run in a circle and never reach "
              + "a root; mend column 7")
        }
        path.append(word)
        word = heads[word - 1]
      }
      for word in path { isSettled[word] = true }
    }
  }

  /// The sentence as running text, and where each word stands in it, in bytes.
  private func surface() -> (text: String, places: [Range<Int>]) {
    var text = ""
    var places: [Range<Int>] = []
    var needsSpace = false
    var next = contractions.makeIterator()
    var contraction = next.next()
    while places.count < rows.count {
      if needsSpace { text += " " }
      let start = text.utf8.count
      if let token = contraction, token.rows.lowerBound == places.count + 1 {
        text += token.form
        let parts = rows[(token.rows.lowerBound - 1)..<token.rows.upperBound].map(\.form)
        var place = start
        let isSpelled = parts.joined() == token.form
        for part in parts {
          let end = isSpelled ? place + part.utf8.count : text.utf8.count
          places.append(place..<end)
          if isSpelled { place = end }
        }
        needsSpace = token.isFollowedBySpace
        contraction = next.next()
      } else {
        let row = rows[places.count]
        text += row.form
        places.append(start..<text.utf8.count)
        needsSpace = row.isFollowedBySpace
      }
    }
    return (text, places)
  }
}

extension Substring {
  fileprivate var trimmed: String {
    let start = drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }

  /// Without the spaces at its ends.
  fileprivate var trimmingBlanks: Substring {
    let start = drop { $0 == " " }
    guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
    return start[...end]
  }
}
