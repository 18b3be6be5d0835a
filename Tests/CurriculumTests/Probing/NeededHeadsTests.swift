import Answering
import Foundation
import Interpretability
import Synchronization
import Tensors
import Transformers
import XCTest

@testable import Coursework
@testable import ProbingExercises
@testable import ProbingVocabulary

/// Exercise 2.11: what is rejected, what is accepted.
final class NeededHeadsTests: XCTestCase {
  private typealias Question = HeadsToPrune
  private let exercise = ProbingSheet.neededHeads

  // MARK: Gates

  /// K rounds of choosing softly.
  private static func rounds(
    _ question: Question, over temperature: Float? = nil,
    next: (_ rest: Tensor, _ chosen: Tensor) -> Tensor = {
      $0 + (Tensor(scalar: 1 + 1e-6) - $1).logarithm()
    },
    sum: (_ sum: Tensor, _ chosen: Tensor) -> Tensor = { $0 + $1 }
  ) -> Tensor {
    var rest = question.scores
    var gates = Tensor.zeros(rest.shape)
    for _ in 0..<question.kept {
      let chosen = (rest / (temperature ?? question.temperature)).softmax()
      gates = sum(gates, chosen)
      rest = next(rest, chosen)
    }
    return gates
  }

  private func misconception(
    _ name: String, says: String?, gates: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.gates, name, says: says, answer: gates)
  }

  func testWrongGatesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("nothing taken off", says: "not taken off") {
        Self.rounds($0) { rest, _ in rest }
      },
      misconception("the greatest K", says: "no slope to learn by") { question in
        let values = question.scores.values
        let best = Set(
          values.indices.sorted { values[$0] > values[$1] }.prefix(question.kept))
        return Tensor(values.indices.map { best.contains($0) ? 1 : 0 })
      },
      misconception("no temperature", says: "the temperature is not used") {
        Self.rounds($0, over: 1)
      },
      misconception("times the temperature", says: "multiplied by τ") {
        Self.rounds($0, over: 1 / $0.temperature)
      },
      misconception("the last round", says: "of the last round alone") {
        Self.rounds($0, sum: { $1 })
      },
      misconception("one softmax", says: "one head is chosen") {
        ($0.scores / $0.temperature).softmax()
      },
      misconception("subtracted", says: "is subtracted from the scores") {
        Self.rounds($0) { $0 - $1 }
      },
      misconception("a gate each", says: "by itself") {
        ($0.scores / $0.temperature).logistic()
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  // MARK: Heads

  private func misconception(
    _ name: String, says: String?,
    heads: @escaping @Sendable (Question) throws -> [HeadPlace]
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.neededHeads, name, says: says, answer: heads)
  }

  private static let orders = Mutex<[Data: [HeadPlace]]>([:])

  /// Every head, that whose absence costs most first; the same question is looked at once.
  private static func byAbsence(_ question: Question) throws -> [HeadPlace] {
    let key = try Coding.encode(question)
    if let known = orders.withLock({ $0[key] }) { return known }
    let model = try PromptedModel.reader.made()
    let heads = model.configuration.heads
    let losses = try heads.map { head in
      try question.examples.reduce(Float(0)) { sum, text in
        let row = try model.run(ModelInput(text.tokens), intervening: [head.knockout])
          .logits[at: 0][at: text.tokens.count - 1]
        return sum - row.logSoftmax()[text.label]
      }
    }
    let order = losses.indices.sorted { losses[$0] > losses[$1] }.map {
      HeadPlace(layer: heads[$0].layer, head: heads[$0].head)
    }
    orders.withLock { $0[key] = order }
    return order
  }

  func testWrongHeadsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("those that are missed least", says: "no better at the task") {
        Array(try Self.byAbsence($0).suffix($0.count))
      },
      misconception("the heads to be silenced", says: "to be silenced, it seems") {
        Array(try Self.byAbsence($0).dropFirst($0.count))
      },
      misconception("the first layer", says: "no better at the task") { question in
        (0..<question.count).map { HeadPlace(layer: 5 - $0 / 4, head: $0 % 4) }
      },
      misconception("one too few", says: "are to be kept") {
        Array(try Self.byAbsence($0).prefix($0.count - 1))
      },
      misconception("a head twice", says: "a head is there twice") { question in
        let heads = try Self.byAbsence(question)
        return [heads[0]] + heads.prefix(question.count - 1)
      },
      misconception("counted from 1", says: "both count from 0") { question in
        (1...question.count).map { HeadPlace(layer: $0, head: 4) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherWaysToFindHeadsAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.neededHeads, "the library's gates, with noise") {
        question in
        let model = try PromptedModel.reader.made()
        var settings = HeadGates.Settings()
        settings.steps = 80
        let (tokens, mask) = ModelInput.padding(
          question.examples.map(\.tokens), with: model.configuration.padToken)
        let targets = question.examples.map(\.label)
        let gates = try HeadGates(model.configuration.heads).learning(
          toKeep: question.count, settings: settings
        ) { interventions, _ in
          let logits = try model.run(
            ModelInput(tokens: tokens, mask: mask), intervening: interventions
          ).logits
          let rows = targets.indices.map {
            $0 * logits.shape[1] + question.examples[$0].tokens.count - 1
          }
          return logits.reshaped(to: [targets.count * logits.shape[1], logits.shape[2]])
            .gathering(rows).crossEntropy(targets: targets)
        }.gates
        return gates.best(question.count).map { HeadPlace(layer: $0.layer, head: $0.head) }
      },
      Variant(of: exercise, in: ProbingAsks.neededHeads, "one after the other is silenced") {
        question in
        let model = try PromptedModel.reader.made()
        let all = model.configuration.heads
        var kept = Set(all)
        while kept.count > question.count {
          let losses = try kept.map { head in
            (
              head,
              try KeptHeadsJudge.loss(
                question.examples, keeping: kept.subtracting([head]), of: all, in: model)
            )
          }
          kept.remove(losses.min { $0.1 < $1.1 }!.0)
        }
        return kept.map { HeadPlace(layer: $0.layer, head: $0.head) }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault(seeds: [1]) }, [])
  }

  // MARK: The loss

  private func misconception(
    _ name: String, says: String?, loss: @escaping @Sendable (Question) throws -> Double
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.loss, name, says: says, answer: loss)
  }

  /// The loss of every predicted token of every text, without heads and with all.
  private static func losses(
    _ question: Question, without heads: [HeadPlace]? = nil, ahead: Int = 1
  ) throws -> [(cut: [Double], clean: [Double])] {
    let model = try PromptedModel.reader.made()
    return try question.texts.map { text in
      func losses(_ heads: [HeadPlace]) throws -> [Double] {
        let rows = try model.run(
          ModelInput(text),
          intervening: heads.map { .zeroHead($0.head, in: .blocks, layer: $0.layer) }
        ).logits[at: 0].logSoftmax()
        return (0..<(text.count - ahead)).map { -Double(rows[$0, text[$0 + ahead]]) }
      }
      return (try losses(heads ?? question.heads), try losses([]))
    }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  private static func lost(_ losses: [(cut: [Double], clean: [Double])]) -> Double {
    mean(losses.flatMap { zip($0.cut, $0.clean).map(-) })
  }

  func testWrongLossesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("the other way round", says: "the sign is wrong") {
        -Self.lost(try Self.losses($0))
      },
      misconception("the loss alone", says: "take off what it is with them") {
        Self.mean(try Self.losses($0).flatMap(\.cut))
      },
      misconception("a mean of texts", says: "a mean of texts") {
        Self.mean(try Self.losses($0).map { Self.lost([$0]) })
      },
      misconception("a sum", says: "divide by how many tokens") {
        try Self.losses($0).flatMap { zip($0.cut, $0.clean).map(-) }.reduce(0, +)
      },
      misconception("bits", says: "in bits") { Self.lost(try Self.losses($0)) / log(2) },
      misconception("a token's own row", says: "predicted by the row before") {
        Self.lost(try Self.losses($0, ahead: 0))
      },
      misconception("all others silenced", says: "the other way round") { question in
        let model = try PromptedModel.reader.made()
        let others = model.configuration.heads.map { HeadPlace(layer: $0.layer, head: $0.head) }
          .filter { !question.heads.contains($0) }
        return Self.lost(try Self.losses(question, without: others))
      },
      misconception("one at a time", says: "silence all of them at once") { question in
        try question.heads.reduce(0) { $0 + Self.lost(try Self.losses(question, without: [$1])) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.loss, "the library's, all texts apart") { question in
        let model = try PromptedModel.reader.made()
        return try lossWithout(
          question.heads.map { HeadAddress(.blocks, layer: $0.layer, head: $0.head) }, in: model,
          on: question.texts.map { (ModelInput($0), $0.dropFirst().map { $0 } + [nil]) })
      },
      Variant(of: exercise, in: ProbingAsks.loss, "log-probabilities, token by token") {
        Self.lost(try Self.losses($0))
      },
    ]
    let gates = [
      Variant(of: exercise, in: ProbingAsks.gates, "the library's gates") { question in
        let heads = (0..<question.scores.count).map { HeadAddress(.blocks, layer: 0, head: $0) }
        var gates = HeadGates(heads)
        gates.scores = question.scores
        return gates.softly(
          keeping: question.kept, temperature: question.temperature,
          noise: .zeros(question.scores.shape))
      },
      Variant(of: exercise, in: ProbingAsks.gates, "in Double, by powers") { question in
        var rest = question.scores.values.map(Double.init)
        var gates = rest.map { _ in 0.0 }
        for _ in 0..<question.kept {
          let most = rest.max()!
          let powers = rest.map { exp(($0 - most) / Double(question.temperature)) }
          let sum = powers.reduce(0, +)
          for index in rest.indices {
            gates[index] += powers[index] / sum
            rest[index] += log(1 - powers[index] / sum + 1e-6)
          }
        }
        return Tensor(gates.map(Float.init))
      },
    ]
    XCTAssertEqual((variants + gates).compactMap { $0.fault() }, [])
  }

  /// What the sheet's text says: six of 24 heads are enough for a relation that is shown, and the
  /// reader loses more without them than without as many at random.
  func testAFewHeadsAreEnoughAndMissed() throws {
    var generator = SeededGenerator(seed: 4)
    let model = try PromptedModel.reader.made()
    let all = model.configuration.heads
    // The choice of the library's gates on other texts, under two seeds.
    let kept = Set(
      [(0, 0), (0, 2), (2, 0), (2, 1), (3, 0), (3, 3)].map {
        HeadAddress(.blocks, layer: $0.0, head: $0.1)
      })
    let loss = try KeptHeadsJudge.loss(
      ShownRelation.continents.texts(60, using: &generator), keeping: kept, of: all, in: model)
    XCTAssertLessThan(loss, 0.2)
    let texts = ReaderSample.texts(18, using: &generator).map { text in
      (ModelInput(text), text.dropFirst().map { Int?($0) } + [nil])
    }
    let lost = try lossWithout(Array(kept), in: model, on: texts)
    let random = try (0..<5).map { _ in
      try lossWithout(
        Array(all.shuffled(using: &generator).prefix(kept.count)), in: model, on: texts)
    }
    XCTAssertGreaterThan(lost, random.reduce(0, +) / 5)
  }

  func testNonsenseEarnsNothing() throws {
    for number in [Double.nan, .infinity, -1, 1e308, 0] {
      XCTAssertEqual(try exercise.casesPassed(by: number, in: ProbingAsks.loss), [])
    }
    for tensor in [
      Tensor.zeros([0]), .zeros([24]), Tensor(repeating: .nan, shape: [24]),
      Tensor(repeating: 1, shape: [9]), Tensor(scalar: 1),
    ] {
      XCTAssertEqual(try exercise.casesPassed(by: tensor, in: ProbingAsks.gates), [])
    }
    for heads in [
      [], [HeadPlace(layer: -1, head: 0)], [HeadPlace(layer: .max, head: .min)],
      (0..<24).map { HeadPlace(layer: $0 / 4, head: $0 % 4) },
    ] {
      XCTAssertEqual(try exercise.casesPassed(by: heads, in: ProbingAsks.neededHeads), [])
    }
  }
}
