extension StatusReport {
  /// Prints the report as aligned lines.
  package func print(to terminal: Terminal) {
    for (index, sheet) in sheets.enumerated() {
      if index > 0 { terminal.print() }
      let byHand = sheet.openPoints > 0 ? ", \(sheet.openPoints) of them by hand" : ""
      terminal.write(
        terminal.styled("Sheet \(sheet.number) · \(sheet.title)", .bold)
          + ": \(pointsText(sheet.earnedPoints)) of \(sheet.points) points\(byHand)\n")
      let idWidth = sheet.exercises.map { columns($0.id) }.max() ?? 0
      let titleWidth = sheet.exercises.map { columns($0.title) }.max() ?? 0
      for exercise in sheet.exercises {
        let mark = exercise.state.mark
        let used = exercise.hintsUsed
        let points = "\(pointsText(exercise.bestPoints)) of \(exercise.points)"
        let facts = [
          filled(exercise.id, idWidth), filled(exercise.title, titleWidth),
          filled(exercise.kind == "open" ? "\(exercise.points) by hand" : points, 9),
          "difficulty \(exercise.difficulty)", "importance \(exercise.importance)",
          "\(exercise.minutes) min",
        ]
        terminal.write(
          terminal.styled(mark.sign, mark.style) + " " + facts.joined(separator: "  ")
            + (used == 0 ? "" : "  \(used) of \(exercise.hints) hints seen") + "\n")
      }
    }
    printSum(to: terminal)
  }

  /// Says how far the whole course has come, and where to go on.
  private func printSum(to terminal: Terminal) {
    let exercises = sheets.flatMap(\.exercises)
    let done = exercises.count { $0.isDone }
    let points = sheets.reduce(0) { $0 + $1.points }
    let earned = sheets.reduce(0) { $0 + $1.earnedPoints }
    terminal.print()
    terminal.print(
      "Altogether: \(pointsText(earned)) of \(points) points, \(done) of \(exercises.count) "
        + "exercises done", style: .bold)
    guard let next = nextExercise else { return }
    let hints =
      next.hintsUsed < next.hints
      ? " A hint: swift run Sheet\(next.id.prefix { $0 != "." }) hint \(next.id)" : ""
    terminal.print("Next: \(next.id) \(next.title), about \(next.minutes) min.\(hints)")
  }

  private func filled(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - columns(text), 0))
  }
}
