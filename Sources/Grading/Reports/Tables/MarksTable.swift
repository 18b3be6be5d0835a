import Coursework
import Foundation

/// The table that an instructor fills in to mark open answers, and what it says when it comes back.
struct MarksTable {
  static let header = ["student", "exercise", "answer", "maxPoints", "points", "comment"]

  /// An answer of a student, and its place in the table.
  struct Answer: Hashable {
    let student: String
    let exercise: String
  }

  let results: [SubmissionResult]

  /// The table with the marks that there are; a row an answer, sorted by exercise.
  var text: String {
    var table = Table()
    table.add(Self.header.map { .text($0) })
    for exercise in results.first?.exercises ?? [] where exercise.isOpen {
      for result in results {
        guard let outcome = result.exercises.first(where: { $0.id == exercise.id }),
          outcome.status == .collected
        else { continue }
        table.add([
          .text(result.student), .text(outcome.id),
          // The sign keeps a spreadsheet from taking it for a number.
          .text("#" + Mark.fingerprint(of: outcome.text ?? "")), .number(Double(outcome.maxPoints)),
          outcome.mark.map { .number($0.points) } ?? .empty, .text(outcome.mark?.comment ?? ""),
        ])
      }
    }
    return table.text
  }

  /// What a table that was filled in says.
  struct Reading {
    /// The marks by answer; nil for an answer that is not marked.
    var marks: [Answer: Mark?] = [:]
    /// The rows that could not be taken, a sentence with its line each; the others were.
    var problems: [String] = []
    /// What was taken and is worth a look, such as a date that was read as points.
    var notes: [String] = []
  }

  /// The marks in a table that was filled in, most often by a spreadsheet, which takes texts for
  /// numbers and dates: what a cell stands for is found among what can stand there.
  ///
  /// - Throws: ``ReportError`` when there are no columns that could be read.
  func reading(of data: Data, file: String) throws -> Reading {
    let rows = TableReader(data).rows
    guard let first = rows.first else {
      throw ReportError("\(file) is empty; its first line names the columns")
    }
    let columns = try columns(first, file: file)
    var reading = Reading()
    var lines: [Answer: Int] = [:]
    for row in rows.dropFirst() {
      do {
        if let fault = row.fault { throw ReportError(fault) }
        guard row.cells.dropFirst(first.cells.count).allSatisfy({ $0.allSatisfy(\.isWhitespace) })
        else {
          throw ReportError(
            "there are \(row.cells.count) cells, and the first line names \(first.cells.count); "
              + "a text with a “,” has to stand in quotation marks")
        }
        func cell(_ name: String) -> SpreadsheetCell {
          guard let index = columns[name], row.cells.indices.contains(index) else {
            return SpreadsheetCell("")
          }
          return SpreadsheetCell(row.cells[index])
        }
        let print = cell("answer")
        let answer = try place(cell("student"), cell("exercise"), print)
        let comment = columns["comment"].flatMap {
          row.cells.indices.contains($0) ? row.cells[$0] : nil
        }
        let (mark, note) = try mark(
          answer, cell("points"), comment: Table.unguarded(comment ?? ""), print)
        if let line = lines[answer] {
          if reading.marks[answer]! == mark { continue }
          throw ReportError("the same answer stands in line \(line), with another mark")
        }
        lines[answer] = row.line
        reading.marks[answer] = .some(mark)
        if let note { reading.notes.append("\(file), line \(row.line): \(note)") }
      } catch {
        reading.problems.append("\(file), line \(row.line): \(error)")
      }
    }
    return reading
  }

  private func columns(_ head: TableReader.Row, file: String) throws -> [String: Int] {
    let names = head.cells.map {
      $0.trimmingCharacters(in: .whitespaces.union(CharacterSet(charactersIn: "\""))).lowercased()
    }
    var columns: [String: Int] = [:]
    for name in Self.header {
      guard let index = names.firstIndex(of: name.lowercased()) else {
        // The maximum is there for the reader's eyes.
        if name == "maxPoints" || name == "comment" { continue }
        throw ReportError(
          "\(file), line \(head.line): there is no column “\(name)”; the first line has to name "
            + Self.header.joined(separator: ", "))
      }
      columns[name] = index
    }
    return columns
  }

