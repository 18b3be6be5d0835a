public import Tokenizers
public import Transformers

extension WordTokens {
  /// Encodes a sentence with the special tokens of its tokenizer and finds each word's tokens.
  ///
  /// It asks the tokenizer where the text up to a word's edge would end, so that it serves any
  /// kind: tokens of a text do not depend on what comes after them beyond the next edge.
  ///
  /// - Throws: ``ProbingError`` when the text has no tokens.
  public init(_ sentence: AnnotatedSentence, tokenizer: Tokenizer) throws(ProbingError) {
    let plain: [Int]
    let tokens: [Int]
    do throws(TokenizerError) {
      plain = try tokenizer.encode(sentence.text, addingSpecialTokens: false)
      tokens = try tokenizer.encode(sentence.text, addingSpecialTokens: true)
    } catch {
      throw ProbingError("the sentence \(sentence.id) has no tokens: \(error)")
    }
    guard !plain.isEmpty else {
      throw ProbingError("the sentence \(sentence.id) has no tokens; leave it out")
    }
    let last = max(0, tokens.count - plain.count)

    let shift = (0...last).first { tokens[$0...].starts(with: plain) } ?? 0
    let edges = TokenEdges(text: Array(sentence.text.utf8), tokens: plain, tokenizer: tokenizer)
    let words = sentence.words.map { word in
      let start = min(edges.tokens(before: word.place.lowerBound).whole, plain.count - 1)
      let end = edges.tokens(before: word.place.upperBound).begun
      return (start + shift)..<(max(end, start + 1) + shift)
    }
    self.init(tokens: tokens, words: words)
  }
}

/// Where in a text's tokens a place of the text falls.
private struct TokenEdges {
  /// A stretch of the text without a space inside, and its tokens.
  private struct Chunk {
    var place: Range<Int>
    var tokens: Range<Int>
    /// The space that its tokens were made with.
    var lead: [UInt8]
  }

  private let text: [UInt8]
  private let tokens: [Int]
  private let tokenizer: Tokenizer
  private var chunks: [Chunk] = []

  init(text: [UInt8], tokens: [Int], tokenizer: Tokenizer) {
    self.text = text
    self.tokens = tokens
    self.tokenizer = tokenizer
    let places = text.indices.split(omittingEmptySubsequences: true) { text[$0] == 0x20 }
      .map { $0.startIndex..<$0.endIndex }
    // With most tokenizers a stretch between spaces is encoded by itself, with the space or without.
    for lead in [[], [0x20]] as [[UInt8]] {
      var chunks: [Chunk] = []
      var count = 0
      for place in places {
        let lead = chunks.isEmpty ? [] : lead
        guard let ids = encode(lead + text[place]), tokens[count...].starts(with: ids) else {
          break
        }
        chunks.append(Chunk(place: place, tokens: count..<(count + ids.count), lead: lead))
        count += ids.count
      }
      if chunks.count == places.count, count == tokens.count {
        self.chunks = chunks
        return
      }
    }
    chunks = [Chunk(place: text.indices, tokens: tokens.indices, lead: [])]
  }

  /// The tokens of a stretch by itself, or nil where the vocabulary has none for it.
  private func encode(_ bytes: [UInt8]) -> [Int]? {
    try? tokenizer.encode(String(decoding: bytes, as: UTF8.self), addingSpecialTokens: false)
  }

  /// How many tokens lie wholly before a place, and how many have begun before it.
  func tokens(before place: Int) -> (whole: Int, begun: Int) {
    guard let chunk = chunks.last(where: { $0.place.lowerBound < place }) else { return (0, 0) }
    guard place < chunk.place.upperBound else {
      return (chunk.tokens.upperBound, chunk.tokens.upperBound)
    }
    guard let prefix = encode(chunk.lead + text[chunk.place.lowerBound..<place]) else {
      let start = chunk.tokens.lowerBound
      return (start, min(start + 1, chunk.tokens.upperBound))
    }
    let own = tokens[chunk.tokens]
    let shared = zip(prefix, own).prefix { $0 == $1 }.count
    let whole = chunk.tokens.lowerBound + shared
    return (whole, shared == prefix.count ? whole : min(whole + 1, chunk.tokens.upperBound))
  }
}
