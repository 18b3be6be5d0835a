import Foundation
import Interpretability
import Interventions
import Laboratory
import Tensors
import Transformers

extension ReaderPhenomenon {
  /// Previous-token, duplicate-token and induction heads on random words said twice.
  static func matching(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    let batch = ReaderQuestions(.repeats, count: 24, split: split)
    let patterns = try batch.attention(of: model)
    return [HeadKind.previousToken, .duplicateToken, .induction].map { kind in
      let scores = model.configuration.heads.map { head in
        let sum = batch.texts.indices.reduce(Float(0)) { sum, row in
          let tokens = batch.input.tokens[row]
          let pattern = patterns[head.layer][at: row]
          let detection = kind.detectionPattern(for: tokens)
          if kind == .previousToken {
            return sum + headScores(pattern, against: detection, by: .multiplied)[head.head]
          }
          // Only where there is something to match.
          let queries = batch.questions.filter { $0.row == row }.map(\.position)
          let shares = queries.map { query in
            tokens.indices.reduce(Float(0)) {
              $0 + pattern[head.head, query, $1] * detection[query, $1]
            }
          }
          return sum + shares.reduce(0, +) / Float(max(shares.count, 1))
        }
        return (head, Double(sum) / Double(batch.texts.count))
      }
      let strongest = scores.sorted { $0.1 > $1.1 }.prefix(5)
      return ReaderPhenomenon(
        "\(kind.rawValue) heads: attention on random words said twice",
        strongest.map { ($0.0.description, $0.1) },
        published: kind == .duplicateToken
          ? "Three in GPT-2 small (Wang et al., 2022)."
          : "In every transformer of two layers or more (Olsson et al., 2022).")
    }
  }

  /// Heads that keep a tour from going where it has been.
  static func suppression(
    _ model: Transformer, _ split: ReaderSplit
  ) throws -> [ReaderPhenomenon] {
    let batch = ReaderQuestions(.tours, count: 24, split: split)
    /// The mean probability of what was visited.
    func visited(_ interventions: [Intervention]) throws -> Double {
      let rows = try batch.distributions(of: model, intervening: interventions)
      let sum = zip(rows, batch.questions).reduce(0.0) { sum, pair in
        let (row, question) = pair
        let tokens = batch.input.tokens[question.row]
        return question.plant.sources[0].reduce(sum) { $0 + exp(Double(row[tokens[$1 + 1]])) }
      }
      return sum / Double(batch.questions.count)
    }
    let clean = try visited([])
    let gains = try model.configuration.heads.map { ($0, try visited([$0.knockout]) - clean) }
      .sorted { $0.1 > $1.1 }
    let three = try visited(gains.prefix(3).map { $0.0.knockout })
    let negative = try gains.prefix(3).map { head, _ in
      ("OV diagonal among the ten most negative, \(head)", try negativeDiagonal(model, head))
    }
    return [
      ReaderPhenomenon(
        "negative heads: probability of what a tour has visited, and its gain without a head",
        [("clean", clean)] + gains.prefix(3).map { ("without \($0.0)", $0.1) }
          + [("without these three", three - clean)] + negative,
        published: "One head of GPT-2 small, L10H7, suppresses copies: 84.7 % of tokens have their "
          + "own OV entry among the ten most negative (McDougall et al., 2023).")
    ]
  }

  /// The share of a tour's words whose own entry of W_U · W_OV · W_E is among the ten most negative
  /// of its column, each embedding put through the layer's norm.
  private static func negativeDiagonal(_ model: Transformer, _ head: HeadAddress) throws -> Double {
    let words = ReaderTour.allCases.flatMap(\.words).map { ReaderVocabulary.ids[$0]! }
    // Each word by itself, behind the start token: what the layer reads of it.
    let input = ModelInput(tokens: words.map { [0, $0] })
    let point = HookPoint.block(.blocks, head.layer, .attention(.own, .value))
    let values = try model.run(input, capturing: [point]).trace[point]
    let block = model.stacks[0].blocks[head.layer]
    let width = values.shape[3]
    let rows = values.slice(axis: 1, 1..<2).slice(axis: 2, head.head..<(head.head + 1))
      .reshaped(to: [words.count, width])
    let output = block.attention.output.weight
      .slice(axis: 1, (head.head * width)..<((head.head + 1) * width))
    let scores = rows.matmul(transposing: output).matmul(transposing: model.embedding)
    let count = scores.shape[1]
    return scores.withUnsafeValues { values in
      let found = words.indices.count { row in
        let own = values[row * count + words[row]]
        return (0..<count).count { values[row * count + $0] < own } < 10
      }
      return Double(found) / Double(words.count)
    }
  }
}
