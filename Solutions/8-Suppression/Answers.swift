// Sheet 8, Suppression: one way to answer every exercise.

import Answering
import Foundation
import SuppressionVocabulary
import Tensors
import Transformers

/// The solution of Sheet 8.
struct Answers: SuppressionAnswers {
  // MARK: 8.1  What a head writes

  /// For every token t, how many tokens the head writes against more than against t itself when it reads
  /// t: 0 where its own entry is the most negative one.
  ///
  /// - Parameter head: Matrices, whose `embedding` stands for the tokens where the head reads them.
  func suppressionRanks(of head: HeadMatrices) throws -> [Int] {
    let circuit = written(by: head, reading: head.embedding)
    return (0..<circuit.shape[0]).map { token in
      let row = circuit[at: token].values
      return row.count { $0 < row[token] }
    }
  }

  /// The OV circuit `[token read, token written]` of some rows.
  private func written(by head: HeadMatrices, reading rows: Tensor) -> Tensor {
    rows.matmul(head.value).matmul(head.output).matmul(head.unembedding)
  }

  // MARK: 8.2  What a head looks for

  /// What leaves block 0 for every token, when it stands alone in a text and at no position,
  /// `[token, width]`.
  ///
  /// - Parameter model: A decoder with learned positions.
  func effectiveEmbedding(of model: Transformer) throws -> Tensor {
    let (count, width) = (model.configuration.vocabularySize, model.configuration.width)
    let alone = ModelInput(tokens: (0..<count).map { [$0] })
    let nowhere = Intervention(at: .positionEmbedding) { $0 * 0 }
    let point = HookPoint.residualPost(.blocks, 0)
    let run = try model.run(alone, capturing: [point], intervening: [nowhere])
    return try run.trace[point].reshaped(to: [count, width])
  }

  /// For every token p, how many tokens the head would look at more than at p itself when p is what is
  /// predicted: 0 where its own entry is the greatest one.
  ///
  /// - Parameters:
  ///   - head: Matrices; their `embedding` is the raw one.
  ///   - embedding: What stands for the tokens where the head reads keys, `[token, width]`.
  func attentionRanks(of head: HeadMatrices, embedding: Tensor) throws -> [Int] {
    // Predictions ask: columns of W_U. Tokens answer: rows of the embedding.
    let queries = head.unembedding.transposed().matmul(head.query)
    let circuit = queries.matmul(embedding.matmul(head.key).transposed())
    return (0..<circuit.shape[0]).map { token in
      let row = circuit[at: token].values
      return row.count { $0 > row[token] }
    }
  }

  // MARK: 8.3  Three steps

  /// The three steps at every position but the first, in order.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - text: Token ids; the first is the start token, which is no candidate.
  ///   - model: A decoder.
  /// - Returns: A `SuppressionStep(token:probability:attention:effect:)` a position.
  func steps(
    of head: HeadPlace, _ matrices: HeadMatrices, on text: [Int], in model: Transformer
  ) throws -> [SuppressionStep] {
    let before = HookPoint.residualPre(.blocks, head.layer)
    let pattern = HookPoint.pattern(.blocks, head.layer)
    let value = HookPoint.block(.blocks, head.layer, .attention(.own, .value))
    let scale = HookPoint.finalNorm(.blocks, .scale)
    let trace = try model.run(
      ModelInput(text), capturing: [before, pattern, value, scale]
    ).trace
    let lens = model.logits(ofNormed: model.finalNorm(try trace[before][at: 0]))
    let probabilities = lens.softmax()
    let attention = try trace[pattern][at: 0][at: head.head]
    let written = try own(head, trace[value]).matmul(matrices.output)
      .matmul(matrices.unembedding)
    let scales = try trace[scale]
    return text.indices.dropFirst().map { d in
      let token = text[1...d].max { lens[d, $0] < lens[d, $1] }!
      let places = (1...d).filter { text[$0] == token }
      let moved = places.reduce(Float(0)) { $0 + attention[d, $1] * written[$1, token] }
      return SuppressionStep(
        token: token, probability: probabilities[d, token],
        attention: places.reduce(0) { $0 + attention[d, $1] }, effect: moved / scales[0, d, 0])
    }
  }

  /// A head's part of `[1, position, head, headWidth]`, `[position, headWidth]`.
  private func own(_ head: HeadPlace, _ values: Tensor) -> Tensor {
    values[at: 0].slice(axis: 1, head.head..<(head.head + 1))
      .reshaped(to: [values.shape[1], values.shape[3]])
  }

