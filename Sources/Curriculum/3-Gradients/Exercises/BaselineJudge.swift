import Coursework
import GradientsVocabulary
import Tensors

/// What integrated gradients say from every one of several baselines, in loops.
struct BaselineWork {
  private(set) var choices: BaselineChoices
  /// `[position, width]`.
  let embeddings: Tensor
  /// For every baseline, what is attributed to every position.
  private(set) var scores: [[Float]]
  /// For every baseline, f(x′).
  private(set) var starts: [Float]
  /// f(x).
  let value: Float

  init(_ choices: BaselineChoices) throws {
    let number = try choices.number.number()
    self.choices = choices
    embeddings = number.embeddings
    scores = try choices.baselines.map {
      try PathWork(number, from: $0, steps: choices.steps).expected
    }
    starts = try choices.baselines.map { try number($0).scalar }
    value = try number(number.embeddings).scalar
  }

  /// For every baseline, f(x) − f(x′).
  var differences: [Float] { starts.map { value - $0 } }

  /// For every baseline, by how much more the scores add up to.
  var gaps: [Float] { zip(scores, differences).map { $0.reduce(0, +) - $1 } }

  /// Leaves the baselines whose report does not hang on the last digit.
  mutating func removeUnclearBaselines() {
    let clear = scores.indices.filter { isClear($0) }
    choices.baselines = clear.map { choices.baselines[$0] }
    scores = clear.map { scores[$0] }
    starts = clear.map { starts[$0] }
  }

  /// What is wrong with scores of 3.4 from which reports follow that are wrong in nothing else, behind a
  /// colon; nothing where several mistakes give the same reports, and nil where none does.
  func faultOfScores(behind answer: [BaselineReport]) throws -> String? {
    let number = try choices.number.number()
    let mistakes = try choices.baselines.map {
      try PathWork(number, from: $0, steps: choices.steps).mistakes()
    }
    guard let sentences = mistakes.first?.map(\.sentence) else { return nil }
    let fitting = sentences.indices.filter { index in
      zip(answer, zip(mistakes, differences)).allSatisfy { report, known in
        let (scores, difference) = (known.0[index].answer, known.1)
        return report.top == scores.indices.max { scores[$0] < scores[$1] }
          && report.isComplete
            == (abs(scores.reduce(0, +) - difference) <= 0.05 * abs(difference))
      }
    }
    guard let first = fitting.first else { return nil }
    return fitting.count == 1 ? ": \(sentences[first])" : ""
  }

  private func isClear(_ baseline: Int) -> Bool {
    let (scores, difference) = (scores[baseline], differences[baseline])
    let share = abs(gaps[baseline]) / abs(difference)
    let sorted = scores.sorted(by: >)
    let isFarFromNext = sorted.count < 2 || sorted[0] - sorted[1] > 0.02 * max(abs(sorted[0]), 1)
    return abs(difference) > 0.05 && isFarFromNext && (share < 0.035 || share > 0.07)
      && scores.allSatisfy(\.isFinite)
  }
}

/// Judges reports on baselines, field by field.
struct BaselineJudge: Judge {
  private let work: BaselineWork

  init(_ work: BaselineWork) { self.work = work }

  func verdict(on answer: [BaselineReport]) throws -> Verdict {
    guard answer.count == work.scores.count else {
      return .invalid("there are \(answer.count) reports for \(work.scores.count) baselines")
    }
    let difference = try differences.verdict(on: answer.map(\.difference))
    let verdict = Verdict.combining([
      try tops.verdict(on: answer.map(\.top)), difference,
      try completeness.verdict(on: answer.map(\.isComplete)),
    ])
    guard verdict.status != .passed, difference.status == .passed,
      let fault = try work.faultOfScores(behind: answer)
    else { return verdict }
    return .partial(
      verdict.fraction,
      "\(verdict.message). Or, if your 3.4 is not right yet, it is that, and to be mended first\(fault)",
      detail: verdict.detail)
  }

  private var tops: Expected<[Int]> {
    func greatest(_ value: (Float) -> Float = { $0 }) -> [Int] {
      work.scores.map { scores in
        scores.indices.max { value(scores[$0]) < value(scores[$1]) } ?? 0
      }
    }
    return expected(greatest(), of: "top") {
      [
        Mistake(
          "`top` is the strongest score; the greatest is wanted, and −5 is less than 1",
          greatest { abs($0) }),
        Mistake("`top` is the least score, not the greatest", greatest { -$0 }),
        Mistake(
          "`top` counts positions from 1; they are counted from 0", greatest().map { $0 + 1 }),
      ]
    }
  }

  private var differences: Expected<[Float]> {
    let differences = work.differences
    return Expected(
      differences, tolerance: 2e-3, named: "the list of differences", of: "baseline"
    ) {
      [
        Mistake("`difference` has the wrong sign: it is f(x) − f(x′)", differences.map { -$0 }),
        Mistake(
          "`difference` is f(x); what the baseline has already is taken off",
          differences.map { _ in work.value }),
        Mistake(
          """
          `difference` is what the scores add up to; where there is a gap that is not f(x) − f(x′)
          """, work.scores.map { $0.reduce(0, +) }),
      ]
    }
  }

  private var completeness: Expected<[Bool]> {
    let pairs = zip(work.gaps, work.differences)
    let wanted = pairs.map { abs($0) <= 0.05 * abs($1) }
    return expected(wanted, of: "isComplete") {
      [
        Mistake(
          "`isComplete` is the wrong way round: small gaps are complete", wanted.map { !$0 }),
        Mistake(
          "a gap below 0 is a gap too: judge it by its size, signs aside",
          pairs.map { $0 <= 0.05 * abs($1) }),
        Mistake(
          "the gap is held against 0.05 itself, and should be against a twentieth of the difference",
          pairs.map { gap, _ in abs(gap) <= 0.05 }),
        Mistake("every sum is trusted, and some have gaps", wanted.map { _ in true }),
        Mistake("no sum is trusted, and some have hardly a gap", wanted.map { _ in false }),
      ]
    }
  }

  private func expected<Element: Codable & Equatable & Sendable>(
    _ wanted: [Element], of field: String, mistakes: @escaping () -> [Mistake<[Element]>]
  ) -> Expected<[Element]> {
    Expected(
      comparing: { answer in
        if answer == wanted { return .passed() }
        let wrong = zip(answer, wanted).count { $0 != $1 }
        return .failed("`\(field)` is wrong for \(wrong) of \(wanted.count) of the baselines")
      }, isSame: ==, mistakes: mistakes)
  }
}
