import CourseworkFixture
import Foundation
import XCTest

@testable import Coursework

final class SheetRunnerTests: XCTestCase {
  private func walk(
    _ whose: String, _ sheet: Sheet = practiceSheet, in folder: URL,
    keepsProgress: Bool = true, exercises: [String]? = nil
  ) async -> (code: Int32, text: String) {
    let recorder = Recorder()
    let runner = SheetRunner(
      sheet, answers: Untouched(), keepsProgress: keepsProgress)
    let chosen = exercises.map { ids in sheet.exercises.filter { ids.contains($0.id) } }
    let code = await runner.walk(
      chosen ?? sheet.exercises, drawsFigures: exercises == nil,
      command: practiceProgram(whose), package: folder, terminal: recorder.terminal(width: 60))
    return (code, recorder.text)
  }

  func testAnUntouchedSheet() async throws {
    let folder = try temporaryFolder()
    let (code, text) = await walk("untouched", in: folder)
    XCTAssertEqual(
      text,
      """
      Sheet 9 · Practice
      A sheet to practise on, with little to learn.

      You will learn to
        • transpose a matrix
        • double numbers

      Exercises
      ○ 9.1 Transpose a matrix (0 of 3)
            not answered yet: about 10 minutes, difficulty 2 of 5
      ○ 9.2 Double the numbers (0 of 3)
            not answered yet: about 5 minutes, difficulty 1 of 5
      ○ 9.3 In words (0 of 2)
            not answered yet: about 10 minutes, difficulty 2 of 5

      0 of 6 points; your instructor gives up to 2 more by hand
      Next: 9.1 Transpose a matrix. A hint: swift run Sheet9 hint
      9.1

      Figures
      ✓ Figures/9-Practice/1-numbers.txt: the numbers one to three
      ○ Figures/9-Practice/2-doubled.txt waits for an answer of
        yours

      """)
    XCTAssertEqual(code, 0)
    XCTAssertFalse(FileManager.default.fileExists(atPath: ProgressFile(package: folder).url.path))
  }

