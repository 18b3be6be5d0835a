import CKernels

/// The two products of attention, taken over heads where they lie: queries, keys and values are
/// `[batch, position, head, width]`, as a projection leaves them, and no transposed copy is made.
extension Tensor {
  /// Scores `[batch, head, query, key]`: every query against every key, times `scale`.
  ///
  /// - Parameters:
  ///   - keys: `[batch, key, keyHead, width]`; a whole number of query heads shares a key head.
  ///   - scale: What each dot product is multiplied by; 1 in T5, 1/√width elsewhere.
  ///   - bias: Added to every row of the batch, `[head, query, key]`.
  package func attentionScores(keys: Tensor, scale: Float, adding bias: Tensor? = nil) -> Tensor {
    let layout = HeadLayout(queries: shape, keys: keys.shape)
    let (q, k, added) = (detached(), keys.detached(), bias?.detached())
    let biasShape = [layout.heads, layout.queryCount, layout.keyCount]
    precondition(
      bias == nil || bias?.shape == biasShape,
      "a bias \(bias?.shape ?? []) does not fit scores [head, query, key] of \(biasShape)")
    let result = Tensor(
      uninitialized: [layout.batch, layout.heads, layout.queryCount, layout.keyCount])
    layout.forEachHead { b, h in
      layout.score(
        q, k, b, h, scale: scale, adding: added, into: result.storage.base + layout.pattern(b, h))
    }
    return result.recording(
      [self, keys] + (bias.map { [$0] } ?? []),
      [
        { layout.mix($0, k, scale: scale) },
        { layout.unmix($0, q, scale: scale) },
        { $0.summed(to: biasShape) },
      ])
  }

  /// Mixes values by a pattern: self `[batch, head, query, key]`, values
  /// `[batch, key, keyHead, width]`, result `[batch, query, head, width]`.
  package func attentionMix(values: Tensor) -> Tensor {
    precondition(rank == 4, "a pattern has the axes [batch, head, query, key], not \(shape)")
    let layout = HeadLayout(
      queries: [shape[0], shape[2], shape[1], values.shape.last ?? 0], keys: values.shape)
    precondition(
      layout.keyCount == shape[3], "a pattern \(shape) does not fit the values \(values.shape)")
    let (p, v) = (detached(), values.detached())
    return layout.mix(p, v, scale: 1).recording(
      [self, values],
      [{ $0.attentionScores(keys: v, scale: 1) }, { layout.unmix(p, $0, scale: 1) }])
  }
}

extension Tensor {
  /// Attention in one: to the bit what scores, mask, softmax and mix give one after the other, when
  /// nobody looks at what lies between them.
  ///
  /// A head's pattern then stays in the processor's cache.
  ///
  /// - Parameters:
  ///   - keys: `[batch, key, keyHead, width]`.
  ///   - values: In the shape of the keys.
  ///   - keyCount: How many keys there are, when what follows is room for more; no gradients are to be
  ///     had then.
  ///   - scale: As of ``attentionScores(keys:scale:adding:)``.
  ///   - bias: The same.
  ///   - mask: Which keys a query may see.
  package func attending(
    keys: Tensor, values: Tensor, keyCount: Int? = nil, scale: Float, adding bias: Tensor? = nil,
    mask: AttentionMask
  ) -> Tensor {
    let layout = HeadLayout(queries: shape, keys: keys.shape, keyCount: keyCount)
    let patternShape = [layout.batch, layout.heads, layout.queryCount, layout.keyCount]
    precondition(
      values.shape == keys.shape, "values \(values.shape) do not fit the keys \(keys.shape)")
    precondition(
      bias == nil || bias?.shape == Array(patternShape.dropFirst()),
      "a bias \(bias?.shape ?? []) does not fit scores [head, query, key] of "
        + "\(patternShape.dropFirst())")
    mask.check(fits: patternShape)
    let (q, k, v, added) = (detached(), keys.detached(), values.detached(), bias?.detached())
    let isWatched = [self, keys, values, bias].contains { $0?.node != nil }
    precondition(
      !isWatched || layout.keyCount == keys.shape[1],
      "no gradient goes to the \(layout.keyCount) first of \(keys.shape[1]) keys")
    // Kept only for a gradient.
    let patterns = isWatched ? Tensor(uninitialized: patternShape) : nil
    let result = Tensor(uninitialized: shape)
    let padded = mask.padding
    layout.forEachHead { b, h in
      let own = patterns == nil ? TensorStorage(uninitialized: layout.patternCount) : nil
      defer { withExtendedLifetime(own) {} }
      let pattern = own?.base ?? patterns!.storage.base + layout.pattern(b, h)
      layout.score(q, k, b, h, scale: scale, adding: added, into: pattern)
      for query in 0..<layout.queryCount {
        let row = pattern + query * layout.keyCount
        let seen = mask.fill(
          row, with: -.infinity, query: query, keys: layout.keyCount, padding: padded?[b] ?? [])
        KernelSet.best.softmax(row, row, seen)
        (row + seen).update(repeating: 0, count: layout.keyCount - seen)
      }
      layout.mix(pattern, v, b, h, scale: 1, into: result)
    }
    guard let patterns else { return result }
    return result.recording(
      [self, keys, values, bias],
      jointly: { gradient, wanted in
        layout.pullBack(
          gradient, queries: q, keys: k, values: v, patterns: patterns, scale: scale, wanted: wanted
        )
      })
  }
}

