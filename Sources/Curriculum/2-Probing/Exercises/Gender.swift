import Coursework
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// What accuracies a right answer has, and what some wrong ones have.
  struct GenderKey {
    var lemmas: [String]
    /// By layer, on the test words.
    var expected: [Double]
    /// How far off an answer may be at each layer: probes differ in how they are trained.
    var tolerances: [Double]
    /// By layer, where words are planted.
    var mistakes: GenderMistakes?
    /// How many test words there are.
    var testCount: Int
    /// By layer, what an interval may be of; nil where it is not known which words are right.
    var intervals: [GenderIntervals?]
  }

  /// Accuracies by layer of what is measured wrongly.
  struct GenderMistakes {
    /// On the words that were trained on.
    var onTraining: [Double]
    /// On all words.
    var onEverything: [Double]
    /// On the test words, with the probe of the first layer.
    var withFirstProbe: [Double]
  }

  /// 2.7: probes on words whose lemmas training has not shown.
  static let gender = Exercise(
    "2.7", "What English does not say", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      “Table” is feminine in French, and nothing in its English letters says so. A probe that has met \
      “table” in training may simply remember it. Which words must be kept from training, so that \
      remembering does not help?
      """,
      """
      Share out *lemmas*, not words: list each lemma once, draw about a quarter of them for test, and \
      let every word follow its lemma. A set has no order of its own: sort it before you shuffle, or \
      a seed decides nothing.
      """,
      """
      Each layer needs a probe of its own, trained on the training words of that layer and measured \
      on its test words: `tensor.gathering(places)` takes the rows, and the probe is yours of 2.2. For \
      the interval ask what would be another if you drew another test set: other sentences about the \
      same nouns, or other nouns?
      """,
      """
      `var generator = SeededGenerator(seed: seed)`; \
      `let drawn = Set(lemmas).sorted().shuffled(using: &generator)`; \
      `let test = Set(drawn.prefix(drawn.count / 4))`; the places are \
      `lemmas.indices.filter { test.contains(lemmas[$0]) }` and the others. For the accuracies map \
      over `words.layers`, gather, train, compare, and give your `interval` of 2.5 the right answers with the \
      lemma of each test word as its unit, as a number: `order.firstIndex(of: lemma)!` in a sorted list.
      """,
    ],
    interpretation: """
      At the noun, the gender of the French word is there from the embedding on: the model has had to \
      learn it with the word. At “the” it is not, and cannot be: the embedding of “the” is the same \
      in front of every noun. It arrives as layers pass, by attention to the noun. A probe that is \
      tested on nouns it has met would not have told you: it could have learned noun by noun which \
      context is which. And a test set of some twenty nouns is one of twenty draws, however often each \
      noun is said: an interval over sentences would call chance a finding, as it does for random \
      weights at the noun. (That it can be read at “the” does not mean that the decoder reads it there: \
      see 2.8.)
      """,
    cases: { generator in
      [
        planted("two genders, planted", classes: 2, using: &generator),
        planted("three genders, planted", classes: 3, using: &generator),
        try articles(using: &generator),
      ]
    },
    parts: [
      Part(askingAgain: ProbingAsks.splitByLemma, judge: splitJudge),
      Part(ProbingAsks.accuracies, judge: accuracyJudge),
    ])

  private static func splitJudge(_ key: GenderKey) -> Judgement<[SplitPlaces]> {
    Judgement { GenderJudge(key).splitVerdict($0) }
  }

  private static func accuracyJudge(_ key: GenderKey) -> Judgement<[Estimate]> {
    Judgement { GenderJudge(key).verdict(on: $0) }
  }

  /// Lemmas of which some are frequent and many rare, in running order.
  static func runningLemmas(using generator: inout SeededGenerator) -> [String] {
    (0..<60).flatMap { number in
      Array(repeating: "lemma\(number)", count: 1 + 60 / (number + 4))
    }.shuffled(using: &generator)
  }

  /// A third of the lemmas for test, drawn again until the test words are enough to tell a probe that
  /// reads the class from chance: twenty, of which a coin gets 16 or more once in 170 times, and five
  /// of each class; nil where forty draws give no such split.
  private static func decidingSplit(
    _ words: LayeredWords, using generator: inout SeededGenerator
  ) -> SplitPlaces? {
    let lemmas = Set(words.lemmas).sorted()
    let places = words.labels.indices
    for _ in 0..<40 {
      let held = Set(lemmas.shuffled(using: &generator).prefix(lemmas.count / 3))
      let split = SplitPlaces(
        training: places.filter { !held.contains(words.lemmas[$0]) },
        test: places.filter { held.contains(words.lemmas[$0]) })
      let isEnough = (0..<words.classes).allSatisfy { label in
        split.test.count { words.labels[$0] == label } >= 5
      }
      if isEnough, split.test.count >= 20, split.training.count >= 30 { return split }
    }
    return nil
  }

  /// The articles of some sentences, by the gender of their noun.
  private static func articles(
    using generator: inout SeededGenerator
  ) throws -> Case<LemmasAndWords, GenderKey> {
    var drawn: (words: LayeredWords, split: SplitPlaces)?
    var sentences = 180
    while drawn == nil {
      let corpus = try ProbedCorpus(count: sentences, using: &generator)
      let task = try WordTask("gender", in: corpus.sentences) { $0.text.lowercased() == "the" }
      let words = LayeredWords(
        layers: try corpus.representations().layers.map { $0.gathering(task.rows) },
        labels: task.labels, classes: task.classes.count, lemmas: task.headLemmas,
        sentences: task.sentences)
      drawn = decidingSplit(words, using: &generator).map { (words, $0) }
      // Rather more sentences than no end.
      sentences += 60
    }
    let (words, split) = drawn!
    let expected = words.layers.map { layer in
      let rows = layer.doubleRows
      let probe = SoftmaxRegression(l2: 0.003).fit(
        split.training.map { rows[$0] }, split.training.map { words.labels[$0] },
        classes: words.classes, steps: 250)
      let found = SoftmaxRegression.probabilities(probe, split.test.map { rows[$0] })
      let right = zip(found, split.test).count { probabilities, place in
        probabilities.indices.max { probabilities[$0] < probabilities[$1] } == words.labels[place]
      }
      return Double(right) / Double(split.test.count)
    }
    let question = LemmasAndWords(
      lemmas: runningLemmas(using: &generator), seed: generator.next() >> 1, words: words,
      split: split)
    return Case(
      "articles in the translator", question: question,
      key: GenderKey(
        lemmas: question.lemmas, expected: expected,
        // Where gender cannot be read off yet, chance and the way of training decide.
        tolerances: expected.map { $0 > 0.9 ? 0.3 : 1 }, mistakes: nil,
        testCount: split.test.count, intervals: expected.map { _ in nil }))
  }
}

/// Looks at who is in which part of a split, and at what accuracies are of.
struct GenderJudge {
  private let key: ProbingSheet.GenderKey

  init(_ key: ProbingSheet.GenderKey) { self.key = key }

  /// - Parameter answer: The split for a seed, the same again, and that for another seed.
  func splitVerdict(_ answer: [SplitPlaces]) -> Verdict {
    guard answer.count == 3 else { return .invalid("three splits are asked for") }
    let (split, again, other) = (answer[0], answer[1], answer[2])
    let lemmas = key.lemmas
    for part in answer {
      if let place = (part.training + part.test).first(where: { !lemmas.indices.contains($0) }) {
        return .invalid("there is no word \(place): places go from 0 to \(lemmas.count - 1)")
      }
    }
    let seen = split.training + split.test
    guard Set(seen).count == seen.count else {
      return .failed("a word is in the split twice; every word belongs in one part, once")
    }
    let (training, test) = (
      Set(split.training.map { lemmas[$0] }), Set(split.test.map { lemmas[$0] })
    )
    if !training.isDisjoint(with: test) {
      return .failed(
        "a lemma is in both parts: what the probe learns of it by heart helps on the test words")
    }
    guard seen.count == lemmas.count else {
      return .failed("some words are in neither part; every word follows its lemma into one")
    }
    let share = Double(test.count) / Double(test.count + training.count)
    if share > 0.6 { return .failed("most of the lemmas are in test; a quarter belongs there") }
    guard (0.1...0.4).contains(share) else {
      return .failed("about a quarter of the lemmas belongs in test, and the split is far from it")
    }
    func parts(_ split: SplitPlaces) -> [Set<Int>] { [Set(split.training), Set(split.test)] }
    if parts(split) != parts(again) {
      return .failed(
        "the same seed gave another split the second time: draw from a generator with that seed, and "
          + "sort a set first, whose order differs from run to run")
    }
    if parts(split) == parts(other) {
      return .failed(
        "another seed gave the same split: the seed has to decide which lemmas are held")
    }
    return .passed()
  }

  func verdict(on answer: [Estimate]) -> Verdict {
    guard answer.count == key.expected.count else {
      return .invalid(
        "there are \(answer.count) accuracies for \(key.expected.count) layers; give one for each")
    }
    guard answer.allSatisfy({ $0.value.isFinite && $0.lower.isFinite && $0.upper.isFinite }) else {
      return .invalid("an accuracy, or an end of its interval, is not a finite number")
    }
    let verdict = accuracyVerdict(answer.map(\.value))
    return verdict.status == .passed ? intervalVerdict(answer) : verdict
  }

  private func intervalVerdict(_ answer: [Estimate]) -> Verdict {
    for found in answer
    where found.lower > found.value + 1e-9 || found.upper < found.value - 1e-9 {
      return .failed("an accuracy lies outside of its interval; the lower end comes first")
    }
    for (found, interval) in zip(answer, key.intervals) {
      guard let interval else { continue }
      func distance(_ other: Estimate) -> Double {
        max(abs(found.lower - other.lower), abs(found.upper - other.upper))
      }
      // A thousand samples leave the ends a little open; so does a word that a probe misses.
      let room =
        0.11 * (interval.lemmas.upper - interval.lemmas.lower) + 2 / Double(key.testCount)
      let nearest = min(distance(interval.words), distance(interval.sentences))
      if distance(interval.lemmas) <= room { continue }
      if found.upper - found.lower < 1e-9 {
        return .failed("an interval has no width: draw samples, and take the ends from them")
      }
      return .failed(
        nearest < min(room, distance(interval.lemmas))
          ? "the intervals are too narrow: words, or sentences, are drawn again, and the split drew "
            + "lemmas. All words of a lemma have one class, and stand or fall together"
          : "the accuracies are right; their intervals are not those of 95 % from drawing lemmas again"
      )
    }
    return .passed()
  }

  func accuracyVerdict(_ answer: [Double]) -> Verdict {
    let expected = key.expected
    func equals(_ other: [Double], share: Double = 1, times factor: Double = 1) -> Bool {
      answer.indices.allSatisfy {
        abs(answer[$0] - other[$0] * factor) <= key.tolerances[$0] * share * factor
      }
    }
    let isShare = answer.allSatisfy { (0...1).contains($0) }
    if isShare, equals(expected) { return .passed() }
    if !isShare, equals(expected, times: 100) {
      return .failed("the accuracies are in per cent; give them as shares, between 0 and 1")
    }
    if !isShare, equals(expected, times: Double(key.testCount)) {
      return .failed(
        "these are counts of right words; divide them by how many test words there are")
    }
    guard isShare else {
      return .invalid("an accuracy is a share, between 0 and 1")
    }
    guard let mistakes = key.mistakes else {
      return .failed("the accuracies are far from those of a linear probe")
    }
    if answer.allSatisfy({ $0 > 0.995 }) {
      return .failed("the probe has been trained on the test words too")
    }
    if equals(mistakes.onTraining, share: 0.5) {
      return .failed("the accuracies are those on the training words, which the probe has seen")
    }
    if equals(mistakes.onEverything, share: 0.5) {
      return .failed("all words are counted; the training words among them are no test")
    }
    if equals(mistakes.withFirstProbe) {
      return .failed("the probe of the first layer is used at every layer; each needs its own")
    }
    if equals(expected.reversed()) {
      return .failed("the layers are in the wrong order: the embedding comes first")
    }
    return .failed("the accuracies are not those of a linear probe on the test words")
  }
}
