package import SortingVocabulary
package import Tensors
import Transformers

extension Sorter {
  /// The matrices of the head; see `Transformer.oneHead`.
  package var head: HeadWeights { model.oneHead }
}

extension Transformer {
  /// The matrices of the only head, as it works behind a norm: each row of the embedding divided by its
  /// root mean square, and the norms' weights multiplied into the matrices that read through them.
  ///
  /// What is left out is positions, and the division in front of the unembedding.
  package var oneHead: HeadWeights {
    let (stack, width) = (stacks[0], configuration.width)
    let attention = stack.blocks[0].attention
    let before = stack.blocks[0].attentionNorm.weight.reshaped(to: [width, 1])
    let after = stack.finalNorm!.weight.reshaped(to: [width, 1])
    return HeadWeights(
      embedding: embedding.standardised(
        by: embedding.rootMeanSquare(epsilon: configuration.normEpsilon)),
      query: attention.query.weight.transposed() * before,
      key: attention.key.weight.transposed() * before,
      value: attention.value.weight.transposed() * before,
      output: attention.output.weight.transposed(),
      unembedding: unembedding!.transposed() * after)
  }
}

extension Transformer {
  /// The embeddings of the positions, `[position, width]`.
  package var positionEmbedding: Tensor { stacks[0].positions!.weight }
}
