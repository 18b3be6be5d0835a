import Coursework
import Foundation

/// The `results.json` that Gradescope reads.
///
/// Messages are safe to show, so every test is visible: a hidden one would hide the total as well.
struct GradescopeReport: Encodable {
  let score: Double
  let executionTime: Double
  let output: String
  let outputFormat = "text"
  let testOutputFormat = "text"
  let testNameFormat = "text"
  let visibility = "visible"
  let stdoutVisibility = "hidden"
  let extraData: ExtraData
  let tests: [Test]

  struct Test: Encodable {
    let number: String
    let name: String
    let score: Double
    let maxScore: Int
    /// Left out where a person marks.
    let status: String?
    let output: String

    enum CodingKeys: String, CodingKey {
      case number, name, score, status, output
      case maxScore = "max_score"
    }
  }

  struct ExtraData: Encodable {
    let student: String
    let sheet: Int
    let sandbox: SandboxLevel
    let seed: String
  }

  enum CodingKeys: String, CodingKey {
    case score, output, visibility, tests
    case executionTime = "execution_time"
    case outputFormat = "output_format"
    case testOutputFormat = "test_output_format"
    case testNameFormat = "test_name_format"
    case stdoutVisibility = "stdout_visibility"
    case extraData = "extra_data"
  }

  init(_ result: SubmissionResult) {
    score = result.points
    executionTime = result.durations.total
    let compiler = result.compileMessages.map(\.sentence)
    output =
      ([result.message, result.publicSentence, result.markingSentence, result.lateness?.message]
      .compactMap { $0 } + compiler + result.notes).joined(separator: "\n")
    extraData = ExtraData(
      student: result.student, sheet: result.sheet, sandbox: result.sandbox, seed: result.seed)
    tests = result.exercises.map {
      Test(
        number: $0.id, name: $0.title, score: $0.points, maxScore: $0.maxPoints,
        status: $0.isOpen ? nil : $0.status == .passed ? "passed" : "failed",
        output: $0.lines.joined(separator: "\n"))
    }
  }
}

extension CompileMessage {
  /// The message in one line, in the numbers of the student's file.
  var sentence: String {
    let place = line.map { "line \($0)" + (column.map { ", column \($0)" } ?? "") + ": " } ?? ""
    return place + "\(severity.rawValue): \(text)"
  }
}