  func testASolvedSheet() async throws {
    let folder = try temporaryFolder()
    let (code, text) = await walk("solved", in: folder)
    XCTAssertEqual(
      text.components(separatedBy: "Exercises\n").last,
      """
      ✓ 9.1 Transpose a matrix (3 of 3)
            right in all 2 cases
            Rows became columns.
      ✓ 9.2 Double the numbers (3 of 3)
            right in all 4 cases
            Doubling is linear.
      ✓ 9.3 In words (2 by hand)
            collected for the instructor
            There are many good answers.

      6 of 6 points; your instructor gives up to 2 more by hand
      Every public check passed; the grade comes from other
      questions like these.

      Figures
      ✓ Figures/9-Practice/1-numbers.txt: the numbers one to three
      ✓ Figures/9-Practice/2-doubled.txt: what you make of them

      """)
    XCTAssertEqual(code, 0)
    let figures = folder.appending(path: "Figures/9-Practice")
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: figures.path).sorted(),
      ["1-numbers.txt", "2-doubled.txt"])
    XCTAssertEqual(
      try String(contentsOf: figures.appending(path: "2-doubled.txt"), encoding: .utf8),
      "[2, 4, 6]\n")
    let progress = try ProgressFile(package: folder).load().progress
    XCTAssertEqual(progress["9.1"].bestPoints, 3)
    XCTAssertEqual(progress["9.3"].last?.text, "It swaps rows and columns.")
  }

  func testTrapsAreReportedAndNothingElseSuffers() async throws {
    let folder = try temporaryFolder()
    let (code, text) = await walk("nil", in: folder)
    XCTAssertEqual(
      text.components(separatedBy: "Exercises\n").last?
        .replacing(/-?[0-9]+\.[0-9]{3,}/, with: "NUMBER"),
      """
      ✗ 9.1 Transpose a matrix (0 of 3)
            a square matrix: the transpose is transposed: row and
            column are swapped (0 of 2 cases right); at row 0,
            column 2 the transpose is NUMBER and should be
            NUMBER
      ◐ 9.2 Double the numbers (2 of 3)
            3 numbers: your code stopped with a trap: a nil was
            unwrapped (3 of 4 cases right); the last line it
            wrote: CourseworkFixture/Mischief.swift:27: Fatal
            error: Unexpectedly found nil while unwrapping an
            Optional value
      ✓ 9.3 In words (2 by hand)
            collected for the instructor
            There are many good answers.

      2 of 6 points; your instructor gives up to 2 more by hand
      Next: 9.1 Transpose a matrix. A hint: swift run Sheet9 hint
      9.1

      Figures
      ✓ Figures/9-Practice/1-numbers.txt: the numbers one to three
      ✗ Figures/9-Practice/2-doubled.txt was not drawn: your code
        stopped with a trap: a nil was unwrapped; the last line it
        wrote: CourseworkFixture/Mischief.swift:27: Fatal error:
        Unexpectedly found nil while unwrapping an Optional value

      """)
    XCTAssertEqual(code, 1)
  }

  func testAFigureThatCannotBeDrawnLeavesTheOthers() async throws {
    let folder = try temporaryFolder()
    for (deed, reason) in [
      ("throws", "no luck with [1, 2, 3]"), ("exit", "with exit code 0"),
      ("index", "an index was out of range"),
    ] {
      let (code, text) = await walk(deed, in: folder, keepsProgress: false)
      let figures =
        text.components(separatedBy: "Figures\n").last?
        .replacingOccurrences(of: "\n  ", with: " ") ?? ""
      XCTAssertTrue(figures.hasPrefix("✓ Figures/9-Practice/1-numbers.txt"), figures)
      XCTAssertTrue(
        figures.contains("✗ Figures/9-Practice/2-doubled.txt was not drawn: "), figures)
      XCTAssertTrue(figures.contains(reason), figures)
      XCTAssertEqual(code, 1)
      XCTAssertEqual(
        try FileManager.default.contentsOfDirectory(
          atPath: folder.appending(path: "Figures/9-Practice").path), ["1-numbers.txt"])
    }
  }

  func testAFigureFolderThatCannotBeMadeIsOneSentence() async throws {
    let folder = try temporaryFolder()
    try Data().write(to: folder.appending(path: "Figures"))
    let (code, text) = await walk("solved", in: folder)
    XCTAssertEqual(code, 1)
    XCTAssertTrue(text.contains("could not be made"), text)
  }

  func testChosenExercisesAloneAreChecked() async throws {
    let (code, text) = await walk("solved", in: try temporaryFolder(), exercises: ["9.2"])
    XCTAssertEqual(
      text,
      """
      ✓ 9.2 Double the numbers (3 of 3)
            right in all 4 cases
            Doubling is linear.

      """)
    XCTAssertEqual(code, 0)
  }

  func testFiguresOfAnotherModelHaveAFolderOfTheirOwn() async throws {
    let folder = try temporaryFolder()
    let recorder = Recorder()
    let runner = SheetRunner(
      practiceSheet, answers: Untouched(), keepsProgress: false)
    let code = await runner.walk(
      practiceSheet.exercises, drawsFigures: true,
      model: FigureModel(value: "ada/tiny", name: "tiny"), command: practiceProgram("solved"),
      package: folder, terminal: recorder.terminal(width: 100))
    XCTAssertEqual(
      recorder.text.components(separatedBy: "Figures\n").last,
      """
      ✓ Figures/9-Practice/tiny/1-numbers.txt: the numbers one to three
      ✓ Figures/9-Practice/tiny/2-doubled.txt: what you make of them

      """)
    XCTAssertEqual(code, 0)
    let figure = folder.appending(path: "Figures/9-Practice/tiny/1-numbers.txt")
    XCTAssertEqual(try String(contentsOf: figure, encoding: .utf8), "ada/tiny\n")
  }

  func testASheetOfItsOwnModelAloneRefusesAnother() {
    let sheet = Sheet(
      number: 9, title: "Practice", summary: "", goals: [], asks: PracticeAsks.self, exercises: [],
      otherModels: "headlight lens draws the like of any")
    XCTAssertThrowsError(
      try SheetRunner.Request(["--model", "ada/tiny"], sheet: sheet)
    ) {
      XCTAssertEqual(
        "\($0)",
        "the figures of sheet 9 are of its own model alone; headlight lens draws the like of any")
    }
  }

  func testASolutionKeepsNoProgress() async throws {
    let folder = try temporaryFolder()
    _ = await walk("solved", in: folder, keepsProgress: false)
    XCTAssertFalse(FileManager.default.fileExists(atPath: ProgressFile(package: folder).url.path))
  }

  func testTheCommandLineIsExplained() throws {
    let usage = """
      Usage: swift run Sheet9 [EXERCISE …] [--no-figures] [--model MODEL]
      Or: swift run Sheet9 hint EXERCISE [--all] | watch | status

      Without arguments: checks every exercise of “Practice” and draws its figures.
      With exercises, as in 9.1: checks those alone.
      hint shows the next hint, watch checks whenever you save, status shows how far you are.
      With --model, a directory or OWNER/NAME on the hub: draws the figures of that model, in a folder of
      its own; what is checked stays with the sheet's.

      """
    let cases: [([String], Int32, String)] = [
      (["--help"], 0, ""),
      (["--frobnicate"], 64, "there is no option --frobnicate\n"),
      (["9.7"], 64, "sheet 9 has no exercise 9.7; it has 9.1, 9.2, 9.3\n"),
      (["--model"], 64, "--model needs a directory, or OWNER/NAME of a model on the hub\n"),
      (["--model", "x"], 64, "there is no model x\n"),
      (
        ["9.1", "--model", "ada/tiny"], 64,
        "--model says what figures are drawn of, and none are to be drawn\n"
      ),
      (["--answer", "9.1"], 64, "--answer stands alone: every question says what it is about\n"),
    ]
    for (arguments, code, sentence) in cases {
      let process = Process()
      let pipe = Pipe()
      let command = practiceProgram("untouched") + arguments
      process.executableURL = URL(filePath: command[0])
      process.arguments = Array(command.dropFirst())
      process.standardOutput = code == 0 ? pipe : Pipe()
      process.standardError = code == 0 ? Pipe() : pipe
      process.environment = ["COLUMNS": "100"]
      try process.run()
      let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      XCTAssertEqual(process.terminationStatus, code, "\(arguments)")
      XCTAssertEqual(String(decoding: data, as: UTF8.self), sentence + usage, "\(arguments)")
    }
  }
}
