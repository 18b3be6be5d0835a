public import Tensors
package import Transformers

/// The matrices of one attention head and of what surrounds it: rows are read, columns are written.
///
/// What a norm multiplies by is in the matrices that read behind it, and so is what it takes off as a
/// mean: W_Q, W_K and W_V read a residual stream that is divided by the scale of the layer's norm, W_U
/// one that is divided by the scale of the final norm. The columns of W_U are centred over the tokens:
/// a logit is held against the mean of all.
public struct HeadMatrices: Codable, Sendable {
  /// What stands for tokens where the head reads them, `[token, width]`.
  public var embedding: Tensor
  /// W_Q, `[width, headWidth]`.
  public var query: Tensor
  /// The bias of queries with what the layer's norm adds, `[headWidth]`.
  public var queryBias: Tensor
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
    embedding: Tensor, query: Tensor, queryBias: Tensor, key: Tensor, value: Tensor,
    output: Tensor, unembedding: Tensor
  ) {
    self.embedding = embedding
    self.query = query
    self.queryBias = queryBias
    self.key = key
    self.value = value
    self.output = output
    self.unembedding = unembedding
  }
}

extension HeadMatrices {
  /// The matrices of a head of a decoder with layer norms before its layers; its embedding is W_E.
  package init(of head: HeadPlace, in model: Transformer) {
    let block = model.stacks[0].blocks[head.layer]
    let (attention, norm) = (block.attention, block.attentionNorm)
    let width = model.configuration.decoder!.headWidth
    let rows = (head.head * width)..<((head.head + 1) * width)
    /// `[headWidth, width]` as it reads behind the norm.
    func reading(_ weight: Tensor) -> Tensor {
      let scaled = weight.slice(rows) * norm.weight
      return (scaled - scaled.mean(axis: 1, keepingAxis: true)).transposed()
    }
    let moved = attention.query.weight.slice(rows)
      .matmul(norm.bias!.reshaped(to: [norm.bias!.count, 1])).reshaped(to: [width])
    let written = attention.output.weight.slice(axis: 1, rows).transposed()
    self.init(
      embedding: model.embedding, query: reading(attention.query.weight),
      queryBias: moved + attention.query.bias!.slice(rows), key: reading(attention.key.weight),
      value: reading(attention.value.weight),
      output: written - written.mean(axis: 1, keepingAxis: true),
      unembedding: Self.unembedding(of: model))
  }

  /// W_U for states divided by the final norm's scale, `[width, token]`.
  package static func unembedding(of model: Transformer) -> Tensor {
    let weight = (model.unembedding ?? model.embedding) * model.stacks[0].finalNorm!.weight
    let centred = weight - weight.mean(axis: 1, keepingAxis: true)
    return (centred - centred.mean(axis: 0, keepingAxis: true)).transposed()
  }

  /// The same with some of the tokens, in the order in which they are given.
  ///
  /// - Parameter embedding: What stands for them, `[token, width]`.
  package func restricted(to tokens: [Int], embedding: Tensor) -> HeadMatrices {
    var result = self
    result.embedding = embedding
    result.unembedding = unembedding.transposed().gathering(tokens).transposed()
    return result
  }
}
