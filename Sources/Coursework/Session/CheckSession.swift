import Answering
package import Foundation

/// One sheet's exercises being checked.
package struct CheckSession: Sendable {
  package let sheet: Sheet
  package let exercises: [Exercise]
  package let checker: ProcessChecker
  /// Where results go; nil for answers that are nobody's, such as a solution's.
  package let progress: ProgressFile?
  package let terminal: Terminal
  /// Whether what the sheet is about is said too.
  package var isWalk = false

  package init(
    sheet: Sheet, exercises: [Exercise], checker: ProcessChecker, progress: ProgressFile?,
    terminal: Terminal
  ) {
    self.sheet = sheet
    self.exercises = exercises
    self.checker = checker
    self.progress = progress
    self.terminal = terminal
  }

  /// Checks, prints and records; whether nothing is wrong.
  package func run(at date: Date = Date()) async -> Bool {
    let page = SheetPage(sheet: sheet, terminal: terminal)
    let isWhole = exercises.count == sheet.exercises.count
    if isWhole { isWalk ? page.printHeader() : page.printTitle() }
    let bar = ProgressBar("Checking", total: exercises.count, unit: "exercises")
    var results: [ExerciseResult] = []
    for exercise in exercises {
      let result = await checker.check(exercise)
      results.append(result)
      bar.clear()
      terminal.print(result, of: exercise)
      bar.advance()
    }
    bar.finish()
    if isWhole { isWalk ? page.printSummary(results) : page.printSum(of: results) }
    progress?.keep(in: terminal) { progress in
      for result in results { progress.record(result, at: date) }
    }
    return results.allSatisfy { $0.isSettled || $0.status == .unanswered }
  }
}

extension ProgressFile {
  /// Changes what is known of a student's progress; what goes wrong is said and stops nothing.
  func keep(in terminal: Terminal, _ change: (inout CourseProgress) -> Void) {
    do {
      if let notice = try update(change) {
        terminal.print("Note: \(printable(notice))", style: .yellow)
      }
    } catch {
      terminal.print("Note: \(printable("\(error)"))", style: .yellow)
    }
  }
}