/// Where the heads of queries, keys and patterns lie in memory.
private struct HeadLayout: Sendable {
  let batch, heads, keyHeads, queryCount, keyCount, width: Int
  /// How many keys there is room for in a row of the batch.
  let keyCapacity: Int

  init(queries: [Int], keys: [Int], keyCount: Int? = nil) {
    precondition(
      queries.count == 4 && keys.count == 4 && queries[0] == keys[0] && queries[3] == keys[3]
        && keys[2] > 0 && queries[2] > 0 && queries[2] % keys[2] == 0,
      "queries \(queries) and keys \(keys) must be [batch, position, head, width], alike in batch "
        + "and width, with a whole number of query heads a key head")
    batch = queries[0]
    queryCount = queries[1]
    heads = queries[2]
    width = queries[3]
    keyCapacity = keys[1]
    self.keyCount = keyCount ?? keys[1]
    keyHeads = keys[2]
    precondition(
      self.keyCount <= keyCapacity, "there are no \(self.keyCount) keys in the shape \(keys)")
  }

  /// How many values the pattern of a head has.
  var patternCount: Int { queryCount * keyCount }
  func pattern(_ b: Int, _ h: Int) -> Int { (b * heads + h) * patternCount }
  func queryOffset(_ b: Int, _ h: Int) -> Int { (b * queryCount * heads + h) * width }
  func keyOffset(_ b: Int, _ h: Int) -> Int {
    (b * keyCapacity * keyHeads + h * keyHeads / heads) * width
  }

  func query(_ x: Tensor, _ b: Int, _ h: Int) -> BLAS.Operand {
    .init(x.storage.base + queryOffset(b, h), stride: heads * width)
  }

  func key(_ x: Tensor, _ b: Int, _ h: Int, transposed: Bool = false) -> BLAS.Operand {
    .init(x.storage.base + keyOffset(b, h), stride: keyHeads * width, transposed: transposed)
  }

  /// Visits the heads on several threads, those that share a key head one after the other.
  func forEachHead(_ body: @Sendable (_ batch: Int, _ head: Int) -> Void) {
    let work = batch * heads * queryCount * keyCount * width
    let group = heads / keyHeads
    Parallel.forEachChunk(of: batch * keyHeads, work: work, grain: 1 << 19) { part in
      for index in part {
        let first = index % keyHeads * group
        for h in first..<(first + group) { body(index / keyHeads, h) }
      }
    }
  }

