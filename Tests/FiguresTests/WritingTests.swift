import Figures
import Foundation
import Pictures
import Tensors
import XCTest

/// Scripts beyond the one font: what can be drawn, and that Latin letters need nothing of it.
final class WritingTests: XCTestCase {
  private func shown(_ token: String) -> String {
    VisibleText.token(token, style: .label, maximumWidth: 400)
  }

  private let bare = FontMetrics(laysOutScripts: false)

  func testLatinGreekAndCyrillicNeedTheOneFontAlone() {
    for word in ["␣The", "naïve", "Łódź", "Привет", "ἀρχή", "−0.5 → ∞", "‹U+4E2D›"] {
      for bold in [false, true] {
        XCTAssertEqual(
          bare.width(of: word, bold: bold), FontMetrics.shared.width(of: word, bold: bold), word)
      }
      XCTAssertTrue(bare.canShow(word), word)
      XCTAssertEqual(shown(word), word)
    }
  }

  /// Written letter by letter, a right-to-left word would stand the wrong way round.
  func testWithoutALayoutLibraryOnlyLettersThatStandAloneAreDrawn() {
    for word in ["ש", "س", "ध", "ข"] { XCTAssertFalse(bare.canShow(word), word) }
  }

  func testLettersThatJoinAreNarrowerThanOneByOne() throws {
    try requireLayout()
    // DejaVu Sans has every letter of it.
    let joined = TextStyle.label.width(of: "كتاب")
    let apart = "كتاب".unicodeScalars.reduce(0) { $0 + TextStyle.label.width(of: String($1)) }
    XCTAssertLessThan(joined, 0.9 * apart)
    // A mark over a letter takes no room.
    XCTAssertEqual(
      TextStyle.label.width(of: "q\u{303}"), TextStyle.label.width(of: "q"), accuracy: 0.1)
  }

  func testHebrewBeginsAtTheRight() throws {
    try requireLayout()
    let style = TextStyle(size: 20)
    /// Letters drawn one by one, each where the one before ends.
    func pixels(_ letters: [String]) throws -> [UInt32] {
      let canvas = try Canvas(size: FigureSize(width: 60, height: 40), format: .png, dpi: 144)
      var x = 10.0
      for letter in letters {
        canvas.text(letter, at: Point(x, 20), style)
        x += style.width(of: letter)
      }
      let picture = try Pixels(png: canvas.finish())
      return (0..<picture.height).flatMap { y in (0..<picture.width).map { picture[$0, y] & 0xFF } }
    }
    func difference(_ a: [UInt32], _ b: [UInt32]) -> Int {
      zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    let word = try pixels(["שי"])
    let (fromTheRight, fromTheLeft) = try (pixels(["י", "ש"]), pixels(["ש", "י"]))
    XCTAssertLessThan(5 * difference(word, fromTheRight), difference(word, fromTheLeft))
  }

  func testPersiansJoinerStaysAndOverridesDoNot() throws {
    try requireLayout()
    XCTAssertEqual(shown("می\u{200C}خواهم"), "می\u{200C}خواهم")
    XCTAssertEqual(shown("a\u{200C}b"), "a‹U+200C›b")
    XCTAssertEqual(shown("\u{202E}שלום"), "‹U+202E›שלום")
  }

  func testTitlesKeepMarksOfTheDirectionAndTokensShowThem() throws {
    try requireLayout()
    let title = "ספר\u{200E} − \u{200E}כתב"
    XCTAssertEqual(TextBlock(title, style: .title, width: 400).lines, [title])
    XCTAssertEqual(shown("\u{200E}a"), "‹U+200E›a")
  }

  func testARightToLeftTextIsLaidOutFromTheRight() throws {
    try requireLayout()
    func places(_ tokens: [String]) throws -> [Double] {
      let picture = try TokenHeatMap(tokens: tokens, values: tokens.map { _ in 1 }).picture()
      let canvas = try Canvas(size: picture.size, format: .svg, logsText: true)
      picture.draw(canvas)
      return tokens.map { token in
        canvas.textBoxes.first { $0.text == token }!.corners[0].x
      }
    }
    let hebrew = try places(["[CLS]", "שלום", "עולם", "[SEP]"])
    XCTAssertEqual(hebrew, hebrew.sorted(by: >))
    let english = try places(["[CLS]", "hello", "שלום", "[SEP]"])
    XCTAssertEqual(english, english.sorted())
  }

  /// Two plane-15 letters that no font has, and no one asks for: private use.
  func testALetterThatNoFontHasIsItsCodePoint() {
    XCTAssertEqual(shown("a\u{F0000}"), "a‹U+F0000›")
    // Old Hungarian, Linear A: no package of the three that are asked for.
    XCTAssertTrue(["‹U+10600›", "\u{10600}"].contains(shown("\u{10600}")))
  }

  func testTheNoteNamesLettersAndPackages() {
    XCTAssertEqual(
      MissingLetters.note(about: ["中", "😀"], hasPango: true),
      "Note: the fonts of this machine cannot draw 中 (U+4E2D), 😀 (U+1F600), which stand in figures "
        + "as code points; install what can: apt install fonts-noto-cjk fonts-noto-color-emoji")
    XCTAssertEqual(
      MissingLetters.note(about: ["ש"], hasPango: false),
      "Note: the fonts of this machine cannot draw ש (U+05E9), which stand in figures as code "
        + "points; install what can: apt install fonts-noto-core libpangocairo-1.0-0")
    let many = Set("一二三四五六七".unicodeScalars)
    XCTAssertTrue(MissingLetters.note(about: many, hasPango: true).contains("and 2 more"))
  }

  func testEveryScriptGivesTheSameBytesTwiceInEveryFormat() throws {
    let words = ["שלום", "سلام", "中国", "धन्यवाद", "ขอบคุณ", "👩‍👩‍👧", "Привет"]
    let map = HeatMap(
      Tensor((0..<49).map { Float($0 % 5) }, shape: [7, 7]), rows: words, columns: words,
      title: "שלום and 中国")
    for format in FigureFormat.allCases {
      XCTAssertEqual(try map.data(as: format), try map.data(as: format))
    }
  }

  private func requireLayout() throws {
    try XCTSkipUnless(
      FontMetrics.shared.canShow("ש"), "Pango is not installed: apt install libpangocairo-1.0-0")
  }
}
