import Coursework
import Foundation
import Tensors
import XCTest

@testable import Curriculum
@testable import Solution3

/// Exercise 3.5: what is rejected, what is accepted.
final class BaselinesTests: XCTestCase {
  private typealias Question = GradientsSheet.BaselineQuestion
  private typealias Answer = GradientsSheet.BaselineAnswer

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
    _ name: String, says: String?,
    baseline: @escaping @Sendable (Question) throws -> Tensor? = {
      try BaselinesTests.baseline($0)
    },
    reports: @escaping @Sendable (Question) throws -> [BaselineReport]? = {
      try BaselinesTests.reports($0)
    }
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (question: Question) in
      Answer(baseline: try baseline(question), reports: try reports(question))
    }
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
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
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
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  private static func masked(_ question: Question) throws -> Answer {
    let embeddings = try question.number.number().embeddings
    let count = embeddings.shape[0]
    let ones: [Float] = (0..<count).map { question.kept.contains($0) ? 1 : 0 }
    let mask = Tensor(ones, shape: [count, 1])
    let fillers: Tensor = Tensor.zeros(embeddings.shape) + question.filler
    let filled: Tensor = (mask * -1 + 1) * fillers
    let reports = try reports(question) { report, scores, _, _ in
      let sum = scores.reduce(0.0) { $0 + Double($1) }
      let gap = sum - Double(report.difference)
      report.isComplete = gap.magnitude * 20 <= Double(report.difference).magnitude
    }
    return Answer(baseline: embeddings * mask + filled, reports: reports)
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "a mask of ones and zeros, gaps in Double") { (question: Question) in
        try Self.masked(question)
      },
      Variant(of: exercise, "rows one by one") { (question: Question) in
        Answer(baseline: try Self.baseline(question), reports: try Self.reports(question))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The gaps of the case that can be worked on paper, as shares of the difference.
  func testTwoStepsAlongASaturatingSum() throws {
    for seed in proofSeeds {
      let encoded = try exercise.questions(seed: seed)[0]
      let key = try JSONDecoder().decode(GradientsSheet.BaselineKey.self, from: encoded.key)
      for (index, wanted) in [0.25, -0.125, 0].enumerated() {
        let difference = key.value - key.starts[index]
        let sum: Float = key.scores[index].reduce(0, +)
        XCTAssertEqual(Double((sum - difference) / difference), wanted, accuracy: 1e-4)
      }
    }
  }

  func testNonsenseEarnsNothing() {
    let nothing = BaselineReport(top: -7, difference: .nan, isComplete: true)
    for (tensor, reports) in [
      (Tensor([]), []), (Tensor(scalar: .nan), [nothing]),
      (Tensor(repeating: 1e38, shape: [5, 3]), [nothing, nothing, nothing]),
      (Tensor(repeating: .nan, shape: [4, 3]), [nothing, nothing]),
    ] {
      let nonsense = misconception(
        "nonsense", says: nil, baseline: { _ in tensor }, reports: { _ in reports })
      XCTAssertNil(nonsense.fault())
    }
  }
}