  /// A head's scores, where nobody has seen what stands there.
  func score(
    _ q: Tensor, _ k: Tensor, _ b: Int, _ h: Int, scale: Float, adding bias: Tensor?,
    into scores: UnsafeMutablePointer<Float>
  ) {
    if let bias { scores.update(from: bias.storage.base + pattern(0, h), count: patternCount) }
    BLAS.multiply(
      query(q, b, h), key(k, b, h, transposed: true), into: scores, stride: keyCount,
      m: queryCount, n: keyCount, k: width, scale: scale, keep: bias == nil ? 0 : 1)
  }

  /// A head's Σ over keys of pattern · values.
  func mix(
    _ pattern: UnsafePointer<Float>, _ v: Tensor, _ b: Int, _ h: Int, scale: Float,
    into result: Tensor
  ) {
    BLAS.multiply(
      .init(pattern, stride: keyCount), key(v, b, h),
      into: result.storage.base + queryOffset(b, h), stride: heads * width,
      m: queryCount, n: width, k: keyCount, scale: scale)
  }

  /// A head's Σ over queries of patternᵀ · x; heads that share keys add up.
  func unmix(
    _ pattern: UnsafePointer<Float>, _ x: Tensor, _ b: Int, _ h: Int, scale: Float,
    into result: Tensor
  ) {
    BLAS.multiply(
      .init(pattern, stride: keyCount, transposed: true), query(x, b, h),
      into: result.storage.base + keyOffset(b, h), stride: keyHeads * width,
      m: keyCount, n: width, k: queryCount, scale: scale,
      keep: h % (heads / keyHeads) == 0 ? 0 : 1)
  }

  /// Σ over keys of pattern · values, in the layout of the queries.
  func mix(_ p: Tensor, _ v: Tensor, scale: Float) -> Tensor {
    let result = Tensor(uninitialized: [batch, queryCount, heads, width])
    forEachHead { b, h in
      mix(p.storage.base + pattern(b, h), v, b, h, scale: scale, into: result)
    }
    return result
  }

  /// Σ over queries of patternᵀ · x, in the layout of the keys.
  func unmix(_ p: Tensor, _ x: Tensor, scale: Float) -> Tensor {
    let result = Tensor(uninitialized: [batch, keyCount, keyHeads, width])
    forEachHead { b, h in
      unmix(p.storage.base + pattern(b, h), x, b, h, scale: scale, into: result)
    }
    return result
  }

  /// The gradients of queries, keys, values and bias for that of what attention mixes.
  func pullBack(
    _ gradient: Tensor, queries q: Tensor, keys k: Tensor, values v: Tensor, patterns: Tensor,
    scale: Float, wanted: [Bool]
  ) -> [Tensor?] {
    let results = zip([q, k, v], wanted).map { $1 ? Tensor(uninitialized: $0.shape) : nil }
    let wantsScores = wanted[0] || wanted[1] || wanted[3]
    // All heads' are kept only to be summed for the bias.
    let slopes = wanted[3] ? Tensor(uninitialized: patterns.shape) : nil
    forEachHead { b, h in
      let pattern = patterns.storage.base + pattern(b, h)
      if let values = results[2] { unmix(pattern, gradient, b, h, scale: 1, into: values) }
      guard wantsScores else { return }
      let own = slopes == nil ? TensorStorage(uninitialized: patternCount) : nil
      defer { withExtendedLifetime(own) {} }
      let slope = own?.base ?? slopes!.storage.base + self.pattern(b, h)
      score(gradient, v, b, h, scale: 1, adding: nil, into: slope)
      for row in stride(from: 0, to: patternCount, by: max(keyCount, 1)) {
        KernelSet.best.softmaxGradient(slope + row, pattern + row, slope + row, keyCount)
      }
      if let queries = results[0] { mix(slope, k, b, h, scale: scale, into: queries) }
      if let keys = results[1] { unmix(slope, q, b, h, scale: scale, into: keys) }
    }
    return results + [slopes?.summed(to: Array(patterns.shape.dropFirst()))]
  }
}
