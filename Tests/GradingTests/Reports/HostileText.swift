import Coursework
import CourseworkFixture
import Foundation

@testable import Grading

/// What a student might call a folder, a file or an answer to reach a browser, a terminal or a
/// spreadsheet of the instructor's.
enum HostileText {
  static let script = "</p><script>alert(1)</script><img src=x onerror=\"alert('2')\">"
  static let attribute = "\" onmouseover=\"alert(3)\" x='"
  static let escape = "\u{1B}[2J\u{1B}]0;title\u{07}\u{9B}31mred\u{0}\u{8}\u{7F}"
  static let forbidden = "\u{FFFE}\u{FFFF}\u{B}\u{C}\u{1F}"
  static let direction = "\u{202E}txt.exe\u{2066}"
  static let entity = "&amp; &#x3c;b&#x3e; <![CDATA[ ]]> <!-- --> <?php ?>"
  static let invalid = String(decoding: [0x61, 0xFF, 0xFE, 0xC3, 0x28, 0x62], as: UTF8.self)
  static let formulas = [
    "=HYPERLINK(\"http://example.org\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1",
    "＝1", "'=1",
  ]
  static let all =
    [script, attribute, escape, forbidden, direction, entity, invalid] + formulas

  /// Everything at once.
  static let everything = all.joined(separator: " · ")
}

/// Results as the grader makes them, of the practice sheet.
enum Sample {
  static let date = Date(timeIntervalSince1970: 1_800_000_000)

  static func result(
    _ student: String, points: [Double] = [3, 1.5], text: String? = "It swaps rows and columns.",
    say: String = "wrong in row 2", lateness: Lateness? = nil
  ) -> SubmissionResult {
    let coding = zip([transposeExercise, doubleExercise], points).map { exercise, points in
      let isRight = points == Double(exercise.points)
      let status: Verdict.Status = isRight ? .passed : points > 0 ? .partial : .failed
      return ExerciseOutcome(
        id: exercise.id, title: exercise.title, points: points, maxPoints: exercise.points,
        status: status, message: isRight ? "right in all 2 cases" : say,
        publicPart: PartOutcome(
          points: 3, status: .passed, message: "right in all 2 cases", rightCases: 2, caseCount: 2),
        hiddenPart: PartOutcome(
          points: points, status: status, message: say, detail: "the key is 4711",
          rightCases: isRight ? 2 : 1, caseCount: 2),
        seconds: 0.25)
    }
    let open = ExerciseOutcome(
      id: "9.3", title: "In words", points: 0, maxPoints: 2,
      status: text == nil ? .unanswered : .collected,
      message: text == nil ? "not answered yet" : "collected for the instructor", isOpen: true,
      text: text)
    var result = SubmissionResult(
      student: student, sheet: 9, status: .graded, message: "graded", points: 0, maxPoints: 8,
      sandbox: .bubblewrap, seed: "5eed", exercises: coding + [open],
      durations: Durations(collect: 0.1, compile: 2, run: 1, verify: 0.4), lateness: lateness,
      submission: "digest of \(student.utf8.count)", grader: "1", gradedAt: date)
    result = result.marked(by: MarkSheet())
    return result
  }

  /// A folder of grades; folders are named by number, for a name may hold anything.
  static func book(_ results: [SubmissionResult], in folder: URL) throws -> GradeBook {
    for (index, result) in results.enumerated() {
      let place = folder.appending(path: "\(100 + index)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try result.encoded().write(to: place.appending(path: "result.json"))
    }
    return GradeBook(directory: folder, sheets: [practiceSheet])
  }
}

extension MarkSheet {
  init() { self.init(marks: [:]) }
  init(marks: [String: Mark]) {
    self = try! MarkSheet(inFolder: URL(filePath: "/nowhere"))
    self.marks = marks
  }
}
