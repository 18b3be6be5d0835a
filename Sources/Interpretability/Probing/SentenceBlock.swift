/// The lines of one sentence of a CoNLL-U file, taken up one by one.
struct SentenceBlock {
  private struct Row {
    var line: Int
    var form: String
    var lemma: String
    var labels: [String: String]
    var head: Int
    var isFollowedBySpace: Bool
  }

  /// A multi-word token: the rows it covers and how it is written.
  private struct Contraction {
    var rows: ClosedRange<Int>
    var form: String
    var isFollowedBySpace: Bool
  }

  private var id: String
  private var rows: [Row] = []
  private var contractions: [Contraction] = []
  private var emptyNodes = 0
  private var firstLine: Int?

  init(number: Int = 1) { id = String(number) }

  /// Takes up a line that is not empty.
  mutating func read(_ text: String, at line: Int) throws(ProbingError) {
    firstLine = firstLine ?? line
    if text.hasPrefix("#") {
      guard rows.isEmpty, contractions.isEmpty, emptyNodes == 0 else {
        throw ProbingError(
          "line \(line) is a comment amid the words of a sentence; comments stand before the first")
      }
      let parts = text.dropFirst().split(separator: "=", maxSplits: 1).map(\.trimmed)
      if parts.count == 2, parts[0] == "sent_id" { id = parts[1] }
      return
    }
    let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 10 else {
      throw ProbingError(
        "line \(line) has \(fields.count) column\(fields.count == 1 ? "" : "s") where CoNLL-U has "
          + "10, with a tab between two; mend the line")
    }
    if let empty = fields.firstIndex(of: "") {
      throw ProbingError(
        "column \(empty + 1) of line \(line) is empty; write _ where there is nothing to say")
    }
    try readRow(fields, at: line)
  }

  private mutating func readRow(_ fields: [String], at line: Int) throws(ProbingError) {
    let next = rows.count + 1
    let isFollowedBySpace = !fields[9].split(separator: "|").contains("SpaceAfter=No")
    let range = fields[0].split(separator: "-", omittingEmptySubsequences: false)
    let node = fields[0].split(separator: ".", omittingEmptySubsequences: false)
    if range.count == 2 {
      let (first, last) = (Int(range[0]), Int(range[1]))
      let before = contractions.last?.rows.upperBound ?? 0
      guard let first, let last, first == next, last >= first, first > before else {
        throw ProbingError(
          "line \(line) is a multi-word token \(fields[0]), and the next word is \(next); a range "
            + "stands before the first of its words, such as \(next)-\(next + 1)")
      }
      contractions.append(
        Contraction(
          rows: first...last, form: fields[1], isFollowedBySpace: isFollowedBySpace))
    } else if node.count == 2 {
      guard Int(node[0]) == rows.count, Int(node[1]) == emptyNodes + 1 else {
        throw ProbingError(
          "line \(line) is an empty node \(fields[0]) where \(rows.count).\(emptyNodes + 1) would be "
            + "the next; mend the numbers")
      }
      emptyNodes += 1
    } else {
      guard Int(fields[0]) == next else {
        throw ProbingError(
          "line \(line) has the number \(fields[0]) where \(next) comes next; words count from 1")
      }
      guard let head = Int(fields[6]), head >= 0 else {
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
      features["feats." + parts[0]] = String(parts[1])
    }
    return features
  }

  /// The sentence, or nil when there was no line.
  func finish() throws(ProbingError) -> AnnotatedSentence? {
    guard let firstLine else { return nil }
    guard !rows.isEmpty else {
      throw ProbingError(
        "the sentence that begins on line \(firstLine) has no word; give one or leave it out")
    }
    if let last = contractions.last, last.rows.upperBound > rows.count {
      throw ProbingError(
        "the multi-word token \(last.rows.lowerBound)-\(last.rows.upperBound) of the sentence that "
          + "begins on line \(firstLine) reaches beyond its \(rows.count) words; mend the range")
    }
    try checkTree(firstLine)
    let (text, places) = surface()
    let words = zip(rows, places).map { row, place in
      AnnotatedWord(
        row.form, lemma: row.lemma, labels: row.labels, head: row.head == 0 ? nil : row.head - 1,
        place: place, isPunctuation: row.labels["upos"] == "PUNCT")
    }
    return AnnotatedSentence(id: id, text: text, words: words)
  }

  private func checkTree(_ firstLine: Int) throws(ProbingError) {
    if let row = rows.first(where: { $0.head > rows.count }) {
      throw ProbingError(
        "the word “\(row.form)” on line \(row.line) depends on word \(row.head), and the sentence "
          + "has \(rows.count); mend column 7")
    }
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
          throw ProbingError(
            "the heads of the word “\(rows[start].form)” on line \(rows[start].line) run in a circle "
              + "and never reach a root; mend column 7")
        }
        path.append(word)
        word = rows[word - 1].head
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
}
