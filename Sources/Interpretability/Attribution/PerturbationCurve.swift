import Tensors

/// How a prediction fares as tokens are taken away, or brought back, in the order of their scores.
public struct PerturbationCurve: Sendable, Equatable {
  /// The share of the tokens that were changed, from 0 to 1.
  public let shares: [Double]
  /// The explained number at each share.
  public let values: [Double]

  /// The mean height of the curve, by the trapezoid rule.
  ///
  /// Of a deletion curve small is good: the tokens that were scored high were needed. Of an insertion
  /// curve large is good.
  public var area: Double {
    var area = 0.0
    for index in shares.indices.dropFirst() {
      area += (shares[index] - shares[index - 1]) * (values[index] + values[index - 1]) / 2
    }
    return area
  }
}

extension ExplainedPrediction {
  /// The deletion curve: the number while the source tokens give way to the baseline one after the
  /// other, the highest score first.
  ///
  /// Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation", 2018. Deleted tokens
  /// make inputs the model never saw: compare methods, and with random scores.
  ///
  /// - Parameters:
  ///   - scores: One for every source token.
  ///   - baseline: What stands in a token's place.
  ///   - positions: The tokens that are deleted; all when nil. Those that are left out stay.
  /// - Throws: ``AttributionError`` when counts do not fit or a score is not a number.
  public func deletionCurve(
    _ scores: [Float], replacing baseline: Baseline = .zero, positions: [Int]? = nil
  ) throws -> PerturbationCurve {
    let order = try order(of: scores, positions: positions)
    return try curve(order.indices.map { Array(order[..<$0]) } + [order], baseline)
  }

  /// The insertion curve: from the baseline in the place of all source tokens back to the input, the
  /// highest score first.
  ///
  /// - Parameters:
  ///   - scores: One for every source token.
  ///   - baseline: What stands in a token's place.
  ///   - positions: The tokens that are inserted; all when nil. Those that are left out stay.
  /// - Throws: ``AttributionError`` when counts do not fit or a score is not a number.
  public func insertionCurve(
    _ scores: [Float], replacing baseline: Baseline = .zero, positions: [Int]? = nil
  ) throws -> PerturbationCurve {
    let order = try order(of: scores, positions: positions)
    return try curve(order.indices.map { Array(order[$0...]) } + [[]], baseline)
  }

  /// Positions by falling score, earlier ones first among equals.
  private func order(of scores: [Float], positions: [Int]?) throws(AttributionError) -> [Int] {
    let count = embeddings.source.shape[0]
    guard scores.count == count else {
      throw .count("scores, one for each source token", expected: count, found: scores.count)
    }
    guard scores.allSatisfy(\.isFinite) else { throw .notFinite("a score") }
    let positions = positions ?? Array(0..<count)
    if let outside = positions.first(where: { !(0..<count).contains($0) }) {
      throw .positionOutOfRange(outside, count: count)
    }
    guard !positions.isEmpty else {
      throw .tooFew("tokens to delete or insert", least: 1, found: 0)
    }
    return Set(positions).sorted { (-scores[$0], $0) < (-scores[$1], $1) }
  }

  private func curve(_ replaced: [[Int]], _ baseline: Baseline) throws -> PerturbationCurve {
    let values = try values(
      replacing: replaced, ofPart: 0, by: try baseline.values(for: self))
    let steps = Double(replaced.count - 1)
    return PerturbationCurve(
      shares: replaced.indices.map { Double($0) / steps }, values: values.map { Double($0) })
  }
}
