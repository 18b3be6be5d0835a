import Tensors
import XCTest

@testable import Evidence

final class RuleTests: XCTestCase {
  private func measured(
    _ name: String, _ value: Double, _ lower: Double, _ upper: Double
  ) -> MeasuredNumber {
    MeasuredNumber(
      name: name, estimate: Estimate(value: value, lower: lower, upper: upper), count: 10,
      unit: "texts", isShare: true)
  }

  private let rule = Rule(.above(0.2, "rise"), .below(0.1, "rest"))

  func testAllWithTheirWholeIntervalsAppear() {
    let (verdict, why) = rule.judgement([
      measured("rise", 0.5, 0.3, 0.7), measured("rest", 0.02, 0, 0.05),
    ])
    XCTAssertEqual(verdict, .appears)
    XCTAssertEqual(
      why,
      "“rise” is 50.0 % (30.0 to 70.0), above 20.0 %; “rest” is 2.0 % (0.0 to 5.0), below 10.0 %")
  }

  func testWhatIsNotSureIsInPart() {
    let (verdict, why) = rule.judgement([
      measured("rise", 0.3, 0.1, 0.5), measured("rest", 0.02, 0, 0.05),
    ])
    XCTAssertEqual(verdict, .inPart)
    XCTAssertTrue(why.contains("above 20.0 %, but not with the whole interval"), why)
  }

  func testASecondThatFailsOrIsMissingIsInPart() {
    let rise = measured("rise", 0.5, 0.3, 0.7)
    XCTAssertEqual(rule.judgement([rise, measured("rest", 0.5, 0.4, 0.6)]).verdict, .inPart)
    let (verdict, why) = rule.judgement([rise])
    XCTAssertEqual(verdict, .inPart)
    XCTAssertTrue(why.hasSuffix("“rest” was not measured"), why)
  }

  func testAFirstThatFailsDoesNotAppearWhateverElseDoes() {
    let (verdict, why) = rule.judgement([
      measured("rise", 0.1, 0.05, 0.3), measured("rest", 0.02, 0, 0.05),
    ])
    XCTAssertEqual(verdict, .doesNot)
    XCTAssertTrue(why.hasPrefix("“rise” is 10.0 % (5.0 to 30.0), not above 20.0 %"), why)
  }

  func testALevelItselfIsNotBeyondIt() {
    XCTAssertEqual(
      Rule(.above(0.2, "rise")).judgement([measured("rise", 0.2, 0.1, 0.3)]).verdict, .doesNot)
  }

  func testTheAreaUnderTheCurveOfKnownSets() {
    let all = Array(0..<10)
    let truth: Set = [0, 1]
    XCTAssertEqual(rocArea([truth], of: truth, among: all), 1)
    // Nothing found is chance.
    XCTAssertEqual(rocArea([[]], of: truth, among: all), 0.5)
    // All of the others before any of the truth.
    XCTAssertEqual(rocArea([Set(2..<10)], of: truth, among: all), 0)
    // Half of the truth at once, the rest with all others: (0, ½), (1, 1).
    XCTAssertEqual(rocArea([[0]], of: truth, among: all), 0.75)
  }
}
