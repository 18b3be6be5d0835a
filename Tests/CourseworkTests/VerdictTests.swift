import Coursework
import Tensors
import XCTest

final class VerdictTests: XCTestCase {
  /// A matrix without symmetry: `[query, key]`.
  private let expected = Tensor(rows: [[1, 2, 4], [8, 16, 32], [64, 128, 250]])

  private func verdict(_ answer: Tensor, _ axes: [String] = ["query", "key"]) -> Verdict {
    .compare(answer, to: expected, named: "the pattern", axes: axes)
  }

  private func edited(_ change: (inout Tensor) -> Void) -> Tensor {
    var copy = expected
    change(&copy)
    return copy
  }

  func testEqualAndNearlyEqualPass() {
    XCTAssertEqual(verdict(expected).status, .passed)
    XCTAssertEqual(verdict(edited { $0[2, 2] += 0.02 }).status, .passed)
    XCTAssertEqual(verdict(edited { $0[2, 2] += 0.03 }).status, .failed)
  }

  func testShapesAreNamed() {
    let cases: [(Tensor, String)] = [
      (.zeros([3, 4]), "the pattern has the shape [3, 4], not [3, 3] [query, key]"),
      (
        .zeros([1, 3, 3]),
        "the pattern has the shape [1, 3, 3], not [3, 3] [query, key]: an axis of length 1 is "
          + "too many"
      ),
      (
        .zeros([9]),
        "the pattern has the shape [9], not [3, 3] [query, key]: the values may be right, "
          + "their arrangement is not"
      ),
      (.zeros([]), "the pattern has the shape [], not [3, 3] [query, key]"),
      (.zeros([0, 3]), "the pattern has the shape [0, 3], not [3, 3] [query, key]"),
    ]
    for (answer, message) in cases {
      XCTAssertEqual(verdict(answer).message, message)
      XCTAssertEqual(verdict(answer).status, .invalid)
    }
    XCTAssertEqual(
      Verdict.compare(.zeros([2, 3]), to: .zeros([3, 2]), named: "it").message,
      "it has the shape [2, 3], not [3, 2]: axes are swapped")
  }

  func testNotANumberIsNamedWithItsPlace() {
    let answer = verdict(edited { $0[0, 2] = .nan })
    XCTAssertEqual(answer.status, .invalid)
    XCTAssertTrue(answer.message.hasPrefix("the pattern holds NaN at query 0, key 2; NaN comes"))
    XCTAssertTrue(
      verdict(edited { $0[1, 0] = -.infinity }, []).message
        .hasPrefix("the pattern holds minus infinity at [1, 0]; infinity comes"))
  }

  func testAnExpectedInfinityMustBeFound() {
    let masked = Tensor([0.5, -.infinity, 2, 7])
    XCTAssertEqual(Verdict.compare(masked, to: masked, named: "it").status, .passed)
    var open = masked
    open[1] = 3
    XCTAssertEqual(Verdict.compare(open, to: masked, named: "it").status, .failed)
    var wrong = masked
    wrong[1] = .infinity
    XCTAssertEqual(Verdict.compare(wrong, to: masked, named: "it").status, .invalid)
    XCTAssertEqual(
      Verdict.compare(Tensor([.nan]), to: Tensor([.nan]), named: "it").status, .invalid)
  }

  func testTheUsualMistakesAreRecognised() {
    let transposed = Tensor(rows: [[1, 8, 64], [2, 16, 128], [4, 32, 250]])
    XCTAssertEqual(
      verdict(transposed).message, "the pattern is transposed: query and key are swapped")
    XCTAssertEqual(
      verdict(transposed, []).message, "the pattern is transposed: axis 0 and axis 1 are swapped")
    XCTAssertEqual(
      verdict(Tensor(rows: [[0, 0, 0], [1, 2, 4], [8, 16, 32]])).message,
      "the pattern is off by one along query: place 1 holds what belongs at place 0")
    XCTAssertEqual(
      verdict(Tensor(rows: [[2, 4, 0], [16, 32, 0], [128, 250, 0]])).message,
      "the pattern is off by one along key: place 1 holds what belongs at place 2")
    XCTAssertEqual(
      verdict(Tensor(expected.values.map { -$0 }, shape: [3, 3])).message,
      "the pattern has the wrong sign")
    XCTAssertEqual(
      verdict(Tensor(expected.values.map { $0 * 2.5 }, shape: [3, 3])).message,
      "the pattern is 2.5 times what it should be, everywhere")
    XCTAssertEqual(
      verdict(Tensor(expected.values.map { $0 - 0.75 }, shape: [3, 3])).message,
      "the pattern is 0.75 too small everywhere")
    XCTAssertEqual(
      verdict(Tensor(repeating: 3, shape: [3, 3])).message,
      "the pattern holds the same value everywhere")
  }

