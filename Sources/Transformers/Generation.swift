import Foundation
import Tensors

extension Transformer {
  /// How the next token is chosen.
  public enum Search: Sendable, Equatable {
    /// Always the most probable.
    case greedy
    /// The best of so many continuations kept side by side, by the sum of their log-probabilities
    /// over their length to the power of the penalty.
    case beam(width: Int, lengthPenalty: Float = 1)
  }

  /// Continues a text.
  ///
  /// - Parameters:
  ///   - tokens: What the encoder reads, or, without an encoder, the text to continue.
  ///   - maximumNewTokens: Where to stop when no end token comes.
  ///   - usingCache: Whether keys and values of earlier tokens are kept; the result is the same, as
  ///     long as interventions treat all positions alike.
  ///   - intervening: Changes to encoder activations and, at every step, to decoder activations:
  ///     those of the new token with a cache, of all tokens so far without.
  /// - Returns: The new tokens, the end token included when it came.
  /// - Throws: ``TransformerError`` when the tokens do not fit the model, a point does not exist or
  ///   never fires, or an intervention returns another shape; and whatever an intervention throws.
  public func generate(
    from tokens: [Int], maximumNewTokens: Int, search: Search = .greedy,
    usingCache: Bool = true, intervening interventions: [Intervention] = []
  ) throws -> [Int] {
    let prompt = configuration.isEncoderDecoder ? [configuration.startToken] : tokens
    var input = ModelInput(tokens)
    if configuration.isEncoderDecoder { input.decoderTokens = [prompt] }
    try input.validate(for: configuration)
    var limit = maximumNewTokens
    if let maximum = configuration.maximumLength { limit = min(limit, maximum - prompt.count) }

    try configuration.checkExistence(of: interventions.map(\.point))
    let isEncoders = { (point: HookPoint) in
      switch point {
      case .embedding, .block(.encoder, _, _), .finalNorm(.encoder, _): true
      default: false
      }
    }
    var source: Tensor?
    if configuration.isEncoderDecoder {
      var hooks = try Hooks(
        configuration: configuration, capturing: .nothing,
        intervening: interventions.filter { isEncoders($0.point) })
      source = try encode(input, hooks: &hooks)
      _ = try hooks.finish()
    }
    let atEveryStep =
      source == nil ? interventions : interventions.filter { !isEncoders($0.point) }

    if limit <= 0, let first = atEveryStep.first { throw TransformerError.neverFired(first.point) }

    func next(_ rows: [[Int]], _ state: inout DecoderState) throws -> Tensor {
      if !usingCache { state = DecoderState(layers: state.blocks.count) }
      let fresh = rows.map { Array($0[state.length...]) }
      var hooks = try Hooks(
        configuration: configuration, capturing: .nothing, intervening: atEveryStep)
      let logits = try decode(
        fresh, mask: nil, source: source.map { $0.repeated(rows.count) }, sourceMask: nil,
        state: &state, hooks: &hooks)
      return logits.slice(axis: 1, (fresh[0].count - 1)..<fresh[0].count)
        .reshaped(to: [rows.count, configuration.vocabularySize])
    }

    let state = DecoderState(layers: stacks[stacks.count - 1].blocks.count)
    let row: [Int]
    switch search {
    case .greedy: row = try greedy(prompt, limit: limit, state: state, next: next)
    case .beam(let width, let penalty):
      precondition(width >= 1, "a beam has at least one row, not \(width)")
      row = try beam(
        prompt, limit: limit, width: width, penalty: penalty, state: state, next: next)
    }
    return Array(row[prompt.count...])
  }

  private typealias Next = ([[Int]], inout DecoderState) throws -> Tensor

  private func greedy(
    _ prompt: [Int], limit: Int, state: DecoderState, next: Next
  ) throws -> [Int] {
    var (row, state) = (prompt, state)
    while row.count < prompt.count + limit {
      row.append(try next([row], &state).argmax()[0])
      if row.last == configuration.endToken { break }
    }
    return row
  }

  /// Beam search as `transformers` does it: twice the beam's candidates a step, finished ones kept
  /// by their mean log-probability, an end when no running row can still beat the worst kept.
  private func beam(
    _ prompt: [Int], limit: Int, width: Int, penalty: Float, state: DecoderState, next: Next
  ) throws -> [Int] {
    guard limit > 0 else { return prompt }
    var state = state
    var running = [(tokens: prompt, score: Float(0))]
    var finished: [(tokens: [Int], score: Float)] = []
    func normalised(_ score: Float, length: Int) -> Float {
      score / powf(Float(length), penalty)
    }
    for step in 1...limit {
      let logProbabilities = try next(running.map(\.tokens), &state).logSoftmax()
      let size = configuration.vocabularySize
      var candidates: [(row: Int, token: Int, score: Float)] = []
      for (row, beam) in running.enumerated() {
        logProbabilities.withUnsafeValues { values in
          for token in 0..<size {
            let score = beam.score + values[row * size + token]
            if candidates.count == 2 * width && score <= candidates.last!.score { continue }
            let place = candidates.firstIndex { $0.score < score } ?? candidates.count
            candidates.insert((row, token, score), at: place)
            if candidates.count > 2 * width { candidates.removeLast() }
          }
        }
      }
      var continued: [(row: Int, tokens: [Int], score: Float)] = []
      for (rank, candidate) in candidates.enumerated() {
        let tokens = running[candidate.row].tokens + [candidate.token]
        if candidate.token == configuration.endToken || step == limit {
          if rank < width || step == limit {
            finished.append((tokens, normalised(candidate.score, length: step)))
          }
        } else if continued.count < width {
          continued.append((candidate.row, tokens, candidate.score))
        }
      }
      finished = Array(finished.sorted { $0.score > $1.score }.prefix(width))
      guard let best = continued.first, step < limit else { break }
      if finished.count == width,
        normalised(best.score, length: step) <= finished[width - 1].score
      {
        break
      }
      state = state.reordered(continued.map(\.row))
      running = continued.map { ($0.tokens, $0.score) }
    }
    return finished.first?.tokens ?? running[0].tokens
  }
}

extension Tensor {
  /// One row of a batch, repeated; `[1, …]` becomes `[count, …]`.
  fileprivate func repeated(_ count: Int) -> Tensor {
    guard count > 1 else { return self }
    return .concatenation(Array(repeating: self, count: count), axis: 0)
  }
}

extension DecoderState {
  /// The state with its batch rows picked by index, which may repeat.
  fileprivate func reordered(_ rows: [Int]) -> DecoderState {
    func pick(_ pair: KeyValues?) -> KeyValues? {
      pair.map { KeyValues(keys: $0.keys.gathering(rows), values: $0.values.gathering(rows)) }
    }
    var copy = self
    copy.blocks = blocks.map { BlockCache(own: pick($0.own), cross: pick($0.cross)) }
    return copy
  }
}
