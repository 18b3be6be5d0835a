import Coursework
import Laboratory
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

  func testNonsenseIsNeverWorthFullMarks() throws {
    for part in [SortingAsks.queryKeyCircuit, SortingAsks.outputValueCircuit] {
      try SortingProof.checkNonsense(exercise.only(part), SortingProof.tensors)
    }
  }
}
