package import Tensors

/// The nodes of a decoder one by one, each read from a residual stream of its own.
///
/// A model's own pass gives all heads of a layer the same stream. A circuit of edges gives each
/// head's queries, keys and values, each MLP and the logits another one, and asks for single nodes.
/// Streams are `[row, position, width]`.
package struct HeadwisePass: Sendable {
  package let model: Transformer
  private let stack: BlockStack
  /// The slices of the projections that belong to each head, by layer.
  private let heads: [LayerHeads]

  private struct LayerHeads {
    var query: [Linear]
    var key: [Linear]
    var value: [Linear]
    /// `[width, headWidth]` a head; the bias belongs to none.
    var output: [Tensor]
  }

  /// - Precondition: the model is a single stack that reads from left to right, with its norms before
  ///   the layers.
  package init(_ model: Transformer) {
    let configuration = model.configuration
    precondition(
      configuration.encoder == nil && configuration.normPlacement == .before,
      "nodes are run one by one in a decoder with norms before its layers")
    self.model = model
    stack = model.stacks[0]
    heads = stack.blocks.map { block in
      let attention = block.attention
      func parts(_ linear: Linear, _ count: Int) -> [Linear] {
        let width = linear.weight.shape[0] / count
        return (0..<count).map { head in
          let range = (head * width)..<((head + 1) * width)
          return Linear(weight: linear.weight.slice(range), bias: linear.bias?.slice(range))
        }
      }
      let width = attention.output.weight.shape[1] / attention.headCount
      return LayerHeads(
        query: parts(attention.query, attention.headCount),
        key: parts(attention.key, attention.keyHeadCount),
        value: parts(attention.value, attention.keyHeadCount),
        output: (0..<attention.headCount).map {
          attention.output.weight.slice(axis: 1, ($0 * width)..<(($0 + 1) * width))
        })
    }
  }

  /// Where rows are read: the positions of a pass, the same in every row or one a row.
  package struct Places: Sendable {
    /// The positions, by row.
    package let positions: [[Int]]
    fileprivate let rotation: Rotation?

    /// The same places for several copies of the rows.
    package func repeated(_ count: Int) -> Places {
      if count == 1 { return self }
      let rows = (0..<count).flatMap { _ in Array(positions.indices) }
      return Places(
        positions: rows.map { positions[$0] }, rotation: rotation.map { $0.of(rows) })
    }

    init(positions: [[Int]], rotation: Rotation?) {
      (self.positions, self.rotation) = (positions, rotation)
    }
  }

  /// Places in rows that are not padded in front.
  package func places(_ positions: [[Int]]) -> Places {
    var rotation: Rotation?
    if case .rotary(let angles) = model.configuration.position {
      rotation = angles.rotation(at: positions)
    }
    return Places(positions: positions, rotation: rotation)
  }

  /// What attention and, where both read through one norm, the MLP make of a stream first.
  package func normedForAttention(_ x: Tensor, layer: Int) -> Tensor {
    stack.blocks[layer].attentionNorm(x)
  }

  /// What an MLP makes of a stream first.
  package func normedForMLP(_ x: Tensor, layer: Int) -> Tensor {
    let block = stack.blocks[layer]
    return (block.mlpNorm ?? block.attentionNorm)(x)
  }

  /// The queries of a head, `[row, position, headWidth]`, as attention compares them.
  package func query(_ normed: Tensor, layer: Int, head: Int, at places: Places) -> Tensor {
    let q = heads[layer].query[head](normed)
    return turned(stack.blocks[layer].attention.queryNorm.map { $0(q) } ?? q, by: places)
  }

  /// The keys of a key head, `[row, position, headWidth]`, as attention compares them.
  package func key(_ normed: Tensor, layer: Int, head: Int, at places: Places) -> Tensor {
    let k = heads[layer].key[head](normed)
    return turned(stack.blocks[layer].attention.keyNorm.map { $0(k) } ?? k, by: places)
  }

  /// The values of a key head, `[row, position, headWidth]`.
  package func value(_ normed: Tensor, layer: Int, head: Int) -> Tensor {
    heads[layer].value[head](normed)
  }

  /// The vector in the residual stream that a query, key or value's gradient stands for: what the
  /// head's weights make of it on the way back, `[row, position, width]`.
  package func pulledBack(
    _ gradient: Tensor, _ input: HookPoint.AttentionInput, layer: Int, head: Int
  )
    -> Tensor
  {
    let parts = heads[layer]
    let weight =
      switch input {
      case .query: parts.query[head].weight
      case .key: parts.key[head].weight
      case .value: parts.value[head].weight
      }
    return gradient.matmul(weight)
  }

  private func turned(_ x: Tensor, by places: Places) -> Tensor {
    guard let rotation = places.rotation else { return x }
    let (rows, count, width) = (x.shape[0], x.shape[1], x.shape[2])
    return x.reshaped(to: [rows, count, 1, width]).rotated(by: rotation)
      .reshaped(to: [rows, count, width])
  }

  /// What a head adds to the residual stream, without the layer's bias: `[row, query, width]`.
  ///
  /// - Parameters:
  ///   - query: `[row, query, headWidth]`, at `places`.
  ///   - key: `[row, key, headWidth]`, from position 0 on.
  ///   - value: In the shape of the keys.
  ///   - isRun: Whether the places are neighbours, the same in every row.
  package func result(
    query: Tensor, key: Tensor, value: Tensor, layer: Int, head: Int, at places: Places,
    isRun: Bool
  ) -> Tensor {
    let attention = stack.blocks[layer].attention
    let keys = key.shape[1]
    func apart(_ x: Tensor) -> Tensor {
      x.reshaped(to: [x.shape[0], x.shape[1], 1, x.shape[2]])
    }
    let window = attention.window
    let mask: AttentionMask
    if isRun {
      mask = AttentionMask(
        isCausal: true, queryOffset: places.positions[0][0], window: window)
    } else {
      mask = AttentionMask(
        keys: places.positions.map { place in
          (0..<keys).map { $0 <= place[0] && $0 > place[0] - (window ?? .max / 2) }
        }, isCausal: false)
    }
    let mixed = apart(query).attentionScores(keys: apart(key), scale: attention.scale)
      .masked(by: mask).softmax().attentionMix(values: apart(value))
    return mixed.reshaped(to: query.shape).matmul(transposing: heads[layer].output[head])
  }

  /// What an MLP adds to the residual stream.
  package func mlp(_ normed: Tensor, layer: Int) throws -> Tensor {
    guard let mlp = stack.blocks[layer].mlp else {
      preconditionFailure("block \(layer) has no MLP")
    }
    let hooks = try Hooks(
      configuration: model.configuration, capturing: .nothing, intervening: [])
    return try mlp(normed, hooks.block(stack.name, layer).mlp)
  }

  /// What the gradient of an MLP's hidden layer is for its normed input.
  ///
  /// - Parameters:
  ///   - gradient: At `mlp.hook_pre`.
  ///   - linear: At `mlp.hook_pre_linear` of a gated one.
  package func pulledBackThroughMLP(_ gradient: Tensor, linear: Tensor?, layer: Int) -> Tensor {
    guard let mlp = stack.blocks[layer].mlp else {
      preconditionFailure("block \(layer) has no MLP")
    }
    let first = gradient.matmul((mlp.gate ?? mlp.input).weight)
    return linear.map { first + $0.matmul(mlp.input.weight) } ?? first
  }

  /// What attention adds that belongs to no head, `[width]`.
  package func outputBias(layer: Int) -> Tensor? { stack.blocks[layer].attention.output.bias }
}

