public import Tensors
public import Transformers

extension Transformer {
  /// What attention carries: the length of what each key adds to each query through each head,
  /// ‖α f(x)‖; `[head, query, key]`.
  ///
  /// f(x) = (x W_V + b_V) W_O, with the head's own part of W_O. A key that is looked at but has little to
  /// say counts for little, as the first token often does. The output's bias is of no key and left out.
  /// Kobayashi et al., "Attention is Not Only a Weight: Analyzing Transformers with Vector Norms", 2020.
  ///
  /// - Parameters:
  ///   - pattern: The attention of the layer, `[head, query, key]`.
  ///   - values: What its heads could take of each key, `[key, keyHead, headWidth]`.
  ///   - stack: The stack.
  ///   - layer: The layer.
  ///   - kind: Which attention of the layer, which it must have.
  public func normWeightedAttention(
    _ pattern: Tensor, values: Tensor, stack: StackName, layer: Int, kind: AttentionKind = .own
  ) -> Tensor {
    precondition(
      pattern.rank == 3 && values.rank == 3 && pattern.shape[2] == values.shape[0],
      "attention \(pattern.shape) is not [head, query, key] over values \(values.shape), "
        + "[key, keyHead, headWidth]")
    let place = configuration.stacks.firstIndex { $0.name == stack }
    guard let place, stacks[place].blocks.indices.contains(layer) else {
      preconditionFailure("the model has no layer \(layer) of \(stack)")
    }
    let block = stacks[place].blocks[layer]
    guard let attention = kind == .own ? block.attention : block.cross else {
      preconditionFailure("layer \(layer) of \(stack) has no cross-attention")
    }
    let (heads, keys, width) = (pattern.shape[0], values.shape[0], values.shape[2])
    var weighted = pattern
    for head in 0..<heads {
      // The head's part of W_O, [headWidth, width].
      let output = attention.output.weight.slice(axis: 1, head * width..<(head + 1) * width)
        .transposed()
      let shared = head * values.shape[1] / heads
      let written = values.slice(axis: 1, shared..<shared + 1).reshaped(to: [keys, width])
        .matmul(output)
      for key in 0..<keys {
        let squares = written[at: key].values.reduce(0.0) { $0 + Double($1) * Double($1) }
        let length = Float(squares.squareRoot())
        for query in 0..<pattern.shape[1] { weighted[head, query, key] *= length }
      }
    }
    return weighted
  }
}
