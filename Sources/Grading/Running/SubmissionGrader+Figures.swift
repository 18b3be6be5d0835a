import Answering
import Coursework
import Foundation

extension SubmissionGrader {
  /// The sheet's figures of the student's answers, and their files.
  ///
  /// The student's program is asked for answers; what they look like is drawn by a process of the
  /// grader's own.
  func drawFigures(
    _ checker: ProcessChecker, by drawer: StandingProcess
  ) async -> (outcomes: [FigureOutcome], pictures: [String: Data]) {
    // No picture shows a larger answer, and the grader keeps them all while it draws.
    var checker = checker
    checker.limits.answerBytes = 4_000_000
    let drawn = await sheet.drawFigures(by: drawer) { requests in
      func ask() async -> [GivenAnswer] { await checker.answers(to: requests, seconds: 60) }
      let answers = await turns.together { await ask() }
      guard answers.contains(where: \.isMachineFault), !Task.isCancelled else { return answers }
      return await turns.alone { await ask() }
    }
    var outcomes: [FigureOutcome] = []
    var files: [String: Data] = [:]
    for (figure, picture) in zip(sheet.figures, drawn) {
      var outcome = FigureOutcome(name: figure.name, caption: figure.caption)
      switch picture {
      case .drawn(let data): files[figure.name] = data
      case .waiting: outcome.missing = "it waits for an answer"
      case .failed(let reason): outcome.missing = printable(reason)
      case .machineFailed(let reason): outcome.missing = "the grader failed: \(printable(reason))"
      }
      outcomes.append(outcome)
    }
    return (outcomes, files)
  }
}
