/// What the span of a sentence is.
public enum SpanKind: String, Codable, Sendable, CaseIterable {
  /// An idiom whose words change their form.
  case formal
  /// An idiom carried word by word into another language.
  case translated
  /// The same words, meant as they stand.
  case literal
  /// An idiom that is always written alike.
  case `static`
  /// Words that can be meant either way.
  case ambiguous
  /// Words drawn at random.
  case random
}

/// Words, some of which are the span that is asked about.
public struct SpanText: Codable, Sendable, Hashable {
  /// The words.
  public let words: [String]
  /// Which of them are the span, in their order; other words may stand between.
  public let span: [Int]

  /// - Throws: ``SpanError`` when the span is empty, or not in the order of the words it names.
  public init(words: [String], span: [Int]) throws(SpanError) {
    guard !span.isEmpty else { throw SpanError("there is no span: mark at least one word") }
    guard words.indices.contains(span[0]), words.indices.contains(span[span.count - 1]),
      zip(span, span.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw SpanError(
        "the span \(span) does not lie in \(words.count) words in their order; name words from 0 to "
          + "\(words.count - 1), each once")
    }
    self.words = words
    self.span = span
  }

  /// Reads tags of words: B begins the span, I goes on with it, O is outside; what stands behind a
  /// dash, as in `B-IDIOM`, is a name and does not matter.
  ///
  /// An I behind an O goes on with a span that other words break up.
  ///
  /// - Throws: ``SpanError`` when there is not one tag a word, and one span in all.
  public init(words: [String], tags: [String]) throws(SpanError) {
    guard words.count == tags.count else {
      throw SpanError("there are \(words.count) words and \(tags.count) tags; give a tag a word")
    }
    var span: [Int] = []
    for (index, tag) in tags.enumerated() {
      let letter = tag.prefix { $0 != "-" }
      switch letter {
      case "O": break
      case "B" where span.isEmpty, "I" where !span.isEmpty: span.append(index)
      case "B":
        throw SpanError(
          "“\(words[index])” begins a second span; a sentence has one: write it twice, each with its "
            + "own")
      case "I":
        throw SpanError("“\(words[index])” is tagged \(tag) before any B; begin the span with B")
      default:
        throw SpanError("“\(words[index])” is tagged “\(tag)”; a tag is B, I or O")
      }
    }
    guard !span.isEmpty else { throw SpanError("no word is tagged B; mark where the span begins") }
    try self.init(words: words, span: span)
  }

  private enum CodingKeys: String, CodingKey { case words, span }

  /// Reads words and span, and checks them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      words: values.decode([String].self, forKey: .words),
      span: values.decode([Int].self, forKey: .span))
  }

  /// The same words with others in the place of the span's last word.
  public func exchangingLastWord(for words: [String]) throws(SpanError) -> SpanText {
    let last = span[span.count - 1]
    var all = self.words
    all.replaceSubrange(last...last, with: words)
    return try SpanText(
      words: all, span: span.dropLast() + (0..<words.count).map { last + $0 })
  }
}

/// A sentence with a span, and what is known of it.
public struct SpanSentence: Codable, Sendable, Hashable {
  /// A name for it.
  public var id: String
  /// What its span is.
  public var kind: SpanKind
  /// The sentence.
  public var text: SpanText
  /// The same said otherwise, with a span of its own, which may be longer.
  public var paraphrase: SpanText?

  /// A sentence.
  public init(id: String, kind: SpanKind, text: SpanText, paraphrase: SpanText? = nil) {
    self.id = id
    self.kind = kind
    self.text = text
    self.paraphrase = paraphrase
  }
}
