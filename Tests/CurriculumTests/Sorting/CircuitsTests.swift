import Coursework
import Laboratory
import SheetTools
import SortingVocabulary
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Exercise 4.8: what is rejected, what is accepted.
final class CircuitsTests: XCTestCase {
  private let exercise = SortingSheet.circuits

  private static func queryKey(_ head: HeadWeights) -> Tensor {
    let scores = head.embedding.matmul(head.query)
      .matmul(transposing: head.embedding.matmul(head.key))
    return scores / Float(head.query.shape[1]).squareRoot()
  }

  private static func outputValue(_ head: HeadWeights) -> Tensor {
    written(head).matmul(head.unembedding)
  }

  private static func written(_ head: HeadWeights) -> Tensor {
    head.embedding.matmul(head.value).matmul(head.output)
  }

  private func wrongQueryKey(
    _ name: String, says: String, _ circuit: @escaping @Sendable (HeadWeights) -> Tensor
  ) -> Misconception {
    Misconception(
      of: exercise, in: SortingAsks.queryKeyCircuit, name, says: says, answer: circuit)
  }

  private func wrongOutputValue(
    _ name: String, says: String, _ circuit: @escaping @Sendable (HeadWeights) -> Tensor
  ) -> Misconception {
    Misconception(
      of: exercise, in: SortingAsks.outputValueCircuit, name, says: says, answer: circuit)
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrongQueryKey("keys in rows", says: "a row is a query") {
          Self.queryKey($0).transposed()
        },
        wrongQueryKey("not scaled", says: "are not divided") {
          Self.queryKey($0) * Float($0.query.shape[1]).squareRoot()
        },
        wrongQueryKey("divided by d", says: "by the head's width itself") {
          Self.queryKey($0) / Float($0.query.shape[1]).squareRoot()
        },
        wrongQueryKey("the model's width", says: "that of the model's width") {
          Self.queryKey($0) * Float($0.query.shape[1]).squareRoot()
            / Float($0.query.shape[0]).squareRoot()
        },
        wrongQueryKey("a softmax", says: "leave the softmax out") {
          Self.queryKey($0).softmax()
        },
        wrongQueryKey("no keys", says: "queries against queries") { head in
          var head = head
          head.key = head.query
          return Self.queryKey(head)
        },
        wrongOutputValue("columns read", says: "rows and columns have changed places") {
          Self.outputValue($0).transposed()
        },
        wrongOutputValue("without the unembedding", says: "the unembedding makes logits of it") {
          Self.written($0)
        },
        wrongOutputValue("the embedding both ways", says: "the unembedding is another matrix") {
          Self.written($0).matmul(transposing: $0.embedding)
        },
        wrongOutputValue("past the head", says: "the way past the head") {
          $0.embedding.matmul($0.unembedding)
        },
        wrongOutputValue("scaled", says: "nothing divides what is read") {
          Self.outputValue($0) / Float($0.query.shape[1]).squareRoot()
        },
        wrongOutputValue("keys for values", says: "goes through W_V") { head in
          var head = head
          head.value = head.key
          return Self.outputValue(head)
        },
      ],
      accepts: [
        Variant(of: exercise, in: SortingAsks.queryKeyCircuit, "small matrices first") { head in
          let middle = head.query.matmul(head.key.transposed())
          let scores = head.embedding.matmul(middle).matmul(head.embedding.transposed())
          return scores * (1 / Float(head.query.shape[1]).squareRoot())
        },
        Variant(of: exercise, in: SortingAsks.outputValueCircuit, "small matrices first") { head in
          head.embedding.matmul(head.value.matmul(head.output).matmul(head.unembedding))
        },
        Variant(of: exercise, in: SortingAsks.queryKeyCircuit, "token by token") { head in
          let count = head.embedding.shape[0]
          let keys = head.embedding.matmul(head.key)
          var scores = Tensor.zeros([count, count])
          for token in 0..<count {
            let query = head.embedding.slice(token..<(token + 1)).matmul(head.query)
            for key in 0..<count {
              scores[token, key] =
                (query * keys.slice(key..<(key + 1))).sum().scalar
                / Float(head.query.shape[1]).squareRoot()
            }
          }
          return scores
        },
        Variant(of: exercise, in: SortingAsks.outputValueCircuit, "token by token") { head in
          .stack(
            (0..<head.embedding.shape[0]).map { token in
              head.embedding.slice(token..<(token + 1)).matmul(head.value).matmul(head.output)
                .matmul(head.unembedding)[at: 0]
            })
        },
      ])
  }

  /// What the circuits drop: positions, and with them the norm's own length.
  ///
  /// The sheet quotes what is printed.
  func testTheCircuitsDropPositionsAndLittleElse() throws {
    let sorter = try LiveTraining.result.get().sorter
    let (head, lists) = (sorter.head, sorter.lists)
    let circuit = Self.queryKey(head)
    var generator = SeededGenerator(seed: 48)
    let drawn = lists.draw(.test, count: 200, using: &generator)
    let tokens = drawn.map { lists.tokens(of: $0) }
    let point = HookPoint.block(.blocks, 0, .attention(.own, .scores))
    let scores = try sorter.model.run(ModelInput(tokens: tokens), capturing: [point]).trace[point]
    // Within a row: what all keys share does not matter to a softmax.
    var (correlations, sameChoice): ([Double], [Bool]) = ([], [])
    for (list, tokens) in tokens.enumerated() {
      for row in lists.sortedRows {
        let real = (0...row).map { Double(scores[list, 0, row, $0]) }
        let bare = (0...row).map { Double(circuit[tokens[row], tokens[$0]]) }
        correlations.append(DoubleCorrelation.pearson(real, bare))
        func greatest(_ values: [Double]) -> Int {
          values.indices.max { values[$0] < values[$1] }!
        }
        sameChoice.append(tokens[greatest(real)] == tokens[greatest(bare)])
      }
    }
    let (embedding, positions) = (sorter.model.embedding, sorter.model.positionEmbedding)
    let ratios = tokens.flatMap { tokens in
      lists.sortedRows.map { row -> Double in
        func length(_ values: [Float]) -> Double {
          values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        let token = embedding[at: tokens[row]]
        return length((token + positions[at: row]).values) / length(token.values)
      }
    }
    // The model without its positions: attention and norm see tokens alone.
    let zero = Intervention(at: .positionEmbedding) { Tensor.zeros($0.shape) }
    let written = try sorter.model.run(
      ModelInput(tokens: tokens), intervening: [zero], logitsAt: lists.sortedRows
    ).logits.argmax()
    let sorted = drawn.indices.count {
      Array(written[($0 * lists.length)..<(($0 + 1) * lists.length)]) == drawn[$0].sorted()
    }
    let correlation = correlations.reduce(0, +) / Double(correlations.count)
    let same = Double(sameChoice.count { $0 }) / Double(sameChoice.count)
    print(
      "circuit against scores: r \(correlation), same key \(same); norm sees "
        + "\(ratios.min()!)–\(ratios.max()!), mean \(ratios.reduce(0, +) / Double(ratios.count)); "
        + "sorted without positions \(sorted) of \(drawn.count)")
    XCTAssertGreaterThan(correlation, 0.7)
    XCTAssertGreaterThan(same, 0.7)
    XCTAssertGreaterThan(ratios.min()!, 0.8)
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    for part in [SortingAsks.queryKeyCircuit, SortingAsks.outputValueCircuit] {
      try SortingProof.checkNonsense(exercise.only(part), SortingProof.tensors)
    }
  }
}
