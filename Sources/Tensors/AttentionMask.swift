/// Which keys a query may see.
package struct AttentionMask: Sendable {
  /// For every row of the batch, which keys are there and which are padding; nil when all are there.
  package var keys: [[Bool]]?
  /// Whether a query sees only keys at its own position and before.
  package var isCausal: Bool
  /// The position of the first query among the keys: what a key-value cache already holds.
  package var queryOffset: Int
  /// How many positions back a query sees, its own counted, or nil when it sees all the way.
  ///
  /// Beltagy et al., "Longformer: The Long-Document Transformer", 2020.
  package var window: Int?

  /// A mask; `isCausal` has no default, because it decides what the model is.
  package init(
    keys: [[Bool]]? = nil, isCausal: Bool, queryOffset: Int = 0, window: Int? = nil
  ) {
    self.keys = keys
    self.isCausal = isCausal
    self.queryOffset = queryOffset
    self.window = window
  }

  var hidesNothing: Bool { keys == nil && !isCausal && window == nil }

  /// Whether a query of a batch row may see a key.
  package func allows(row: Int, query: Int, key: Int) -> Bool {
    if isCausal && key > query + queryOffset { return false }
    if let window, key <= query + queryOffset - window { return false }
    return keys?[row][key] ?? true
  }
}

extension Tensor {
  /// Scores `[batch, head, query, key]` with −∞ wherever a query may not see a key.
  ///
  /// Scores that nobody else holds are changed where they lie.
  package consuming func masked(by mask: AttentionMask) -> Tensor {
    precondition(rank == 4, "scores have the axes [batch, head, query, key], not \(shape)")
    mask.check(fits: shape)
    if mask.hidesNothing { return self }
    let history = node
    fill(-.infinity, where: mask)
    if let history {
      node = GradientNode(shape: shape, inputs: [history]) { gradient, _ in
        var gradient = gradient
        gradient.fill(0, where: mask)
        return [gradient]
      }
    }
    return self
  }

  private mutating func fill(_ value: Float, where mask: AttentionMask) {
    let (batch, heads, queries, keys) = (shape[0], shape[1], shape[2], shape[3])
    let padded = mask.padding
    withUnsafeMutableValues { values in
      nonisolated(unsafe) let out = values.baseAddress!
      Parallel.forEachChunk(
        of: batch * heads, work: batch * heads * queries * keys, grain: 1 << 17
      ) { part in
        for index in part {
          let hidden = padded?[index / heads] ?? []
          for query in 0..<queries {
            let row = out + (index * queries + query) * keys
            let seen = mask.fill(row, with: value, query: query, keys: keys, padding: hidden)
            (row + seen).update(repeating: value, count: keys - seen)
          }
        }
      }
    }
  }
}

extension AttentionMask {
  /// Stops unless the mask is one for scores `[batch, head, query, key]` of a shape.
  func check(fits shape: [Int]) {
    guard let keys else { return }
    precondition(
      keys.count == shape[0] && keys.allSatisfy { $0.count == shape[3] },
      "a mask of \(keys.count) rows × \(keys.first?.count ?? 0) keys does not fit \(shape)")
  }

  /// What padding hides, once a batch row; every head and query of the row shares it.
  var padding: [[Int]]? { keys?.map { row in row.indices.filter { !row[$0] } } }

  /// Fills the places of a row of keys that are hidden from a query, but for those behind the last
  /// key that it may see.
  ///
  /// - Parameter padding: The keys that are padding.
  /// - Returns: How many keys there are up to that last one.
  func fill(
    _ row: UnsafeMutablePointer<Float>, with value: Float, query: Int, keys: Int, padding: [Int]
  ) -> Int {
    let seen = isCausal ? min(max(query + queryOffset + 1, 0), keys) : keys
    if let window {
      row.update(repeating: value, count: min(max(query + queryOffset + 1 - window, 0), keys))
    }
    for key in padding { row[key] = value }
    return seen
  }
}
