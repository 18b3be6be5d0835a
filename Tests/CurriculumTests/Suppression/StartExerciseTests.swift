import Coursework
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercise 8.9: what is rejected, what is accepted.
final class StartExerciseTests: XCTestCase {
  private func cosine(
    _ name: String, says: String?, answer: @escaping @Sendable (StartOfTexts) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.startOfTheText, in: SuppressionAsks.startCosines, name, says: says,
      answer: answer)
  }

  private static func centred(_ states: Tensor) -> Tensor {
    states - states.mean(axis: 1, keepingAxis: true)
  }

  private static func cosines(_ rows: Tensor, _ direction: [Float]) -> [Float] {
    func length(_ values: [Float]) -> Float {
      values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    return (0..<rows.shape[0]).map { place in
      let row = rows[at: place].values
      return zip(row, direction).reduce(0) { $0 + $1.0 * $1.1 }
        / (length(row) * length(direction))
    }
  }

  /// The mean over texts of a value by position.
  private static func means(
    _ question: StartOfTexts, texts: Int? = nil,
    _ values: (TensorRun, HeadMatrices, _ asked: [Float]) throws -> [Float]
  ) throws -> Tensor {
    let model = try question.model.made()
    let head = HeadMatrices(of: question.head, in: model)
    let asked = head.key.matmul(head.queryBias.reshaped(to: [head.queryBias.count, 1])).values
    return Tensor.stack(
      try question.texts.prefix(texts ?? .max).map {
        Tensor(try values(try TensorRun(model, $0), head, asked))
      }
    ).mean(axis: 0)
  }

  func testWrongCosinesAreRejectedWithTheirSentence() {
    let misconceptions = [
      cosine("products", says: "these are products") { question in
        try Self.means(question) { run, _, asked in
          let states = Self.centred(try run[.residualPre(.blocks, question.head.layer)])
          return states.matmul(Tensor(asked, shape: [asked.count, 1])).values
        }
      },
      cosine("not centred", says: "mean of the state") { question in
        try Self.means(question) { run, _, asked in
          Self.cosines(try run[.residualPre(.blocks, question.head.layer)], asked)
        }
      },
      cosine("keys", says: "cosines of keys") { question in
        try Self.means(question) { run, head, _ in
          Self.cosines(try run.own(question.head, .key), head.queryBias.values)
        }
      },
      cosine("behind the layer", says: "behind the layer") { question in
        try Self.means(question) { run, _, asked in
          Self.cosines(
            Self.centred(try run[.residualPost(.blocks, question.head.layer)]), asked)
        }
      },
      cosine("W_Q", says: "went through W_Q") { question in
        try Self.means(question) { run, head, _ in
          let bias = head.queryBias.reshaped(to: [head.queryBias.count, 1])
          return Self.cosines(
            Self.centred(try run[.residualPre(.blocks, question.head.layer)]),
            head.query.matmul(bias).values)
        }
      },
      cosine("of means", says: "cosines of mean states") { question in
        let model = try question.model.made()
        let states = Tensor.stack(
          try question.texts.map {
            Self.centred(try TensorRun(model, $0)[.residualPre(.blocks, question.head.layer)])
          }
        ).mean(axis: 0)
        let head = HeadMatrices(of: question.head, in: model)
        let bias = head.queryBias.reshaped(to: [head.queryBias.count, 1])
        return Tensor(Self.cosines(states, head.key.matmul(bias).values))
      },
      cosine("squares", says: nil) { question in
        let right = try Self.means(question) { run, _, asked in
          Self.cosines(Self.centred(try run[.residualPre(.blocks, question.head.layer)]), asked)
        }
        return right * right
      },
      cosine("the embedding", says: nil) { question in
        try Self.means(question) { run, _, asked in
          Self.cosines(Self.centred(try run[.embedding]), asked)
        }
      },
      cosine("one text", says: "only the first text") { question in
        try Self.means(question, texts: 1) { run, _, asked in
          Self.cosines(Self.centred(try run[.residualPre(.blocks, question.head.layer)]), asked)
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private func start(
    _ name: String, says: String?,
    answer: @escaping @Sendable (inout StartAttention, StartOfTexts) throws -> Void
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.startOfTheText, in: SuppressionAsks.startAttention, name, says: says
    ) { question in
      var right = try Solution8.Answers().startAttention(
        of: question.head, on: question.texts[0], token: question.token,
        position: question.position, in: try question.model.made())
      try answer(&right, question)
      return right
    }
  }

  /// The mean attention of some queries to the first place.
  private static func attention(
    _ question: StartOfTexts, _ text: [Int]? = nil, from first: Int = 1,
    _ interventions: [Intervention] = []
  ) throws -> Float {
    let text = text ?? question.texts[0]
    let pattern = try TensorRun(question.model.made(), text, intervening: interventions)
      .pattern(question.head)
    return pattern.slice(first..<text.count).mean(axis: 0)[0]
  }

  /// Rows of position embeddings in another order.
  private static func positions(_ order: @escaping @Sendable (Int) -> Int) -> Intervention {
    Intervention(at: .positionEmbedding) { rows in
      rows[at: 0].gathering((0..<rows.shape[1]).map(order)).reshaped(to: rows.shape)
    }
  }

  func testWrongStartsAreRejectedWithTheirSentence() {
    let misconceptions = [
      start("the first counts", says: "can look nowhere else") { answer, question in
        answer.asItIs = try Self.attention(question, from: 0)
      },
      start("all heads", says: "mean over the layer's heads") { answer, question in
        let patterns = try TensorRun(question.model.made(), question.texts[0])[
          .pattern(.blocks, question.head.layer)
        ].mean(axis: 0)
        answer.asItIs = patterns.slice(1..<question.texts[0].count).mean(axis: 0)[0]
      },
      start("the row", says: "how others look at it is its column") { answer, question in
        answer.asItIs = 1 / Float(question.texts[0].count)
      },
      start("the other way", says: "it is the other way round") { answer, question in
        answer.otherPosition = try Self.attention(
          question, nil, from: 1, [Self.positions { $0 == question.position ? 0 : $0 }])
      },
      start("the last only", says: "only the last position") { answer, question in
        answer.asItIs = try Self.attention(question, from: question.texts[0].count - 1)
      },
      start("a sum", says: "this is a sum") { answer, question in
        answer.asItIs *= Float(question.texts[0].count - 1)
      },
      start("the old token", says: "first token is still there") { answer, _ in
        answer.otherToken = answer.asItIs
      },
      start("in front", says: "in front of the text") { answer, question in
        answer.otherToken = try Self.attention(question, [question.token] + question.texts[0])
      },
      start("exchanged", says: "have changed places") { answer, _ in
        (answer.otherToken, answer.otherPosition) = (answer.otherPosition, answer.otherToken)
      },
      start("both", says: "the token was changed too") { answer, question in
        answer.otherPosition = try Self.attention(
          question, [question.token] + question.texts[0].dropFirst(), from: 1,
          [Self.positions { $0 == 0 ? question.position : $0 }])
      },
      start("the whole state", says: "the whole state of another") { answer, question in
        let point = HookPoint.residualPre(.blocks, 0)
        answer.otherPosition = try Self.attention(
          question, nil, from: 1,
          [
            Intervention(at: point) { rows in
              rows[at: 0].gathering(
                (0..<rows.shape[1]).map { $0 == 0 ? question.position : $0 }
              ).reshaped(to: rows.shape)
            }
          ])
      },
      start("an exchange", says: "it keeps its own") { answer, question in
        answer.otherPosition = try Self.attention(
          question, nil, from: 1,
          [Self.positions { $0 == 0 ? question.position : $0 == question.position ? 0 : $0 }])
      },
      start("everywhere", says: "only the first is to") { answer, question in
        answer.otherPosition = try Self.attention(
          question, nil, from: 1, [Self.positions { _ in question.position }])
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightStartsAreAccepted() {
    let variants = [
      Variant(
        of: SuppressionSheet.startOfTheText, in: SuppressionAsks.startCosines, "by the library"
      ) { question in
        Tensor(
          try HeadCircuits(question.model.made())
            .queryAtStart(of: question.head.address, on: ModelInput(tokens: question.texts))!
            .cosines)
      },
      Variant(
        of: SuppressionSheet.startOfTheText, in: SuppressionAsks.startCosines,
        "from the stream, one state at a time"
      ) { question in
        try Self.means(question) { run, _, asked in
          Self.cosines(Self.centred(try run[.residualPre(.blocks, question.head.layer)]), asked)
        }
      },
      Variant(
        of: SuppressionSheet.startOfTheText, in: SuppressionAsks.startAttention,
        "in a model whose table was changed"
      ) { question in
        var model = try question.model.made()
        model.visitParameters { name, weight in
          guard name.hasSuffix("positionEmbedding.weight") else { return }
          for column in 0..<weight.shape[1] {
            weight[0, column] = weight[question.position, column]
          }
        }
        let text = question.texts[0]
        let pattern = try TensorRun(model, text).pattern(question.head)
        return StartAttention(
          asItIs: try Self.attention(question),
          otherToken: try Self.attention(question, [question.token] + text.dropFirst()),
          otherPosition: pattern.slice(1..<text.count).mean(axis: 0)[0])
      },
      Variant(
        of: SuppressionSheet.startOfTheText, in: SuppressionAsks.startAttention,
        "by what the stream begins with"
      ) { question in
        let text = question.texts[0]
        let run = try TensorRun(question.model.made(), text)
        let rows = try run[.positionEmbedding]
        let difference = rows[at: question.position] - rows[at: 0]
        let moved = Intervention(at: .residualPre(.blocks, 0)) { stream in
          var stream = stream
          for column in 0..<difference.count { stream[0, 0, column] += difference[column] }
          return stream
        }
        return StartAttention(
          asItIs: try Self.attention(question),
          otherToken: try Self.attention(question, [question.token] + text.dropFirst()),
          otherPosition: try Self.attention(question, nil, from: 1, [moved]))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(cosine("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
    }
    for number in [Float.nan, .infinity, 0, 2] {
      XCTAssertNil(
        start("nonsense", says: nil) { answer, _ in
          answer = StartAttention(asItIs: number, otherToken: number, otherPosition: number)
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
