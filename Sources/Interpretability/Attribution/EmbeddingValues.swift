public import Tensors

/// A number for every coordinate of every embedding that is explained: the embeddings themselves,
/// their gradients, or what is attributed to them.
public struct EmbeddingValues: Sendable, Equatable {
  /// For the tokens that the encoder reads, or the only stack; `[position, width]`.
  public var source: Tensor
  /// For the tokens that the decoder reads, `[position, width]`, where they are explained too.
  public var decoder: Tensor?

  /// Values for source tokens and, where they count, for decoder tokens.
  public init(source: Tensor, decoder: Tensor? = nil) {
    self.source = source
    self.decoder = decoder
  }

  init(_ parts: [Tensor]) { self.init(source: parts[0], decoder: parts.count > 1 ? parts[1] : nil) }

  var parts: [Tensor] { [source] + (decoder.map { [$0] } ?? []) }

  /// The length of every embedding's vector of values.
  public var norms: TokenScores {
    scores { row in row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
  }

  /// The sum of every embedding's values.
  public var sums: TokenScores {
    scores { row in row.reduce(0) { $0 + Double($1) } }
  }

  /// The values coordinate by coordinate with another's, of the same shapes.
  public func combined(
    with other: EmbeddingValues, _ operation: (Tensor, Tensor) -> Tensor
  ) -> EmbeddingValues {
    EmbeddingValues(zip(parts, other.parts).map(operation))
  }

  private func scores(_ reduce: (ArraySlice<Float>) -> Double) -> TokenScores {
    let lists = parts.map { part in
      let (values, width) = (part.values, part.shape[1])
      return (0..<part.shape[0]).map { Float(reduce(values[($0 * width)..<(($0 + 1) * width)])) }
    }
    return TokenScores(source: lists[0], decoder: lists.count > 1 ? lists[1] : nil)
  }
}

/// One number for every token that is explained.
public struct TokenScores: Sendable, Equatable, Codable {
  /// For the tokens that the encoder reads, or the only stack; `[position]`.
  public var source: [Float]
  /// For the tokens that the decoder reads, where they are explained too.
  public var decoder: [Float]?

  /// Scores for source tokens and, where they count, for decoder tokens.
  public init(source: [Float], decoder: [Float]? = nil) {
    self.source = source
    self.decoder = decoder
  }

  /// All scores, the source's first.
  public var all: [Float] { source + (decoder ?? []) }
}

/// How the scores of the pieces of a word become the word's.
public enum ScorePooling: String, Sendable, Codable, CaseIterable {
  /// Added. What a signed attribution gives to a word is what it gives to its pieces, and
  /// completeness holds for words as it does for pieces.
  case sum
  /// The score that is farthest from 0, with its sign. Long words gain nothing by their length.
  case strongest
  /// The root of the sum of squares: the length of the pieces' gradients laid end to end, for
  /// scores that are lengths.
  case norm
}

/// Scores of words, from scores of the pieces they were cut into.
///
/// - Parameters:
///   - scores: One for every piece.
///   - words: The word of every piece, or nil for a piece of none, whose score goes to no word.
/// - Returns: One for every word.
public func poolingPieces(
  _ scores: [Float], words: [Int?], by pooling: ScorePooling
) -> [Float] {
  precondition(
    scores.count == words.count, "\(scores.count) scores for \(words.count) pieces of words")
  var pooled = Array(repeating: Float(0), count: (words.compactMap { $0 }.max() ?? -1) + 1)
  for (score, word) in zip(scores, words) {
    guard let word else { continue }
    switch pooling {
    case .sum: pooled[word] += score
    case .strongest: if abs(score) > abs(pooled[word]) { pooled[word] = score }
    case .norm: pooled[word] = (pooled[word] * pooled[word] + score * score).squareRoot()
    }
  }
  return pooled
}
