import Answering
import CourseworkFixture
import Foundation
import Synchronization
import Tensors
import XCTest

@testable import Coursework

final class ExerciseTests: XCTestCase {
  private func exercise(
    points: Int = 3, cases: [(name: String, fraction: Double)]
  ) -> Exercise {
    Exercise(
      "1.1", "Fractions", points: points, difficulty: 1, importance: 1, minutes: 1,
      hints: ["a", "b", "c"], interpretation: "none",
      cases: { _ in cases.map { Case($0.name, $0.fraction) } },
      parts: [
        Part(Ask<Void, Double, Double>("fraction") { $1 }) { _ in
          Judgement { .partial($0, $0 == 1 ? "right" : "not quite") }
        }
      ])
  }

  /// An exercise of a number, which is always right.
  private func numbered(
    _ id: String, asking method: String = "number",
    cases: @escaping @Sendable (inout SeededGenerator) throws -> [Case<UInt64, UInt64>] = {
      [Case("a number", $0.next())]
    }
  ) -> Exercise {
    Exercise(
      id, "Numbers", points: 1, difficulty: 1, importance: 1, minutes: 1,
      hints: ["a", "b", "c"], interpretation: "", cases: cases,
      parts: [
        Part(Ask<Void, UInt64, UInt64>(method) { $1 }) { _ in Judgement { _ in .passed() } }
      ])
  }

  func testSameSeedSameCases() throws {
    for exercise in practiceSheet.exercises {
      XCTAssertEqual(
        try exercise.cases(seed: 5).map(\.question), try exercise.cases(seed: 5).map(\.question))
    }
  }

  func testHiddenCasesDifferFromPublicOnes() throws {
    for exercise in [transposeExercise, doubleExercise] {
      let visible = try exercise.cases(seed: Checker.publicSeed)
      let hidden = try exercise.cases(seed: 1)
      XCTAssertEqual(visible.map(\.name), hidden.map(\.name))
      for (a, b) in zip(visible, hidden) {
        XCTAssertNotEqual(a.question, b.question)
      }
    }
  }

  func testExercisesDrawFromDifferentStreamsOfASeed() throws {
    func numbers(_ id: String) throws -> [Data] {
      try numbered(id).cases(seed: 9).map(\.question)
    }
    XCTAssertNotEqual(try numbers("1.1"), try numbers("1.2"))
  }

  func testCasesAreMadeOnlyWhenAsked() {
    let exercise = numbered("1.1") { _ in throw Costly() }
    let result = Checker.check(exercise, ())
    XCTAssertEqual(result.status, .invalid)
    XCTAssertEqual(
      result.message, "the questions could not be made: the model is not there")
    XCTAssertEqual(result.points, 0)
  }

  func testPointsAreRoundedDownToHalves() {
    // 3 points: 0.9 of them is 2.7, so 2.5.
    XCTAssertEqual(Checker.check(exercise(cases: [("a", 0.9)]), ()).points, 2.5)
    // The mean of 1, 1 and 0 of 3 points is 2, with no rounding at all.
    XCTAssertEqual(Checker.check(exercise(cases: [("a", 1), ("b", 1), ("c", 0)]), ()).points, 2)
    // Almost everything is not everything.
    XCTAssertEqual(Checker.check(exercise(cases: [("a", 1), ("b", 0.999)]), ()).points, 2.5)
    // A tenth of ten points ten times over adds up to one, in spite of binary fractions.
    XCTAssertEqual(
      Checker.check(exercise(points: 10, cases: [("a", 0.1), ("b", 0.2), ("c", 0.3)]), ()).points, 2
    )
  }

  func testNoCasesEarnNothing() {
    let result = Checker.check(exercise(cases: []), ())
    XCTAssertEqual(result.points, 0)
    XCTAssertEqual(result.status, .invalid)
    XCTAssertEqual(result.message, "there is no case to check")
  }

  func testAFractionThatIsNoNumberEarnsNothing() {
    for fraction in [Double.nan, -Double.nan, -1, -Double.infinity] {
      XCTAssertEqual(Verdict.partial(fraction, "odd").fraction, 0)
      XCTAssertEqual(Verdict.partial(fraction, "odd").status, .failed)
    }
    XCTAssertEqual(Verdict.partial(7, "much").fraction, 1)
  }

