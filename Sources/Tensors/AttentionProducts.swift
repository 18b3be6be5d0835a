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
      if let added {
        (result.storage.base + layout.pattern(b, h)).update(
          from: added.storage.base + layout.pattern(0, h),
          count: layout.queryCount * layout.keyCount)
      }
      BLAS.multiply(
        layout.query(q, b, h), layout.key(k, b, h, transposed: true),
        into: result.storage.base + layout.pattern(b, h), stride: layout.keyCount,
        m: layout.queryCount, n: layout.keyCount, k: layout.width, scale: scale,
        keep: added == nil ? 0 : 1)
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

/// Where the heads of queries, keys and patterns lie in memory.
private struct HeadLayout: Sendable {
  let batch, heads, keyHeads, queryCount, keyCount, width: Int

  init(queries: [Int], keys: [Int]) {
    precondition(
      queries.count == 4 && keys.count == 4 && queries[0] == keys[0] && queries[3] == keys[3]
        && keys[2] > 0 && queries[2] > 0 && queries[2] % keys[2] == 0,
      "queries \(queries) and keys \(keys) must be [batch, position, head, width], alike in batch "
        + "and width, with a whole number of query heads a key head")
    batch = queries[0]
    queryCount = queries[1]
    heads = queries[2]
    width = queries[3]
    keyCount = keys[1]
    keyHeads = keys[2]
  }

  func pattern(_ b: Int, _ h: Int) -> Int { (b * heads + h) * queryCount * keyCount }
  func queryOffset(_ b: Int, _ h: Int) -> Int { (b * queryCount * heads + h) * width }
  func keyOffset(_ b: Int, _ h: Int) -> Int {
    (b * keyCount * keyHeads + h * keyHeads / heads) * width
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

  /// Σ over keys of pattern · values, in the layout of the queries.
  func mix(_ p: Tensor, _ v: Tensor, scale: Float) -> Tensor {
    let result = Tensor(uninitialized: [batch, queryCount, heads, width])
    forEachHead { b, h in
      BLAS.multiply(
        .init(p.storage.base + pattern(b, h), stride: keyCount), key(v, b, h),
        into: result.storage.base + queryOffset(b, h), stride: heads * width,
        m: queryCount, n: width, k: keyCount, scale: scale)
    }
    return result
  }

  /// Σ over queries of patternᵀ · x, in the layout of the keys; heads that share keys add up.
  func unmix(_ p: Tensor, _ x: Tensor, scale: Float) -> Tensor {
    let result = Tensor(uninitialized: [batch, keyCount, keyHeads, width])
    let group = heads / keyHeads
    forEachHead { b, h in
      BLAS.multiply(
        .init(p.storage.base + pattern(b, h), stride: keyCount, transposed: true), query(x, b, h),
        into: result.storage.base + keyOffset(b, h), stride: keyHeads * width,
        m: keyCount, n: width, k: queryCount, scale: scale, keep: h % group == 0 ? 0 : 1)
    }
    return result
  }
}
