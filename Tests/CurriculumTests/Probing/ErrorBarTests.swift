import Coursework
import Interpretability
import Tensors
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary

/// Exercise 2.5: what is rejected, what is accepted.
final class ErrorBarTests: XCTestCase {
  private typealias Question = AnsweredWords
  private let exercise = ProbingSheet.errorBar

  private static func sums(_ question: Question) -> [(right: Double, words: Double)] {
    var sums: [Int: (right: Double, words: Double)] = [:]
    for (right, sentence) in zip(question.right, question.units) {
      let known = sums[sentence] ?? (0, 0)
      sums[sentence] = (known.right + (right ? 1 : 0), known.words + 1)
    }
    return sums.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Sorted samples, each from as many draws as there are sentences.
  private static func samples(
    _ question: Question,
    _ statistic: ([(right: Double, words: Double)]) -> Double = {
      $0.reduce(0) { $0 + $1.right } / $0.reduce(0) { $0 + $1.words }
    }
  ) -> [Double] {
    let sums = sums(question)
    var generator = SeededGenerator(seed: question.seed)
    return (0..<question.samples).map { _ in
      statistic(sums.map { _ in sums.randomElement(using: &generator)! })
    }.sorted()
  }

  private static func interval(
    _ question: Question, _ sorted: [Double], level: Double? = nil
  ) -> Estimate {
    let cut = Int((1 - (level ?? question.level)) / 2 * Double(sorted.count))
    return Estimate(
      value: Double(question.right.count { $0 }) / Double(question.right.count),
      lower: sorted[cut], upper: sorted[sorted.count - 1 - cut])
  }

  private static func deviation(_ sorted: [Double]) -> Double {
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    return (sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sorted.count)).squareRoot()
  }

  private func misconception(
    _ name: String, says: String?, _ interval: @escaping @Sendable (Question) -> Estimate
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (question: Question) in
      [interval(question), interval(question)]
    }
  }

  func testWrongIntervalsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("words drawn one by one", says: "takes words for independent") { question in
        var generator = SeededGenerator(seed: question.seed)
        let sorted = (0..<question.samples).map { _ in
          Double(
            question.right.count { _ in question.right.randomElement(using: &generator)! })
            / Double(question.right.count)
        }.sorted()
        return Self.interval(question, sorted)
      },
      misconception("without replacement", says: "with replacement") { question in
        let sums = Self.sums(question)
        var generator = SeededGenerator(seed: question.seed)
        let sorted = (0..<question.samples).map { _ in
          let drawn = sums.shuffled(using: &generator)
          return drawn.reduce(0) { $0 + $1.right } / drawn.reduce(0) { $0 + $1.words }
        }.sorted()
        return Self.interval(question, sorted)
      },
      misconception("a mean of sentences as value", says: "the value is a mean of units") {
        question in
        let sums = Self.sums(question)
        var found = Self.interval(question, Self.samples(question))
        found.value = sums.reduce(0) { $0 + $1.right / $1.words } / Double(sums.count)
        return found
      },
      misconception("a mean of sentences in samples", says: "divide its right words by all") {
        question in
        Self.interval(
          question,
          Self.samples(question) { $0.reduce(0) { $0 + $1.right / $1.words } / Double($0.count) })
      },
      misconception("one deviation", says: "one standard deviation each way") { question in
        let found = Self.interval(question, Self.samples(question))
        let deviation = Self.deviation(Self.samples(question))
        return Estimate(
          value: found.value, lower: found.value - deviation, upper: found.value + deviation)
      },
      misconception("always 95 %", says: "use `level`") {
        Self.interval($0, Self.samples($0), level: 0.95)
      },
      misconception("all of it cut off at each end", says: "half of it belongs to each") {
        Self.interval($0, Self.samples($0), level: 2 * $0.level - 1)
      },
      misconception("least and greatest", says: "the least and the greatest sample") {
        Self.interval($0, Self.samples($0), level: 1)
      },
      misconception("a tenth each way", says: "equally far on either side") {
        let value = Double($0.right.count { $0 }) / Double($0.right.count)
        return Estimate(value: value, lower: value - 0.1, upper: value + 0.1)
      },
      misconception("ends exchanged", says: "have changed places") {
        let found = Self.interval($0, Self.samples($0))
        return Estimate(value: found.value, lower: found.upper, upper: found.lower)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testDrawsMustFollowTheSeed() {
    let misconception = Misconception(
      of: exercise, "no seed", says: "the same seed gave another interval"
    ) { (question: Question) in
      var other = question
      other.seed ^= 1
      return [question, other].map { Self.interval($0, Self.samples($0)) }
    }
    XCTAssertNil(misconception.fault())
  }

  /// A dictionary's order hangs on hashes, which a process keeps: other numbers for the same units
  /// show it at once.
  func testADictionarysOrderIsRejected() {
    let misconception = Misconception(
      of: exercise, "in a dictionary's order", says: "put the units in a fixed order"
    ) { (question: Question) in
      [question.units, question.units.map { $0 * 3 + 1 }].map { units in
        let groups = Array(Dictionary(grouping: question.right.indices) { units[$0] }.values)
        var generator = SeededGenerator(seed: question.seed)
        let sorted = (0..<question.samples).map { _ in
          let drawn = groups.flatMap { _ in groups.randomElement(using: &generator)! }
          return Double(drawn.count { question.right[$0] }) / Double(drawn.count)
        }.sorted()
        return Self.interval(question, sorted)
      }
    }
    XCTAssertNil(misconception.fault())
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "by the library") { (question: Question) in
        let bootstrap = Bootstrap(
          samples: question.samples, level: question.level, seed: question.seed)
        let found = bootstrap.mean(
          of: question.right.map { $0 ? 1 : 0 }, groups: question.units)
        return [found, found]
      },
      Variant(of: exercise, "words of drawn sentences in a row, ends interpolated") {
        (question: Question) in
        let groups = Dictionary(grouping: question.right.indices) { question.units[$0] }
          .sorted { $0.key < $1.key }.map(\.value)
        var generator = SeededGenerator(seed: question.seed &+ 5)
        let sorted = (0..<question.samples).map { _ in
          let words = (0..<groups.count).flatMap { _ in
            groups[Int.random(in: 0..<groups.count, using: &generator)]
          }
          return Double(words.count { question.right[$0] }) / Double(words.count)
        }.sorted()
        func quantile(_ share: Double) -> Double {
          let place = share * Double(sorted.count - 1)
          let below = Int(place)
          let next = sorted[min(below + 1, sorted.count - 1)]
          return sorted[below] + (place - Double(below)) * (next - sorted[below])
        }
        let found = Estimate(
          value: Double(question.right.count { $0 }) / Double(question.right.count),
          lower: quantile((1 - question.level) / 2), upper: quantile((1 + question.level) / 2))
        return [found, found]
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() throws {
    for number in [Double.nan, .infinity, -1, 1e308] {
      XCTAssertNil(
        misconception("nonsense", says: nil) { _ in
          Estimate(value: number, lower: number, upper: number)
        }.fault())
      XCTAssertNil(
        misconception("nonsense", says: nil) {
          Estimate(
            value: Double($0.right.count { $0 }) / Double($0.right.count), lower: -abs(number),
            upper: abs(number))
        }.fault())
    }
    let nonsense: [[Estimate]] = [[], [Estimate(value: 0.5, lower: 0.4, upper: 0.6)]]
    for answer in nonsense {
      XCTAssertEqual(try exercise.casesPassed(by: answer, in: ProbingAsks.interval), [])
    }
  }
}
