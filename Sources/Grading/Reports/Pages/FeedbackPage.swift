import Coursework
import Foundation

/// What a student reads: points, what became of every exercise, and the figures of both sides.
struct FeedbackPage {
  let result: SubmissionResult
  let title: String
  /// The student's figures beside the expected ones.
  let figures: [FigurePair]

  var document: Markup {
    let heading = "Sheet \(result.sheet) · \(title)"
    let parts: [Markup] = [
      overview(heading), compileMessages, exercises, figureSection, footer,
    ]
    return Page(title: "\(heading) · \(result.shownStudent)", body: "\(parts)").document
  }

  private func overview(_ heading: String) -> Markup {
    let share = max(0, min(result.points / Double(max(result.maxPoints, 1)), 1)) * 100
    let sentences = [
      result.status == .graded && result.compileMessages.isEmpty ? nil : result.message,
      result.markingSentence,
      result.lateness?.message,
    ]
    let notices: [Markup] = sentences.compactMap { $0 }.map { "<p class=\"notice\">\($0)</p>\n" }
    let checks: [Markup] = [result.publicSentence].compactMap { $0 }.map {
      """
      <p>\($0) Points are earned with hidden questions: others of the same kind, \
      the same for the whole class.</p>

      """
    }
    return """
      <header>
      <p class="soft">\(heading)</p>
      <h1>\(result.shownStudent)</h1>
      <p class="points">\(shownPoints(result.points)) <small>of \(result.maxPoints) points</small></p>
      <div class="meter"><div style="width: \(String(format: "%.1f", share))%"></div></div>
      \(notices)\(checks)</header>

      """
  }

  private var compileMessages: Markup {
    guard !result.compileMessages.isEmpty else { return "" }
    let messages: [Markup] = result.compileMessages.map { message in
      let source: Markup = message.source.map { "<pre>\($0)</pre>\n" } ?? ""
      return "<p>\(message.sentence)</p>\n\(source)"
    }
    return "<h2>What the compiler says</h2>\n\(messages)"
  }

  private var exercises: Markup {
    let sections: [Markup] = result.exercises.map { exercise in
      let status = exercise.status
      let earned =
        exercise.awaitsMark
        ? "up to \(exercise.maxPoints)" : "\(shownPoints(exercise.points)) of \(exercise.maxPoints)"
      return """
        <section class="exercise \(tone(exercise))">
        <header><span class="sign">\(status.mark.sign)</span><h3>\(exercise.name)</h3>\
        <span class="earned">\(earned)</span></header>
        <div class="inner">
        \(message(exercise))\(parts(exercise))\(openAnswer(exercise))</div>
        </section>

        """
    }
    return "<h2>Exercises</h2>\n\(sections)"
  }

  private func message(_ exercise: ExerciseOutcome) -> Markup {
    let word = exercise.status.word
    // “right: right in all cases” says it twice.
    guard !exercise.message.hasPrefix(word) else {
      let rest = String(exercise.message.dropFirst(word.count))
      return "<p><span class=\"state\">\(word)</span>\(rest)</p>\n"
    }
    return "<p><span class=\"state\">\(word)</span>: \(exercise.message)</p>\n"
  }

  private func parts(_ exercise: ExerciseOutcome) -> Markup {
    func row(_ name: String, _ part: PartOutcome, detail: String?) -> Markup {
      let more = [part.status == .passed ? nil : part.message, detail].compactMap { $0 }
      let text = ([part.count] + more.filter { !exercise.message.contains($0) }).joined(
        separator: "; ")
      return "<div><dt>\(name)</dt><dd>\(text)</dd></div>\n"
    }
    // Of a hidden case no more than its message is ever shown.
    let rows: [Markup] = [
      exercise.publicPart.map { row("Public checks", $0, detail: $0.detail) },
      exercise.hiddenPart.map { row("Hidden questions", $0, detail: nil) },
    ].compactMap { $0 }
    return rows.isEmpty ? "" : "<dl>\n\(rows)</dl>\n"
  }

  private func openAnswer(_ exercise: ExerciseOutcome) -> Markup {
    guard exercise.isOpen else { return "" }
    let text: Markup = exercise.text.map { "<div class=\"answer\">\($0)</div>\n" } ?? ""
    guard let comment = exercise.mark?.comment, !comment.isEmpty else { return text }
    return text + "<p><span class=\"state\">Your instructor says</span></p>\n"
      + "<div class=\"answer\">\(comment)</div>\n"
  }

  private func tone(_ exercise: ExerciseOutcome) -> String {
    switch exercise.status {
    case .passed: "right"
    case .partial: "part"
    case .unanswered, .collected, .notGraded: "open"
    case .failed, .crashed, .timedOut, .invalid: "wrong"
    }
  }

  private var figureSection: Markup {
    guard !figures.isEmpty else { return "" }
    return "<h2>Figures</h2>\n\(figures.map(\.section))"
  }

  private var footer: Markup {
    let notes: [Markup] = result.notes.map { "<p>\($0)</p>\n" }
    let when = result.gradedAt.formatted(.iso8601)
    return """
      <h2>About this grade</h2>
      <div class="soft">
      \(notes)<p>Graded \(when) in \(durationText(result.durations.total)). \
      Sandbox: \(result.sandbox.rawValue). Fingerprint of the hidden questions' seed: \(result.seed). \
      Fingerprint of the submission: \(String(result.submission.prefix(12))).</p>
      </div>
      """
  }
}
