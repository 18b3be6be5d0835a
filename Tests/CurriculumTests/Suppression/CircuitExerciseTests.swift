import Coursework
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercises 8.1 and 8.2: what is rejected, what is accepted.
final class CircuitExerciseTests: XCTestCase {
  private static func ranks(_ circuit: Tensor, _ isBeyond: (Float, Float) -> Bool) -> [Int] {
    (0..<circuit.shape[0]).map { token in
      let row = circuit[at: token].values
      return row.count { isBeyond($0, row[token]) }
    }
  }

  private static func circuit(_ head: HeadMatrices) -> Tensor {
    head.embedding.matmul(head.value).matmul(head.output).matmul(head.unembedding)
  }

  private func output(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadMatrices) throws -> [Int]
  ) -> Misconception {
    Misconception(of: SuppressionSheet.outputCircuit, name, says: says, answer: answer)
  }

  func testWrongOutputRanksAreRejectedWithTheirSentence() {
    let misconceptions = [
      output("from one", says: "begin with 1") { Self.ranks(Self.circuit($0), <=) },
      output("from the top", says: "from the greatest entry down") {
        Self.ranks(Self.circuit($0), >)
      },
      output("by column", says: "held against its column") {
        Self.ranks(Self.circuit($0).transposed(), <)
      },
      output("by size", says: "sizes of entries") {
        Self.ranks(Self.circuit($0)) { abs($0) < abs($1) }
      },
      output("tied", says: "logits come from the unembedding") { head in
        let written = head.embedding.matmul(head.value).matmul(head.output)
        return Self.ranks(written.matmul(head.embedding.transposed()), <)
      },
      output("keys", says: "went through W_K") { head in
        var head = head
        head.value = head.key
        return Self.ranks(Self.circuit(head), <)
      },
      output("past the head", says: "the way past the head") { head in
        Self.ranks(head.embedding.matmul(head.unembedding), <)
      },
      output("the token", says: "these are the tokens that are written against most") { head in
        let circuit = Self.circuit(head)
        return (0..<circuit.shape[0]).map { token in
          let row = circuit[at: token].values
          return row.indices.min { row[$0] < row[$1] }!
        }
      },
      output("the diagonal alone", says: "hold each against its own row") { head in
        let circuit = Self.circuit(head)
        let own = (0..<circuit.shape[0]).map { circuit[$0, $0] }
        return own.map { entry in own.count { $0 < entry } }
      },
      output("queries", says: nil) { head in
        var head = head
        head.value = head.query
        return Self.ranks(Self.circuit(head), <)
      },
      output("one too few", says: "one for every token") {
        Array(Self.ranks(Self.circuit($0), <).dropLast())
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightOutputRanksAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.outputCircuit, "the head's matrix first") {
        (head: HeadMatrices) in
        let moved = head.value.matmul(head.output)
        return Self.ranks(head.embedding.matmul(moved.matmul(head.unembedding)), <)
      },
      Variant(of: SuppressionSheet.outputCircuit, "in loops of Double") {
        (head: HeadMatrices) in
        func rows(_ tensor: Tensor) -> [[Double]] {
          (0..<tensor.shape[0]).map { tensor[at: $0].values.map(Double.init) }
        }
        let columns = rows(head.unembedding.transposed())
        return rows(head.embedding.matmul(head.value).matmul(head.output)).enumerated().map {
          token, row in
          let entries = columns.map { zip(row, $0).reduce(0) { $0 + $1.0 * $1.1 } }
          return entries.count { $0 < entries[token] }
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func embedding(
    _ name: String, says: String?, answer: @escaping @Sendable (EmbeddedHead) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.queryCircuit, in: SuppressionAsks.effectiveEmbedding, name, says: says,
      answer: answer)
  }

  private static let nowhere = Intervention(at: .positionEmbedding) { Tensor.zeros($0.shape) }

  /// What a point holds for every token, each alone.
  private static func alone(
    _ question: EmbeddedHead, _ point: HookPoint, nowhere isNowhere: Bool = true
  ) throws -> Tensor {
    let model = try question.model.made()
    return .stack(
      try (0..<model.configuration.vocabularySize).map { token in
        try TensorRun(model, [token], intervening: isNowhere ? [nowhere] : [])[point][at: 0]
      })
  }

  func testWrongEmbeddingsAreRejectedWithTheirSentence() {
    let after = HookPoint.residualPost(.blocks, 0)
    let misconceptions = [
      embedding("raw", says: "the raw embedding") { try $0.model.made().embedding },
      embedding("at position 0", says: "position's embedding is still in it") {
        try Self.alone($0, after, nowhere: false)
      },
      embedding("one text", says: "stand in one text") { question in
        let model = try question.model.made()
        return try TensorRun(
          model, Array(0..<model.configuration.vocabularySize), intervening: [Self.nowhere])[after]
      },
      embedding("before the MLP", says: "before the MLP") {
        try Self.alone($0, .block(.blocks, 0, .residualMid))
      },
      embedding("no attention", says: "block 0's attention was left out") { question in
        let model = try question.model.made()
        let silent = Intervention(at: .block(.blocks, 0, .attentionOut(.own))) {
          Tensor.zeros($0.shape)
        }
        return .stack(
          try (0..<model.configuration.vocabularySize).map { token in
            try TensorRun(model, [token], intervening: [Self.nowhere, silent])[after][at: 0]
          })
      },
      embedding("behind the start", says: "a start token stands in front") { question in
        let model = try question.model.made()
        let start = model.configuration.startToken
        return .stack(
          try (0..<model.configuration.vocabularySize).map { token in
            try TensorRun(model, [start, token], intervening: [Self.nowhere])[after][at: 1]
          })
      },
      embedding("twice", says: nil) { question in
        // The embedding and what leaves the block, which holds it already.
        let model = try question.model.made()
        return try model.embedding + Self.alone(question, after)
      },
      embedding("the MLP alone", says: "what the MLP adds") {
        try Self.alone($0, .block(.blocks, 0, .mlpOut))
      },
      embedding("the end", says: "the end of the model") { question in
        let layers = try question.model.made().configuration.decoder!.layerCount
        return try Self.alone(question, .residualPost(.blocks, layers - 1))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private func query(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadMatrices, Tensor) throws -> [Int]
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.queryCircuit, in: SuppressionAsks.attentionRanks, name, says: says
    ) { question in
      try answer(
        HeadMatrices(of: question.head, in: question.model.made()), question.embedding)
    }
  }

  private static func wanted(_ head: HeadMatrices, _ asks: Tensor, _ embedding: Tensor) -> Tensor {
    asks.matmul(head.query).matmul(embedding.matmul(head.key).transposed())
  }

  func testWrongQueryRanksAreRejectedWithTheirSentence() {
    let misconceptions = [
      query("from one", says: "begin with 1") {
        Self.ranks(Self.wanted($0, $0.unembedding.transposed(), $1), >=)
      },
      query("raw keys", says: "raw embeddings") { head, _ in
        Self.ranks(Self.wanted(head, head.unembedding.transposed(), head.embedding), >)
      },
      query("tokens ask", says: "what asks is a prediction") { head, embedding in
        Self.ranks(Self.wanted(head, embedding, embedding), >)
      },
      query("raw tokens ask", says: "what asks is a prediction") { head, embedding in
        Self.ranks(Self.wanted(head, head.embedding, embedding), >)
      },
      query("by column", says: "other predictions that ask") { head, embedding in
        Self.ranks(Self.wanted(head, head.unembedding.transposed(), embedding).transposed(), >)
      },
      query("the bias too", says: "the query bias is among it") { head, embedding in
        let keys = embedding.matmul(head.key).transposed()
        let queries =
          head.unembedding.transposed().matmul(head.query)
          + head.queryBias.reshaped(to: [1, head.queryBias.count])
        return Self.ranks(queries.matmul(keys), >)
      },
      query("values", says: nil) { head, embedding in
        var head = head
        head.key = head.value
        return Self.ranks(Self.wanted(head, head.unembedding.transposed(), embedding), >)
      },
      query("by size", says: nil) { head, embedding in
        Self.ranks(Self.wanted(head, head.unembedding.transposed(), embedding)) {
          abs($0) > abs($1)
        }
      },
      query("from the bottom", says: "from the least entry up") {
        Self.ranks(Self.wanted($0, $0.unembedding.transposed(), $1), <)
      },
      query("exchanged", says: "W_Q and W_K have changed places") { head, embedding in
        var head = head
        (head.query, head.key) = (head.key, head.query)
        return Self.ranks(Self.wanted(head, head.unembedding.transposed(), embedding), >)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightQueryCircuitsAreAccepted() {
    let variants = [
      Variant(
        of: SuppressionSheet.queryCircuit, in: SuppressionAsks.effectiveEmbedding,
        "by the library"
      ) { question in
        try HeadCircuits(question.model.made()).embedded(.mlp0).values(layer: 0)
      },
      Variant(
        of: SuppressionSheet.queryCircuit, in: SuppressionAsks.effectiveEmbedding,
        "a run for each token"
      ) { try Self.alone($0, .residualPost(.blocks, 0)) },
      Variant(
        of: SuppressionSheet.queryCircuit, in: SuppressionAsks.attentionRanks, "W_Q W_Kᵀ first"
      ) { question in
        let head = HeadMatrices(of: question.head, in: try question.model.made())
        let both = head.query.matmul(head.key.transposed())
        return Self.ranks(
          head.unembedding.transposed().matmul(both).matmul(question.embedding.transposed()), >)
      },
      Variant(
        of: SuppressionSheet.queryCircuit, in: SuppressionAsks.attentionRanks,
        "scaled, with biases of queries left out"
      ) { question in
        let head = HeadMatrices(of: question.head, in: try question.model.made())
        let scores = Self.wanted(head, head.unembedding.transposed(), question.embedding)
        return Self.ranks((scores / Float(head.query.shape[1]).squareRoot()).softmax(), >)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNoConstantIsRightInAnyCase() throws {
    for count in [19, 26, 120] {
      for rank in [0, 1, count - 1] {
        let verdicts = try SuppressionSheet.outputCircuit.verdicts(
          on: Array(repeating: rank, count: count))
        XCTAssertEqual(verdicts.count, 4)
        for found in verdicts { XCTAssertNotEqual(found.verdict.status, .passed, found.name) }
      }
    }
  }

  func testNonsenseEarnsNothing() {
    for ranks in [[], [0], Array(repeating: 0, count: 17), Array(repeating: -1, count: 23)] {
      XCTAssertNil(output("nonsense", says: nil) { _ in ranks }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        query("nonsense", says: nil) { _, _ in ranks }.fault(seeds: [Checker.publicSeed]))
    }
    for tensor in oddSuppressionTensors {
      XCTAssertNil(
        embedding("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
