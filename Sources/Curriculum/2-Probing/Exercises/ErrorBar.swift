import Coursework
import Interpretability
import ProbingVocabulary
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.5: a bootstrap interval over whatever is independent.
  static let errorBar = Exercise(
    "2.5", "How wide is the error bar?", points: 4, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      """
      Suppose you drew other test sentences from the same source. How far would the accuracy move? You \
      have no others, so draw from those you have, with replacement. `units` says which words come \
      together: here those of a sentence.
      """,
      """
      Draw whole units, not words: a hard sentence is hard for all of its words, so a word says \
      little that its neighbour has not said. A sample has as many units as the test set; one that is \
      drawn twice counts twice.
      """,
      """
      Each sample's accuracy is its right words over *all its words*: long units weigh more, as \
      they do in the accuracy itself. Sort the samples' accuracies and cut (1 − level) / 2 off each \
      end.
      """,
      """
      Add up right and all words by unit, and put the units in an order that does not hang on a \
      dictionary's. `for _ in 0..<samples`: draw as many units as there \
      are with `Int.random(in:using:)`, divide their right words by their words. Then \
      `sorted[Int((1 - level) / 2 * Double(samples))]`, and the mirror image at the other end.
      """,
    ],
    interpretation: """
      Two hundred sentences of ten words are not two thousand independent trials. Where the words of \
      a sentence stand or fall together, an interval over words is far too narrow, and differences \
      between layers look certain that are not. Where they do not, both are alike, and you have lost \
      nothing. What to draw is what was drawn: sentences where other sentences would make another test, \
      lemmas where other lemmas would (2.7). To compare two probes, draw the sentences once for both and take the interval of the \
      difference.
      """,
    cases: { generator in
      let kinds: [(name: String, count: Int, level: Double, spread: Double)] = [
        ("sentences that are all right or all wrong", 70, 0.95, 1),
        ("hard and easy sentences", 90, 0.95, 0.7),
        ("a level of 80 %", 80, 0.8, 0.9),
      ]
      return kinds.map { kind in
        var (right, sentences): ([Bool], [Int]) = ([], [])
        for sentence in 0..<kind.count {
          // Long sentences are harder, so a mean of sentences is another number.
          let isLong = sentence % 3 == 0
          let ease = isLong ? 0.45 : 0.85
          let isEasy = Double.random(in: 0..<1, using: &generator) < ease
          for _ in 0..<(isLong ? 18 : 6) {
            let follows = Double.random(in: 0..<1, using: &generator) < kind.spread
            right.append(follows ? isEasy : Double.random(in: 0..<1, using: &generator) < ease)
            sentences.append(sentence * 7 + 3)
          }
        }
        let question = AnsweredWords(
          right: right, units: sentences, level: kind.level, samples: 2_000,
          seed: generator.next() >> 1)
        return Case(kind.name, question)
      }
    },
    parts: [Part(askingAgain: ProbingAsks.interval) { IntervalJudge($0) }])
}

/// Tells an interval over sentences from those of other kinds by where its ends lie.
private struct IntervalJudge: Judge {
  private let question: AnsweredWords
  /// Right words and words of each sentence.
  private let sums: [(right: Double, words: Double)]

