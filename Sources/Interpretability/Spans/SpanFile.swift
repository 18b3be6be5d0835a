public import Foundation
import Interpretability

/// Files of sentences with spans.
///
/// Three layouts are read. *Tab-separated*: a heading that names the columns `tokens` and `tags`,
/// words and tags between spaces, and if wanted `id`, `kind`, `paraphrase` and `paraphrase-tags`.
/// *BIO*: a word and its tag a line, a tab or a space between; an empty line ends a sentence, and
/// comments such as `# kind = formal`, `# id = 7` and `# paraphrase-of = 7` stand before it.
/// *Parallel*: one file with the words of a sentence a line, one with its tags.
public enum SpanFile {
  /// The sentences of a tab-separated or a BIO file.
  ///
  /// - Parameter kind: Of sentences that say none.
  /// - Throws: ``SpanError``, which names the line.
  public static func sentences(
    contentsOf url: URL, kind: SpanKind = .formal
  ) throws(SpanError) -> [SpanSentence] {
    try sentences(in: text(of: url), named: url.path, kind: kind)
  }

  /// The sentences of two files, words and tags, line by line.
  ///
  /// - Throws: ``SpanError``, which names the line.
  public static func sentences(
    words: URL, tags: URL, kind: SpanKind = .formal
  ) throws(SpanError) -> [SpanSentence] {
    let (texts, marks) = (lines(try text(of: words)), lines(try text(of: tags)))
    guard texts.count == marks.count else {
      throw SpanError(
        "\(words.path) has \(counted(texts.count, "line")) and \(tags.path) \(marks.count); line n of "
          + "one has the tags of line n of the other")
    }
    var found: [SpanSentence] = []
    for (index, pair) in zip(texts, marks).enumerated() {
      if pair.0.allSatisfy(\.isWhitespace), pair.1.allSatisfy(\.isWhitespace) { continue }
      let number = index + 1
      found.append(
        SpanSentence(
          id: "\(number)", kind: kind,
          text: try located(words.path, number) { () throws(SpanError) in
            try SpanText(words: split(pair.0), tags: split(pair.1))
          }))
    }
    return try checked(found, words.path)
  }

  /// - Parameter name: The file's, for messages.
  static func sentences(
    in text: String, named name: String, kind: SpanKind
  ) throws(SpanError) -> [SpanSentence] {
    let lines = lines(text)
    let columns = (lines.first ?? "").split(separator: "\t", omittingEmptySubsequences: false)
      .map { String($0).trimmingCharacters(in: .whitespaces) }
    let found =
      columns.contains("tokens")
      ? try table(lines, columns, name, kind) : try blocks(lines, name, kind)
    return try checked(found, name)
  }

  // MARK: - Tab-separated

  private static let columnNames = [
    "id", "kind", "tokens", "tags", "paraphrase", "paraphrase-tags",
  ]

  private static func table(
    _ lines: [String], _ columns: [String], _ name: String, _ kind: SpanKind
  ) throws(SpanError) -> [SpanSentence] {
    for needed in ["tokens", "tags"] where !columns.contains(needed) {
      throw SpanError(
        "line 1 of \(name) names the columns \(columns.joined(separator: ", ")), and “\(needed)” is "
          + "needed")
    }
    if let twice = columnNames.first(where: { name in columns.count { $0 == name } > 1 }) {
      throw SpanError("line 1 of \(name) names the column “\(twice)” twice; name each once")
    }
    var found: [SpanSentence] = []
    for (index, line) in lines.enumerated().dropFirst() {
      if line.allSatisfy(\.isWhitespace) { continue }
      found.append(
        try located(name, index + 1) { () throws(SpanError) in
          try row(line, columns, number: index + 1, kind)
        })
    }
    return found
  }

  private static func row(
    _ line: String, _ columns: [String], number: Int, _ standard: SpanKind
  ) throws(SpanError) -> SpanSentence {
    let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard cells.count == columns.count else {
      throw SpanError(
        "it has \(counted(cells.count, "cell")), and the heading \(columns.count) columns")
    }
    func cell(_ column: String) -> String? {
      guard let index = columns.firstIndex(of: column) else { return nil }
      let text = cells[index].trimmingCharacters(in: .whitespaces)
      return text.isEmpty ? nil : text
    }
    let text = try SpanText(words: split(cell("tokens") ?? ""), tags: split(cell("tags") ?? ""))
    var paraphrase: SpanText?
    switch (cell("paraphrase"), cell("paraphrase-tags")) {
    case (nil, nil): break
    case (let words?, let tags?):
      do { paraphrase = try SpanText(words: split(words), tags: split(tags)) } catch {
        throw SpanError("of its paraphrase, \(error)")
      }
    default:
      throw SpanError("a paraphrase and its tags belong together; give both or neither")
    }
    return SpanSentence(
      id: cell("id") ?? "\(number)", kind: try kind(cell("kind"), standard), text: text,
      paraphrase: paraphrase)
  }

