import Coursework
import Crypto
import Foundation

/// What an instructor gave an open answer.
package struct Mark: Codable, Hashable, Sendable {
  /// The points, in halves.
  package var points: Double
  /// A word to the student; may be empty.
  package var comment: String
  /// The fingerprint of the text that was marked: a mark is no mark of another text.
  package var answer: String

  package init(points: Double, comment: String = "", answer: String) {
    self.points = points
    self.comment = comment
    self.answer = answer
  }

  /// The fingerprint of a text.
  package static func fingerprint(of text: String) -> String {
    SHA256.hash(data: Data(text.utf8)).prefix(4).map { String(format: "%02x", $0) }.joined()
  }
}

/// The marks of one student by exercise: `marks.json` beside the result.
///
/// They are kept apart from the result, so that a regrade finds them again.
struct MarkSheet: Equatable {
  static let fileName = "marks.json"
  var marks: [String: Mark] = [:]

  /// The marks in a student's folder; none when there is no file.
  init(inFolder folder: URL) throws {
    let file = folder.appending(path: Self.fileName)
    guard let data = try? Data(contentsOf: file) else { return }
    do { marks = try JSONDecoder().decode([String: Mark].self, from: data) } catch {
      throw ReportError(
        "\(folder.lastPathComponent)/\(Self.fileName) cannot be read as marks; mend it or delete it "
          + "and read the marks again")
    }
  }

  func write(inFolder folder: URL) throws {
    let file = folder.appending(path: Self.fileName)
    if marks.isEmpty {
      try? FileManager.default.removeItem(at: file)
    } else {
      try writeJSON(marks, to: file)
    }
  }
}

extension SubmissionResult {
  /// The result with its open answers marked; the earlier marks are gone.
  ///
  /// A mark of another text than the one handed in does not count.
  func marked(by sheet: MarkSheet) -> SubmissionResult {
    var result = self
    for index in exercises.indices where exercises[index].status == .collected {
      let mark = sheet.marks[exercises[index].id]
      let text = exercises[index].text ?? ""
      let counts = mark?.answer == Mark.fingerprint(of: text)
      result.exercises[index].mark = counts ? mark : nil
      result.exercises[index].points = counts ? mark!.points : 0
    }
    result.apply(lateness)
    return result
  }
}
