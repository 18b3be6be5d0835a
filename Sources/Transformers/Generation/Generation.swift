import Foundation
import Tensors

extension Transformer {
  /// How the next token is chosen.
  public enum Search: Sendable, Equatable {
    /// Always the most probable.
    case greedy
    /// The best of so many continuations kept side by side, by the sum of their log-probabilities
    /// over their length to the power of the penalty; nil is the penalty of the model's settings.
    case beam(width: Int, lengthPenalty: Float? = nil)
  }

  /// Continues a text, as the model's ``TransformerConfiguration/generation`` settings say.
  ///
  /// - Parameters:
  ///   - tokens: What the encoder reads, or, without an encoder, the text to continue.
  ///   - maximumNewTokens: Where to stop when no end token comes.
  ///   - search: How the next token is chosen, or nil for the way that the settings name.
  ///   - usingCache: Whether keys and values of earlier tokens are kept; the result is the same, as
  ///     long as interventions treat all positions alike.
  ///   - interventions: Changes to encoder activations and, at every step, to decoder activations:
  ///     those of the new token with a cache, of all tokens so far without.
  /// - Returns: The new tokens, the end token included when it came.
  /// - Throws: ``TransformerError`` when the tokens do not fit the model, a point does not exist or
  ///   never fires, or an intervention returns another shape; and whatever an intervention throws.
  public func generate(
    from tokens: [Int], maximumNewTokens: Int, search: Search? = nil,
    usingCache: Bool = true, intervening interventions: [Intervention] = []
  ) throws -> [Int] {
    let continuation = try Continuation(
      of: [tokens], by: self, usingCache: usingCache, intervening: interventions)
    let limit = try continuation.limit(maximumNewTokens)
    let prompt = continuation.prompts[0]
    let state = DecoderState(layers: stacks[stacks.count - 1].blocks.count)
    let row: [Int]
    let width = configuration.generation.beamWidth
    switch search ?? (width > 1 ? .beam(width: width) : .greedy) {
    case .greedy, .beam(width: 1, lengthPenalty: _):
      row = try greedy(continuation, limit: limit, state: state)[0]
    case .beam(let width, let penalty):
      precondition(width >= 1, "a beam has at least one row, not \(width)")
      row = try beam(
        continuation, limit: limit, width: width,
        penalty: penalty ?? configuration.generation.lengthPenalty, state: state)
    }
    return Array(row[prompt.count...])
  }

  /// Continues a batch of texts of any lengths, each by its most probable token.
  ///
  /// A decoder alone reads them padded in front, an encoder padded behind; neither changes what comes
  /// of a text. With a cache, an intervention sees the new tokens of all rows that still run or have
  /// ended.
  ///
  /// - Returns: The new tokens of each text, the end token included when it came.
  /// - Throws: As ``generate(from:maximumNewTokens:search:usingCache:intervening:)``.
  public func generate(
    fromEach texts: [[Int]], maximumNewTokens: Int, usingCache: Bool = true,
    intervening interventions: [Intervention] = []
  ) throws -> [[Int]] {
    let continuation = try Continuation(
      of: texts, by: self, usingCache: usingCache, intervening: interventions)
    let rows = try greedy(
      continuation, limit: try continuation.limit(maximumNewTokens),
      state: DecoderState(layers: stacks[stacks.count - 1].blocks.count))
    return zip(rows, continuation.prompts).map { Array($0[$1.count...]) }
  }

  private func greedy(
    _ continuation: Continuation, limit: Int, state: DecoderState
  ) throws -> [[Int]] {
    var (rows, state) = (continuation.prompts, state)
    var lengths = rows.map { _ in Int?.none }
    for step in 0..<max(limit, 0) {
      var scores = try continuation.next(rows, &state)
      continuation.change(&scores, of: rows, isLast: step == limit - 1)
      for (index, token) in scores.argmax().enumerated() {
        // A text that has ended goes on as padding, so that the batch keeps its shape.
        rows[index].append(lengths[index] == nil ? token : configuration.padToken)
        if lengths[index] == nil, configuration.endTokens.contains(token) {
          lengths[index] = rows[index].count
        }
      }
      if !lengths.contains(nil) { break }
    }
    return zip(rows, lengths).map { Array($0.prefix($1 ?? $0.count)) }
  }

