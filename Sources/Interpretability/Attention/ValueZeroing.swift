public import Tensors
public import Transformers

/// Value zeroing: how much the output of a layer at position i changes when the value of position j
/// is set to zero, by cosine distance; `[query, key]`, rows sum to 1, or are zeros where nothing
/// changes.
///
/// The model is run again for every key. What enters the layer stays as it was, so what is measured
/// is the mixing inside that layer.
/// Mohebbi et al., "Quantifying Context Mixing in Transformers", 2023.
///
/// - Parameters:
///   - model: The model.
///   - input: A batch of one.
///   - stack: The stack the layer is in.
///   - layer: The layer.
///   - kind: Whose values are zeroed: the stack's own, or the encoder's as the decoder reads them.
/// - Throws: What running the model throws.
public func valueZeroing(
  _ model: Transformer, on input: ModelInput, stack: StackName, layer: Int,
  kind: AttentionKind = .own
) throws -> Tensor {
  precondition(input.tokens.count == 1, "value zeroing takes a batch of one")
  let output = HookPoint.residualPost(stack, layer)
  let values = HookPoint.block(stack, layer, .attention(kind, .value))
  let clean = try model.run(input, capturing: [output, values]).trace
  let before = try clean[output]
  let keys = try clean[values].shape[1]
  let (queries, width) = (before.shape[1], before.shape[2])
  var distances = Tensor.zeros([queries, keys])
  for key in 0..<keys {
    let zeroed = Intervention(at: values) { values in
      var keep = Tensor(repeating: 1, shape: [1, keys, 1, 1])
      keep[0, key, 0, 0] = 0
      return values * keep
    }
    let after = try model.run(input, capturing: [output], intervening: [zeroed]).trace[output]
    for query in 0..<queries {
      let range = query..<(query + 1)
      let (a, b) = (before.slice(axis: 1, range), after.slice(axis: 1, range))
      distances[query, key] = max(
        0, 1 - cosineSimilarity(a.reshaped(to: [width]), b.reshaped(to: [width])))
    }
  }
  let sums = distances.sum(axis: 1, keepingAxis: true)
  return distances / sums.maximum(with: 1e-12)
}

/// The cosine of the angle between two vectors of one shape, summed in Double; 0 when either has no
/// length.
public func cosineSimilarity(_ a: Tensor, _ b: Tensor) -> Float {
  precondition(a.shape == b.shape, "the shapes \(a.shape) and \(b.shape) differ")
  var (ab, aa, bb) = (0.0, 0.0, 0.0)
  a.withUnsafeValues { a in
    b.withUnsafeValues { b in
      for index in a.indices {
        let (x, y) = (Double(a[index]), Double(b[index]))
        ab += x * y
        aa += x * x
        bb += y * y
      }
    }
  }
  return aa == 0 || bb == 0 ? 0 : Float(ab / (aa * bb).squareRoot())
}

extension Tensor {
  fileprivate func maximum(with floor: Float) -> Tensor {
    Tensor(values.map { max($0, floor) }, shape: shape)
  }
}