  // MARK: 8.4  A survey

  /// What every head adds by itself to the logit of the true next token, the mean over all positions that
  /// have one, `[layer, head]`.
  ///
  /// - Parameters:
  ///   - texts: Token ids, of different lengths.
  ///   - model: A decoder.
  ///   - unembedding: W_U, `[width, token]`, for states divided by the final norm's scale.
  /// - Returns: Such as `Tensor(rows:)` makes of `[[Float]]`.
  func survey(of texts: [[Int]], in model: Transformer, unembedding: Tensor) throws -> Tensor {
    let sums = try texts.map { text in
      let trace = try model.run(ModelInput(text), capturing: effectPoints(model)).trace
      let directions = try directions(
        on: text, at: 0..<(text.count - 1), unembedding, scales: trace)
      return try headSums(trace, along: directions, at: 0..<(text.count - 1), model)
    }
    let count = texts.reduce(0) { $0 + $1.count - 1 }
    return Tensor.stack(sums).sum(axis: 0) / Float(count)
  }

  /// What heads and MLPs write, and what the final norm divides by.
  private func effectPoints(_ model: Transformer) -> Capture {
    let layers = 0..<(model.configuration.decoder?.layerCount ?? 0)
    return .points(
      Set(
        layers.flatMap {
          [HookPoint.block(.blocks, $0, .attention(.own, .result)), .block(.blocks, $0, .mlpOut)]
        } + [.finalNorm(.blocks, .scale)]))
  }

  /// Where the logit of the next token lies at some positions, by the scales of a run,
  /// `[position, width]`.
  private func directions(
    on text: [Int], at positions: Range<Int>, _ unembedding: Tensor, scales: Trace
  ) throws -> Tensor {
    let next = positions.map { text[$0 + 1] }
    let scales = try scales[.finalNorm(.blocks, .scale)][at: 0].slice(positions)
    return unembedding.transposed().gathering(next) / scales
  }

  /// What every head adds at some positions in all, `[layer, head]`.
  private func headSums(
    _ trace: Trace, along directions: Tensor, at positions: Range<Int>, _ model: Transformer
  ) throws -> Tensor {
    let (layers, heads) = (
      model.configuration.decoder!.layerCount, model.configuration.decoder!.headCount
    )
    return Tensor(
      rows: try (0..<layers).map { layer in
        let result = try trace[.block(.blocks, layer, .attention(.own, .result))][at: 0]
          .slice(positions)
        return (0..<heads).map { head in
          let wrote = result.slice(axis: 1, head..<(head + 1)).reshaped(to: directions.shape)
          return (wrote * directions).sum().scalar
        }
      })
  }

  // MARK: 8.5  Take it away

  /// How much the loss of every next token grows, in nats, when the head is mean-ablated; a list for each
  /// text, one entry shorter than it.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - texts: Token ids, of different lengths. The mean is one, over all their positions.
  ///   - model: A decoder.
  func lossChanges(
    without head: HeadPlace, on texts: [[Int]], in model: Transformer
  ) throws -> [[Float]] {
    let point = HookPoint.block(.blocks, head.layer, .attention(.own, .mixed))
    let runs = try texts.map { try model.run(ModelInput($0), capturing: [point]) }
    let mean = Tensor.concatenation(
      try runs.map { own(head, try $0.trace[point]) }, axis: 0
    ).mean(axis: 0)
    let ablation = replacing(head, by: mean)
    return try zip(texts, runs).map { text, run in
      let with = run.logits[at: 0].logSoftmax()
      let without = try model.run(ModelInput(text), intervening: [ablation]).logits[at: 0]
        .logSoftmax()
      return (0..<(text.count - 1)).map { with[$0, text[$0 + 1]] - without[$0, text[$0 + 1]] }
    }
  }

  /// Puts a row in the place of what the head mixes, everywhere.
  private func replacing(_ head: HeadPlace, by row: Tensor) -> Intervention {
    Intervention(at: .block(.blocks, head.layer, .attention(.own, .mixed))) { mixed in
      var changed = mixed
      for position in 0..<mixed.shape[1] {
        for column in 0..<row.count { changed[0, position, head.head, column] = row[column] }
      }
      return changed
    }
  }

  // MARK: 8.6  Read an example

