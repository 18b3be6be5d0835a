import Interpretability
import Tensors
public import Tokenizers
import Transformers

/// A sentence with a span as a model reads it.
public struct SpanTokens: Codable, Sendable, Hashable {
  /// The tokens.
  public let tokens: [Int]
  /// The positions of the span's tokens, in their order; pieces of its words and nothing between.
  public let span: [Int]
  /// The positions of the tokens of the span's last word.
  public let lastWord: [Int]

  /// Tokens whose span is known.
  ///
  /// - Parameter lastWord: The last of the span when left out.
  /// - Throws: ``SpanError`` when a position is not in the tokens or not in order.
  public init(tokens: [Int], span: [Int], lastWord: [Int]? = nil) throws(SpanError) {
    guard let first = span.first, let last = span.last else {
      throw SpanError("there is no span: give the position of at least one token")
    }
    guard first >= 0, last < tokens.count, zip(span, span.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw SpanError(
        "the span \(span) does not lie in \(tokens.count) tokens in their order; positions go from 0 "
          + "to \(tokens.count - 1)")
    }
    let lastWord = lastWord ?? [last]
    guard !lastWord.isEmpty, Set(lastWord).isSubset(of: span) else {
      throw SpanError("the last word \(lastWord) is no part of the span \(span)")
    }
    self.tokens = tokens
    self.span = span
    self.lastWord = lastWord
  }

  /// Encodes a sentence, its words with a space between, and finds the span's pieces.
  ///
  /// - Parameter startToken: Put in front, where the tokenizer does not put it there.
  /// - Throws: ``SpanError`` when the sentence has no tokens.
  public init(
    _ text: SpanText, tokenizer: Tokenizer, startToken: Int? = nil
  ) throws(SpanError) {
    var place = 0
    let words = text.words.map { word in
      defer { place += word.utf8.count + 1 }
      return AnnotatedWord(
        word, lemma: word, labels: [:], head: nil, place: place..<(place + word.utf8.count),
        isPunctuation: false)
    }
    let sentence = AnnotatedSentence(
      id: "“\(text.words.joined(separator: " "))”", text: text.words.joined(separator: " "),
      words: words)
    let encoded: WordTokens
    do { encoded = try WordTokens(sentence, tokenizer: tokenizer) } catch {
      throw SpanError(error.description)
    }
    let shift = startToken.map { encoded.tokens.first == $0 ? 0 : 1 } ?? 0
    func places(_ word: Int) -> [Int] { encoded.words[word].map { $0 + shift } }
    try self.init(
      tokens: (shift == 1 ? [startToken!] : []) + encoded.tokens,
      span: Set(text.span.flatMap(places)).sorted(),
      lastWord: places(text.span[text.span.count - 1]))
  }

  private enum CodingKeys: String, CodingKey { case tokens, span, lastWord }

  /// Reads tokens and span, and checks them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      tokens: values.decode([Int].self, forKey: .tokens),
      span: values.decode([Int].self, forKey: .span),
      lastWord: values.decodeIfPresent([Int].self, forKey: .lastWord))
  }

  /// The positions outside the span.
  public var rest: [Int] {
    let inside = Set(span)
    return tokens.indices.filter { !inside.contains($0) }
  }
}
