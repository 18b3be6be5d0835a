import Answering
import ArgumentParser
import Coursework
import Foundation
import Grading

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the reports of a graded class again, with the marks given by hand.",
    discussion: """
      `headlight grade` ends with this; run it again when answers in words are marked. Open \
      marking.html, fill in the points in marks.csv, and run this with the folder of grades: \
      points and comments go into the results and into every report.

      A student's folder gets feedback.html, gradescope.json, classroom50.json and junit.xml; the \
      class gets summary.html, grades.csv, canvas.csv, marking.html, marks.csv, and the folder \
      jplag with the submissions laid out for JPlag.
      """)

  @Argument(help: ArgumentHelp("The folder that `grade` wrote to.", valueName: "grades"))
  var grades: String
  @Option(
    help: ArgumentHelp(
      "A filled-in copy of marks.csv that lies elsewhere.", valueName: "marks.csv"))
  var marks: String?

  func run() throws {
    let book = GradeBook(
      directory: URL(filePath: grades, directoryHint: .isDirectory),
      course: PackageCheckout.courseFolder())
    let reading = try marks.map { try book.readMarks(from: URL(filePath: $0)) }
    var summary = try book.writeReports()
    summary.notes = (reading?.notes ?? []) + summary.notes
    summary.print(of: grades, to: .standardOutput)
    let isIncomplete = summary.notes.contains { $0.hasPrefix("marks.csv was") }
    if isIncomplete || reading?.areComplete == false { throw ExitCode(1) }
  }
}

extension GradeBook.Summary {
  /// Says what was written and what needs a look.
  func print(of folder: String, to terminal: Terminal) {
    for note in notes {
      terminal.print("Note: \(printable(note, keepingLines: true))", style: .yellow)
    }
    let marking =
      toMark == 0
      ? ""
      : " \(toMark) \(toMark == 1 ? "answer waits" : "answers wait") for marks: see marking.html."
    terminal.print(
      "Reports of \(students) \(students == 1 ? "student" : "students") are in "
        + "\(printable(folder)); begin with summary.html.\(marking)")
  }
}
