public import Tensors
public import Transformers

/// How much of what one head writes another head reads, by the weights alone.
///
/// ‖W_read W_write‖ / (‖W_read‖ ‖W_write‖) in Frobenius norms, where the later head reads by its
/// queries, keys or values. Two random matrices have a score above 0; compare heads with it.
///
/// Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021.
public enum HeadComposition: String, Sendable, Codable, CaseIterable {
  /// The later head's queries read: W_QKᵀ W_OV.
  case query
  /// The later head's keys read: W_QK W_OV.
  case key
  /// The later head's values read: W_OV W_OV.
  case value

  /// The scores of all pairs of heads of a stack's self-attention,
  /// `[earlier layer, earlier head, later layer, later head]`; 0 where the first is not earlier.
  ///
  /// - Parameters:
  ///   - stack: The stack; nil means the last one.
  ///   - foldingNorms: Whether the weight of a block's first norm counts as part of what reads the
  ///     residual stream, and what a layer norm takes off as a mean is left out, as where
  ///     TransformerLens processes weights.
  public func scores(
    of model: Transformer, in stack: StackName? = nil, foldingNorms: Bool = false
  ) -> Tensor {
    let stacks = model.configuration.stacks
    let place = stacks.firstIndex { $0.name == stack } ?? stacks.count - 1
    let (heads, layers) = (stacks[place].stack.headCount, stacks[place].stack.layerCount)
    let weights = model.stacks[place].blocks.flatMap { block in
      (0..<heads).map { HeadWeights(block, head: $0, of: heads, foldingNorms: foldingNorms) }
    }
    var scores = Tensor.zeros([layers, heads, layers, heads])
    let written = weights.map { frobenius($0.outputValue.left, $0.outputValue.right) }
    let read = weights.map { frobenius($0.reading(self).left, $0.reading(self).right) }
    for later in weights.indices {
      let reading = weights[later].reading(self)
      for earlier in 0..<(later / heads * heads) {
        let writing = weights[earlier].outputValue
        // Only what lies between the two low ranks is multiplied out.
        let between = reading.right.matmul(writing.left)
        let norm = frobenius(reading.left.matmul(between), writing.right)
        scores[earlier / heads, earlier % heads, later / heads, later % heads] =
          norm / max(read[later] * written[earlier], .leastNormalMagnitude)
      }
    }
    return scores
  }

  /// ‖left · right‖ of `[a, k]` and `[k, b]`, by their Gram matrices `[k, k]`.
  private func frobenius(_ left: Tensor, _ right: Tensor) -> Float {
    let (a, b) = (left.transposed().matmul(left), right.matmul(right.transposed()))
    let sum = zip(a.values, b.values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    return Float(max(sum, 0).squareRoot())
  }
}

/// A head's two products, each as a pair of factors that act on columns: left · right · x.
private struct HeadWeights {
  /// W_O W_V, `[width, headWidth]` and `[headWidth, width]`.
  let outputValue: (left: Tensor, right: Tensor)
  private let query: Tensor
  private let key: Tensor

  init(_ block: Block, head: Int, of heads: Int, foldingNorms: Bool) {
    let attention = block.attention
    func folded(_ weight: Tensor) -> Tensor {
      guard foldingNorms else { return weight }
      let scaled = weight * block.attentionNorm.weight
      return block.attentionNorm.bias == nil
        ? scaled : scaled - scaled.mean(axis: 1, keepingAxis: true)
    }
    let width = attention.output.weight.shape[1] / heads
    let keyHeads = attention.key.weight.shape[0] / width
    func rows(_ linear: Linear, _ index: Int) -> Tensor {
      folded(linear.weight.slice((index * width)..<((index + 1) * width)))
    }
    let shared = head * keyHeads / heads
    query = rows(attention.query, head)
    key = rows(attention.key, shared)
    var output = attention.output.weight.slice(axis: 1, (head * width)..<((head + 1) * width))
    if foldingNorms, block.attentionNorm.bias != nil {
      output = output - output.mean(axis: 0, keepingAxis: true)
    }
    outputValue = (output, rows(attention.value, shared))
  }

  /// What the head reads by, as factors whose right one meets the residual stream.
  func reading(_ composition: HeadComposition) -> (left: Tensor, right: Tensor) {
    switch composition {
    case .query: (key.transposed(), query)
    case .key: (query.transposed(), key)
    case .value: outputValue
    }
  }
}
