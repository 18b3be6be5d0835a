import Answering
import AttentionExercises
import CircuitsExercises
import Foundation
import GradientsExercises
import Grading
import IdiomsExercises
import LensesExercises
import PatchscopesExercises
import ProbingExercises
import SortingExercises
import SuppressionExercises
import Synchronization
import Tensors
import XCTest

@testable import Coursework
@testable import Curriculum
@testable import Solution1
@testable import Solution2
@testable import Solution3
@testable import Solution4
@testable import Solution5
@testable import Solution6
@testable import Solution7
@testable import Solution8
@testable import Solution9

extension Variant {
  /// What is wrong with the exercise if it does not accept this under every proof seed and every
  /// secret that is tried, or nil.
  func fault() -> String? {
    fault(seeds: proofSeeds) ?? Secrets.fault(of: exercise, name, answer: answer)
  }
}

/// Secrets as an instructor's, under which right answers must be right.
///
/// The suite tries three, and only where what is drawn decides how much room an answer has.
/// `HEADLIGHT_SECRETS=200 swift test --filter CurriculumTests` tries as many as it says for every
/// exercise, or for those that `HEADLIGHT_EXERCISES=2.4,2.6` names, and prints how long each took.
enum Secrets {
  private static let asked = ProcessInfo.processInfo.environment["HEADLIGHT_SECRETS"]
    .flatMap { Int($0) }
  private static let only = ProcessInfo.processInfo.environment["HEADLIGHT_EXERCISES"]
    .map { Set($0.split(separator: ",").map(String.init)) }
  /// Exercises that hold shares of few words, or numbers that rounding blurs, against one another.
  private static let delicate: Set<String> = [
    "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.10", "2.11", "3.4",
  ]

  private static let numbers = Array(1...max(asked ?? 3, 1))
  /// The cases of the exercise that is looked at, for one is after another.
  private static let kept = Mutex<(id: String, cases: [[ReadyCase]])>(("", []))

  /// What is wrong if answers to an exercise are not right under every secret, or nil.
  static func fault(
    of exercise: Exercise, _ name: String, answer: @Sendable (Data) throws -> Data
  ) -> String? {
    guard !exercise.isOpen,
      only?.contains(exercise.id) ?? (asked != nil || delicate.contains(exercise.id))
    else { return nil }
    let start = ContinuousClock.now
    var faults: [String] = []
    do {
      faults = Parallel.map(Array(zip(numbers, try cases(of: exercise)))) { number, cases in
        cases.compactMap { aCase -> String? in
          let verdict = aCase.verdict(
            on: aCase.requests.map { request in
              do { return .answered(try answer(request)) } catch { return .verdict(.of(error)) }
            })
          guard verdict.status != .passed else { return nil }
          return "secret \(number), \(aCase.name): \(verdict.message) \(verdict.detail ?? "")"
        }
      }.flatMap { $0 }
    } catch {
      faults.append("no cases: \(error)")
    }
    if asked != nil {
      FileHandle.standardError.write(
        Data(
          """
          secrets: \(exercise.id), \(name): \(faults.count) faults, \(start.secondsToNow) s

          """.utf8))
    }
    return faults.isEmpty
      ? nil : "\(exercise.id), \(name), under \(numbers.count) secrets: \(faults)"
  }

  /// The hidden cases of an exercise under every secret.
  static func cases(of exercise: Exercise) throws -> [[ReadyCase]] {
    let id = "\(exercise.id) \(exercise.methods)"
    if let cases = kept.withLock({ $0.id == id ? $0.cases : nil }) { return cases }
    let cases = try Parallel.map(numbers) { number in
      let key = try Seed(text: "secret \(number)").key(ofExercise: exercise.id)
      return try exercise.cases(key: key)
    }
    kept.withLock { $0 = (id, cases) }
    return cases
  }

  /// What is wrong with a sheet whose solution is not right under every secret.
  static func faults(of sheet: Sheet, solution: any Sendable) -> [String] {
    sheet.exercises.compactMap { exercise in
      fault(of: exercise, "the solution") {
        try exercise.asks.answer(solution, to: $0)
      }
    }
  }
}

final class SecretsTests: XCTestCase {
  func testAWrongAnswerIsFoundUnderEverySecret() throws {
    let exercise = try XCTUnwrap(ProbingSheet.sheet.exercises.first { $0.id == "2.5" })
    let fault = try XCTUnwrap(
      Secrets.fault(of: exercise, "nothing") { _ in throw CocoaError(.featureUnsupported) })
    for secret in 1...3 { XCTAssertTrue(fault.contains("secret \(secret), "), fault) }
  }

  func testTheSolutionOfSheet1IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: AttentionSheet.sheet, solution: Solution1.Answers()), [])
  }

  func testTheSolutionOfSheet2IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: ProbingSheet.sheet, solution: Solution2.Answers()), [])
  }

  func testTheSolutionOfSheet3IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: GradientsSheet.sheet, solution: Solution3.Answers()), [])
  }

  func testTheSolutionOfSheet4IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: SortingSheet.sheet, solution: Solution4.Answers()), [])
  }

  func testTheSolutionOfSheet5IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: LensSheet.sheet, solution: Solution5.Answers()), [])
  }

  func testTheSolutionOfSheet6IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: PatchscopesSheet.sheet, solution: Solution6.Answers()), [])
  }

  func testTheSolutionOfSheet7IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: IdiomsSheet.sheet, solution: Solution7.Answers()), [])
  }

  func testTheSolutionOfSheet8IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: SuppressionSheet.sheet, solution: Solution8.Answers()), [])
  }

  func testTheSolutionOfSheet9IsRight() {
    XCTAssertEqual(
      Secrets.faults(of: CircuitsSheet.sheet, solution: Solution9.Answers()), [])
  }
}
