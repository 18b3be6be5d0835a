import Coursework
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercises 8.9 to 8.11: what is rejected, what is accepted.
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
      cosine("one text", says: "only the first text") { question in
        try Self.means(question, texts: 1) { run, _, asked in
          Self.cosines(Self.centred(try run[.residualPre(.blocks, question.head.layer)]), asked)
        }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
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
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  private func split(
    _ name: String, says: String?, answer: @escaping @Sendable (AskedKey) throws -> QueryParts
  ) -> Misconception {
    Misconception(of: SuppressionSheet.besideThePrediction, name, says: says, answer: answer)
  }

  /// Parts of a query that a state asks, split by a direction.
  private static func parts(
    _ question: AskedKey, normed: Bool = true, at place: Int? = nil, unit: Bool = true,
    divides: Bool = true, direction: ((HeadMatrices) -> [Float])? = nil
  ) throws -> QueryParts {
    let model = try question.model.made()
    let head = HeadMatrices(of: question.head, in: model)
    let run = try TensorRun(model, question.text)
    let layer = question.head.layer
    let states = try run[
      normed ? .block(.blocks, layer, .norm(1, .normalized)) : .residualPre(.blocks, layer)]
    let state = states[at: place ?? question.position].values
    var direction =
      direction?(head) ?? head.unembedding.transposed()[at: question.prediction].values
    if unit {
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      direction = direction.map { $0 / length }
    }
    let reach = zip(state, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let along = direction.map { $0 * reach }
    let keys = try run.own(question.head, .key)
    func scores(_ query: Tensor) -> Tensor {
      let products = keys.matmul(query.reshaped(to: [query.count, 1]))
        .reshaped(to: [keys.shape[0]]).slice(0..<(question.position + 1))
      return divides ? products / Float(query.count).squareRoot() : products
    }
    func asked(_ row: [Float]) -> Tensor {
      scores(Tensor(row, shape: [1, row.count]).matmul(head.query))
    }
    return QueryParts(
      along: asked(along), beside: asked(zip(state, along).map(-)),
      bias: scores(head.queryBias))
  }

  func testWrongSplitsAreRejectedWithTheirSentence() {
    let misconceptions = [
      split("exchanged", says: "have changed places") { question in
        var parts = try Self.parts(question)
        (parts.along, parts.beside) = (parts.beside, parts.along)
        return parts
      },
      split("no root", says: "the root of the head's width") {
        try Self.parts($0, divides: false)
      },
      split("no unit", says: "has not the length 1") { try Self.parts($0, unit: false) },
      split("not normed", says: "without the layer's norm") { try Self.parts($0, normed: false) },
      split("behind", says: "of the position behind") {
        try Self.parts($0, at: $0.position + 1)
      },
      split("by the asking token", says: "split by the token that asks") { question in
        try Self.parts(
          question,
          direction: {
            $0.unembedding.transposed()[at: question.text[question.position]].values
          })
      },
      split("bias in beside", says: "the bias is in `beside`") { question in
        var parts = try Self.parts(question)
        parts.beside = parts.beside + parts.bias
        return parts
      },
      split("the whole score", says: "the whole state's score") { question in
        var parts = try Self.parts(question)
        parts.beside = parts.beside + parts.along
        return parts
      },
      split("no bias", says: "have to add up to the score") { question in
        var parts = try Self.parts(question)
        parts.bias = parts.bias * 0
        return parts
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightSplitsAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.besideThePrediction, "row by row") { (question: AskedKey) in
        try Self.parts(question)
      },
      Variant(of: SuppressionSheet.besideThePrediction, "what is left of the scores") {
        (question: AskedKey) in
        var parts = try Self.parts(question)
        let whole = try TensorRun(question.model.made(), question.text)[
          .block(.blocks, question.head.layer, .attention(.own, .scores))][
            at: question.head.head
          ][at: question.position].slice(0..<(question.position + 1))
        parts.beside = whole - parts.along - parts.bias
        return parts
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  private func anti(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadsOfModels) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.antiInduction, in: SuppressionAsks.antiInduction, name, says: says,
      answer: answer)
  }

  /// The mean direct effect of the library on tokens at places.
  private static func effects(
    _ question: HeadsOfModels, text: ((Int, [Int]) -> [Int])? = nil,
    places: (_ count: Int) -> Range<Int> = { ($0 + 1)..<(2 * $0) }, next: Int = 1
  ) throws -> Tensor {
    let model = try question.model.made()
    let start = model.configuration.startToken
    let texts = question.halves.map { text?(start, $0) ?? [start] + $0 + $0 }
    let (tokens, mask) = ModelInput.padding(texts, with: 0, at: .back)
    let all = texts.indices.flatMap { row in
      places(question.halves[row].count).map {
        TokenPlace(row: row, position: $0, token: texts[row][$0 + next])
      }
    }
    let found = try HeadCircuits(model).directEffects(
      on: ModelInput(tokens: tokens, mask: mask), at: all)
    let stack = model.configuration.decoder!
    return Tensor(found.means, shape: [stack.layerCount, stack.headCount])
  }

  func testWrongScoresAreRejectedWithTheirSentence() {
    let misconceptions = [
      anti("the sign", says: "the sign is not turned") { try Self.effects($0) },
      anti("all positions", says: "the first half counts too") {
        try Self.effects($0, places: { 0..<(2 * $0) }) * -1
      },
      anti("the first half", says: "only the first half") {
        try Self.effects($0, places: { 0..<$0 }) * -1
      },
      anti("its first token", says: "it follows from nothing") {
        try Self.effects($0, places: { $0..<(2 * $0) }) * -1
      },
      anti("no start", says: "the start token is missing") {
        try Self.effects($0, text: { $1 + $1 }, places: { $0..<(2 * $0 - 1) }) * -1
      },
      anti("the token itself", says: "predicts token i + 1") {
        try Self.effects($0, next: 0) * -1
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  private func together(
    _ name: String, says: String?,
    answer: @escaping @Sendable ([[HeadScores]]) throws -> Double
  ) -> Misconception {
    Misconception(
      of: SuppressionSheet.antiInduction, in: SuppressionAsks.correlation, name, says: says
    ) { try answer($0.models) }
  }

  private static func pearson(_ heads: [HeadScores]) -> Double {
    Interpretability.pearson(heads.map(\.antiInduction), heads.map(\.copySuppression)) ?? 0
  }

  /// The mean of models' correlations, weighted by their heads.
  private static func weighted(_ models: [[HeadScores]]) -> Double {
    models.reduce(0) { $0 + pearson($1) * Double($1.count) }
      / Double(models.reduce(0) { $0 + $1.count })
  }

  func testWrongCorrelationsAreRejectedWithTheirSentence() {
    let misconceptions = [
      together("pooled", says: "pooled as they are") { Self.pearson($0.flatMap(\.self)) },
      together("a mean of models", says: "each model has the same weight") { models in
        models.map(Self.pearson).reduce(0, +) / Double(models.count)
      },
      together("squared", says: "this is r²") { Self.weighted($0) * Self.weighted($0) },
      together("the sign", says: "the sign is turned") { -Self.weighted($0) },
      together("ranks", says: "correlation of ranks") { models in
        let all = models.flatMap(\.self)
        func rank(_ value: Double, _ key: KeyPath<HeadScores, Double>) -> Double {
          Double(all.count { $0[keyPath: key] < value })
        }
        return Self.pearson(
          all.map {
            HeadScores(
              antiInduction: rank($0.antiInduction, \.antiInduction),
              copySuppression: rank($0.copySuppression, \.copySuppression))
          })
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightOppositionsAreAccepted() {
    let variants = [
      Variant(
        of: SuppressionSheet.antiInduction, in: SuppressionAsks.antiInduction, "by the library"
      ) { try Self.effects($0) * -1 },
      Variant(
        of: SuppressionSheet.antiInduction, in: SuppressionAsks.antiInduction, "as a survey"
      ) { question in
        // What a survey of the whole text has too much, a survey of its beginning has.
        let model = try question.model.made()
        let start = model.configuration.startToken
        let unembedding = HeadMatrices.unembedding(of: model)
        var (sum, count) = (Tensor.zeros([1]), Float(0))
        for half in question.halves {
          let whole = [start] + half + half
          let beginning = Array(whole.prefix(half.count + 2))
          let answers = Solution8.Answers()
          let all = try answers.survey(of: [whole], in: model, unembedding: unembedding)
          let first = try answers.survey(of: [beginning], in: model, unembedding: unembedding)
          sum = sum + all * Float(whole.count - 1) - first * Float(beginning.count - 1)
          count += Float(half.count - 1)
        }
        return sum / -count
      },
      Variant(
        of: SuppressionSheet.antiInduction, in: SuppressionAsks.correlation,
        "as a weighted mean of models' correlations"
      ) { Self.weighted($0.models) },
      Variant(
        of: SuppressionSheet.antiInduction, in: SuppressionAsks.correlation,
        "standardised, then by the library"
      ) { question in
        func scores(_ values: [Double]) -> [Double] {
          let mean = values.reduce(0, +) / Double(values.count)
          let root = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
          return values.map { ($0 - mean) / root * Double(values.count).squareRoot() }
        }
        return Self.pearson(
          question.models.flatMap { heads in
            zip(scores(heads.map(\.antiInduction)), scores(heads.map(\.copySuppression))).map {
              HeadScores(antiInduction: $0, copySuppression: $1)
            }
          })
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(cosine("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(anti("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        split("nonsense", says: nil) { _ in
          QueryParts(along: tensor, beside: tensor, bias: tensor)
        }.fault(seeds: [Checker.publicSeed]))
    }
    for number in [Double.nan, .infinity, 0, 2] {
      XCTAssertNil(
        together("nonsense", says: nil) { _ in number }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        start("nonsense", says: nil) { answer, _ in
          answer = StartAttention(
            asItIs: Float(number), otherToken: Float(number), otherPosition: Float(number))
        }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
