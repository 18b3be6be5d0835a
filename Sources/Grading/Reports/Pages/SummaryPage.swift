import Coursework
import Foundation

/// What an instructor reads first: how the class did, what it missed, and what needs a look.
struct SummaryPage {
  /// A result and the name of its folder.
  let entries: [GradeBook.Entry]
  let title: String
  /// Students who handed in nothing.
  var absent: [String] = []

  private var results: [SubmissionResult] { entries.map(\.result) }
  private var statistics: ClassStatistics { ClassStatistics(results: results) }

  var document: Markup {
    let sheet = results.first.map { "Sheet \($0.sheet) · \(title)" } ?? title
    let parts: [Markup] = [overview(sheet), notices, missed, students]
    return Page(title: "\(sheet) · the class", body: "\(parts)").document
  }

  private func overview(_ sheet: String) -> Markup {
    let statistics = statistics
    let maxPoints = results.first?.maxPoints ?? 0
    let count = statistics.graded.count
    return """
      <header>
      <h1>\(sheet)</h1>
      <p>\(count) \(count == 1 ? "submission" : "submissions"), \(maxPoints) points. \
      Mean \(shownPoints(statistics.mean)), median \(shownPoints(statistics.median)).</p>
      </header>
      <h2>Points</h2>
      \(Histogram(points: statistics.graded.map(\.points), of: maxPoints).picture)
      """
  }

  /// What an instructor should know before the grades are given out.
  private var notices: Markup {
    var sentences: [String] = []
    let toMark = results.reduce(0) { $0 + $1.exercises.count { $0.awaitsMark } }
    if toMark > 0 {
      sentences.append(
        "\(toMark) answers in words are not marked yet: read marking.html, fill in marks.csv, and "
          + "run the report again.")
    }
    let failed = results.filter { $0.status == .error }.count
    if failed > 0 {
      sentences.append(
        "\(failed) submissions could not be graded for a fault of the grader's; grade again.")
    }
    let levels = Set(statistics.graded.map(\.sandbox.rawValue)).sorted()
    if levels.count > 1 {
      sentences.append("Submissions ran in different sandboxes: \(levels.joined(separator: ", ")).")
    }
    let seeds = Set(statistics.graded.map(\.seed)).sorted()
    if seeds.count > 1 {
      sentences.append(
        "Submissions were asked different hidden questions: their seeds are "
          + "\(seeds.joined(separator: ", ")).")
    }
    let paragraphs: [Markup] = sentences.map { "<p class=\"notice\">\($0)</p>\n" }
    return "\(paragraphs)"
  }

  private var missed: Markup {
    let rows: [Markup] = statistics.exercises.map { exercise in
      let share = String(format: "%.0f", exercise.share * 100)
      let common = exercise.commonest.map { "\($0.message) (\($0.count) times)" } ?? ""
      return """
        <tr><td class="name">\("\(exercise.id) \(exercise.title)")</td>\
        <td class="number" data-name="missed">\(exercise.missed) of \(exercise.count)<div class="meter">\
        <div style="width: \(share)%"></div></div></td>\
        <td class="number" data-name="no answer">\(exercise.unanswered)</td>\
        <td class="number" data-name="mean">\(shownPoints(exercise.meanPoints)) of \(exercise.maxPoints)</td>\
        <td class="remark">\(common)</td></tr>

        """
    }
    return """
      <h2>Exercises, the most often missed first</h2>
      <table>
      <thead><tr><th>exercise</th><th class="number">missed</th>\
      <th class="number">no answer</th><th class="number">mean points</th>\
      <th>said most often</th></tr></thead>
      <tbody>
      \(rows)</tbody></table>

      """
  }

  private var students: Markup {
    let rows: [Markup] = entries.map { entry in
      let result = entry.result
      let remarks = [
        result.status == .graded && result.compileMessages.isEmpty ? nil : result.message,
        result.lateness?.message,
        result.pointsToMark > 0 ? "up to \(result.pointsToMark) points to mark" : nil,
      ].compactMap { $0 }
      return """
        <tr><td class="name"><a href="\(entry.link)">\(result.shownStudent)</a></td>\
        <td class="number" data-name="points">\(shownPoints(result.points))</td>\
        <td class="remark">\(remarks.joined(separator: "; "))</td></tr>

        """
    }
    let missing: [Markup] = absent.map { student in
      """
      <tr><td class="name">\(student)</td>\
      <td class="number" data-name="points"></td>\
      <td class="remark">handed in nothing</td></tr>

      """
    }
    return """
      <h2>Students</h2>
      <table>
      <thead><tr><th>student</th><th class="number">points</th><th>remarks</th></tr></thead>
      <tbody>
      \(rows)\(missing)</tbody></table>

      """
  }
}
