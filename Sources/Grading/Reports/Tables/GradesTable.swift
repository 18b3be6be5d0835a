import Coursework

/// The class in a table: a row a student, a column an exercise.
struct GradesTable {
  let results: [SubmissionResult]
  let title: String
  /// Students who handed in nothing.
  var absent: [String] = []

  /// The `grades.csv`; the cell of an answer that is not marked yet is empty, and so are those of
  /// who handed in nothing.
  var grades: String {
    var table = Table()
    guard let first = results.first else { return "" }
    table.add(
      ["student", "points", "maxPoints"] + first.exercises.map { .text($0.id) }
        + ["status", "deduction", "sandbox", "seed", "message", "name"])
    for result in results {
      let cells: [Table.Cell] = first.exercises.map { column in
        guard let exercise = result.exercises.first(where: { $0.id == column.id }),
          !exercise.awaitsMark
        else { return .empty }
        return .number(exercise.points)
      }
      table.add(
        [.text(result.student), .number(result.points), .number(Double(result.maxPoints))] + cells
          + [
            .text(result.status.rawValue), .number(result.lateness?.deduction ?? 0),
            .text(result.sandbox.rawValue), .text(result.seed), .text(result.message),
            result.name.map { .text($0) } ?? .empty,
          ])
    }
    for student in absent {
      table.add(
        [.text(student), .number(0), .number(Double(first.maxPoints))]
          + first.exercises.map { _ in .empty }
          + ["absent", .empty, .empty, .empty, "handed in nothing", .empty])
    }
    return table.text
  }

  /// The points as Canvas imports them.
  ///
  /// Canvas's own exports tell its number of the student; other names are taken for logins.
  var canvas: String {
    var table = Table()
    guard let first = results.first else { return "" }
    let assignment = Table.Cell.text("Sheet \(first.sheet) \(title)")
    table.add(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment])
    table.add([
      "Points Possible", .empty, .empty, .empty, .empty, .number(Double(first.maxPoints)),
    ])
    for result in results where result.status != .error {
      let student = Table.Cell.text(result.student)
      let name = result.name.map { Table.Cell.text($0) } ?? student
      let (number, login): (Table.Cell, Table.Cell) =
        result.platform == .canvas ? (student, .empty) : (.empty, student)
      table.add([name, number, .empty, login, .empty, .number(result.points)])
    }
    return table.text
  }
}
