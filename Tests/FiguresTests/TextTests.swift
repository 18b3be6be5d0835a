import Figures
import Foundation
import XCTest

final class TextTests: XCTestCase {
  private func shown(_ token: String) -> String {
    VisibleText.token(token, style: .label, maximumWidth: 100)
  }

  func testTokensThatCannotBeSeenAreMadeVisible() {
    for (token, expected) in [
      ("dog", "dog"), ("", "∅"), (" ", "␣"), (" a b ", "␣a b␣"), ("▁The", "␣The"),
      ("a\nb\t", "a↵b⇥"), ("\u{1B}[31m", "‹U+001B›[31m"), ("\u{0}", "‹U+0000›"),
      ("\u{7F}", "‹U+007F›"),
      ("\u{9B}", "‹U+009B›"), ("\u{200D}", "‹U+200D›"), ("\u{202E}x", "‹U+202E›x"),
      ("\u{FEFF}", "‹U+FEFF›"), ("e\u{301}", "é"), ("</s>", "</s>"), ("Ġdog", "Ġdog"),
      ("\r\n", "‹U+000D›↵"),
    ] {
      XCTAssertEqual(shown(token), expected)
    }
  }

  func testLongTokensAreCutToTheirWidth() {
    let long = shown(String(repeating: "abc", count: 400_000))
    XCTAssertTrue(long.hasPrefix("abcabc") && long.hasSuffix("…"))
    XCTAssertLessThanOrEqual(TextStyle.label.width(of: long), 100)
    // One letter more would not have fitted.
    XCTAssertGreaterThan(TextStyle.label.width(of: long + "a"), 100)
  }

  func testTitlesAreBrokenBetweenWords() {
    let title = "one two three four five six seven"
    let block = TextBlock(title, style: .title, width: 80)
    XCTAssertGreaterThan(block.lines.count, 2)
    XCTAssertEqual(block.lines.joined(separator: " "), title)
    XCTAssertLessThanOrEqual(block.width, 80)
    XCTAssertEqual(TextBlock("", style: .title, width: 80).height, 0)
  }

  func testRoundTicks() {
    XCTAssertEqual(Numbers.ticks(from: 0, to: 1, about: 5).count, 6)
    XCTAssertEqual(Numbers.labels(for: Numbers.ticks(from: 0, to: 1, about: 5)).last, "1.0")
    XCTAssertEqual(
      Numbers.labels(for: Numbers.ticks(from: -2.9, to: 3.1, about: 6)),
      ["−2", "−1", "0", "1", "2", "3"])
    XCTAssertEqual(
      Numbers.labels(for: Numbers.ticks(from: 0, to: 0.1, about: 4)),
      ["0.00", "0.02", "0.04", "0.06", "0.08", "0.10"])
    XCTAssertEqual(
      Numbers.labels(for: [0, 2e6, 4e6]), ["0", "2e6", "4e6"])
    XCTAssertEqual(Numbers.labels(for: [0, 2e-5]), ["0", "2e−5"])
    XCTAssertEqual(Numbers.labels(for: [0, 0.25, 0.5]), ["0.00", "0.25", "0.50"])
  }

  func testPrintedNumbers() {
    XCTAssertEqual(Numbers.fixed(-0.001, decimals: 2), "0.00")
    XCTAssertEqual(Numbers.fixed(-1.005, decimals: 1), "−1.0")
    XCTAssertEqual(Numbers.fixed(.nan, decimals: 2), "–")
    XCTAssertEqual(Numbers.fixed(-.infinity, decimals: 2), "−∞")
    XCTAssertEqual(Numbers.fixed(12_345_678, decimals: 2), "1.2e7")
  }

  /// y = 1 + 2x with residuals (1, −2, 1): by hand, slope 2, intercept 1, r² = 8 / 14.
  func testLeastSquares() throws {
    let fit = try XCTUnwrap(LeastSquares([0, 1, 2], [2, 1, 6]))
    XCTAssertEqual(fit.slope, 2, accuracy: 1e-12)
    XCTAssertEqual(fit.intercept, 1, accuracy: 1e-12)
    XCTAssertEqual(fit.correlation, (8.0 / 14).squareRoot(), accuracy: 1e-12)
    XCTAssertNil(LeastSquares([1, 1], [0, 5]))
  }
}