  /// One prediction with the head and without it.
  ///
  /// - Parameters:
  ///   - text: Token ids.
  ///   - position: Whose prediction is read.
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - replacement: What stands in the place of what the head mixes, at every position, `[headWidth]`.
  ///   - model: A decoder.
  /// - Returns: `PredictionExample(before:after:added:lens:attention:)`.
  func example(
    _ text: [Int], at position: Int, of head: HeadPlace, _ matrices: HeadMatrices,
    replacement: Tensor, in model: Transformer
  ) throws -> PredictionExample {
    let before = HookPoint.residualPre(.blocks, head.layer)
    let pattern = HookPoint.pattern(.blocks, head.layer)
    let mixed = HookPoint.block(.blocks, head.layer, .attention(.own, .mixed))
    let scale = HookPoint.finalNorm(.blocks, .scale)
    let run = try model.run(ModelInput(text), capturing: [before, pattern, mixed, scale])
    let without = try model.run(
      ModelInput(text), intervening: [replacing(head, by: replacement)])
    let lens = model.logits(ofNormed: model.finalNorm(try run.trace[before][at: 0]))
    let written = own(head, try run.trace[mixed]).matmul(matrices.output)
      .matmul(matrices.unembedding)
    return PredictionExample(
      before: run.logits[at: 0][at: position], after: without.logits[at: 0][at: position],
      added: written[at: position] / (try run.trace[scale][0, position, 0]),
      lens: lens[at: position],
      attention: try run.trace[pattern][at: 0][at: head.head][at: position])
  }

  // MARK: 8.7  Keep only that

  /// What a head writes, `[destination, width]`, when of all it moves beyond its mean only copy suppression
  /// is kept.
  ///
  /// - Parameters:
  ///   - head: Matrices, whose `embedding` stands for the tokens where the head reads them.
  ///   - text: What the head did on a text.
  ///   - keys: How many tokens that a source is written against count.
  ///   - unembeddings: How many of the likeliest predictions at a destination count.
  func kept(
    of head: HeadMatrices, on text: HeadText, keys: Int, unembeddings: Int
  ) throws -> Tensor {
    let circuit = written(by: head, reading: head.embedding.gathering(text.tokens))
    let suppressed = text.tokens.indices.map { least(circuit[at: $0], keys) }
    let predicted = text.tokens.indices.map { least(text.lens[at: $0] * -1, unembeddings) }
    let mean = text.mean.reshaped(to: [1, text.mean.count])
    let moved = (text.values - mean).matmul(head.output)
    let columns = head.unembedding.transposed()
    return .concatenation(
      text.tokens.indices.map { d in
        var sum = mean.matmul(head.output)
        for s in 0...d {
          let common = suppressed[s].intersection(predicted[d]).sorted()
          if common.isEmpty { continue }
          // The nearest vector in the span of the common tokens' columns.
          let span = columns.gathering(common).transposed()
          let row = moved.slice(s..<(s + 1)).transposed()
          sum += span.matmul(span.leastSquares(to: row)).transposed() * text.pattern[d, s]
        }
        return sum
      }, axis: 0)
  }

  /// The places of the least values.
  private func least(_ row: Tensor, _ count: Int) -> Set<Int> {
    let values = row.values
    return Set(values.indices.sorted { values[$0] < values[$1] }.prefix(count))
  }

  /// How much of a head is kept: 1 − mean KL(kept ‖ model) / mean KL(ablated ‖ model).
  ///
  /// - Parameters:
  ///   - kept: Logits with what was kept, `[position, token]`.
  ///   - ablated: Logits with the head mean-ablated.
  ///   - model: Logits of the model as it is.
  func recovered(kept: Tensor, ablated: Tensor, model: Tensor) throws -> Double {
    func divergence(_ changed: Tensor) -> Double {
      let difference = changed.logSoftmax() - model.logSoftmax()
      return Double((changed.softmax() * difference).sum().scalar)
    }
    return 1 - divergence(kept) / divergence(ablated)
  }

  // MARK: 8.8  What is left is not nothing