  // MARK: - BIO

  /// A sentence's lines as they are gathered.
  private struct Block {
    var facts: [String: String] = [:]
    var words: [String] = []
    var tags: [String] = []
    var first = 0
  }

  private static func blocks(
    _ lines: [String], _ name: String, _ kind: SpanKind
  ) throws(SpanError) -> [SpanSentence] {
    var found: [SpanSentence] = []
    var places: [String: Int] = [:]
    var block = Block()
    for (index, line) in (lines + [""]).enumerated() {
      let number = index + 1
      if line.allSatisfy(\.isWhitespace) {
        if !block.words.isEmpty {
          try located(name, block.first) { () throws(SpanError) in
            try add(block, to: &found, &places, kind)
          }
        } else if !block.facts.isEmpty, index < lines.count {
          continue
        }
        block = Block()
        continue
      }
      if line.hasPrefix("# ") || line == "#", block.words.isEmpty {
        let parts = line.dropFirst().split(separator: "=", maxSplits: 1)
        if parts.count == 2 {
          let fact = parts.map { $0.trimmingCharacters(in: .whitespaces) }
          block.facts[fact[0]] = fact[1]
        }
        continue
      }
      let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " }).map(String.init)
      guard fields.count >= 2 else {
        throw SpanError(
          "line \(number) of \(name): “\(line)” is no word with its tag; write both, a tab between")
      }
      if block.words.isEmpty { block.first = number }
      let tag = fields[fields.count - 1]
      guard ["B", "I", "O"].contains(tag.prefix { $0 != "-" }) else {
        throw SpanError("line \(number) of \(name): the tag is “\(tag)”; a tag is B, I or O")
      }
      block.words.append(fields[0])
      block.tags.append(tag)
    }
    return found
  }

  private static func add(
    _ block: Block, to found: inout [SpanSentence], _ places: inout [String: Int],
    _ standard: SpanKind
  ) throws(SpanError) {
    let text = try SpanText(words: block.words, tags: block.tags)
    if let other = block.facts["paraphrase-of"] {
      guard let place = places[other] else {
        throw SpanError(
          "it is a paraphrase of “\(other)”, and no sentence before it has that id; put it behind "
            + "the sentence")
      }
      guard found[place].paraphrase == nil else {
        throw SpanError("“\(other)” has a second paraphrase; give one")
      }
      found[place].paraphrase = text
      return
    }
    let id = block.facts["id"] ?? "\(found.count + 1)"
    places[id] = found.count
    found.append(
      SpanSentence(id: id, kind: try kind(block.facts["kind"], standard), text: text))
  }

  // MARK: - Common

  private static func kind(
    _ name: String?, _ standard: SpanKind
  ) throws(SpanError) -> SpanKind {
    guard let name else { return standard }
    if let kind = SpanKind(rawValue: name.lowercased()) { return kind }
    throw SpanError(
      "the kind is “\(name)”; it is one of "
        + SpanKind.allCases.map(\.rawValue).joined(separator: ", "))
  }

  private static func checked(
    _ sentences: [SpanSentence], _ name: String
  ) throws(SpanError) -> [SpanSentence] {
    if sentences.isEmpty { throw SpanError("\(name) has no sentences; give at least one") }
    var ids: Set<String> = []
    for sentence in sentences where !ids.insert(sentence.id).inserted {
      throw SpanError("\(name) has two sentences of the id “\(sentence.id)”; give each its own")
    }
    return sentences
  }

  private static func located<Value>(
    _ name: String, _ line: Int, _ body: () throws(SpanError) -> Value
  ) throws(SpanError) -> Value {
    do { return try body() } catch { throw SpanError("line \(line) of \(name): \(error)") }
  }

  private static func text(of url: URL) throws(SpanError) -> String {
    guard let data = FileManager.default.contents(atPath: url.path) else {
      throw SpanError("\(url.path) cannot be read; name a file of sentences with tags")
    }
    guard let text = String(bytes: data, encoding: .utf8) else {
      throw SpanError("\(url.path) is not UTF-8; save it as that")
    }
    return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
  }

  private static func lines(_ text: String) -> [String] {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map(String.init)
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines
  }

  private static func split(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
