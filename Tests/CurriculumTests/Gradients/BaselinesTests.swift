import Coursework
import Foundation
import Tensors
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary
@testable import Solution3

/// Exercise 3.5: what is rejected, what is accepted.
final class BaselinesTests: XCTestCase {
  private typealias Question = BaselineChoices

  private let exercise = GradientsSheet.baselinesMatter

  private static func baseline(
    _ question: Question, filler: Tensor? = nil, keeping kept: Set<Int>? = nil
  ) throws -> Tensor {
    let embeddings = try question.number.number().embeddings
    let kept = kept ?? Set(question.kept)
    return Tensor(
      rows: (0..<embeddings.shape[0]).map {
        kept.contains($0) ? embeddings[at: $0].values : (filler ?? question.filler).values
      })
  }

  /// The solution's reports, each of which may be changed; `gap` is with its sign.
  private static func reports(
    _ question: Question,
    _ change: (inout BaselineReport, _ scores: [Float], _ gap: Float, _ value: Float) -> Void = {
      _, _, _, _ in
    }
  ) throws -> [BaselineReport] {
    let answers = Solution3.Answers()
    let number = try question.number.number()
    let reports = try answers.reports(
      on: number, from: question.baselines, steps: question.steps)
    return try zip(reports, question.baselines).map { report, baseline in
      var report = report
      let scores = try answers.integratedGradients(
        of: number, from: baseline, steps: question.steps)
      change(
        &report, scores, scores.reduce(0, +) - report.difference,
        try number(number.embeddings).scalar)
      return report
    }
  }

  private func misconception(
    _ name: String, says: String?, baseline: @escaping @Sendable (Question) throws -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.baseline, name, says: says, answer: baseline)
  }

  private func misconception(
    _ name: String, says: String?,
    reports: @escaping @Sendable (Question) throws -> [BaselineReport]
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.reports, name, says: says, answer: reports)
  }

  func testWrongBaselinesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "nothing replaced", says: "nothing was replaced",
        baseline: { try $0.number.number().embeddings }),
      misconception(
        "exchanged", says: "kept and replaced are exchanged",
        baseline: { question in
          let count = try question.number.number().embeddings.shape[0]
          return try Self.baseline(
            question, keeping: Set(0..<count).subtracting(question.kept))
        }),
      misconception(
        "all replaced", says: "to be kept are replaced too",
        baseline: { try Self.baseline($0, keeping: []) }),
      misconception(
        "zeros", says: "zeros stand where the filler should",
        baseline: { try Self.baseline($0, filler: .zeros($0.filler.shape)) }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongReportsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "the strongest", says: "is the strongest score",
        reports: {
          try Self.reports($0) { report, scores, _, _ in
            report.top = scores.indices.max { abs(scores[$0]) < abs(scores[$1]) }!
          }
        }),
      misconception(
        "from 1", says: "counts positions from 1",
        reports: { try Self.reports($0) { report, _, _, _ in report.top += 1 } }),
      misconception(
        "wrong sign", says: "`difference` has the wrong sign",
        reports: { try Self.reports($0) { report, _, _, _ in report.difference *= -1 } }),
      misconception(
        "f(x)", says: "`difference` is f(x)",
        reports: { try Self.reports($0) { report, _, _, value in report.difference = value } }),
      misconception(
        "the sum", says: "`difference` is what the scores add up to",
        reports: {
          try Self.reports($0) { report, scores, _, _ in report.difference = scores.reduce(0, +) }
        }),
      misconception(
        "gaps below 0", says: "a gap below 0 is a gap too",
        reports: {
          try Self.reports($0) { report, _, gap, _ in
            report.isComplete = gap <= 0.05 * abs(report.difference)
          }
        }),
      misconception(
        "the wrong way round", says: "the wrong way round",
        reports: { try Self.reports($0) { report, _, _, _ in report.isComplete.toggle() } }),
      misconception(
        "trusts everything", says: "every sum is trusted",
        reports: { try Self.reports($0) { report, _, _, _ in report.isComplete = true } }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private static func masked(_ question: Question) throws -> Tensor {
    let embeddings = try question.number.number().embeddings
    let count = embeddings.shape[0]
    let ones: [Float] = (0..<count).map { question.kept.contains($0) ? 1 : 0 }
    let mask = Tensor(ones, shape: [count, 1])
    let fillers: Tensor = Tensor.zeros(embeddings.shape) + question.filler
    let filled: Tensor = (mask * -1 + 1) * fillers
    return embeddings * mask + filled
  }

  /// A fault of 3.4 that 3.5 inherits is named as one of 3.4.
  func testAFaultOfTheScoresIsSaidToBeTheirs() {
    func inherited(
      _ name: String, says: String,
      _ scores: @escaping @Sendable ([Float], Question) -> [Float]
    ) -> Misconception {
      misconception(
        name, says: says,
        reports: { question in
          try Self.reports(question) { report, own, _, _ in
            let changed = scores(own, question)
            report.top = changed.indices.max { changed[$0] < changed[$1] }!
            let gap = changed.reduce(0, +) - report.difference
            report.isComplete = abs(gap) <= 0.05 * abs(report.difference)
          }
        })
    }
    let inheriting = [
      inherited("not averaged", says: "if your 3.4 is not right yet") { scores, question in
        scores.map { $0 * Float(question.steps) }
      },
      inherited("turned round", says: "if your 3.4 is not right yet") { scores, _ in
        scores.map { -$0 }
      },
    ]
    XCTAssertEqual(inheriting.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: GradientsAsks.baseline, "a mask of ones and zeros") {
        try Self.masked($0)
      },
      Variant(of: exercise, in: GradientsAsks.reports, "gaps in Double") { question in
        try Self.reports(question) { report, scores, _, _ in
          let sum = scores.reduce(0.0) { $0 + Double($1) }
          let gap = sum - Double(report.difference)
          report.isComplete = gap.magnitude * 20 <= Double(report.difference).magnitude
        }
      },
      Variant(of: exercise, in: GradientsAsks.baseline, "rows one by one") {
        try Self.baseline($0)
      },
      Variant(of: exercise, in: GradientsAsks.reports, "one by one") { try Self.reports($0) },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// The gaps of the case that can be worked on paper, as shares of the difference.
  func testTwoStepsAlongASaturatingSum() throws {
    for seed in proofSeeds {
      let encoded = try exercise.cases(seed: seed)[0]
      let work = try BaselineWork(JSONDecoder().decode(Question.self, from: encoded.question))
      for (index, wanted) in [0.25, -0.125, 0].enumerated() {
        let share = work.gaps[index] / work.differences[index]
        XCTAssertEqual(Double(share), wanted, accuracy: 1e-4)
      }
    }
  }

  func testNonsenseEarnsNothing() throws {
    let tensors = [
      Tensor([]), Tensor(scalar: .nan), Tensor(repeating: 1e38, shape: [5, 3]),
      Tensor(repeating: .nan, shape: [4, 3]),
    ]
    for tensor in tensors {
      XCTAssertEqual(try exercise.casesPassed(by: tensor, in: GradientsAsks.baseline), [])
    }
    let nothing = BaselineReport(top: -7, difference: .nan, isComplete: true)
    for count in 0...3 {
      let reports = Array(repeating: nothing, count: count)
      let verdicts = try exercise.only(GradientsAsks.reports).verdicts(on: reports)
      // Of no baselines there are no reports, and that may be right of one case.
      XCTAssertTrue(verdicts.contains { $0.verdict.fraction < 1 }, "\(count) reports")
    }
  }
}