  func testTheWorstPlaceIsNamedWithoutTheExpectedValue() {
    let verdict = verdict(
      edited {
        $0[0, 1] = 3
        $0[2, 0] = 61
      })
    XCTAssertEqual(verdict.message, "2 of 9 values of the pattern are off, most at query 2, key 0")
    XCTAssertEqual(verdict.detail, "at query 2, key 0 the pattern is 61.0 and should be 64.0")
    XCTAssertNil(verdict.concealed.detail)
    XCTAssertNil(
      Verdict.compare(edited { $0[2, 0] = 61 }, to: expected, named: "it", revealing: false).detail)
  }

  func testHugeValuesAreWrongAndHarmless() {
    XCTAssertEqual(verdict(Tensor(repeating: 3e38, shape: [3, 3])).status, .failed)
    XCTAssertEqual(
      verdict(Tensor((0..<9).map { $0 % 2 == 0 ? 3e38 : -3e38 }, shape: [3, 3])).status, .failed)
  }

  func testNumbers() {
    XCTAssertEqual(Verdict.compare(Float(0.5), to: 0.5, named: "the rate").status, .passed)
    XCTAssertEqual(
      Verdict.compare(Float(0.25), to: 0.5, named: "the rate").message, "the rate is too small")
    XCTAssertEqual(
      Verdict.compare(Float(2), to: 0.5, named: "the rate").message, "the rate is too large")
    XCTAssertTrue(
      Verdict.compare(Float.nan, to: 0.5, named: "the rate").message
        .hasPrefix("the rate is NaN; NaN comes from 0/0"))
    XCTAssertEqual(
      Verdict.compare([1, 2], to: [1, 2, 3], named: "the means").message,
      "the means has 2 entries, not 3")
    XCTAssertEqual(
      Verdict.compare([1, 2, 9], to: [1, 2, 4], named: "the list", of: "head").message,
      "1 of 3 values of the list are off, most at head 2")
  }

  func testPropertiesCanBeCheckedOnceATensorIsSound() {
    XCTAssertNil(Verdict.problem(with: expected, shape: [3, 3], named: "it"))
    XCTAssertEqual(
      Verdict.problem(with: expected, shape: [9], named: "it")?.status, .invalid)
    XCTAssertEqual(
      Verdict.problem(with: edited { $0[1, 1] = .infinity }, shape: [3, 3], named: "it")?.status,
      .invalid)
  }

  func testListsAreMatchedEntryByEntry() {
    let gold: [Int?] = [2, nil, 0, 1, 3]
    func match(_ answer: [Int?], partial: Bool = false) -> Verdict {
      .match(answer, to: gold, named: "the alignment", of: "target word", partial: partial)
    }
    XCTAssertEqual(match(gold).status, .passed)
    XCTAssertEqual(match([2, nil]).message, "the alignment has 2 entries, not 5")
    XCTAssertEqual(match([2, nil]).status, .invalid)
    XCTAssertEqual(match([]).status, .invalid)
    let wrong = match([2, 1, 0, 1, nil])
    XCTAssertEqual(
      wrong.message,
      "2 of 5 entries of the alignment are wrong, the first at target word 1")
    XCTAssertEqual(wrong.detail, "at target word 1 the alignment is 1 and should be nil")
    XCTAssertEqual(wrong.fraction, 0)
    XCTAssertEqual(match([2, 1, 0, 1, nil], partial: true).fraction, 0.6)
    XCTAssertEqual(
      match([nil, 2, nil, 0, 1], partial: true).message,
      "the alignment is off by one: target word 1 holds what belongs at target word 0")
    XCTAssertEqual(match([nil, 2, nil, 0, 1], partial: true).fraction, 0)
    XCTAssertEqual(
      match([2, 2, 2, 2, 2], partial: true).message,
      "the alignment holds the same entry everywhere")
    XCTAssertEqual(
      Verdict.match(["decoder"], to: ["cross"], named: "the kind").message, "the kind is wrong")
  }

  func testPartsCombine() {
    XCTAssertEqual(Verdict.combining([]).fraction, 0)
    XCTAssertEqual(Verdict.combining([.passed(), .passed()]).status, .passed)
    let half = Verdict.combining([.passed(), .failed("no")])
    XCTAssertEqual([half.fraction, half.status == .partial ? 1 : 0], [0.5, 1])
    XCTAssertEqual(half.message, "no")
    let most = Verdict.combining(
      [.passed(), .failed("no"), .partial(0.5, "half")], weights: [2, 1, 1])
    XCTAssertEqual(most.fraction, 2.5 / 4)
    XCTAssertEqual(Verdict.combining([.invalid("NaN"), .failed("no")]).status, .invalid)
  }

  func testMessagesCarryNoControlCharacters() {
    let verdict = Verdict.failed("a\u{1B}[31mb\u{7}\nc", detail: "\u{202E}d")
    XCTAssertEqual(verdict.message, "ab c")
    XCTAssertEqual(verdict.detail, "d")
    XCTAssertEqual(Verdict.failed(String(repeating: "x", count: 9_999)).message.count, 2_001)
  }
}
