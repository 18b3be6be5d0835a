import Coursework
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Exercise 2.8: what is rejected, what is accepted.
final class PushTests: XCTestCase {
  private typealias Question = SentencesToPush

  private let exercise = ProbingSheet.push

  private func misconception(
    _ name: String, says: String?, direction: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.direction, name, says: says, answer: direction)
  }

  private func misconception(
    _ name: String, says: String?, flips: @escaping @Sendable (Question) throws -> [Bool]
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.flips, name, says: says, answer: flips)
  }

  /// What comes of a push, one sentence at a time.
  ///
  /// - Parameters:
  ///   - point: Where; nil for the place that was asked for.
  ///   - positions: At which positions.
  ///   - edit: What becomes of a position's vector.
  ///   - outcome: What is made of the decoder's first row without and with the push.
  private static func flips(
    _ question: Question, at point: HookPoint? = nil,
    positions: (PushedSentence) -> [Int] = { $0.positions },
    edit: @escaping @Sendable (Tensor, Tensor) -> Tensor = { $0 + $1 },
    outcome: (_ clean: Tensor, _ pushed: Tensor, PushedSentence) -> Bool = {
      PushTests.prefersFirst($0, $2) != PushTests.prefersFirst($1, $2)
    }
  ) throws -> [Bool] {
    let model = try SheetTranslator.translator().model
    let vector = question.vector
    return try question.sentences.map { sentence in
      let input = ModelInput(
        sentence.tokens, decoderTokens: [model.configuration.startToken])
      let places = positions(sentence)
      let change = Intervention(at: point ?? .residualPost(.encoder, question.layer)) {
        activation in
        Tensor.concatenation(
          (0..<activation.shape[1]).map { position in
            let row = activation.slice(axis: 1, position..<(position + 1))
            return places.contains(position) ? edit(row, vector) : row
          }, axis: 1)
      }
      return outcome(
        try model.run(input).logits[at: 0][at: 0],
        try model.run(input, intervening: [change]).logits[at: 0][at: 0], sentence)
    }
  }

  private static func prefersFirst(_ logits: Tensor, _ sentence: PushedSentence) -> Bool {
    logits[sentence.choices[0]] > logits[sentence.choices[1]]
  }

  func testWrongDirectionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("backwards", says: "leads the wrong way") {
        $0.negative.mean(axis: 0) - $0.positive.mean(axis: 0)
      },
      misconception("sums", says: "sums are subtracted") {
        $0.positive.sum(axis: 0) - $0.negative.sum(axis: 0)
      },
      misconception("length 1", says: "the direction has length 1") {
        let direction = $0.positive.mean(axis: 0) - $0.negative.mean(axis: 0)
        return direction / (direction * direction).sum().scalar.squareRoot()
      },
      misconception("one class", says: "the mean of the positive class alone") {
        $0.positive.mean(axis: 0)
      },
      misconception("against all words", says: "the mean of all words") {
        $0.positive.mean(axis: 0)
          - Tensor.concatenation([$0.positive, $0.negative], axis: 0).mean(axis: 0)
      },
      misconception("two words", says: "two single words") {
        $0.positive[at: 0] - $0.negative[at: 0]
      },
      misconception("means over the width", says: "has the shape") { $0.positive.mean(axis: 1) },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongFlipsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("true where nothing changes", says: "the other way round") {
        try Self.flips($0).map(!)
      },
      misconception("prefers the second", says: "a flip is a change") {
        try Self.flips($0, outcome: { _, pushed, sentence in !Self.prefersFirst(pushed, sentence) })
      },
      misconception("prefers the first", says: "whether that is a change is asked for") {
        try Self.flips($0, outcome: { _, pushed, sentence in Self.prefersFirst(pushed, sentence) })
      },
      misconception("a run without the push", says: "no sentence flips, and some do") {
        $0.sentences.map { _ in false }
      },
      misconception("taken off", says: "the vector is taken off") {
        try Self.flips($0, edit: { $0 - $1 })
      },
      misconception("everywhere", says: "added at every position") {
        try Self.flips($0, positions: { Array($0.tokens.indices) })
      },
      misconception("the first position alone", says: "the first of the positions alone") {
        try Self.flips($0, positions: { [$0.positions[0]] })
      },
      misconception("in place of", says: "takes the place of the activation") {
        try Self.flips($0, edit: { $0 * 0 + $1 })
      },
      misconception("counts blocks from 1", says: "a block too early") {
        try Self.flips(
          $0,
          at: $0.layer == 0
            ? .residualPre(.encoder, 0) : .residualPost(.encoder, $0.layer - 1))
      },
      misconception("the best of all tokens", says: "the best of all tokens is compared") {
        try Self.flips($0, outcome: { clean, pushed, _ in clean.argmax() != pushed.argmax() })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.direction, "by the library") { question in
        try DifferenceOfMeans(
          .concatenation([question.negative, question.positive], axis: 0),
          isPositive: Array(repeating: false, count: question.negative.shape[0])
            + Array(repeating: true, count: question.positive.shape[0])
        ).direction
      },
      Variant(of: exercise, in: ProbingAsks.flips, "one position at a time, probabilities") {
        question in
        try Self.flips(
          question,
          outcome: { clean, pushed, sentence in
            let (a, b) = (clean.softmax(), pushed.softmax())
            return Self.prefersFirst(a, sentence) != Self.prefersFirst(b, sentence)
          })
      },
      Variant(of: exercise, in: ProbingAsks.direction, "sums in Double") { question in
        func mean(_ tensor: Tensor) -> [Double] {
          let rows = tensor.doubleRows
          return rows[0].indices.map { column in
            rows.reduce(0) { $0 + $1[column] } / Double(rows.count)
          }
        }
        return Tensor(
          zip(mean(question.positive), mean(question.negative)).map { Float($0 - $1) })
      },
      Variant(
        of: exercise, in: ProbingAsks.flips,
        "a captured activation changed by hand and put back"
      ) { question in
        let model = try SheetTranslator.translator().model
        let point = HookPoint.residualPost(.encoder, question.layer)
        return try question.sentences.map { sentence in
          let input = ModelInput(
            sentence.tokens, decoderTokens: [model.configuration.startToken])
          let clean = try model.run(input, capturing: [point])
          var changed = try clean.trace[point]
          for position in sentence.positions {
            for column in 0..<question.vector.count {
              changed[0, position, column] += question.vector[column]
            }
          }
          let pushed = try model.run(input, intervening: [.replace(point, with: changed)])
          func margin(_ logits: Tensor) -> Float {
            logits[0, 0, sentence.choices[0]] - logits[0, 0, sentence.choices[1]]
          }
          return margin(clean.logits) * margin(pushed.logits) < 0
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// What the sheet's text says of the embedded model.
  func testThePushAtTheNounFlipsAndARandomOneDoesNot() throws {
    var generator = SeededGenerator(seed: 5)
    let pool = try PushPool(ofEach: 12, using: &generator)
    let masculine = pool.members(feminine: false)
    let direction = try Solution2.Answers().direction(
      from: pool.vectors(of: masculine, afterBlock: 0) { $0.noun },
      to: pool.vectors(of: pool.members(feminine: true), afterBlock: 0) { $0.noun })
    let noise = Tensor.randomNormal(direction.shape, using: &generator)
    let length = ((direction * direction).sum() / (noise * noise).sum()).scalar.squareRoot()
    func share(_ vector: Tensor) throws -> Double {
      let flips = try Solution2.Answers().flips(
        of: masculine.map {
          PushedSentence(
            tokens: $0.words.tokens, positions: [$0.noun], choices: pool.choices)
        }, adding: vector, afterBlock: 0, in: SheetTranslator.translator().model)
      return Double(flips.count { $0 }) / Double(flips.count)
    }
    XCTAssertGreaterThan(try share(direction), 0.75)
    XCTAssertLessThan(try share(noise * length), 0.25)
  }

  func testNonsenseEarnsNoFullMarks() throws {
    let width = try SheetTranslator.translator().model.configuration.width
    let tensors = [
      Tensor.zeros([0]), Tensor(repeating: .nan, shape: [width]),
      Tensor(repeating: 1e38, shape: [width]), Tensor.zeros([width, width]), Tensor(scalar: 0),
      Tensor.zeros([width]),
    ]
    let lists: [@Sendable (Int) -> [Bool]] = [
      { _ in [] }, { .init(repeating: true, count: $0 + 1) },
      { .init(repeating: true, count: $0) }, { .init(repeating: false, count: $0) },
    ]
    for tensor in tensors {
      XCTAssertEqual(try exercise.casesPassed(by: tensor, in: ProbingAsks.direction), [])
    }
    for list in lists {
      let nonsense = misconception(
        "nonsense", says: nil, flips: { list($0.sentences.count) })
      XCTAssertNil(nonsense.fault(seeds: [1]))
    }
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: ProbingAnswersStub {
      func direction(from negative: Tensor, to positive: Tensor) throws -> Tensor {
        try Solution2.Answers().direction(from: negative, to: positive)
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2)
    XCTAssertTrue(result.message.contains("`flips` is not answered yet"), result.message)
  }
}