  init(_ question: AnsweredWords) {
    self.question = question
    var sums: [Int: (right: Double, words: Double)] = [:]
    for (right, unit) in zip(question.right, question.units) {
      sums[unit, default: (0, 0)].right += right ? 1 : 0
      sums[unit, default: (0, 0)].words += 1
    }
    self.sums = sums.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Many samples of a statistic, sorted.
  private func samples(_ count: Int, _ draw: (inout SeededGenerator) -> Double) -> [Double] {
    var generator = SeededGenerator(seed: 77)
    return (0..<count).map { _ in draw(&generator) }.sorted()
  }

  private func ends(_ sorted: [Double], level: Double) -> (Double, Double) {
    func quantile(_ share: Double) -> Double {
      sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
    }
    return (quantile((1 - level) / 2), quantile((1 + level) / 2))
  }

  /// - Parameter answer: The interval, and the same from the same seed again, of units that have other
  ///   numbers in the same order.
  func verdict(on answer: [Estimate]) -> Verdict {
    guard answer.count == 2 else { return .invalid("two intervals are asked for") }
    let found = answer[0]
    guard [found.value, found.lower, found.upper].allSatisfy(\.isFinite) else {
      return .invalid("the interval holds a number that is not finite")
    }
    if answer[1] != found {
      return .failed(
        "the same seed gave another interval the second time: draw from a generator with that seed, and "
          + "put the units in a fixed order; that of a dictionary hangs on hashes and differs from run "
          + "to run")
    }
    let words = Double(question.right.count)
    let value = sums.reduce(0) { $0 + $1.right } / words
    let macro = sums.reduce(0) { $0 + $1.right / $1.words } / Double(sums.count)
    if abs(found.value - value) > 1e-5 {
      return .failed(
        abs(found.value - macro) < 1e-5
          ? "the value is a mean of units; the accuracy is right words over all words"
          : "the value is not the accuracy of all words together")
    }
    if found.lower > found.upper { return .failed("the ends of the interval have changed places") }
    if found.upper - found.lower < 1e-9 {
      return .failed("all samples are the same: draw with replacement, so that some are left out")
    }
    let count = sums.count
    let bySentence = samples(4_000) { generator in
      var (right, all) = (0.0, 0.0)
      for _ in 0..<count {
        let drawn = sums[Int(generator.next() % UInt64(count))]
        right += drawn.right
        all += drawn.words
      }
      return right / all
    }
    let mean = bySentence.reduce(0, +) / Double(bySentence.count)
    let deviation =
      (bySentence.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(bySentence.count))
      .squareRoot()
    /// How far the ends lie from others, in standard deviations.
    func distance(_ ends: (Double, Double)) -> Double {
      max(abs(found.lower - ends.0), abs(found.upper - ends.1)) / deviation
    }
    let expected = ends(bySentence, level: question.level)
    if distance(expected) < 0.25 { return .passed() }
    if found.lower <= bySentence[15], found.upper >= bySentence[bySentence.count - 16] {
      return .failed("the ends are the least and the greatest sample: cut off what the level says")
    }
    let error = (value * (1 - value) / words).squareRoot()
    let z = question.level == 0.95 ? 1.96 : 1.2816
    let macroSamples = samples(2_000) { generator in
      (0..<count).reduce(0.0) { sum, _ in
        let drawn = sums[Int(generator.next() % UInt64(count))]
        return sum + drawn.right / drawn.words
      } / Double(count)
    }
    var mistakes: [((Double, Double), String)] = [
      (
        (value - z * error, value + z * error),
        "the interval is far too narrow: it takes words for independent, and those of a unit are not"
      ),
      (
        (value - deviation, value + deviation),
        "the interval is one standard deviation each way, whatever the level"
      ),
      (
        ends(bySentence, level: 2 * question.level - 1),
        "1 − level is cut off at each end; half of it belongs to each"
      ),
      (
        ends(macroSamples, level: question.level),
        "a sample's accuracy is a mean of units: divide its right words by all its words"
      ),
    ]
    if question.level != 0.95 {
      mistakes.append((ends(bySentence, level: 0.95), "the interval is one of 95 %: use `level`"))
    }
    // A round number each way is no mistake of a bootstrap, whatever it happens to lie near.
    let reach = found.upper - found.value
    if abs(reach - (found.value - found.lower)) < 1e-9, abs(reach - deviation) > 0.05 * deviation,
      abs(reach - z * error) > 0.05 * z * error
    {
      return .failed(
        "the ends lie equally far on either side of the accuracy; take them from samples, which are "
          + "under no such law")
    }
    let nearest = mistakes.min { distance($0.0) < distance($1.0) }!
    if distance(nearest.0) < min(0.3, distance(expected)) { return .failed(nearest.1) }
    let isNarrow = found.upper - found.lower < expected.1 - expected.0
    return .failed(
      "the interval is too \(isNarrow ? "narrow" : "wide") or lies elsewhere",
      detail: "it goes from \(found.lower) to \(found.upper)")
  }
}