  func testStatusOfTheWholeFollowsFromItsCases() {
    let statuses: [([Double], Verdict.Status)] = [
      ([1, 1], .passed), ([0, 0], .failed), ([1, 0], .partial), ([0.5, 0.5], .partial),
      ([0, 1], .partial),
    ]
    for (fractions, status) in statuses {
      let result = Checker.check(exercise(cases: fractions.map { ("x", $0) }), ())
      XCTAssertEqual(result.status, status, "\(fractions)")
    }
  }

  func testSolutionEarnsEverythingAndStubsNothing() {
    XCTAssertEqual(practiceSheet.faults(untouched: Untouched(), solution: Solved()), [])
    XCTAssertEqual(
      practiceSheet.faults(untouched: Untouched(), solution: Untouched()).count,
      3 * proofSeeds.count)
    XCTAssertEqual(practiceSheet.faults(untouched: Solved(), solution: Solved()).count, 3)
  }

  func testUnansweredIsOneSentence() {
    for exercise in practiceSheet.exercises {
      let result = Checker.check(exercise, Untouched())
      XCTAssertEqual(result.status, .unanswered)
      XCTAssertEqual(result.message, "not answered yet")
    }
  }

  func testEmptyTextIsUnansweredAndLongTextInvalid() {
    XCTAssertEqual(Checker.check(openExercise, Mischief("silent")).status, .unanswered)
    struct Talker: PracticeAnswers {
      func transpose(_ matrix: Tensor) throws -> Tensor { throw Unanswered() }
      func doubled(_ numbers: [Int]) throws -> [Int] { throw Unanswered() }
      func thoughts() throws -> String { String(repeating: "word ", count: 5_000) }
    }
    let result = Checker.check(openExercise, Talker())
    XCTAssertEqual(result.status, .invalid)
    XCTAssertEqual(
      result.message,
      "the text has 25000 characters, and at most 20000 are collected; shorten it")
    XCTAssertNil(result.text)
  }

  func testAnAnswerOfAnotherTypeIsInvalid() throws {
    let aCase = try doubleExercise.cases(seed: 1)[0]
    for answer in ["\"text\"", "{}", "[1.5]", "[1e400]", "", "\u{0}", "[9223372036854775808]"] {
      let verdict = aCase.verdict(on: [.answered(Data(answer.utf8))])
      XCTAssertEqual(verdict.status, .invalid, answer)
      XCTAssertEqual(verdict.message, "the answer cannot be read")
    }
  }

  private enum Two {
    static let sum = Ask("sum") { (answers: [String: Int], numbers: [Int]) in
      guard let offset = answers["sum"] else { throw Unanswered() }
      return [Float(numbers.reduce(offset, +))]
    }
    static let count = Ask("count") { (answers: [String: Int], numbers: [Int]) in
      guard let offset = answers["count"] else { throw Unanswered() }
      return [numbers.count + offset]
    }
    static let mistakesMade = Mutex(0)

    static let exercise = Exercise(
      "9.4", "Sum and count", points: 4, difficulty: 1, importance: 1, minutes: 1,
      hints: ["a", "b", "c"], interpretation: "",
      cases: { _ in [Case("three", [1, 2, 3]), Case("two", [4, 5])] },
      parts: [
        Part(sum) { numbers in
          let right = numbers.reduce(0, +)
          return Expected([Float(right)], named: "the sum") {
            mistakesMade.withLock { $0 += 1 }
            return [
              Mistake("the first is left out", [Double(right - numbers[0])]),
              Mistake("this is too much", [Double(right + 1)]),
            ]
          }
        },
        Part(count) { Expected([$0.count], named: "the count") },
      ])
  }

  func testPartsWeighTheSameAndTheFirstThatIsWrongHasTheWord() {
    func result(_ answers: [String: Int]) -> ExerciseResult {
      Checker.check(Two.exercise, answers)
    }
    XCTAssertEqual(result(["sum": 0, "count": 0]).points, 4)
    XCTAssertEqual(result([:]).status, .unanswered)
    let half = result(["sum": 0])
    XCTAssertEqual(half.points, 2)
    XCTAssertEqual(half.message, "three: `count` is not answered yet (0 of 2 cases right)")
    let wrong = result(["sum": 1, "count": 1])
    XCTAssertEqual(wrong.points, 0)
    XCTAssertEqual(wrong.message, "three: this is too much (0 of 2 cases right)")
    XCTAssertEqual(wrong.detail, "at index 0 the sum is 7.0 and should be 6.0")
  }

