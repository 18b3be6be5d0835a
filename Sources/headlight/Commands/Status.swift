import Answering
import ArgumentParser
import Coursework
import Curriculum

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show every sheet and exercise, and how far you have come.",
    discussion: """
      Shows what the last check found; it checks nothing itself (see: headlight check).

      --json prints one object. `sheets` lists number, title, points, openPoints (those the \
      instructor gives by hand), earnedPoints and exercises. An exercise has id, title, kind \
      (coding or open), points, difficulty and importance (1 to 5), minutes, state (unanswered, \
      passed, partial, failed, crashed, timedOut, invalid or collected), bestPoints, hints, \
      hintsUsed, and message, checked and solved (ISO 8601), which are null where nothing is known. \
      Keys are never renamed or left out.
      """)

  @Flag(help: "Print JSON, for programs.")
  var json = false

  func run() throws {
    let loaded = try ProgressFile(package: PackageCheckout.courseFolder()).load()
    if let notice = loaded.notice {
      Terminal.standardError.print("Note: \(printable(notice))", style: .yellow)
    }
    let report = StatusReport(of: Course.sheetsAtHand, loaded.progress)
    if json {
      print(try report.json())
    } else {
      report.print(to: .standardOutput)
    }
  }
}