  /// The answer that a row is about.
  private func place(
    _ student: SpreadsheetCell, _ exercise: SpreadsheetCell, _ print: SpreadsheetCell
  ) throws -> Answer {
    let students = student.choose(among: results.map(\.student))
    guard !students.isEmpty else {
      throw ReportError("there is no result of a student “\(student.text)”")
    }
    let open = results.first?.exercises.filter(\.isOpen).map(\.id) ?? []
    let exercises = exercise.choose(among: open)
    guard !exercises.isEmpty else {
      throw ReportError(
        "“\(exercise.text)” is no exercise that is marked by hand; those are "
          + open.joined(separator: ", "))
    }
    let answers = students.flatMap { student in
      exercises.map { Answer(student: student, exercise: $0) }
    }
    guard answers.count > 1 else { return answers[0] }
    // The fingerprint says which of them it is.
    let right = answers.filter { answer in
      outcome(of: answer).map { isPrint(print, of: $0) } ?? false
    }
    guard right.count == 1 else {
      let names = students.count > 1 ? students : exercises
      throw ReportError(
        "“\((students.count > 1 ? student : exercise).text)” may be any of "
          + "\(names.prefix(4).joined(separator: ", ")); format the column as text")
    }
    return right[0]
  }

  private func outcome(of answer: Answer) -> ExerciseOutcome? {
    results.first { $0.student == answer.student }?.exercises.first { $0.id == answer.exercise }
  }

  private func isPrint(_ cell: SpreadsheetCell, of outcome: ExerciseOutcome) -> Bool {
    let print = Mark.fingerprint(of: outcome.text ?? "")
    if cell.text.hasPrefix("#") { return cell.text.dropFirst().lowercased() == print }
    // As tables had it before the sign kept spreadsheets from reading it.
    return cell.closeness(to: print).map { $0 <= .rounded } ?? false
  }

  private func mark(
    _ answer: Answer, _ points: SpreadsheetCell, comment: String, _ print: SpreadsheetCell
  ) throws -> (mark: Mark?, note: String?) {
    guard !points.text.isEmpty else {
      guard comment.allSatisfy(\.isWhitespace) else {
        throw ReportError("there is a comment and no points; give points, 0 if need be")
      }
      return (nil, nil)
    }
    guard let outcome = outcome(of: answer), outcome.status == .collected else {
      throw ReportError("\(answer.student) has no answer to \(answer.exercise) to give points for")
    }
    let (number, isDate) = try self.points(points, for: outcome)
    let current = Mark.fingerprint(of: outcome.text ?? "")
    guard isPrint(print, of: outcome) else {
      let found = print.text.isEmpty ? "no fingerprint" : print.text
      throw ReportError(
        "the answer of \(answer.student) to \(answer.exercise) has changed since this table was "
          + "made (\(found), now #\(current)); read it again, and write #\(current) there")
    }
    return (
      Mark(points: number, comment: comment, answer: current),
      isDate ? "“\(points.text)” was read as \(shownPoints(number)) points" : nil
    )
  }

  /// The points in a cell; a spreadsheet that writes dates with points takes 1.5 for the 1st of May.
  private func points(
    _ cell: SpreadsheetCell, for outcome: ExerciseOutcome
  ) throws -> (points: Double, isDate: Bool) {
    func isValid(_ points: Double) -> Bool {
      points >= 0 && points <= Double(outcome.maxPoints) && (points * 2).rounded() == points * 2
    }
    if let number = cell.number, isValid(number.value) { return (number.value, false) }
    let days = Set(cell.dates.compactMap { Double("\($0.day).\($0.month)") }.filter(isValid))
    guard days.count == 1, let points = days.first else {
      throw ReportError(
        "“\(cell.text)” is no number of points for \(outcome.id); give 0 to \(outcome.maxPoints) "
          + "in halves, as in 1.5")
    }
    return (points, true)
  }
}