  /// Beam search as `transformers` does it: so many candidates a step that a beam of unfinished ones
  /// is left whatever ends, finished ones kept by their mean log-probability.
  private func beam(
    _ continuation: Continuation, limit: Int, width: Int, penalty: Float, state: DecoderState
  ) throws -> [Int] {
    let prompt = continuation.prompts[0]
    guard limit > 0 else { return prompt }
    let settings = configuration.generation
    var state = state
    var running = [(tokens: prompt, score: Float(0))]
    var finished: [(tokens: [Int], score: Float)] = []
    func normalised(_ score: Float, length: Int) -> Float {
      score / powf(Float(length), penalty)
    }
    for step in 1...limit {
      var scores = try continuation.next(running.map(\.tokens), &state).logSoftmax()
      continuation.change(&scores, of: running.map(\.tokens), isLast: step == limit)
      if settings.renormalizesScores { scores = scores.logSoftmax() }
      let candidates = candidates(
        scores, after: running.map(\.score),
        count: max(2, 1 + configuration.endTokens.count) * width)
      var continued: [(row: Int, tokens: [Int], score: Float)] = []
      for (rank, candidate) in candidates.enumerated() {
        let tokens = running[candidate.row].tokens + [candidate.token]
        if configuration.endTokens.contains(candidate.token) || step == limit {
          if rank < width { finished.append((tokens, normalised(candidate.score, length: step))) }
        } else if continued.count < width {
          continued.append((candidate.row, tokens, candidate.score))
        }
      }
      finished = Array(finished.sorted { $0.score > $1.score }.prefix(width))
      guard let best = continued.first, step < limit else { break }
      if finished.count == width {
        let length = settings.beamEnd == .impossible && penalty > 0 ? limit : step
        if settings.beamEnd == .full
          || normalised(best.score, length: length) <= finished[width - 1].score
        {
          break
        }
      }
      state = state.reordered(continued.map(\.row))
      running = continued.map { ($0.tokens, $0.score) }
    }
    return finished.first?.tokens ?? running[0].tokens
  }

  /// The best continuations of all rows by a token; what is forbidden is none.
  private func candidates(
    _ scores: Tensor, after sums: [Float], count: Int
  ) -> [(row: Int, token: Int, score: Float)] {
    let size = configuration.vocabularySize
    var candidates: [(row: Int, token: Int, score: Float)] = []
    scores.withUnsafeValues { values in
      for (row, sum) in sums.enumerated() {
        for token in 0..<size {
          let score = sum + values[row * size + token]
          if candidates.count == count && score <= candidates.last!.score { continue }
          guard score > -.infinity else { continue }
          let place = candidates.firstIndex { $0.score < score } ?? candidates.count
          candidates.insert((row, token, score), at: place)
          if candidates.count > count { candidates.removeLast() }
        }
      }
    }
    return candidates
  }
}

/// Texts that a model continues: what it has read before the first step, and how it takes one.
private struct Continuation {
  let model: Transformer
  /// What the decoder begins with, all of one length.
  let prompts: [[Int]]
  /// Which of the prompts' tokens are there, or nil when all are.
  private let promptMask: [[Bool]]?
  private let source: Tensor?
  private let sourceMask: [[Bool]]?
  private let usingCache: Bool
  /// What is changed in the decoder, at every step.
  private let interventions: [Intervention]

  init(
    of texts: [[Int]], by model: Transformer, usingCache: Bool,
    intervening interventions: [Intervention]
  ) throws {
    let configuration = model.configuration
    guard configuration.decoder != nil else { throw TransformerError.noDecoder }
    guard configuration.head != .none else { throw TransformerError.noHead }
    self.model = model
    self.usingCache = usingCache
    let reads = configuration.isEncoderDecoder
    let padded = ModelInput.padding(
      texts, with: configuration.padToken, at: reads ? .back : .front)
    prompts = reads ? texts.map { _ in [configuration.startToken] } : padded.tokens
    promptMask = reads ? nil : padded.mask
    sourceMask = reads ? padded.mask : nil
    let input = ModelInput(
      tokens: padded.tokens, mask: padded.mask, decoderTokens: reads ? prompts : nil)
    if texts.contains([]) { throw TransformerError.emptyInput("the input") }
    try input.validate(for: configuration)
    try configuration.checkExistence(of: interventions.map(\.point))
    guard reads else {
      source = nil
      self.interventions = interventions
      return
    }
    let hooks = try Hooks(
      configuration: configuration, capturing: .nothing,
      intervening: interventions.filter(\.point.isEncoders))
    source = try model.encode(input, hooks: hooks)
    _ = try hooks.finish()
    self.interventions = interventions.filter { !$0.point.isEncoders }
  }

