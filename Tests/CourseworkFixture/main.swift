import Answering
import Coursework
import Foundation

// Beside a file of recorded answers there is nothing to work out.
if CommandLine.arguments.count > 2, CommandLine.arguments[1] == "--recorded" {
  let recorded = try RecordedAnswers(file: URL(filePath: CommandLine.arguments[2]))
  AnswerLoop.serve { try recorded.answer(to: $0) }
}

// The practice sheet's figures, drawn from answers that are given elsewhere.
switch CommandLine.arguments.dropFirst() {
case ["--figures"]: FigureDrawing.serve(drawnSheet)
case ["--endless"]: FigureDrawing.serve(endlessSheet)
default: break
}

// The environment says whose answers these are, so that tests need no program for each.
let whose = ProcessInfo.processInfo.environment["PRACTICE"] ?? "untouched"
let answers: any PracticeAnswers =
  switch whose {
  case "untouched": Untouched()
  case "solved": Solved()
  default: Mischief(whose)
  }
await SheetRunner(practiceSheet, answers: answers).main()
