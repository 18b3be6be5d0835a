import Coursework

/// The open answers of a class with their rubric, exercise by exercise, to read and to mark.
struct MarkingPage {
  let entries: [GradeBook.Entry]
  let title: String
  /// What is asked and what earns points, for every open exercise.
  let exercises: [Exercise]

  var document: Markup {
    let sections: [Markup] = exercises.map(section)
    let sheet = entries.first.map { "Sheet \($0.result.sheet) · \(title)" } ?? title
    let body: Markup = """
      <header>
      <h1>\(sheet): answers in words</h1>
      <p>Write points, in halves, and a word to the student into <code>marks.csv</code>, a row an \
      answer, and run <code>headlight report</code> with this folder.</p>
      </header>
      \(sections)
      """
    return Page(title: "\(sheet): answers in words", body: body).document
  }

  private func section(_ facts: Exercise) -> Markup {
    let rubric: [Markup] = facts.rubric.map { "<li>\($0)</li>\n" }
    let answers: [Markup] = entries.compactMap { entry in
      entry.result.exercises.first { $0.id == facts.id && $0.status == .collected }
        .map { answer($0, of: entry.result.shownStudent) }
    }
    let without = entries.count - answers.count
    let missing: Markup =
      without == 0 ? "" : "<p class=\"soft\">\(without) of \(entries.count) gave no answer.</p>\n"
    return """
      <h2 class="fresh">\("\(facts.id) \(facts.title)"), \(facts.points) points</h2>
      <p>\(facts.prompt ?? "")</p>
      <ul>
      \(rubric)</ul>
      \(missing)\(answers)
      """
  }

  private func answer(_ outcome: ExerciseOutcome, of student: String) -> Markup {
    let text = outcome.text ?? ""
    let words = text.split(whereSeparator: \.isWhitespace).count
    let given = outcome.mark.map { "\(shownPoints($0.points)) of \(outcome.maxPoints)" }
    let comment: Markup =
      outcome.mark.map(\.comment).flatMap { $0.isEmpty ? nil : $0 }
      .map { "<p>Your comment: \($0)</p>\n" } ?? ""
    return """
      <section class="exercise">
      <header><h3>\(student)</h3><span class="earned">\
      \(given ?? "____ of \(outcome.maxPoints)")</span></header>
      <div class="answer">\(text)</div>
      <p class="soft">\(words) words; answer \(Mark.fingerprint(of: text))</p>
      \(comment)</section>

      """
  }
}
