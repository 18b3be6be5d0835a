import Coursework

/// Judges reports on baselines, field by field.
struct BaselineJudge {
  private let key: GradientsSheet.BaselineKey
  private let differences: [Float]
  private let gaps: [Float]

  init(_ key: GradientsSheet.BaselineKey) {
    self.key = key
    let differences = key.starts.map { key.value - $0 }
    self.differences = differences
    gaps = zip(key.scores, differences).map { $0.reduce(0, +) - $1 }
  }

  func verdict(on answer: [BaselineReport]) -> Verdict {
    guard answer.count == key.scores.count else {
      return .invalid("there are \(answer.count) reports for \(key.scores.count) baselines")
    }
    return .combining([
      tops(answer.map(\.top)), differences(answer.map(\.difference)),
      completeness(answer.map(\.isComplete)),
    ])
  }

  private func greatest(_ value: (Float) -> Float = { $0 }) -> [Int] {
    key.scores.map { scores in
      scores.indices.max { value(scores[$0]) < value(scores[$1]) } ?? 0
    }
  }

  private func tops(_ answer: [Int]) -> Verdict {
    if answer == greatest() { return .passed() }
    if answer == greatest({ abs($0) }) {
      return .failed("`top` is the strongest score; the greatest is wanted, and −5 is less than 1")
    }
    if answer == greatest({ -$0 }) { return .failed("`top` is the least score, not the greatest") }
    if answer == greatest().map({ $0 + 1 }) {
      return .failed("`top` counts positions from 1; they are counted from 0")
    }
    return .failed("`top` is wrong for \(wrong(answer, greatest())) of the baselines")
  }

  private func differences(_ answer: [Float]) -> Verdict {
    .compare(
      answer, to: differences,
      knowing: [
        Mistake(
          "`difference` has the wrong sign: it is f(x) − f(x′)", differences.map { -Double($0) }),
        Mistake(
          "`difference` is f(x); what the baseline has already is taken off",
          differences.map { _ in Double(key.value) }),
        Mistake(
          """
          `difference` is what the scores add up to; where there is a gap that is not f(x) − f(x′)
          """, key.scores.map { Double($0.reduce(0, +)) }),
      ], tolerance: 2e-3, named: "the list of differences", of: "baseline")
  }

  private func completeness(_ answer: [Bool]) -> Verdict {
    func judged(_ isComplete: (_ gap: Float, _ difference: Float) -> Bool) -> [Bool] {
      zip(gaps, differences).map(isComplete)
    }
    let wanted = judged { abs($0) <= 0.05 * abs($1) }
    if answer == wanted { return .passed() }
    let reasons: [([Bool], String)] = [
      (wanted.map { !$0 }, "`isComplete` is the wrong way round: small gaps are complete"),
      (
        judged { $0 <= 0.05 * abs($1) },
        "a gap below 0 is a gap too: judge it by its size, signs aside"
      ),
      (
        judged { gap, _ in abs(gap) <= 0.05 },
        "the gap is held against 0.05 itself, and should be against a twentieth of the difference"
      ),
      (wanted.map { _ in true }, "every sum is trusted, and some have gaps"),
      (wanted.map { _ in false }, "no sum is trusted, and some have hardly a gap"),
    ]
    return .failed(
      reasons.first { $0.0 == answer }?.1
        ?? "`isComplete` is wrong for \(wrong(answer, wanted)) of the baselines")
  }

  private func wrong<Element: Equatable>(_ answer: [Element], _ wanted: [Element]) -> String {
    "\(zip(answer, wanted).count { $0 != $1 }) of \(wanted.count)"
  }
}
