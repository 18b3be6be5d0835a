public import Tensors

/// A number that a model predicts, as a function of the embeddings it reads.
///
/// ```swift
/// let x = number.embeddings.requiringGradient()
/// let slope = gradient(of: try number(x), withRespectTo: [x])[0]   // [position, width]
/// ```
public struct PredictedNumber: Sendable {
  /// The pieces that are read.
  public let pieces: [String]
  /// The word of every piece, or nil for a piece of none.
  public let words: [Int?]
  /// Their embeddings, `[position, width]`.
  public let embeddings: Tensor
  private let function: @Sendable (Tensor) throws -> Tensor

  package init(
    pieces: [String], words: [Int?], embeddings: Tensor,
    function: @escaping @Sendable (Tensor) throws -> Tensor
  ) {
    self.pieces = pieces
    self.words = words
    self.embeddings = embeddings
    self.function = function
  }

  /// The number for these embeddings, `[position, width]`: a scalar, of which a gradient can be taken
  /// where the embeddings require one.
  ///
  /// - Throws: ``EmbeddingsError`` when the embeddings have another shape.
  public func callAsFunction(_ embeddings: Tensor) throws -> Tensor {
    try EmbeddingsError.check(embeddings, against: self.embeddings)
    return try function(embeddings)
  }
}

/// The scores of all tokens in one place, as a function of the embeddings that are read.
public struct PredictedRow: Sendable {
  /// The pieces that are read.
  public let pieces: [String]
  /// Their embeddings, `[position, width]`.
  public let embeddings: Tensor
  private let function: @Sendable (Tensor) throws -> Tensor

  package init(
    pieces: [String], embeddings: Tensor, function: @escaping @Sendable (Tensor) throws -> Tensor
  ) {
    self.pieces = pieces
    self.embeddings = embeddings
    self.function = function
  }

  /// The logits of all tokens, `[token]`, for these embeddings, `[position, width]`.
  ///
  /// - Throws: ``EmbeddingsError`` when the embeddings have another shape.
  public func callAsFunction(_ embeddings: Tensor) throws -> Tensor {
    try EmbeddingsError.check(embeddings, against: self.embeddings)
    return try function(embeddings)
  }
}

/// Embeddings that a number cannot be computed from.
public struct EmbeddingsError: Error, Equatable, CustomStringConvertible {
  package let expected: [Int]
  package let found: [Int]

  /// One sentence with both shapes.
  public var description: String {
    "embeddings of shape \(found) were given where \(expected), [position, width], are read"
  }

  package static func check(_ embeddings: Tensor, against own: Tensor) throws(EmbeddingsError) {
    guard embeddings.shape == own.shape else {
      throw EmbeddingsError(expected: own.shape, found: embeddings.shape)
    }
  }

  package init(expected: [Int], found: [Int]) {
    self.expected = expected
    self.found = found
  }
}