  /// What the model makes up for when a head is taken away; means over all positions of all texts that
  /// have a next token.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - replacement: What stands in the place of what it mixes, at every position, `[headWidth]`.
  ///   - texts: Token ids, of different lengths.
  ///   - model: A decoder.
  ///   - unembedding: W_U, `[width, token]`, for states divided by the final norm's scale.
  /// - Returns: `Repair(expected:actual:heads:mlps:scale:)`.
  func repair(
    of head: HeadPlace, replacement: Tensor, on texts: [[Int]], in model: Transformer,
    unembedding: Tensor
  ) throws -> Repair {
    let layers = model.configuration.decoder!.layerCount
    var heads = Tensor.zeros([layers, model.configuration.decoder!.headCount])
    var mlps = Tensor.zeros([layers])
    var actual = 0.0
    for text in texts {
      let positions = 0..<(text.count - 1)
      let before = try model.run(ModelInput(text), capturing: effectPoints(model))
      let after = try model.run(
        ModelInput(text), capturing: effectPoints(model),
        intervening: [replacing(head, by: replacement)])
      // Both runs by the scales of the first.
      let directions = try directions(
        on: text, at: positions, unembedding, scales: before.trace)
      heads +=
        try headSums(after.trace, along: directions, at: positions, model)
        - headSums(before.trace, along: directions, at: positions, model)
      for layer in 0..<layers {
        let point = HookPoint.block(.blocks, layer, .mlpOut)
        let change = try after.trace[point][at: 0] - before.trace[point][at: 0]
        mlps[layer] += (change.slice(positions) * directions).sum().scalar
      }
      for position in positions {
        let drop = before.logits[at: 0][at: position] - after.logits[at: 0][at: position]
        actual += Double(drop[text[position + 1]] - drop.mean().scalar)
      }
    }
    let count = texts.reduce(0) { $0 + $1.count - 1 }
    (heads, mlps, actual) = (heads / Float(count), mlps / Float(count), actual / Double(count))
    let expected = -Double(heads[head.layer, head.head])
    heads[head.layer, head.head] = 0
    let made = Double(heads.sum().scalar + mlps.sum().scalar)
    return Repair(
      expected: expected, actual: actual, heads: heads, mlps: mlps,
      scale: expected - made - actual)
  }

  // MARK: 8.9  Start of the text

  /// The cosine of the residual stream that enters the head's layer with what the query bias asks for, the
  /// mean over texts by position, `[position]`.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - texts: Token ids, of one length.
  ///   - model: A decoder.
  func startCosines(
    of head: HeadPlace, _ matrices: HeadMatrices, on texts: [[Int]], in model: Transformer
  ) throws -> Tensor {
    let point = HookPoint.block(.blocks, head.layer, .norm(1, .normalized))
    // x W_K · b is x · W_K b.
    let bias = matrices.queryBias.reshaped(to: [matrices.queryBias.count, 1])
    let direction = matrices.key.matmul(bias)
    func length(_ rows: Tensor, axis: Int) -> Tensor {
      let squares = (rows * rows).sum(axis: axis)
      return Tensor(squares.values.map { $0.squareRoot() })
    }
    let cosines = try texts.map { text in
      let states = try model.run(ModelInput(text), capturing: [point]).trace[point][at: 0]
      let products = states.matmul(direction).reshaped(to: [text.count])
      return products / (length(states, axis: 1) * length(direction, axis: 0))
    }
    return Tensor.stack(cosines).mean(axis: 0)
  }

  /// The attention that later positions give to the first, when its token or its position is another.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - text: Token ids.
  ///   - token: What stands in the first place instead.
  ///   - position: Whose position embedding the first place gets instead.
  ///   - model: A decoder with learned positions.
  /// - Returns: `StartAttention(asItIs:otherToken:otherPosition:)`.
  func startAttention(
    of head: HeadPlace, on text: [Int], token: Int, position: Int, in model: Transformer
  ) throws -> StartAttention {
    let point = HookPoint.pattern(.blocks, head.layer)
    func attention(_ text: [Int], _ interventions: [Intervention] = []) throws -> Float {
      let run = try model.run(
        ModelInput(text), capturing: [point], intervening: interventions)
      let pattern = try run.trace[point][at: 0][at: head.head]
      return (1..<text.count).reduce(0) { $0 + pattern[$1, 0] } / Float(text.count - 1)
    }
    let elsewhere = Intervention(at: .positionEmbedding) { rows in
      var changed = rows
      for column in 0..<rows.shape[2] { changed[0, 0, column] = rows[0, position, column] }
      return changed
    }
    return StartAttention(
      asItIs: try attention(text), otherToken: try attention([token] + text.dropFirst()),
      otherPosition: try attention(text, [elsewhere]))
  }

  // MARK: 8.10  Beside the prediction