  /// How many tokens may be added.
  func limit(_ maximumNewTokens: Int) throws -> Int {
    var limit = maximumNewTokens
    if let maximum = model.configuration.maximumLength {
      limit = min(limit, maximum - prompts[0].count)
    }
    if limit <= 0, let first = interventions.first {
      throw TransformerError.neverFired(first.point)
    }
    return limit
  }

  /// The logits of the token after each row, `[row, token]`.
  func next(_ rows: [[Int]], _ state: inout DecoderState) throws -> Tensor {
    if !usingCache { state = DecoderState(layers: state.blocks.count) }
    let fresh = rows.map { Array($0[state.length...]) }
    // Keys and values of the encoder's output are computed once, at the first step.
    let passed =
      state.length == 0 ? interventions : interventions.filter { !$0.point.isOfSource }
    let hooks = try Hooks(
      configuration: model.configuration, capturing: .nothing, intervening: passed)
    let mask = promptMask?.map { row in
      row + Array(repeating: true, count: rows[0].count - row.count)
    }
    // A beam has more rows than there are texts.
    let source = source.map { rows.count > $0.shape[0] ? $0.repeated(rows.count) : $0 }
    let output = try model.decode(
      fresh, mask: mask, source: source, sourceMask: sourceMask, state: &state, hooks: hooks)
    _ = try hooks.finish()
    let last = output.slice(axis: 1, (fresh[0].count - 1)..<fresh[0].count)
    return model.unembed(last.reshaped(to: [rows.count, model.configuration.width]))
  }

  /// Changes the scores of the token after each row as the model's settings say.
  ///
  /// - Parameter isLast: Whether there is room for no more than this token.
  func change(_ scores: inout Tensor, of rows: [[Int]], isLast: Bool) {
    let settings = model.configuration.generation
    guard settings.changesScores else { return }
    let size = model.configuration.vocabularySize
    scores.withUnsafeMutableValues { values in
      for (index, row) in rows.enumerated() {
        // A beam's rows are all of one text.
        let mask = promptMask?[min(index, prompts.count - 1)]
        let padding = mask?.prefix { !$0 }.count ?? 0
        settings.change(
          UnsafeMutableBufferPointer(rebasing: values[(index * size)..<((index + 1) * size)]),
          at: .init(
            tokens: Array(row[padding...]), newCount: row.count - prompts[0].count,
            isLast: isLast),
          endTokens: model.configuration.endTokens)
      }
    }
  }
}

extension HookPoint {
  /// Whether the encoder of an encoder–decoder passes the point.
  fileprivate var isEncoders: Bool {
    switch self {
    case .embedding, .positionEmbedding, .tokenTypeEmbedding, .embeddingNorm(.encoder, _),
      .block(.encoder, _, _), .finalNorm(.encoder, _):
      true
    default: false
    }
  }

  /// Whether the point holds what cross-attention makes of the encoder's output.
  fileprivate var isOfSource: Bool {
    switch self {
    case .block(_, _, .attention(.cross, .key)), .block(_, _, .attention(.cross, .value)): true
    default: false
    }
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
  /// The state of a beam with its rows picked by index, which may repeat.
  ///
  /// They are continuations of one text, and so the source's keys and values are the same for all.
  fileprivate func reordered(_ rows: [Int]) -> DecoderState {
    var copy = self
    copy.blocks = blocks.map { block in
      let cross = block.cross.map { source in
        source.keyPlaces.shape[0] == rows.count ? source : source.gathering(rows)
      }
      return BlockCache(own: block.own?.gathering(rows), cross: cross)
    }
    return copy
  }
}
