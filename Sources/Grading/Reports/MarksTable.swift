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
          .text(Mark.fingerprint(of: outcome.text ?? "")), .number(Double(outcome.maxPoints)),
          outcome.mark.map { .number($0.points) } ?? .empty, .text(outcome.mark?.comment ?? ""),
        ])
      }
    }
    return table.text
  }

  /// The marks in a table that was filled in; nil for an answer that is not marked.
  ///
  /// - Throws: ``ReportError`` that lists every row that cannot be read, with its line. One bad row
  ///   is no reason to take the others, for who mends it would not know which were.
  func marks(in data: Data, file: String) throws -> [Answer: Mark?] {
    let rows = try TableReader.rows(of: data, file: file)
    guard let first = rows.first else {
      throw ReportError("\(file) is empty; its first line names the columns")
    }
    let names = first.cells.map { $0.trimmingCharacters(in: .whitespaces) }
    var column: [String: Int] = [:]
    for name in Self.header {
      guard let index = names.firstIndex(of: name) else {
        // The maximum is there for the reader's eyes.
        if name == "maxPoints" || name == "comment" { continue }
        throw ReportError(
          "\(file), line \(first.line): there is no column “\(name)”; the first line has to name "
            + Self.header.joined(separator: ", "))
      }
      column[name] = index
    }
    var marks: [Answer: Mark?] = [:]
    var lines: [Answer: Int] = [:]
    var problems: [String] = []
    for row in rows.dropFirst() {
      func cell(_ name: String) -> String {
        guard let index = column[name], row.cells.indices.contains(index) else { return "" }
        return Table.unguarded(row.cells[index])
      }
      do {
        let answer = try place(student: cell("student"), exercise: cell("exercise"))
        if let line = lines[answer] { throw ReportError("the same answer stands in line \(line)") }
        lines[answer] = row.line
        marks[answer] = .some(
          try mark(answer, cell("points"), comment: cell("comment"), print: cell("answer")))
      } catch {
        problems.append("\(file), line \(row.line): \(error)")
      }
    }
    guard problems.isEmpty else {
      let more = problems.count > 20 ? "\nand \(problems.count - 20) more" : ""
      throw ReportError(problems.prefix(20).joined(separator: "\n") + more)
    }
    return marks
  }

  private func place(student: String, exercise: String) throws -> Answer {
    let student = student.trimmingCharacters(in: .whitespaces)
    guard results.contains(where: { $0.student == student }) else {
      throw ReportError("there is no result of a student “\(student)”")
    }
    let open = results.first?.exercises.filter(\.isOpen).map(\.id) ?? []
    // A spreadsheet takes 1.10 for a number and writes 1.1: that is one of no text, so it shows.
    let id = exercise.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: ",", with: ".")
    guard open.contains(id) else {
      throw ReportError(
        "“\(exercise)” is no exercise that is marked by hand; those are "
          + open.joined(separator: ", "))
    }
    return Answer(student: student, exercise: id)
  }

  private func mark(_ answer: Answer, _ points: String, comment: String, print: String) throws
    -> Mark?
  {
    let points = points.trimmingCharacters(in: .whitespaces)
    guard !points.isEmpty else {
      guard comment.allSatisfy(\.isWhitespace) else {
        throw ReportError("there is a comment and no points; give points, 0 if need be")
      }
      return nil
    }
    let outcome = results.first { $0.student == answer.student }!.exercises
      .first { $0.id == answer.exercise }
    guard let outcome, outcome.status == .collected else {
      throw ReportError("\(answer.student) has no answer to \(answer.exercise) to give points for")
    }
    guard let number = Double(points.replacingOccurrences(of: ",", with: ".")), number >= 0,
      number <= Double(outcome.maxPoints), (number * 2).rounded() == number * 2
    else {
      throw ReportError(
        "“\(points)” is no number of points for \(answer.exercise); give 0 to \(outcome.maxPoints) "
          + "in halves, as in 1.5")
    }
    let current = Mark.fingerprint(of: outcome.text ?? "")
    guard print == current else {
      throw ReportError(
        "the answer of \(answer.student) to \(answer.exercise) has changed since this table was "
          + "made (\(print.isEmpty ? "no fingerprint" : print), now \(current)); read it again and "
          + "take its row from the new marks.csv")
    }
    return Mark(points: number, comment: comment, answer: current)
  }
}