extension HeadwisePass {
  /// What the gradient behind a block's norm is in front of it, `[row, position, width]`.
  ///
  /// - Parameters:
  ///   - normalized: What the norm made of its input before its weight, `[row, position, width]`.
  ///   - scale: What it divided by, `[row, position, 1]`.
  ///   - isMLP: Whether the norm of the MLP is meant.
  package func pulledBackThroughNorm(
    _ gradient: Tensor, normalized: Tensor, scale: Tensor, layer: Int, isMLP: Bool
  ) -> Tensor {
    let norm = norm(layer, isMLP: isMLP)
    let centres = norm.bias != nil
    let width = gradient.shape[gradient.rank - 1]
    var result = gradient
    result.withUnsafeMutableValues { out in
      normalized.withUnsafeValues { normalized in
        scale.withUnsafeValues { scale in
          norm.weight.withUnsafeValues { weight in
            for row in 0..<(out.count / max(width, 1)) {
              let values = out.baseAddress! + row * width
              let unit = normalized.baseAddress! + row * width
              for i in 0..<width { values[i] *= weight[i] }
              let along = Kernel.dot(values, unit, count: width) / Float(width)
              let mean = centres ? Kernel.mean(values, count: width) : 0
              let factor = 1 / scale[row]
              for i in 0..<width { values[i] = (values[i] - mean - unit[i] * along) * factor }
            }
          }
        }
      }
    }
    return result
  }

  private func norm(_ layer: Int, isMLP: Bool) -> Norm {
    let block = model.stacks[0].blocks[layer]
    return isMLP ? block.mlpNorm ?? block.attentionNorm : block.attentionNorm
  }
}
