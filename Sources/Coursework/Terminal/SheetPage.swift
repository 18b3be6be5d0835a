/// A sheet as it is read in the terminal.
struct SheetPage {
  let sheet: Sheet
  let terminal: Terminal

  func printTitle() {
    terminal.print("Sheet \(sheet.number) · \(sheet.title)", style: .bold)
  }

  func printHeader() {
    printTitle()
    terminal.print(sheet.summary)
    terminal.print()
    terminal.print("You will learn to", style: .bold)
    for goal in sheet.goals { terminal.print(goal, lead: "  • ") }
    terminal.print()
    terminal.print("Exercises", style: .bold)
  }

  func printSum(of results: [ExerciseResult]) {
    let automatic = sheet.points - sheet.openPoints
    let earned = results.reduce(0) { $0 + $1.points }
    let byHand =
      sheet.openPoints > 0
      ? "; your instructor gives up to \(sheet.openPoints) more by hand" : ""
    terminal.print("\(pointsText(earned)) of \(automatic) points\(byHand)", style: .bold)
  }

  func printSummary(_ results: [ExerciseResult]) {
    terminal.print()
    printSum(of: results)
    let next = zip(sheet.exercises, results).first { !$1.isSettled }?.0
    if let next {
      terminal.print(
        "Next: \(next.id) \(next.title). A hint: swift run \(sheet.program) hint \(next.id)")
    } else {
      terminal.print("Every public check passed; the grade comes from other questions like these.")
    }
  }
}

/// Points in halves, without a needless `.0`.
package func pointsText(_ points: Double) -> String {
  points == points.rounded() ? "\(Int(points))" : "\(points)"
}
