package import Tensors

extension Verdict {
  /// Whether a tensor equals another within a tolerance, and if not, what is wrong with it.
  ///
  /// Two values are close when they differ by at most `tolerance · max(1, |expected|)`. An infinity
  /// that is expected must be found; NaN is never right.
  ///
  /// A wrong tensor is looked at for the usual reasons, in this order: shape, NaN and infinity,
  /// axes swapped, off by one along an axis, wrong sign or scale, a constant added, the same value
  /// everywhere; else the place that is farthest off is named.
  ///
  /// - Parameters:
  ///   - name: what the tensor is, as in "the attention pattern".
  ///   - axes: the names of the axes, as in `["query", "key"]`; without them places are `[0, 2]`.
  ///   - revealing: whether ``detail`` may give the expected value.
  package static func compare(
    _ answer: Tensor, to expected: Tensor, tolerance: Float = 1e-4, named name: String,
    axes: [String] = [], revealing: Bool = true
  ) -> Verdict {
    if let problem = shapeProblem(answer, shape: expected.shape, named: name, axes: axes) {
      return problem
    }
    let found = answer.values
    let wanted = expected.values
    if let place = found.indices.first(where: { !found[$0].isFinite && found[$0] != wanted[$0] }) {
      return .invalid(
        "\(name) holds \(words(found[place])) at "
          + Axes(expected.shape, axes).words(at: place) + notANumberHint(found[place]))
    }
    let comparison = Comparison(
      found: found, wanted: wanted, axes: Axes(expected.shape, axes), tolerance: tolerance)
    let wrong = comparison.wrongPlaces
    guard let worst = wrong.max(by: { comparison.error(at: $0) < comparison.error(at: $1) }) else {
      return .passed()
    }
    let place = comparison.axes.words(at: worst)
    let detail = "at \(place) \(name) is \(found[worst]) and should be \(wanted[worst])"
    let reason =
      comparison.diagnosis.map { "\(name) \($0)" }
      ?? (found.count == 1
        ? "\(name) is too \(found[0] < wanted[0] ? "small" : "large")"
        : "\(wrong.count) of \(found.count) values of \(name) are off, most at \(place)")
    return .failed(reason, detail: revealing ? detail : nil)
  }

  /// Whether a list of numbers equals another within a tolerance; as two tensors are
  /// compared.
  package static func compare(
    _ answer: [Float], to expected: [Float], tolerance: Float = 1e-4, named name: String,
    of element: String = "index", revealing: Bool = true
  ) -> Verdict {
    guard answer.count == expected.count else {
      return countProblem(answer.count, expected: expected.count, named: name)
    }
    return compare(
      Tensor(answer), to: Tensor(expected), tolerance: tolerance, named: name, axes: [element],
      revealing: revealing)
  }

  /// Whether a number equals another within a tolerance.
  package static func compare(
    _ answer: Float, to expected: Float, tolerance: Float = 1e-4, named name: String,
    revealing: Bool = true
  ) -> Verdict {
    if !answer.isFinite, answer != expected {
      return .invalid("\(name) is \(words(answer))\(notANumberHint(answer))")
    }
    return compare(
      Tensor([answer]), to: Tensor([expected]), tolerance: tolerance, named: name, axes: ["index"],
      revealing: revealing)
  }

  /// What keeps a tensor from being judged at all, or nil: another shape, NaN or infinity.
  ///
  /// For verifications that hold an answer against a property and not against values.
  package static func problem(
    with answer: Tensor, shape: [Int], named name: String, axes: [String] = []
  ) -> Verdict? {
    if let problem = shapeProblem(answer, shape: shape, named: name, axes: axes) { return problem }
    let values = answer.values
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return nil }
    return .invalid(
      "\(name) holds \(words(values[place])) at "
        + Axes(shape, axes).words(at: place) + notANumberHint(values[place]))
  }

  static func countProblem(_ found: Int, expected: Int, named name: String) -> Verdict {
    .invalid("\(name) has \(count(found, "entry", "entries")), not \(expected)")
  }

  private static func shapeProblem(
    _ answer: Tensor, shape: [Int], named name: String, axes: [String]
  ) -> Verdict? {
    guard answer.shape != shape else { return nil }
    let meaning = axes.count == shape.count ? " [\(axes.joined(separator: ", "))]" : ""
    var reason = "\(name) has the shape \(answer.shape), not \(shape)\(meaning)"
    if answer.shape.sorted() == shape.sorted() {
      reason += ": axes are swapped"
    } else if answer.shape.filter({ $0 != 1 }) == shape.filter({ $0 != 1 }) {
      reason += ": an axis of length 1 is \(answer.rank > shape.count ? "too many" : "missing")"
    } else if answer.count == shape.reduce(1, *) {
      reason += ": the values may be right, their arrangement is not"
    }
    return .invalid(reason)
  }
}

func count(_ number: Int, _ singular: String, _ plural: String) -> String {
  "\(number) \(number == 1 ? singular : plural)"
}

private func words(_ value: Float) -> String {
  value.isNaN ? "NaN" : value < 0 ? "minus infinity" : "infinity"
}

private func notANumberHint(_ value: Float) -> String {
  value.isNaN
    ? "; NaN comes from 0/0, ∞ − ∞ or the root or logarithm of a negative number"
    : "; infinity comes from a division by 0, the logarithm of 0 or a large exponential"
}
