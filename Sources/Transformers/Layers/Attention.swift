import Tensors

/// Keys and values a decoder has computed for the tokens so far.
struct KeyValues: Sendable {
  /// `[batch, place, head, headWidth]`; places from ``count`` on are room for what will follow.
  private(set) var keyPlaces: Tensor
  private(set) var valuePlaces: Tensor
  /// How many keys there are.
  private(set) var count: Int

  init(keys: Tensor, values: Tensor) {
    keyPlaces = keys
    valuePlaces = values
    count = keys.shape[1]
  }

  /// `[batch, key, head, headWidth]`.
  var keys: Tensor { taken(keyPlaces) }
  /// `[batch, key, head, headWidth]`.
  var values: Tensor { taken(valuePlaces) }

  private func taken(_ places: Tensor) -> Tensor {
    places.shape[1] == count ? places : places.slice(axis: 1, 0..<count)
  }

  /// Adds those of the tokens behind: where they are, as long as there is room.
  mutating func append(keys: Tensor, values: Tensor) {
    if [keyPlaces, valuePlaces, keys, values].contains(where: \.requiresGradient) {
      self = KeyValues(
        keys: .concatenation([self.keys, keys], axis: 1),
        values: .concatenation([self.values, values], axis: 1))
      return
    }
    let grown = count + keys.shape[1]
    if grown > keyPlaces.shape[1] {
      // Twice as many, so that a key is copied about once however many follow.
      keyPlaces = Self.enlarged(keyPlaces, from: count, to: 2 * grown)
      valuePlaces = Self.enlarged(valuePlaces, from: count, to: 2 * grown)
    }
    Self.copy(keys, to: &keyPlaces, at: count)
    Self.copy(values, to: &valuePlaces, at: count)
    count = grown
  }

  /// Those of rows of the batch, picked by index; there is as much room behind them as there was.
  func gathering(_ rows: [Int]) -> KeyValues {
    if rows == Array(0..<keyPlaces.shape[0]) { return self }
    var picked = self
    picked.keyPlaces = keyPlaces.gathering(rows)
    picked.valuePlaces = valuePlaces.gathering(rows)
    return picked
  }

  private static func enlarged(_ places: Tensor, from count: Int, to capacity: Int) -> Tensor {
    var shape = places.shape
    shape[1] = capacity
    var larger = Tensor.zeros(shape)
    copy(places.shape[1] == count ? places : places.slice(axis: 1, 0..<count), to: &larger, at: 0)
    return larger
  }

  /// Writes `[batch, key, …]` into the places from one on.
  private static func copy(_ new: Tensor, to places: inout Tensor, at start: Int) {
    let row = new.shape.dropFirst().reduce(1, *)
    let (width, capacity) = (new.shape[2] * new.shape[3], places.shape[1])
    let batch = new.shape[0]
    places.withUnsafeMutableValues { places in
      new.withUnsafeValues { new in
        guard let to = places.baseAddress, let from = new.baseAddress else { return }
        for index in 0..<batch {
          (to + (index * capacity + start) * width).update(from: from + index * row, count: row)
        }
      }
    }
  }
}

/// What single heads read in the place of what all read, where that was changed:
/// `[batch, position, head, width]`.
struct HeadInputs {
  var query, key, value: Tensor?
}

