import Foundation
import Tensors
import Transformers

/// The hand-built model once more, in loops of Double over its weights and by no code of the library:
/// what measures of its heads are held against.
///
/// Its norms multiply by 1, and it has neither biases nor MLPs.
struct HandBuiltLoops {
  typealias Row = [Double]

  private let weights: [String: [Row]]
  private let epsilon: Double
  private let headCount: Int
  private let width: Int

  init(_ model: Transformer) {
    var model = model
    var weights: [String: [Row]] = [:]
    model.visitParameters { name, weight in
      guard weight.rank == 2, weight.count > 0 else { return }
      weights[name] = (0..<weight.shape[0]).map { weight[at: $0].values.map(Double.init) }
    }
    self.weights = weights
    epsilon = Double(model.configuration.normEpsilon)
    headCount = model.configuration.decoder!.headCount
    width = model.configuration.decoder!.headWidth
  }

  /// A text on its way: the stream before the second layer and behind it, and what that layer's heads do.
  struct Run {
    let tokens: [Int]
    /// `[position][width]`.
    let before, final: [Row]
    /// `[head][query][key]`.
    let pattern: [[Row]]
    /// `[head][position][headWidth]`.
    let values: [[Row]]
  }

  static func dot(_ a: Row, _ b: Row) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  static func sum(_ a: Row, _ b: Row, times factor: Double = 1) -> Row {
    zip(a, b).map { $0 + factor * $1 }
  }
  static func mean(_ values: Row) -> Double { values.reduce(0, +) / Double(values.count) }

  private func times(_ matrix: ArraySlice<Row>, _ row: Row) -> Row {
    matrix.map { Self.dot($0, row) }
  }

  func scale(_ row: Row) -> Double {
    (Self.dot(row, row) / Double(row.count) + epsilon).squareRoot()
  }

  /// What comes behind the final norm and the unembedding.
  func logits(_ stream: Row) -> Row {
    let scale = scale(stream)
    return times(weights["unembedding.weight"]![...], stream.map { $0 / scale })
  }

  func logProbabilities(_ stream: Row) -> Row {
    let logits = logits(stream)
    let total = log(logits.reduce(0) { $0 + exp($1) })
    return logits.map { $0 - total }
  }

  /// A token's column of W_U, each logit held against the mean of all.
  func direction(_ token: Int) -> Row {
    let table = weights["unembedding.weight"]!
    return table[token].indices.map { column in
      table[token][column] - Self.mean(table.map { $0[column] })
    }
  }

  /// What a head of the second layer writes for what it mixes.
  func written(_ head: Int, _ mixed: Row) -> Row {
    weights["blocks.1.attention.output.weight"]!.map {
      Self.dot(Array($0[(head * width)..<((head + 1) * width)]), mixed)
    }
  }

  /// The mean of what a head of the second layer mixes over all tokens of some texts.
  func meanMixed(_ head: Int, _ runs: [Run]) -> Row {
    let all = runs.flatMap { run in run.tokens.indices.map { mixed(head, run, $0) } }
    return all[0].indices.map { column in Self.mean(all.map { $0[column] }) }
  }

  func mixed(_ head: Int, _ run: Run, _ position: Int) -> Row {
    zip(run.pattern[head][position], run.values[head]).reduce(Array(repeating: 0, count: width)) {
      Self.sum($0, $1.1, times: $1.0)
    }
  }

  func run(_ tokens: [Int]) -> Run {
    var stream = tokens.map { weights["embedding.weight"]![$0] }
    var (before, pattern, values): ([Row], [[Row]], [[Row]]) = ([], [], [])
    for layer in 0..<2 {
      before = stream
      let normed = stream.map { row in row.map { $0 / scale(row) } }
      func projected(_ part: String, _ head: Int) -> [Row] {
        let rows = weights["blocks.\(layer).attention.\(part).weight"]!
        return normed.map { times(rows[(head * width)..<((head + 1) * width)], $0) }
      }
      (pattern, values) = ([], [])
      for head in 0..<headCount {
        let (queries, keys) = (projected("query", head), projected("key", head))
        pattern.append(
          tokens.indices.map { query in
            let powers = (0...query).map {
              exp(Self.dot(queries[query], keys[$0]) / Double(width).squareRoot())
            }
            let total = powers.reduce(0, +)
            return powers.map { $0 / total }
          })
        values.append(projected("value", head))
      }
      let output = weights["blocks.\(layer).attention.output.weight"]!
      for position in tokens.indices {
        let joined = (0..<headCount).flatMap { head in
          zip(pattern[head][position], values[head]).reduce(Array(repeating: 0, count: width)) {
            Self.sum($0, $1.1, times: $1.0)
          }
        }
        stream[position] = Self.sum(stream[position], times(output[...], joined))
      }
    }
    return Run(tokens: tokens, before: before, final: stream, pattern: pattern, values: values)
  }

  /// The mean effect of a head of the second layer on the likeliest token of the text so far, from where
  /// that stands, its sign turned.
  func suppression(_ head: Int, _ runs: [Run]) -> Double {
    let effects = runs.flatMap { run in
      run.tokens.indices.dropFirst().map { d -> Double in
        let lens = logits(run.before[d])
        let token = run.tokens[1...d].max { lens[$0] < lens[$1] }!
        let sources = (1...d).filter { run.tokens[$0] == token }
        return sources.reduce(0) { sum, s in
          let wrote = written(head, run.values[head][s])
          return sum + run.pattern[head][d][s] * Self.dot(wrote, direction(token))
        } / scale(run.final[d])
      }
    }
    return -Self.mean(effects)
  }

  /// How much of a head of the second layer, which writes against nothing so much as against what it
  /// reads, is kept when of each source only its own token counts, where it is among the likeliest
  /// predictions: 1 − KL(kept ‖ model) / KL(mean-ablated ‖ model).
  func recovered(_ head: Int, _ runs: [Run], predictions: Int) -> Double {
    let mean = meanMixed(head, runs)
    var (preserved, ablated) = (0.0, 0.0)
    for run in runs {
      for d in run.tokens.indices {
        let lens = logits(run.before[d])
        let likely = lens.indices.sorted { lens[$0] > lens[$1] }.prefix(predictions)
        let bare = Self.sum(
          run.final[d], written(head, Self.sum(mean, mixed(head, run, d), times: -1)))
        var kept = bare
        for s in 0...d where likely.contains(run.tokens[s]) {
          let moved = written(head, Self.sum(run.values[head][s], mean, times: -1))
          let unit = direction(run.tokens[s])
          kept = Self.sum(
            kept, unit,
            times: run.pattern[head][d][s] * Self.dot(moved, unit) / Self.dot(unit, unit))
        }
        preserved += divergence(kept, run.final[d])
        ablated += divergence(bare, run.final[d])
      }
    }
    return 1 - preserved / ablated
  }

  private func divergence(_ changed: Row, _ stream: Row) -> Double {
    zip(logProbabilities(changed), logProbabilities(stream)).reduce(0) {
      $0 + exp($1.0) * ($1.0 - $1.1)
    }
  }

  /// How much the loss of the token behind a position grows when a head of the second layer is
  /// mean-ablated, the sum over texts.
  func lossChange(_ head: Int, _ runs: [Run], at position: Int) -> Double {
    let mean = meanMixed(head, runs)
    return runs.reduce(0) { sum, run in
      let change = written(head, Self.sum(mean, mixed(head, run, position), times: -1))
      let next = run.tokens[position + 1]
      return sum + logProbabilities(run.final[position])[next]
        - logProbabilities(Self.sum(run.final[position], change))[next]
    }
  }
}
