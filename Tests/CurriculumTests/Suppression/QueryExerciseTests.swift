import Coursework
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercises 8.10 and 8.11: what is rejected, what is accepted.
final class QueryExerciseTests: XCTestCase {
  private func split(
    _ name: String, says: String?, answer: @escaping @Sendable (AskedKey) throws -> QueryParts
  ) -> Misconception {
    Misconception(of: SuppressionSheet.besideThePrediction, name, says: says, answer: answer)
  }

  /// Parts of a query that a state asks, split by a direction.
  private static func parts(
    _ question: AskedKey, normed: Bool = true, centred: Bool = false, at place: Int? = nil,
    unit: Bool = true,
    divides: Bool = true, direction: ((HeadMatrices) -> [Float])? = nil
  ) throws -> QueryParts {
    let model = try question.model.made()
    let head = HeadMatrices(of: question.head, in: model)
    let run = try TensorRun(model, question.text)
    let layer = question.head.layer
    let states = try run[
      normed ? .block(.blocks, layer, .norm(1, .normalized)) : .residualPre(.blocks, layer)]
    var state = states[at: place ?? question.position].values
    if centred {
      let mean = state.reduce(0, +) / Float(state.count)
      state = state.map { $0 - mean }
    }
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
      split("not divided", says: "not divided by its scale") {
        try Self.parts($0, normed: false, centred: true)
      },
      split("by the embedding", says: "split by the token's embedding") { question in
        try Self.parts(question, direction: { $0.embedding[at: question.prediction].values })
      },
      split("all keys", says: nil) { question in
        var parts = try Self.parts(question)
        let rest = Tensor.zeros([question.text.count - question.position - 1])
        parts.along = .concatenation([parts.along, rest], axis: 0)
        parts.beside = .concatenation([parts.beside, rest], axis: 0)
        parts.bias = .concatenation([parts.bias, rest], axis: 0)
        return parts
      },
      split("a softmax each", says: nil) { question in
        let parts = try Self.parts(question)
        return QueryParts(
          along: parts.along.softmax(), beside: parts.beside.softmax(),
          bias: parts.bias.softmax())
      },
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
    XCTAssertEqual(misconceptions.faults(), [])
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
    XCTAssertEqual(variants.faults(), [])
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
      anti("heads first", says: "layers come first") {
        try Self.effects($0).transposed() * -1
      },
      anti("half by half", says: "each sequence has the same weight") { question in
        let each = try question.halves.map { half in
          var alone = question
          alone.halves = [half]
          return try Self.effects(alone) * -1
        }
        return Tensor.stack(each).mean(axis: 0)
      },
      anti("the second half reversed", says: "the first one backwards") { question in
        try Self.effects(question, text: { [$0] + $1 + $1.reversed() }) * -1
      },
      anti("the token itself", says: "predicts token i + 1") {
        try Self.effects($0, next: 0) * -1
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
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
      together("standardised over all", says: "pooled as they are") { models in
        let all = models.flatMap(\.self)
        func scores(_ key: KeyPath<HeadScores, Double>) -> [Double] {
          let values = all.map { $0[keyPath: key] }
          let mean = values.reduce(0, +) / Double(values.count)
          let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
          return values.map { ($0 - mean) / square.squareRoot() }
        }
        return zip(scores(\.antiInduction), scores(\.copySuppression)).reduce(0) {
          $0 + $1.0 * $1.1
        } / Double(all.count)
      },
      together("a sample's deviation", says: "a sample's deviation") { models in
        models.reduce(0) { $0 + Self.pearson($1) * Double($1.count - 1) }
          / Double(models.reduce(0) { $0 + $1.count })
      },
      together("centred alone", says: nil) { models in
        // Each model's means are off, its deviations are not divided by.
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        return Self.pearson(
          models.flatMap { heads in
            let x = mean(heads.map(\.antiInduction))
            let y = mean(heads.map(\.copySuppression))
            return heads.map {
              HeadScores(
                antiInduction: $0.antiInduction - x, copySuppression: $0.copySuppression - y)
            }
          })
      },
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
    XCTAssertEqual(misconceptions.faults(), [])
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
        let (circuits, stack) = (try HeadCircuits(model), model.configuration.decoder!)
        func survey(_ text: [Int]) throws -> Tensor {
          Tensor(
            try circuits.directEffects(on: ModelInput(text)).means,
            shape: [stack.layerCount, stack.headCount])
        }
        var (sum, count) = (Tensor.zeros([1]), Float(0))
        for half in question.halves {
          let whole = [start] + half + half
          let beginning = Array(whole.prefix(half.count + 2))
          let (all, first) = (try survey(whole), try survey(beginning))
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
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(anti("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
      XCTAssertNil(
        split("nonsense", says: nil) { _ in
          QueryParts(along: tensor, beside: tensor, bias: tensor)
        }.fault(seeds: [Checker.publicSeed]))
    }
    for number in [Double.nan, .infinity, 0, 2] {
      XCTAssertNil(
        together("nonsense", says: nil) { _ in number }.fault(seeds: [Checker.publicSeed]))
    }
  }
}
