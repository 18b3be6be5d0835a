extension Verdict {
  /// Whether a list equals another, and if not, where it first differs.
  ///
  /// - Parameters:
  ///   - name: what the list is, as in "the alignment".
  ///   - element: what an entry belongs to, as in "target word".
  ///   - partial: whether the share of right entries is earned; a list that is the same everywhere
  ///     earns nothing then, unless that is right.
  ///   - revealing: whether ``detail`` may give the expected entry.
  package static func match<Element: Equatable>(
    _ answer: [Element], to expected: [Element], named name: String, of element: String = "index",
    partial: Bool = false, revealing: Bool = true
  ) -> Verdict {
    guard answer.count == expected.count else {
      return countProblem(answer.count, expected: expected.count, named: name)
    }
    let wrong = answer.indices.filter { answer[$0] != expected[$0] }
    guard let first = wrong.first else { return .passed() }
    let detail =
      revealing
      ? "at \(element) \(first) \(name) is \(text(answer[first])) "
        + "and should be \(text(expected[first]))" : nil

    if answer.count > 1, answer.allSatisfy({ $0 == answer[0] }) {
      return .failed("\(name) holds the same entry everywhere", detail: detail)
    }
    if let step = shift(answer, expected) {
      return .failed(
        "\(name) is off by one: \(element) 1 holds what belongs at \(element) \(1 + step)",
        detail: detail)
    }
    let message =
      answer.count == 1
      ? "\(name) is wrong"
      : "\(wrong.count) of \(count(answer.count, "entry", "entries")) of \(name) are wrong, "
        + "the first at \(element) \(first)"
    let right = Double(answer.count - wrong.count) / Double(answer.count)
    return .partial(partial ? right : 0, message, detail: detail)
  }

  /// By how much entries are moved against where they belong: 1, −1 or not at all.
  private static func shift<Element: Equatable>(_ answer: [Element], _ expected: [Element]) -> Int?
  {
    guard answer.count > 2 else { return nil }
    return [1, -1].first { step in
      let places = answer.indices.filter { answer.indices.contains($0 + step) }
      return places.allSatisfy { answer[$0] == expected[$0 + step] }
        && places.contains { expected[$0] != expected[$0 + step] }
    }
  }

  /// An entry as a student would write it: optionals without their wrapping.
  private static func text(_ value: some Any) -> String {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return "\(value)" }
    return mirror.children.first.map { "\($0.value)" } ?? "nil"
  }
}