  /// The scores of a query in three parts, each `[key]`, for the keys up to the position.
  ///
  /// - Parameters:
  ///   - head: Which head.
  ///   - matrices: Its matrices.
  ///   - text: Token ids.
  ///   - position: Where the query is asked.
  ///   - prediction: The token whose unembedding splits the query.
  ///   - model: A decoder.
  /// - Returns: `QueryParts(along:beside:bias:)`.
  func queryParts(
    of head: HeadPlace, _ matrices: HeadMatrices, on text: [Int], at position: Int,
    prediction: Int, in model: Transformer
  ) throws -> QueryParts {
    let normed = HookPoint.block(.blocks, head.layer, .norm(1, .normalized))
    let key = HookPoint.block(.blocks, head.layer, .attention(.own, .key))
    let trace = try model.run(ModelInput(text), capturing: [normed, key]).trace
    let state = try trace[normed][at: 0].slice(position..<(position + 1))
    let keys = own(head, try trace[key]).slice(0..<(position + 1))
    let direction = matrices.unembedding.transposed().slice(prediction..<(prediction + 1))
    let squared = (direction * direction).sum()
    let along = direction * ((state * direction).sum() / squared)
    func scores(_ query: Tensor) -> Tensor {
      query.matmul(keys.transposed()).reshaped(to: [position + 1])
        / Float(keys.shape[1]).squareRoot()
    }
    return QueryParts(
      along: scores(along.matmul(matrices.query)),
      beside: scores((state - along).matmul(matrices.query)),
      bias: scores(matrices.queryBias.reshaped(to: [1, matrices.queryBias.count])))
  }

  // MARK: 8.11  Anti-induction

  /// How much every head lowers what induction predicts: the mean direct effect on the true next token with
  /// its sign turned, `[layer, head]`.
  ///
  /// - Parameters:
  ///   - halves: Sequences of random tokens; each is said twice behind the start token.
  ///   - start: The start token.
  ///   - model: A decoder.
  ///   - unembedding: W_U, `[width, token]`, for states divided by the final norm's scale.
  func antiInduction(
    on halves: [[Int]], start: Int, in model: Transformer, unembedding: Tensor
  ) throws -> Tensor {
    let sums = try halves.map { half in
      let text = [start] + half + half
      // The first token of the second half follows from nothing.
      let positions = (half.count + 1)..<(2 * half.count)
      let trace = try model.run(ModelInput(text), capturing: effectPoints(model)).trace
      let directions = try directions(on: text, at: positions, unembedding, scales: trace)
      return try headSums(trace, along: directions, at: positions, model)
    }
    let count = halves.reduce(0) { $0 + $1.count - 1 }
    return Tensor.stack(sums).sum(axis: 0) / -Float(count)
  }

  /// The correlation of two scores over all heads of all models, each score standardised within its model
  /// first.
  ///
  /// - Parameter models: The heads of each model.
  func correlation(over models: [[HeadScores]]) throws -> Double {
    func standardised(_ values: [Double]) -> [Double] {
      let mean = values.reduce(0, +) / Double(values.count)
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      return values.map { ($0 - mean) / square.squareRoot() }
    }
    let products = models.flatMap { heads in
      zip(
        standardised(heads.map(\.antiInduction)), standardised(heads.map(\.copySuppression))
      ).map { $0 * $1 }
    }
    return products.reduce(0, +) / Double(products.count)
  }

  // MARK: 8.12  In words: is a negative head bad?

  /// Is a negative head bad, and what would convince you that this is all it does; about 200 words.
  func isANegativeHeadBad() throws -> String {
    """
    No. The survey asks about one token, the one that came, and the head lowers whatever is predicted and stands \
    in the text: where that comes next after all, the right token pays. The reader's L3H2 has −0.19 on roll-calls, \
    and the same kind of head is positive on tours, where nothing comes twice. What counts is the loss: \
    without L1H0 it grows by 0.036 nats on the average and by up to 2.6 on single words: where \
    a visited word is among the likeliest without it. Nor is the direct effect what is lost: 0.13 logits were \
    expected, and in fact the logit rose by 0.08, since MLPs and the final norm's scale answer.
    That this is all it does I would believe if little were kept and much recovered: few keys, few \
    predictions, texts that nobody chose for it, circuits with the embedding that the head really reads, and \
    far above other heads and an untrained model. For L1H0 it fails: 5 % with 10 keys, 30 % with 61, and the \
    larger K's explain an untrained head as well. It would be refuted by a remainder with structure: attention \
    that no prediction explains, such as the rest at the start, a query of which more lies beside the unembedding \
    than along it, or a loss that grows on other texts.
    """
  }
}
