import Interventions
public import Tensors
public import Transformers

/// What stands for a token where a head reads it.
///
/// A head of a later layer never sees a raw embedding: with it the QK circuit of a copy-suppression
/// head is hardly there, and OV diagonals are negative almost everywhere.
public enum EffectiveEmbedding: String, Sendable, Codable, CaseIterable {
  /// The token embedding, W_E.
  case embedding
  /// What leaves block 0 with the token attending to itself alone, at no position, W_EE.
  case mlp0
  /// The mean over texts of the state that enters the layer where the token stands.
  case meanState = "mean-state"
}

/// Tokens and what stands for them, by layer.
public struct EmbeddedTokens: Sendable {
  /// The tokens that there are vectors of, in order.
  public let tokens: [Int]
  /// `[token, width]`, one for every layer or one for all.
  private let layers: [Tensor]

  /// What stands for the tokens where a layer reads them, `[token, width]`.
  public func values(layer: Int) -> Tensor { layers[min(layer, layers.count - 1)] }

  /// The vector of a token where a layer reads it, `[width]`.
  ///
  /// - Throws: ``HeadError/unseen(_:)`` when there is none.
  public func value(of token: Int, layer: Int) throws -> Tensor {
    values(layer: layer)[at: try row(of: token)]
  }

  /// The row of a token.
  func row(of token: Int) throws -> Int {
    if tokens.count > token, token >= 0, tokens[token] == token { return token }
    guard let row = tokens.firstIndex(of: token) else { throw HeadError.unseen(token) }
    return row
  }

  /// Vectors that are given.
  package init(tokens: [Int], layers: [Tensor]) {
    self.tokens = tokens
    self.layers = layers
  }
}

extension HeadCircuits {
  /// What stands for every token, or for every token of some texts.
  ///
  /// - Parameter texts: What a mean state is taken over; the others need none.
  /// - Throws: ``HeadError/noTexts(_:)``, and what running the model throws.
  public func embedded(
    _ kind: EffectiveEmbedding, over texts: ModelInput? = nil
  ) throws -> EmbeddedTokens {
    let all = Array(0..<model.configuration.vocabularySize)
    switch kind {
    case .embedding: return EmbeddedTokens(tokens: all, layers: [embeddings(0..<all.count)])
    case .mlp0: return EmbeddedTokens(tokens: all, layers: [try throughFirstBlock()])
    case .meanState:
      guard let texts else { throw HeadError.noTexts("a mean state") }
      return try meanStates(over: texts)
    }
  }

  /// Token embeddings as the first block reads them, without positions.
  private func embeddings(_ tokens: Range<Int>) -> Tensor {
    var rows = model.embedding.slice(tokens)
    if model.configuration.embeddingScale != 1 { rows = rows * model.configuration.embeddingScale }
    guard let norm = stack.embeddingNorm else { return rows }
    var normalising = model
    normalising.stacks[0].finalNorm = norm
    return normalising.finalNorm(rows)
  }

  /// What leaves block 0, each token a text of its own.
  private func throughFirstBlock() throws -> Tensor {
    let (size, width) = (model.configuration.vocabularySize, model.configuration.width)
    guard shape.layerCount > 0 else { return embeddings(0..<size) }
    // A pass through a block needs a run that it is part of; one token does.
    let run = try RecordedRun(model, ModelInput([0]), capturing: [])
    var result = Tensor(uninitialized: [size, width])
    for start in stride(from: 0, to: size, by: 1024) {
      let range = start..<min(start + 1024, size)
      let part = PartialPass(
        stackName, rows: Array(repeating: 0, count: range.count), positions: 0..<1, wanted: 0..<1)
      let passed = try run.pass(
        embeddings(range).reshaped(to: [range.count, 1, width]), throughBlock: 0, of: part,
        with: PartialHooks()
      ).residual
      result.withUnsafeMutableValues { out in
        passed.withUnsafeValues { rows in
          (out.baseAddress! + start * width).update(from: rows.baseAddress!, count: rows.count)
        }
      }
    }
    return result
  }

  private func meanStates(over texts: ModelInput) throws -> EmbeddedTokens {
    let width = model.configuration.width
    let points = (0..<shape.layerCount).map { HookPoint.residualPre(stackName, $0) }
    var rows: [Int: Int] = [:]
    for (row, text) in texts.tokens.enumerated() {
      for (place, token) in text.enumerated() where texts.mask?[row][place] ?? true {
        rows[token] = 0
      }
    }
    let tokens = rows.keys.sorted()
    if tokens.isEmpty { throw HeadError.noTexts("a mean state") }
    for (row, token) in tokens.enumerated() { rows[token] = row }
    var counts = Array(repeating: 0.0, count: tokens.count)
    var sums = points.map { _ in Array(repeating: 0.0, count: tokens.count * width) }
    for batch in texts.batches() {
      let run = try RecordedRun(model, batch, capturing: [])
      for (layer, point) in points.enumerated() {
        let states = try run.trace[point]
        states.withUnsafeValues { values in
          for (row, text) in batch.tokens.enumerated() {
            for (place, token) in text.enumerated() where batch.mask?[row][place] ?? true {
              let to = rows[token]!
              if layer == 0 { counts[to] += 1 }
              let from = (row * text.count + place) * width
              for i in 0..<width { sums[layer][to * width + i] += Double(values[from + i]) }
            }
          }
        }
      }
    }
    let layers = sums.map { sum in
      Tensor(
        sum.indices.map { Float(sum[$0] / counts[$0 / width]) }, shape: [tokens.count, width])
    }
    return EmbeddedTokens(tokens: tokens, layers: layers)
  }
}

extension ModelInput {
  /// The rows, some at a time, so that what is kept of a run does not grow with their number.
  func batches(of count: Int = 64) -> [ModelInput] {
    stride(from: 0, to: tokens.count, by: count).map {
      rows(Array($0..<min($0 + count, tokens.count)))
    }
  }
}
