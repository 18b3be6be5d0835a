/// A sentence as token ids, with the tokens of each of its words.
public struct WordTokens: Codable, Sendable, Hashable {
  /// What the probed stack reads.
  public var tokens: [Int]
  /// The places of each word's tokens; never empty, and shared where a token spans two words.
  public var words: [Range<Int>]
  /// What the encoder reads, where the probed stack is the decoder of an encoder–decoder; `tokens`
  /// are then the decoder's, its start token first.
  public var source: [Int]?

  /// Tokens whose words are known.
  public init(tokens: [Int], words: [Range<Int>], source: [Int]? = nil) {
    self.tokens = tokens
    self.words = words
    self.source = source
  }
}

/// What stands for a word that was cut into several tokens.
public enum WordPooling: String, Codable, Sendable, CaseIterable {
  /// Its last token, which in a causal model alone has read all of it.
  case last
  /// The mean of its tokens.
  case mean
}

/// An undirected edge between two words of a sentence.
public struct WordEdge: Hashable, Codable, Sendable {
  /// The index of the word that stands first.
  public let first: Int
  /// The index of the word that stands second.
  public let second: Int

  /// An edge, whichever way round it is given.
  public init(_ a: Int, _ b: Int) {
    first = min(a, b)
    second = max(a, b)
  }
}
