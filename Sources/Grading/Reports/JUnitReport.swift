import Coursework
import Foundation

/// A result as JUnit XML: a test case an exercise.
///
/// A wrong answer is a failure, a crash or time that ran out an error, and what is not answered or
/// not marked yet is skipped.
struct JUnitReport {
  let result: SubmissionResult
  let title: String

  var document: Markup {
    let exercises = result.exercises
    let name = "Sheet \(result.sheet) · \(title)"
    let counts: Markup = """
      tests="\(exercises.count)" failures="\(count(.failure))" errors="\(count(.error))" \
      skipped="\(count(.skipped))" time="\(seconds(exercises.reduce(0) { $0 + $1.seconds }))"
      """
    let cases: [Markup] = exercises.map { exercise in
      """
          <testcase name="\(exercise.name)" classname="\("Sheet\(result.sheet).\(result.student)")" \
      time="\(seconds(exercise.seconds))">\(element(exercise))\
      <system-out>\(exercise.lines.joined(separator: "\n"))</system-out></testcase>

      """
    }
    let out = [result.message] + result.compileMessages.map(\.sentence)
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites \(counts)>
        <testsuite name="\(name)" \(counts)>
      \(cases)\
          <system-out>\(out.joined(separator: "\n"))</system-out>
        </testsuite>
      </testsuites>

      """
  }

  private enum Kind { case success, failure, error, skipped }

  private func kind(_ exercise: ExerciseOutcome) -> Kind {
    if result.status == .error { return .error }
    return switch exercise.status {
    case .passed: .success
    case .collected: exercise.mark == nil ? .skipped : .success
    case .unanswered: .skipped
    case .failed, .partial, .invalid: .failure
    case .crashed, .timedOut, .notGraded: .error
    }
  }

  private func count(_ kind: Kind) -> Int {
    result.exercises.count { self.kind($0) == kind }
  }

  private func element(_ exercise: ExerciseOutcome) -> Markup {
    let message = exercise.message
    let type = exercise.status.rawValue
    return switch kind(exercise) {
    case .success: ""
    case .failure: "<failure message=\"\(message)\" type=\"\(type)\">\(message)</failure>"
    case .error: "<error message=\"\(message)\" type=\"\(type)\">\(message)</error>"
    case .skipped: "<skipped message=\"\(message)\"/>"
    }
  }

  private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }
}
