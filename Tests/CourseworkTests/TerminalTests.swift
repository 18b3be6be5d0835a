import Answering
import Coursework
import Synchronization
import XCTest

final class TerminalTests: XCTestCase {
  func testLinesFitTheWidthAndLoseNothing() {
    let text = "The quick brown fox, internationalisation, and a\nsecond line"
    XCTAssertEqual(
      wrapped(text, width: 12),
      ["The quick", "brown fox,", "internationa", "lisation,", "and a", "second line"])
    XCTAssertEqual(wrapped("", width: 10), [""])
    XCTAssertEqual(wrapped("a\n\nb", width: 10), ["a", "", "b"])
  }

  func testWideCharactersTakeTwoColumns() {
    XCTAssertEqual(columns("漢字"), 4)
    XCTAssertEqual(columns("e\u{301}a"), 2)
    XCTAssertEqual(columns("🙂"), 2)
    XCTAssertEqual(wrapped("漢字漢字", width: 5), ["漢字", "漢字"])
  }

  func testControlCharactersAreStripped() {
    XCTAssertEqual(printable("a\u{1B}[31;1mb\u{1B}[0mc"), "abc")
    XCTAssertEqual(printable("a\u{1B}]0;title\u{7}b"), "a0;titleb")
    XCTAssertEqual(printable("a\r\nb\tc\u{0}\u{9B}d"), "a b cd")
    XCTAssertEqual(printable("a\nb", keepingLines: true), "a\nb")
    XCTAssertEqual(printable("abc\u{202E}fed\u{2066}"), "abcfed")
    XCTAssertEqual(printable("\u{1B}"), "")
    XCTAssertEqual(printable("\u{1B}["), "")
    XCTAssertEqual(printable("héé 漢"), "héé 漢")
  }

  func testLongTextIsCut() {
    XCTAssertEqual(printable(String(repeating: "x", count: 9), limit: 5), "xxxxx…")
    XCTAssertEqual(printable(String(repeating: "x", count: 5), limit: 5), "xxxxx")
    let pile = "e" + String(repeating: "\u{301}", count: 100_000)
    XCTAssertLessThan(printable(pile, limit: 100).unicodeScalars.count, 402)
  }

  func testStylesOnlyWhereWanted() {
    let plain = Recorder()
    plain.terminal().print("text", lead: "• ", leadStyle: .green, style: .bold)
    XCTAssertEqual(plain.text, "• text\n")
    let coloured = Recorder()
    coloured.terminal(hasColours: true).print("text", lead: "• ", leadStyle: .green, style: .bold)
    XCTAssertEqual(coloured.text, "\u{1B}[32m• \u{1B}[0m\u{1B}[1mtext\u{1B}[0m\n")
  }

  func testContinuedLinesAreIndentedBelowTheFirst() {
    let recorder = Recorder()
    recorder.terminal(width: 20).print("one two three four five", lead: "  • ")
    XCTAssertEqual(recorder.text, "  • one two three\n    four five\n")
  }

  func testTheWidthIsBounded() {
    XCTAssertEqual(Recorder().terminal(width: 500).width, 100)
    XCTAssertEqual(Recorder().terminal(width: 1).width, 20)
  }

  func testDurationsAreForPeople() {
    XCTAssertEqual(
      [0, 8.26, 12.4, 59.6, 125, 12_000, .infinity].map { durationText($0) },
      ["0.0 s", "8.3 s", "12 s", "1 min 0 s", "2 min 5 s", "3 h 20 min", "very long"])
  }
}

final class ProgressBarTests: XCTestCase {
  /// A clock that is set by hand.
  private final class Clock: Sendable {
    private let start = ContinuousClock.now
    private let seconds = Mutex(0.0)
    func set(_ value: Double) { seconds.withLock { $0 = value } }
    var now: ContinuousClock.Instant { start + .seconds(seconds.withLock { $0 }) }
  }

  func testNothingIsShownForWhatIsQuick() {
    let (clock, recorder) = (Clock(), Recorder())
    let bar = ProgressBar("Drawing", total: 10, terminal: recorder.terminal()) { clock.now }
    for step in 1...10 {
      clock.set(Double(step) * 0.19)
      bar.advance()
    }
    bar.finish()
    XCTAssertEqual(recorder.text, "")
  }

  func testPlainLinesTellRateAndTimeLeft() {
    let (clock, recorder) = (Clock(), Recorder())
    let bar = ProgressBar("Training", total: 100, terminal: recorder.terminal()) { clock.now }
    for step in 1...100 {
      clock.set(Double(step) / 4)
      bar.advance(note: "loss \(step)")
    }
    bar.finish()
    XCTAssertEqual(
      recorder.text,
      """
      Training: 8 of 100 steps (8 %), 4.0 steps/s, 23 s left, loss 8
      Training: 18 of 100 steps (18 %), 4.0 steps/s, 21 s left, loss 18
      Training: 28 of 100 steps (28 %), 4.0 steps/s, 18 s left, loss 28
      Training: 38 of 100 steps (38 %), 4.0 steps/s, 16 s left, loss 38
      Training: 48 of 100 steps (48 %), 4.0 steps/s, 13 s left, loss 48
      Training: 58 of 100 steps (58 %), 4.0 steps/s, 11 s left, loss 58
      Training: 68 of 100 steps (68 %), 4.0 steps/s, 8.0 s left, loss 68
      Training: 78 of 100 steps (78 %), 4.0 steps/s, 5.5 s left, loss 78
      Training: 88 of 100 steps (88 %), 4.0 steps/s, 3.0 s left, loss 88
      Training: 98 of 100 steps (98 %), 4.0 steps/s, 0.5 s left, loss 98
      Training: 100 steps in 25 s

      """)
  }

  func testResumedWorkCountsOnlyItsOwnRate() {
    let (clock, recorder) = (Clock(), Recorder())
    let bar = ProgressBar(
      "Grading", total: 300, startingAt: 290, unit: "students", terminal: recorder.terminal()
    ) { clock.now }
    clock.set(20)
    bar.update(to: 295)
    XCTAssertEqual(
      recorder.text, "Grading: 295 of 300 students (98 %), 4.0 s each, 20 s left\n")
  }

  func testATerminalIsDrawnOverAndCleared() {
    let (clock, recorder) = (Clock(), Recorder())
    let bar = ProgressBar(
      "Go", total: 4, terminal: recorder.terminal(isInteractive: true)
    ) { clock.now }
    clock.set(2)
    bar.advance()
    clock.set(2.05)
    bar.advance()
    bar.clear()
    clock.set(4)
    bar.finish()
    bar.finish()
    XCTAssertEqual(
      recorder.text,
      "\rGo █████░░░░░░░░░░░░░░░ 1 of 4 steps (25 %), 2.0 s each, 6.0 s left\u{1B}[K"
        + "\r\u{1B}[KGo: 2 steps in 4.0 s\n")
  }

  func testNoStepsAtAllAreHarmless() {
    let (clock, recorder) = (Clock(), Recorder())
    let bar = ProgressBar("Nothing", total: 0, terminal: recorder.terminal()) { clock.now }
    clock.set(3)
    bar.update(to: 0)
    bar.finish()
    XCTAssertEqual(
      recorder.text, "Nothing: 0 of 0 steps (0 %)\nNothing: 0 steps in 3.0 s\n")
  }
}
