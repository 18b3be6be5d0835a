public import Interpretability
public import Tensors

/// Numbers of every head on every sentence, such as a score or what ablation costs.
public struct HeadTable: Sendable {
  /// `[head][sentence]`; NaN where a sentence has none.
  public var values: [[Float]]

  /// A table.
  public init(_ values: [[Float]]) {
    precondition(
      values.allSatisfy { $0.count == values[0].count }, "every head has a number a sentence")
    self.values = values
  }

  /// The mean of every head over some sentences, those without a number left out.
  func means(over sentences: [Int]) -> [Double] {
    values.map { row in
      var (sum, count) = (0.0, 0)
      for sentence in sentences where !row[sentence].isNaN {
        sum += Double(row[sentence])
        count += 1
      }
      return count == 0 ? .nan : sum / Double(count)
    }
  }

  /// The mean of every head over all sentences.
  public var means: [Double] { means(over: Array((values.first ?? []).indices)) }
}

/// Whether one number of heads foresees another: the rank correlation over heads, with intervals.
public struct RankForecast: Sendable, Codable, Hashable {
  /// Spearman's coefficient of the heads' means, its interval over other sentences.
  public var overSentences: Estimate
  /// The same coefficient, its interval over other heads.
  public var overHeads: Estimate

  /// Compares two tables of the same heads and sentences.
  ///
  /// Sentences are drawn for both tables alike, and heads with both their means.
  /// - Throws: ``SpanError`` when there are fewer than three heads, or a number does not vary.
  public init(
    of score: HeadTable, and effect: HeadTable, bootstrap: Bootstrap = Bootstrap()
  ) throws(SpanError) {
    precondition(
      score.values.count == effect.values.count
        && score.values.first?.count == effect.values.first?.count,
      "both tables are of the same heads and sentences")
    let (a, b) = (score.means, effect.means)
    guard a.count >= 3 else {
      throw SpanError("\(counted(a.count, "head")) have no rank correlation; take at least three")
    }
    guard let value = spearman(a, b), value.isFinite else {
      throw SpanError("all heads have the same number, or none; there is nothing to correlate")
    }
    overSentences = bootstrap.estimate(of: value, count: score.values[0].count) { drawn in
      spearman(score.means(over: drawn), effect.means(over: drawn)) ?? .nan
    }
    overHeads = bootstrap.estimate(of: value, count: a.count) { drawn in
      spearman(drawn.map { a[$0] }, drawn.map { b[$0] }) ?? .nan
    }
  }
}
