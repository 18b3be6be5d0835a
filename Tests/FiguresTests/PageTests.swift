import Foundation
import Tensors
import XCTest

@testable import Figures

/// What pages are made of.
final class PageTests: XCTestCase {
  /// The number that three letters stand for, as the page's script reads them.
  private func decoded(_ bytes: [UInt8]) -> Double {
    let base = AttentionCode.letters.count
    let code = bytes.reduce(0) { $0 * base + AttentionCode.letters.firstIndex(of: $1)! }
    guard code > 0 else { return 0 }
    let place = (code - 1) / 90_000
    return Double((code - 1) % 90_000 + 10_000) * pow(10, Double(-4 - place))
  }

  func testNumbersKeepFiveDigits() {
    let edges: [Float] = [
      1, 1.001, 0.999_99, 0.999_995, 0.999_996, 0.1, 0.099_999_5, 1.000_01e-6, 0.5, 0.123_456,
    ]
    var generator = SeededGenerator(seed: 3)
    let others = (0..<2000).map { _ in
      Float(pow(10, Double.random(in: -6...0, using: &generator)))
    }
    for value in edges + others {
      var bytes: [UInt8] = []
      AttentionCode.append(value, to: &bytes)
      XCTAssertEqual(bytes.count, 3)
      XCTAssertEqual(
        decoded(bytes), Double(value), accuracy: 0.500_1e-4 * Double(value), "\(value)")
    }
    for small: Float in [0, 1e-9, 9e-7] {
      var bytes: [UInt8] = []
      AttentionCode.append(small, to: &bytes)
      XCTAssertEqual(decoded(bytes), 0)
    }
    // No letter means something in HTML, in JSON or in a script.
    for letter in "\"&'<>\\ ".utf8 { XCTAssertFalse(AttentionCode.letters.contains(letter)) }
    XCTAssertGreaterThan(Int(pow(Double(AttentionCode.letters.count), 3)), 630_000)
  }

  func testTextStandsOutFromEveryGround() {
    func contrast(_ a: Colour, _ b: Colour) -> Double {
      let (light, dark) = (max(a.luminance, b.luminance), min(a.luminance, b.luminance))
      return (light + 0.05) / (dark + 0.05)
    }
    XCTAssertEqual(contrast(.white, Colour(hex: 0)), 21, accuracy: 1e-9)
    // The grey that just passes on white, from the examples of WCAG 2.
    XCTAssertEqual(contrast(.white, Colour(hex: 0x767676)), 4.54, accuracy: 0.005)
    for step in -200...200 {
      let value = Double(step) / 200
      for ground in [
        ColourScale.diverging.colour(at: value), ColourScale.sequential.colour(at: value),
      ] {
        XCTAssertGreaterThanOrEqual(contrast(ground, ground.readableInk), 4.5, "\(value)")
      }
    }
  }

  func testTokensShowWhatCannotBeSeen() {
    for (token, shown) in [
      ("▁dog", "␣dog"), (" dog ", "␣dog␣"), ("a b", "a b"), ("", "∅"), ("\n\t", "↵⇥"),
      ("\u{202E}evil", "‹U+202E›evil"), ("\u{301}", "◌\u{301}"), ("e\u{301}", "e\u{301}"),
      ("<\u{338}", "<\u{338}"), ("عربى", "عربى"), ("👩‍👧", "👩‍👧"), ("\u{0}", "‹U+0000›"),
      ("\u{2028}", "‹U+2028›"),
    ] {
      XCTAssertTrue(
        VisibleText.onPage(token).unicodeScalars.elementsEqual(shown.unicodeScalars),
        VisibleText.onPage(token))
    }
  }

  func testJSONInAPageEndsNoElement() throws {
    let texts = [
      "</script>", "<!--\u{301}", "<\u{338}/script>", "a&b", "\u{2028}", "\"\\", "\u{0}",
    ]
    let text = try HTMLPage.json(texts)
    for scalar in "<>&\u{2028}".unicodeScalars {
      XCTAssertFalse(text.unicodeScalars.contains(scalar))
    }
    XCTAssertEqual(try JSONDecoder().decode([String].self, from: Data(text.utf8)), texts)
  }

  func testNumbersOfPages() {
    for (value, text) in [
      (0.0, "0"), (0.25, "0.2500"), (-1.5, "−1.500"), (1234.56, "1235"), (4e-5, "4.000e−5"),
      (.nan, "no value"), (-.infinity, "−∞"), (2_500_000, "2.500e6"), (0.012_345, "0.01235"),
    ] {
      XCTAssertEqual(Numbers.significant(value), text)
    }
  }
}
