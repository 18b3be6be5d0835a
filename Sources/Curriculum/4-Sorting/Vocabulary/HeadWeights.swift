public import Tensors

/// The matrices of one attention head and of what surrounds it, as papers on circuits write them:
/// rows are read, columns are written.
public struct HeadWeights: Codable, Sendable {
  /// W_E, `[token, width]`.
  public var embedding: Tensor
  /// W_Q, `[width, headWidth]`.
  public var query: Tensor
  /// W_K, `[width, headWidth]`.
  public var key: Tensor
  /// W_V, `[width, headWidth]`.
  public var value: Tensor
  /// W_O, `[headWidth, width]`.
  public var output: Tensor
  /// W_U, `[width, token]`.
  public var unembedding: Tensor

  /// The matrices of a head.
  public init(
    embedding: Tensor, query: Tensor, key: Tensor, value: Tensor, output: Tensor,
    unembedding: Tensor
  ) {
    self.embedding = embedding
    self.query = query
    self.key = key
    self.value = value
    self.output = output
    self.unembedding = unembedding
  }
}
