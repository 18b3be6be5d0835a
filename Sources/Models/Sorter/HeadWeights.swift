public import Tensors
import Transformers

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

extension Sorter {
  /// The matrices of the head, as it works behind a norm: each row of the embedding divided by its
  /// root mean square, and the norms' weights multiplied into the matrices that read through them.
  ///
  /// What is left out is positions, and the division in front of the unembedding.
  public var head: HeadWeights {
    let (stack, width) = (model.stacks[0], model.configuration.width)
    let attention = stack.blocks[0].attention
    let before = stack.blocks[0].attentionNorm.weight.reshaped(to: [width, 1])
    let after = stack.finalNorm!.weight.reshaped(to: [width, 1])
    return HeadWeights(
      embedding: model.embedding.standardised(
        by: model.embedding.rootMeanSquare(epsilon: model.configuration.normEpsilon)),
      query: attention.query.weight.transposed() * before,
      key: attention.key.weight.transposed() * before,
      value: attention.value.weight.transposed() * before,
      output: attention.output.weight.transposed(),
      unembedding: model.unembedding!.transposed() * after)
  }
}

extension Sorter {
  /// The embeddings of the positions, `[position, width]`.
  package var positionEmbedding: Tensor { model.stacks[0].positions!.weight }
}