/// An attention layer with its four projections.
///
/// Vaswani et al., "Attention Is All You Need", 2017.
package struct Attention: Sendable {
  package var query: Linear
  package var key: Linear
  package var value: Linear
  package var output: Linear
  /// Norms of every head's queries and keys.
  ///
  /// Dehghani et al., "Scaling Vision Transformers to 22 Billion Parameters", 2023.
  var queryNorm: Norm?
  var keyNorm: Norm?
  let kind: AttentionKind
  let headCount: Int
  let keyHeadCount: Int
  let scale: Float
  /// How many positions back a query sees, or nil for all the way.
  let window: Int?

  /// - Parameters:
  ///   - x: What asks, `[batch, query, width]`.
  ///   - source: What is read, `[batch, key, width]`.
  ///   - heads: What single heads read instead.
  ///   - mask: Which keys a query may see; the layer's window is added.
  ///   - bias: Added to the scores, `[head, query, key]`.
  ///   - rotation: The angles that keys are turned by.
  ///   - queryRotation: The angles that queries are turned by.
  ///   - cache: Earlier keys and values, which new ones join in self-attention; in cross-attention
  ///     they stand for the source once it has been read.
  /// - Returns: What the layer adds to the residual stream, `[batch, query, width]`.
  func callAsFunction(
    _ x: Tensor, reading source: Tensor, heads: HeadInputs = HeadInputs(), mask: AttentionMask,
    bias: Tensor? = nil, rotation: Rotation? = nil, queryRotation: Rotation? = nil,
    cache: inout KeyValues?, hooks: HookScope<HookPoint.AttentionPoint>
  ) throws -> Tensor {
    var mask = mask
    mask.window = window
    let mixed = try hooks[.mixed] {  // [batch, query, head, headWidth]
      // [batch, query, head, headWidth]
      var q = try hooks[.query] {
        heads.query.map(query.perHead) ?? split(query(x), into: headCount)
      }
      if let queryNorm { q = queryNorm(q) }
      if let queryRotation { q = try hooks[.rotatedQuery](q.rotated(by: queryRotation)) }

      if kind == .own || cache == nil {
        // [batch, key, keyHead, headWidth]
        var k = try hooks[.key] {
          heads.key.map(key.perHead) ?? split(key(source), into: keyHeadCount)
        }
        if let keyNorm { k = keyNorm(k) }
        if let rotation { k = try hooks[.rotatedKey](k.rotated(by: rotation)) }
        // [batch, key, keyHead, headWidth]
        let v = try hooks[.value] {
          heads.value.map(value.perHead) ?? split(value(source), into: keyHeadCount)
        }
        if cache == nil {
          cache = KeyValues(keys: k, values: v)
        } else {
          cache!.append(keys: k, values: v)
        }
      }
      let read = cache!

      guard hooks[.scores].isWatched || hooks[.pattern].isWatched else {
        return q.attending(
          keys: read.keyPlaces, values: read.valuePlaces, keyCount: read.count, scale: scale,
          adding: bias, mask: mask)
      }
      let pattern = try hooks[.pattern] {  // [batch, head, query, key]
        let scores = try hooks[.scores] {  // [batch, head, query, key]
          q.attentionScores(keys: read.keys, scale: scale, adding: bias)
            .masked(by: mask)
        }
        return scores.softmax()
      }
      return pattern.attentionMix(values: read.values)
    }
    if hooks[.result].isRequested {
      // [batch, query, head, width]
      let results = try hooks[.result](output.results(of: mixed))
      // Unchanged they add up to what the layer computes at once, and faster.
      if hooks[.result].isChanged {
        let sum = results.sum(axis: 2)
        return output.bias.map { sum + $0 } ?? sum
      }
    }
    return output(joined(mixed))
  }

  /// `[batch, position, head · headWidth]` as `[batch, position, head, headWidth]`.
  private func split(_ x: Tensor, into heads: Int) -> Tensor {
    x.reshaped(to: x.shape.dropLast() + [heads, x.shape[x.rank - 1] / heads])
  }

  /// `[batch, position, head, headWidth]` as `[batch, position, head · headWidth]`.
  private func joined(_ x: Tensor) -> Tensor {
    x.reshaped(to: x.shape.dropLast(2) + [x.shape[2] * x.shape[3]])
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    query.visit(name + ".query", body)
    key.visit(name + ".key", body)
    value.visit(name + ".value", body)
    output.visit(name + ".output", body)
    queryNorm?.visit(name + ".queryNorm", body)
    keyNorm?.visit(name + ".keyNorm", body)
  }
}
