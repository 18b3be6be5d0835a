import Coursework
import Foundation
import Laboratory
import SortingVocabulary
import SheetTools
import Tensors
import Transformers

extension SortingSheet {
  /// 4.8: the head without any list.
  static let circuits = Exercise(
    "4.8", "Its two circuits", points: 5, difficulty: 4, importance: 5, minutes: 35,
    hints: [
      """
      Follow a token: it becomes a vector by W_E, a query by W_Q. Another becomes a key by W_K. \
      The score is their dot product, over a root.
      """,
      """
      All tokens at once: W_E W_Q is `[token, headWidth]`, a query a row; W_E W_K holds the keys. \
      Of two matrices A and B, all dot products of their rows are A Bᵀ.
      """,
      """
      Scores are divided by the root of the width of a *head*. What is read goes the other way: \
      W_V, then W_O, then W_U, and there is neither root nor softmax.
      """,
      """
      `let queries = head.embedding.matmul(head.query)`, keys likewise; \
      `queries.matmul(keys.transposed()) / Float(head.query.shape[1]).squareRoot()`. And \
      `head.embedding.matmul(head.value).matmul(head.output).matmul(head.unembedding)`.
      """,
    ],
    interpretation: """
      Two pictures hold nearly all of the model, and no list was needed to see them. In the first, \
      each number looks for the numbers above it, the near ones most. In the second there is a \
      bright diagonal: a number that is read is written. And beside it is what mends the first \
      picture's blur: a number that is read also raises those just below it and lowers those just \
      above, so that of two candidates that are read at once the lesser wins.
      """,
    cases: { generator in
      func random(_ tokens: Int, _ width: Int, _ head: Int) -> HeadWeights {
        func matrix(_ rows: Int, _ columns: Int) -> Tensor {
          .randomNormal(
            [rows, columns], standardDeviation: 1 / Float(rows).squareRoot(), using: &generator)
        }
        return HeadWeights(
          embedding: matrix(tokens, width) * Float(tokens).squareRoot(), query: matrix(width, head),
          key: matrix(width, head), value: matrix(width, head), output: matrix(head, width),
          unembedding: matrix(width, tokens))
      }
      return [
        Case("a narrow head", random(9, 12, 3)), Case("a wide head", random(7, 5, 8)),
        Case("the trained sorter", try LiveTraining.result.get().sorter.head),
      ]
    },
    parts: [
      Part(SortingAsks.queryKeyCircuit) { NaiveCircuits($0).queryKey },
      Part(SortingAsks.outputValueCircuit) { NaiveCircuits($0).outputValue },
    ])
}

/// Circuits as sums of products, one entry at a time.
private struct NaiveCircuits {
  private let head: HeadWeights
  private let queries, keys, values: [[Double]]

  init(_ head: HeadWeights) {
    self.head = head
    let embedding = head.embedding.doubleRows
    queries = Self.product(embedding, head.query.doubleRows)
    keys = Self.product(embedding, head.key.doubleRows)
    values = Self.product(embedding, head.value.doubleRows)
  }

  private static func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    a.map { row in
      var sum = [Double](repeating: 0, count: b[0].count)
      for (x, other) in zip(row, b) {
        for column in sum.indices { sum[column] += x * other[column] }
      }
      return sum
    }
  }

  private static func transposed(_ matrix: [[Double]]) -> [[Double]] {
    matrix[0].indices.map { column in matrix.map { $0[column] } }
  }

  var queryKey: Expected<Tensor> {
    let products = Self.product(queries, Self.transposed(keys))
    let root = Double(head.query.shape[1]).squareRoot()
    let right = products.map { $0.map { $0 / root } }
    func scaled(_ matrix: [[Double]], by factor: Double) -> [[Double]] {
      matrix.map { $0.map { $0 * factor } }
    }
    return Expected(right, named: "the query-key circuit", axes: ["query", "key"]) {
      [
        Mistake(
          "keys ask and queries are asked: a row is a query", Self.transposed(right)),
        Mistake("the scores are not divided by the root of the head's width", products),
        Mistake(
          "the scores are divided by the head's width itself: by its root",
          scaled(products, by: 1 / (root * root))),
        Mistake(
          "the root is that of the model's width; a score is a sum over the width of a head",
          scaled(products, by: 1 / Double(head.query.shape[0]).squareRoot())),
        Mistake(
          "these are patterns: leave the softmax out, for a list has not all tokens",
          right.map { LogTable.normalised($0).map { exp($0) } }),
        Mistake(
          "these are queries against queries: keys have a matrix of their own",
          scaled(Self.product(queries, Self.transposed(queries)), by: 1 / root)),
      ]
    }
  }

  var outputValue: Expected<Tensor> {
    let written = Self.product(values, head.output.doubleRows)
    let unembedding = head.unembedding.doubleRows
    let right = Self.product(written, unembedding)
    let embedding = head.embedding.doubleRows
    return Expected(
      right, named: "the output-value circuit", axes: ["token read", "token written"]
    ) {
      [
        Mistake(
          "rows and columns have changed places: a row is a token that is read",
          Self.transposed(right)),
        Mistake(
          "this is what is written into the residual stream; the unembedding makes logits of it",
          written),
        Mistake(
          "the embedding reads out what was written: the unembedding is another matrix",
          Self.product(written, Self.transposed(embedding))),
        Mistake(
          "this is the way past the head, from embedding to unembedding",
          Self.product(embedding, unembedding)),
        Mistake(
          "there is a root here, as in the scores: nothing divides what is read",
          right.map { $0.map { $0 / Double(head.query.shape[1]).squareRoot() } }),
        Mistake(
          "keys were written: what is read goes through W_V",
          Self.product(Self.product(keys, head.output.doubleRows), unembedding)),
      ]
    }
  }
}