  func testMistakesAreComputedOnlyForWrongAnswers() throws {
    let before = Two.mistakesMade.withLock { $0 }
    XCTAssertEqual(Checker.check(Two.exercise, ["sum": 0, "count": 0]).status, .passed)
    XCTAssertEqual(Two.mistakesMade.withLock { $0 }, before)
    XCTAssertEqual(
      Checker.check(Two.exercise.only(Two.sum), ["sum": -1]).message,
      "three: the first is left out (0 of 2 cases right)")
    XCTAssertEqual(Two.mistakesMade.withLock { $0 }, before + 2)
    // A class makes many to one case: once is enough.
    let three = try Two.exercise.only(Two.sum).cases(seed: 1)[0]
    let said = try [5, 7, 7, 5].map { sum in
      three.verdict(on: [.answered(try Coding.encode([Float(sum)]))]).message
    }
    XCTAssertEqual(
      said,
      ["the first is left out", "this is too much", "this is too much", "the first is left out"])
    XCTAssertEqual(Two.mistakesMade.withLock { $0 }, before + 3)
  }

  func testAMisconceptionOfAPartNeedsNoOtherHalf() {
    let one = Misconception(of: Two.exercise, in: Two.sum, "one more", says: "too much") {
      [Float($0.reduce(1, +))]
    }
    XCTAssertNil(one.fault())
    XCTAssertNil(
      Variant(of: Two.exercise, in: Two.count, "a loop") { numbers in
        [numbers.reduce(0) { count, _ in count + 1 }]
      }.fault())
  }

  func testMisconceptionsAreCaughtAndVariantsAccepted() {
    let square = Misconception(
      of: doubleExercise, "squares", says: "entries of the list are wrong"
    ) { (numbers: [Int]) in numbers.map { $0 * $0 } }
    XCTAssertNil(square.fault())
    let silent = Misconception(of: doubleExercise, "squares", says: "it squares") {
      (numbers: [Int]) in numbers.map { $0 * $0 }
    }
    XCTAssertTrue(silent.fault()?.contains("without “it squares”") == true)
    let harmless = Misconception(of: doubleExercise, "doubles", says: "") {
      (numbers: [Int]) in numbers.map { $0 << 1 }
    }
    XCTAssertEqual(harmless.fault(), "9.2, doubles: full marks under seed 2026")

    XCTAssertNil(
      Variant(of: doubleExercise, "shifts") { (numbers: [Int]) in numbers.map { $0 << 1 } }.fault())
    XCTAssertTrue(
      Variant(of: doubleExercise, "keeps") { (numbers: [Int]) in numbers }.fault()?
        .hasPrefix("9.2, keeps: 0.0 of 3 points under seed 2026: 2 numbers: ") == true)
  }

  func testASheetKnowsItsExercises() throws {
    XCTAssertEqual(try practiceSheet.exercise("9.2").title, "Double the numbers")
    XCTAssertThrowsError(try practiceSheet.exercise("9.4")) {
      XCTAssertEqual("\($0)", "sheet 9 has no exercise 9.4; it has 9.1, 9.2, 9.3")
    }
    XCTAssertEqual(practiceSheet.folder, "9-Practice")
    XCTAssertEqual(practiceSheet.points, 8)
    XCTAssertEqual(practiceSheet.openPoints, 2)
  }

  func testASheetRefusesTwoOfAKind() {
    XCTAssertEqual(
      Sheet.fault(number: 9, exercises: [doubleExercise, doubleExercise], figures: []),
      "two exercises have the id 9.2")
    XCTAssertEqual(
      Sheet.fault(number: 8, exercises: [doubleExercise], figures: []),
      "exercise 9.2 belongs to another sheet")
    XCTAssertEqual(
      Sheet.fault(
        number: 9, exercises: [openExercise, numbered("9.4", asking: "thoughts")], figures: []),
      "`thoughts` is asked for twice")
    let figure = practiceSheet.figures[0]
    XCTAssertEqual(
      Sheet.fault(number: 9, exercises: [], figures: [figure, figure]),
      "two figures have the name 1-numbers.txt")
    for name in ["../x.png", ".x.png", "x"] {
      XCTAssertNotNil(
        Sheet.fault(
          number: 9, exercises: [], figures: [SheetFigure(name, "bad") { _ in }]), name)
    }
  }

  func testResultsSurviveJSON() throws {
    let result = Checker.check(doubleExercise, Mischief("throws"))
    let copy = try JSONDecoder().decode(
      ExerciseResult.self, from: try JSONEncoder().encode(result))
    XCTAssertEqual(copy, result)
  }
}

private struct Costly: Error, CustomStringConvertible {
  var description: String { "the model is not there" }
}
