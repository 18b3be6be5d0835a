import Foundation
import Laboratory
import Models
import Spans

/// `--sentences F` in any of its layouts, as a model reads them.
struct SpanSentences {
  struct Named {
    let id: String
    let kind: SpanKind
    let paraphrase: SpanTokens?
  }

  let names: [Named]
  let tokens: [SpanTokens]

  /// A JSON line: words with tags, or ids with the positions of a span.
  private struct Line: Decodable {
    var id: String?
    var kind: SpanKind?
    var words: [String]?
    var tags: [String]?
    var ids: [Int]?
    var span: [Int]?
  }

  /// - Parameter tags: The file of tags, when the sentences' own has words alone.
  /// - Throws: ``CommandError`` or `SpanError`, which name the line.
  init(_ path: String, tags: String?, for loaded: LoadedModel) throws {
    if tags == nil, path.hasSuffix(".jsonl") || path.hasSuffix(".json") {
      try self.init(lines: JSONLines(path), for: loaded)
      return
    }
    let url = URL(fileURLWithPath: path)
    let sentences =
      try tags.map { try SpanFile.sentences(words: url, tags: URL(fileURLWithPath: $0)) }
      ?? SpanFile.sentences(contentsOf: url)
    try self.init(sentences, for: loaded)
  }

  private init(_ sentences: [SpanSentence], for loaded: LoadedModel) throws {
    guard let tokenizer = loaded.tokenizer else {
      throw CommandError(
        "\(loaded.shortName) has no tokenizer, so it takes token ids and no words; give --sentences "
          + "as JSON lines, {\"ids\": […], \"span\": […]}")
    }
    var (names, tokens) = ([Named](), [SpanTokens]())
    for sentence in sentences {
      do {
        tokens.append(try SpanTokens(sentence.text, tokenizer: tokenizer))
        names.append(
          Named(
            id: sentence.id, kind: sentence.kind,
            paraphrase: try sentence.paraphrase.map { try SpanTokens($0, tokenizer: tokenizer) }))
      } catch { throw CommandError("sentence “\(sentence.id)”: \(error)") }
    }
    (self.names, self.tokens) = (names, tokens)
  }

  private init(lines: JSONLines, for loaded: LoadedModel) throws {
    var (names, tokens) = ([Named](), [SpanTokens]())
    for line in lines.lines {
      let value = try lines.value(
        Line.self, of: line,
        expected: "a sentence: {\"words\": […], \"tags\": […]} or {\"ids\": […], \"span\": […]}")
      do {
        switch (value.words, value.tags, value.ids, value.span) {
        case (let words?, let tags?, nil, nil):
          guard let tokenizer = loaded.tokenizer else {
            throw CommandError(
              "\(loaded.shortName) has no tokenizer; give \"ids\" and \"span\" in the place of words"
            )
          }
          tokens.append(
            try SpanTokens(SpanText(words: words, tags: tags), tokenizer: tokenizer))
        case (nil, nil, let ids?, let span?):
          tokens.append(try SpanTokens(tokens: ids, span: span))
        default:
          throw CommandError("give \"words\" with \"tags\", or \"ids\" with \"span\"")
        }
      } catch { throw lines.fault(line.number, "cannot be read: \(error)") }
      names.append(
        Named(
          id: value.id ?? "\(line.number)", kind: value.kind ?? .formal, paraphrase: nil))
    }
    (self.names, self.tokens) = (names, tokens)
  }
}
