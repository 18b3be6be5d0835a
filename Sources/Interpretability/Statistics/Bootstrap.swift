public import Tensors

/// Percentile intervals from drawing whole groups, such as sentences, again with replacement.
///
/// The words of one sentence are not independent, so words must not be drawn one by one.
/// Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
public struct Bootstrap: Sendable {
  /// How many samples are drawn.
  public var samples: Int
  /// The share of samples that an interval holds.
  public var level: Double
  /// Where the draws come from.
  public var seed: UInt64

  /// A bootstrap.
  public init(samples: Int = 1_000, level: Double = 0.95, seed: UInt64 = 0) {
    precondition(samples > 0 && level > 0 && level < 1, "a level lies between 0 and 1")
    self.samples = samples
    self.level = level
    self.seed = seed
  }

  /// The mean of values, such as 1 for a right answer and 0 for a wrong one, one word a value.
  ///
  /// - Parameters:
  ///   - values: One a word; the difference of two systems' values makes a paired interval.
  ///   - groups: The sentence of each word.
  public func mean(of values: [Double], groups: [Int]) -> Estimate {
    precondition(
      values.count == groups.count && !values.isEmpty,
      "\(values.count) values do not fit \(groups.count) groups")
    var index: [Int: Int] = [:]
    var (sums, counts): ([Double], [Double]) = ([], [])
    for (value, group) in zip(values, groups) {
      let place = index[group] ?? sums.count
      if place == sums.count {
        index[group] = place
        sums.append(0)
        counts.append(0)
      }
      sums[place] += value
      counts[place] += 1
    }
    var generator = SeededGenerator(seed: seed)
    let size = UInt64(sums.count)
    let means = (0..<samples).map { _ in
      var (sum, count) = (0.0, 0.0)
      for _ in 0..<size {
        let drawn = Int(generator.next() % size)
        sum += sums[drawn]
        count += counts[drawn]
      }
      return sum / count
    }.sorted()
    return Estimate(
      value: values.reduce(0, +) / Double(values.count),
      lower: Self.quantile((1 - level) / 2, of: means),
      upper: Self.quantile((1 + level) / 2, of: means))
  }

  /// The share of right answers.
  public func accuracy(of predictions: [Int], labels: [Int], groups: [Int]) -> Estimate {
    mean(of: zip(predictions, labels).map { $0 == $1 ? 1 : 0 }, groups: groups)
  }

  /// A percentile interval of any number that is computed from things drawn with replacement.
  ///
  /// - Parameter statistic: Of the places of what was drawn; draws that have none give NaN and are
  ///   left out.
  package func estimate(
    of value: Double, count: Int, _ statistic: ([Int]) -> Double
  ) -> Estimate {
    var generator = SeededGenerator(seed: seed)
    let drawn = (0..<samples).map { _ in
      statistic((0..<count).map { _ in Int(generator.next() % UInt64(count)) })
    }.filter { $0.isFinite }.sorted()
    guard !drawn.isEmpty else { return Estimate(value: value, lower: value, upper: value) }
    return Estimate(
      value: value, lower: Self.quantile((1 - level) / 2, of: drawn),
      upper: Self.quantile((1 + level) / 2, of: drawn))
  }

  /// A quantile of sorted values, by linear interpolation.
  static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
