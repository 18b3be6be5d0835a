import Coursework
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Exercise 2.2: what is rejected, what is accepted.
final class TrainAProbeTests: XCTestCase {
  private typealias Question = VectorsAndScores
  private let exercise = ProbingSheet.trainAProbe

  private static func fit(
    _ question: Question, steps: Int = 1_500, _ change: (inout SoftmaxRegression) -> Void = { _ in }
  ) -> LinearProbe {
    var regression = SoftmaxRegression(l2: Double(question.l2))
    change(&regression)
    let found = regression.fit(
      question.data.vectors.doubleRows, question.data.labels, classes: question.data.classes,
      steps: steps)
    return LinearProbe(
      weight: Tensor(rows: found.weight.map { $0.map { Float($0) } }),
      bias: Tensor(found.bias.map { Float($0) }))
  }

  private static func report(_ question: Question) -> LayerReport {
    let layer = question.scores.indices.max {
      (question.scores[$0].development, $1) < (question.scores[$1].development, $0)
    }!
    return LayerReport(layer: layer, accuracy: question.scores[layer].test)
  }

  private func probe(
    _ name: String, says: String?, _ probe: @escaping @Sendable (Question) -> LinearProbe
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.probe, name, says: says, answer: probe)
  }

  private func report(
    _ name: String, says: String?, _ report: @escaping @Sendable ([LayerScore]) -> LayerReport
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.report, name, says: says) { report($0.scores) }
  }

  func testWrongProbesAreRejectedWithTheirSentence() {
    let misconceptions = [
      probe("no penalty", says: "the penalty is missing") { Self.fit($0) { $0.l2 = 0 } },
      probe("penalty per sum", says: "n times too weak") { question in
        Self.fit(question) { $0.l2 /= Double(question.data.labels.count) }
      },
      probe("penalty without the half", says: "twice what it should be") {
        Self.fit($0) { $0.l2 *= 2 }
      },
      probe("bias penalised", says: "the bias is penalised too") {
        Self.fit($0) { $0.penalisesBias = true }
      },
      probe("no bias", says: "the bias stays at zero") { Self.fit($0) { $0.hasBias = false } },
      probe("a few steps", says: "train longer") { Self.fit($0, steps: 3) },
      probe("nothing learned", says: "nothing was learned") { question in
        LinearProbe(
          weight: .zeros([question.data.classes, question.data.vectors.shape[1]]),
          bias: .zeros([question.data.classes]))
      },
      probe("along the gradient", says: "step against the gradient") { question in
        let right = Self.fit(question)
        return LinearProbe(weight: right.weight * -1, bias: right.bias * -1)
      },
      probe("transposed", says: "axes are swapped") { question in
        let right = Self.fit(question)
        return LinearProbe(weight: right.weight.transposed(), bias: right.bias)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongReportsAreRejectedWithTheirSentence() {
    @Sendable func best(_ scores: [LayerScore], _ value: (LayerScore) -> Double) -> Int {
      let most = scores.map(value).max()!
      return scores.firstIndex { value($0) == most }!
    }
    let misconceptions = [
      report("the best on test", says: "which must not choose") {
        let layer = best($0, \.test)
        return LayerReport(layer: layer, accuracy: $0[layer].test)
      },
      report("the development accuracy", says: "it was chosen by") {
        let layer = best($0, \.development)
        return LayerReport(layer: layer, accuracy: $0[layer].development)
      },
      report("the later of equals", says: "the earliest is asked for") { scores in
        let layer = scores.lastIndex { $0.development == 0.9 }!
        return LayerReport(layer: layer, accuracy: scores[layer].test)
      },
      report("layers from one", says: "layers count from 0") {
        let layer = best($0, \.development)
        return LayerReport(layer: layer + 1, accuracy: $0[layer].test)
      },
      report("the best accuracy of all", says: "not its accuracy on the test words") {
        LayerReport(layer: best($0, \.development), accuracy: $0.map(\.test).max()!)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.probe, "accelerated, in Double") { Self.fit($0) },
      Variant(of: exercise, in: ProbingAsks.report, "the greatest pair") { Self.report($0) },
      Variant(of: exercise, in: ProbingAsks.report, "a loop over layers") { question in
        var layer = 0
        for (index, score) in question.scores.enumerated()
        where score.development > question.scores[layer].development { layer = index }
        return LayerReport(layer: layer, accuracy: question.scores[layer].test)
      },
      Variant(of: exercise, in: ProbingAsks.probe, "AdamW") { question in
        struct Parameters: Parameterized {
          var weight: Tensor
          var bias: Tensor
          mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
            body("weight", &weight)
            body("bias", &bias)
          }
        }
        let data = question.data
        var own = Parameters(
          weight: .zeros([data.classes, data.vectors.shape[1]]), bias: .zeros([data.classes]))
        var optimizer = AdamW()
        let schedule = LearningRateSchedule(peak: 0.05, warmUpSteps: 0, totalSteps: 1_500)
        for step in 0..<1_500 {
          let watched = own.requiringGradients()
          let loss =
            (data.vectors.matmul(transposing: watched.weight) + watched.bias)
            .crossEntropy(targets: data.labels)
            + (watched.weight * watched.weight).sum() * (question.l2 / 2)
          optimizer.update(
            &own, gradients: gradient(of: loss, withRespectTo: [watched.weight, watched.bias]),
            rate: schedule.rate(at: step))
        }
        return LinearProbe(weight: own.weight, bias: own.bias)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: ProbingAnswersStub {
      func report(of scores: [LayerScore]) throws -> LayerReport {
        try Solution2.Answers().report(of: scores)
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2.5)
    XCTAssertTrue(result.message.contains("`probe` is not answered yet"), result.message)
  }

  func testNonsenseEarnsNothing() throws {
    let tensors = [
      Tensor([]), Tensor(scalar: .nan), Tensor(repeating: .nan, shape: [3, 5]),
      Tensor(repeating: 1e38, shape: [3, 5]), Tensor(repeating: 1e38, shape: [2, 3]),
    ]
    for tensor in tensors {
      let nonsense = LinearProbe(weight: tensor, bias: tensor)
      XCTAssertEqual(try exercise.casesPassed(by: nonsense, in: ProbingAsks.probe), [])
    }
    for number in [Double.nan, .infinity, -1, 1e308] {
      for layer in [Int.max, -1] {
        let nonsense = LayerReport(layer: layer, accuracy: number)
        XCTAssertEqual(try exercise.casesPassed(by: nonsense, in: ProbingAsks.report), [])
      }
    }
    let huge = probe("huge", says: nil) { question in
      LinearProbe(
        weight: Tensor(
          repeating: 1e38, shape: [question.data.classes, question.data.vectors.shape[1]]),
        bias: Tensor(repeating: -1e38, shape: [question.data.classes]))
    }
    XCTAssertNil(huge.fault())
  }
}
