package import Coursework
import Curriculum
package import Foundation

/// A folder of graded submissions, and the reports that are made of them.
///
/// Everything is made from the students' `result.json` and `marks.json`, so it can be made again at
/// any time: the same results give the same bytes.
package struct GradeBook: Sendable {
  /// The folder with a folder a student.
  package let directory: URL
  private let sheets: [Sheet]
  /// The package, for expected figures and the untouched sheet; nil where it is not at hand.
  private let course: URL?

  /// The grade book in a folder.
  ///
  /// - Parameter course: The folder of the package, where `Solutions` holds the expected figures.
  package init(directory: URL, sheets: [Sheet] = Course.sheets, course: URL? = nil) {
    self.directory = directory
    self.sheets = sheets
    self.course = course
  }

  /// A student's folder and result.
  struct Entry: Sendable {
    let folder: URL
    var result: SubmissionResult

    /// Where the student's page lies, seen from the class's folder.
    var link: String {
      let name = folder.lastPathComponent
      let letters = CharacterSet.alphanumerics.intersection(
        CharacterSet(charactersIn: "\0"..."\u{7F}"))
      let safe = letters.union(CharacterSet(charactersIn: "-_."))
      let encoded = name.addingPercentEncoding(withAllowedCharacters: safe) ?? ""
      // Without the dot, a name with a colon would be a scheme.
      return "./\(encoded)/feedback.html"
    }
  }

  /// What came of making reports.
  package struct Summary: Equatable, Sendable {
    /// How many students there are.
    package var students: Int
    /// How many open answers wait for a mark.
    package var toMark: Int
    /// What the instructor should know, a sentence each.
    package var notes: [String]
  }

  /// Writes every report: those of each student and those of the class.
  ///
  /// Marks in the folder's `marks.csv` are read first. When a row of that table has a mistake, the
  /// others are taken, the table stays as it is, and the notes say where the mistake is.
  ///
  /// - Throws: ``ReportError`` when there is nothing to report on, the folder holds several sheets,
  ///   or a file cannot be written.
  @discardableResult
  package func writeReports() throws -> Summary {
    var (entries, notes) = try readEntries()
    let sheet = try sheet(of: entries)
    let marksFile = directory.appending(path: "marks.csv")
    var mayReplaceMarks = true
    if let data = try? Data(contentsOf: marksFile) {
      do {
        let reading = try take(data, file: "marks.csv", entries)
        notes += reading.notes
        if !reading.problems.isEmpty {
          mayReplaceMarks = false
          notes.append(
            "marks.csv was read but for these rows, and stays as it is:\n"
              + Self.list(reading.problems))
        }
      } catch let error as ReportError {
        mayReplaceMarks = false
        notes.append("marks.csv was not read and stays as it is:\n\(error)")
      }
    }
    try mark(&entries, &notes)
    try writeStudents(entries, sheet)
    try writeClass(entries, sheet, replacingMarks: mayReplaceMarks, &notes)
    let toMark = entries.reduce(0) { $0 + $1.result.exercises.count { $0.awaitsMark } }
    return Summary(students: entries.count, toMark: toMark, notes: notes)
  }

  /// Reads marks from a table that was filled in elsewhere; the reports are to be written next.
  ///
  /// - Returns: what the instructor should know, and whether every row was taken.
  /// - Throws: ``ReportError`` when the file is no such table.
  package func readMarks(from file: URL) throws -> (notes: [String], areComplete: Bool) {
    let data: Data
    do { data = try Data(contentsOf: file) } catch {
      throw ReportError("\(file.path) could not be read: \(error.localizedDescription)")
    }
    var (entries, _) = try readEntries()
    let reading = try take(data, file: file.lastPathComponent, entries)
    var notes = reading.notes
    if !reading.problems.isEmpty {
      notes.append(
        "\(file.lastPathComponent) was read but for these rows:\n\(Self.list(reading.problems))")
    }
    var others: [String] = []
    try mark(&entries, &others)
    // Else the table in the folder, which does not know these marks yet, would take them back.
    try writeReport(
      MarksTable(results: entries.map(\.result)).text,
      to: directory.appending(path: "marks.csv"))
    return (notes, reading.problems.isEmpty)
  }

  private static func list(_ problems: [String]) -> String {
    let more = problems.count > 20 ? "\nand \(problems.count - 20) more" : ""
    return problems.prefix(20).joined(separator: "\n") + more
  }

  private func readEntries() throws -> (entries: [Entry], notes: [String]) {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: directory.path) } catch {
      throw ReportError("\(directory.path) is no folder that can be read; name a folder of grades")
    }
    var entries: [Entry] = []
    var notes: [String] = []
    for name in names.sorted() where !name.hasPrefix(".") {
      let folder = directory.appending(path: name, directoryHint: .isDirectory)
      let file = folder.appending(path: SubmissionResult.fileName)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      if let result = SubmissionResult(inFolder: folder) {
        entries.append(Entry(folder: folder, result: result))
      } else {
        notes.append("\(name)/result.json cannot be read; grade this submission again")
      }
    }
    guard !entries.isEmpty else {
      throw ReportError(
        "\(directory.path) holds no results; name the folder that `headlight grade` wrote to")
    }
    return (entries, notes)
  }

  private func sheet(of entries: [Entry]) throws -> Sheet? {
    let numbers = Set(entries.map(\.result.sheet)).sorted()
    guard numbers.count == 1 else {
      let list = numbers.map(String.init).joined(separator: ", ")
      throw ReportError(
        "\(directory.path) holds results of sheets \(list); grade each sheet into a folder of its "
          + "own")
    }
    return sheets.first { $0.number == numbers[0] }
  }

  private func take(
    _ data: Data, file: String, _ entries: [Entry]
  ) throws -> MarksTable.Reading {
    let reading = try MarksTable(results: entries.map(\.result)).reading(of: data, file: file)
    for entry in entries {
      let own = reading.marks.filter { $0.key.student == entry.result.student }
      guard !own.isEmpty else { continue }
      var sheet = try MarkSheet(inFolder: entry.folder)
      let before = sheet
      for (answer, mark) in own { sheet.marks[answer.exercise] = mark }
      if sheet != before { try sheet.write(inFolder: entry.folder) }
    }
    return reading
  }

  /// Brings results in line with the marks.
  private func mark(_ entries: inout [Entry], _ notes: inout [String]) throws {
    for index in entries.indices {
      let sheet = try MarkSheet(inFolder: entries[index].folder)
      let marked = entries[index].result.marked(by: sheet)
      for exercise in marked.exercises where exercise.isOpen && exercise.mark == nil {
        if let old = sheet.marks[exercise.id], exercise.status == .collected {
          notes.append(
            "\(marked.student) has changed the answer to \(exercise.id) since it was marked with "
              + "\(shownPoints(old.points)); mark it again")
        }
      }
      guard marked != entries[index].result else { continue }
      entries[index].result = marked
      try writeReport(
        try marked.encoded(), to: entries[index].folder.appending(path: SubmissionResult.fileName))
    }
  }

  private func writeStudents(_ entries: [Entry], _ sheet: Sheet?) throws {
    let title = sheet?.title ?? ""
    let expected = sheet.flatMap { course?.appending(path: "Solutions/\($0.folder)/Figures") }
    for entry in entries {
      let (folder, result) = (entry.folder, entry.result)
      let figures = result.figures.map {
        FigurePair($0, own: folder.appending(path: "figures"), expected: expected)
      }
      try writeReport(
        FeedbackPage(result: result, title: title, figures: figures).document.source,
        to: folder.appending(path: "feedback.html"))
      try writeJSON(GradescopeReport(result), to: folder.appending(path: "gradescope.json"))
      let classroom = folder.appending(path: "classroom50.json")
      let first = (try? Data(contentsOf: classroom))
        .flatMap { ClassroomReport.date(inReport: $0, of: result.submission) }
      try writeJSON(
        ClassroomReport(
          result, assignment: sheet?.folder ?? "\(result.sheet)", first: first ?? result.gradedAt),
        to: classroom)
      try writeReport(
        JUnitReport(result: result, title: title).document.source,
        to: folder.appending(path: "junit.xml"))
    }
  }

  private func writeClass(
    _ entries: [Entry], _ sheet: Sheet?, replacingMarks: Bool, _ notes: inout [String]
  ) throws {
    let title = sheet?.title ?? ""
    let results = entries.map(\.result)
    let known = Set(results.map(\.student))
    let absent = GradesFolder(directory).absent().filter { !known.contains($0) }
    let table = GradesTable(results: results, title: title, absent: absent)
    func write(_ text: String, _ name: String) throws {
      try writeReport(text, to: directory.appending(path: name))
    }
    try write(table.grades, "grades.csv")
    try write(table.canvas, "canvas.csv")
    try write(
      SummaryPage(entries: entries, title: title, absent: absent).document.source, "summary.html")
    let open = sheet?.exercises.filter(\.isOpen) ?? []
    if !open.isEmpty {
      let page = MarkingPage(entries: entries, title: title, exercises: open)
      try write(page.document.source, "marking.html")
      if replacingMarks { try write(MarksTable(results: results).text, "marks.csv") }
    }
    let template = sheet.flatMap { course?.appending(path: "Sheets/\($0.folder)/Answers.swift") }
    let exported = try JPlagExport(entries: entries, template: template).write(in: directory)
    if exported < entries.count {
      notes.append(
        "\(entries.count - exported) of \(entries.count) students have no file to compare with "
          + "others', and are not in \(JPlagExport.folder)")
    }
  }
}
