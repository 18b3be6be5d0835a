import Coursework
import Foundation

/// Open answers of students whose names a spreadsheet may take for something else.
private let table = MarksTable(
  results: ["00123", "123", "ada", "1-2", "mar1", "=cmd", "Jos\u{E9}", "607485e1"].map { student in
    let open = ["1.1", "1.10", "1.11"].map {
      ExerciseOutcome(
        id: $0, title: "", points: 0, maxPoints: 2, status: .collected, message: "", isOpen: true,
        text: "\(student) \($0)")
    }
    return SubmissionResult(
      student: student, sheet: 1, status: .graded, message: "", points: 0, maxPoints: 6,
      sandbox: .limits, seed: "", exercises: open, submission: "", grader: "",
      gradedAt: Date(timeIntervalSince1970: 0))
  })

/// Takes bytes for a table of marks: every mark that is read is one that may be given, every row is
/// taken, reported or empty, and the table that Headlight writes itself is read as it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let data = Data(UnsafeRawBufferPointer(start: bytes, count: count))
  do {
    let reading = try table.reading(of: data, file: "marks.csv")
    for (answer, mark) in reading.marks {
      precondition(table.results.contains { $0.student == answer.student })
      guard let mark else { continue }
      precondition((0...2).contains(mark.points) && (mark.points * 2).rounded() == mark.points * 2)
    }
    for sentence in reading.problems + reading.notes {
      precondition(sentence.hasPrefix("marks.csv, line "))
    }
  } catch { precondition("\(error)".hasPrefix("marks.csv")) }
  return 0
}
