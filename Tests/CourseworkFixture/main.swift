import Coursework
import Foundation

// The environment says whose answers these are, so that tests need no program for each.
let whose = ProcessInfo.processInfo.environment["PRACTICE"] ?? "untouched"
let answers: any PracticeAnswers =
  switch whose {
  case "untouched": Untouched()
  case "solved": Solved()
  default: Mischief(whose)
  }
await SheetRunner(practiceSheet, answers: answers).main()
