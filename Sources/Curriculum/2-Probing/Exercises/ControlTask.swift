import Coursework
import Foundation
import Interpretability
import Laboratory
import ProbingVocabulary
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.3: random classes for word types, and what a probe gets beyond them.
  static let controlTask = Exercise(
    "2.3", "The control task", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      """
      A probe that gets 95 % may have found the word class in the vector, or it may know the words by \
      heart. Which labels could it only get right by heart?
      """,
      """
      Every word *type* keeps one class wherever it stands, so draw a class the first time a type is \
      met and look it up afterwards. “The” and “the” are one type.
      """,
      """
      Draw from `SeededGenerator(seed: seed)`, evenly over `0..<classes`; nothing about the word may \
      decide, neither its length nor its letters nor its place. Selectivity is a difference of two \
      accuracies.
      """,
      """
      `var generator = SeededGenerator(seed: seed)`, `var known: [String: Int] = [:]`; for each word \
      `let type = word.lowercased()`, and if `known[type]` is nil, \
      `known[type] = Int.random(in: 0..<classes, using: &generator)`. Selectivity: share of equal \
      entries in `task` minus that in `control`.
      """,
    ],
    interpretation: """
      On this corpus a probe learns a good part of the control task, for its few hundred word types \
      come back again and again. That part of any accuracy is memory, and accuracy alone does not \
      tell it from knowledge. Layers near the embedding are best at the control task: there, a vector \
      is little more than the word's name.
      """,
    cases: { generator in
      let texts = [
        ("running text, five classes", 150, 5), ("running text, two classes", 120, 2),
        ("a longer text, twelve classes", 300, 12),
      ]
      return texts.map { name, count, classes in
        let pairs = TranslatorCorpus.pairs(.training, count: count, using: &generator)
        var words = pairs.flatMap { $0.annotated.words.map(\.text) }
        // Types that differ only in what a bad rule would look at, each met more than once.
        words += (0..<60).flatMap { number in
          let letters = String("aeiou".shuffled(using: &generator).prefix(3))
          return ["b\(letters)\(number)", "B\(letters)\(number)"]
        }
        let size = Int.random(in: 60...90, using: &generator)
        let question = ControlWords(
          words: words, classes: classes, seed: generator.next() >> 1,
          task: outcome(size, classes, right: 0.93, using: &generator),
          control: outcome(size + 25, classes, right: 0.6, using: &generator))
        return Case(name, question)
      }
    },
    parts: [
      Part(askingAgain: ProbingAsks.controlLabels) { ControlJudge($0) },
      Part(ProbingAsks.selectivity, judge: selectivity),
    ])

  private static func outcome(
    _ count: Int, _ classes: Int, right: Double, using generator: inout SeededGenerator
  ) -> ProbeOutcome {
    let labels = (0..<count).map { _ in Int.random(in: 0..<classes, using: &generator) }
    let predictions = labels.map { label in
      Double.random(in: 0..<1, using: &generator) < right
        ? label : (label + Int.random(in: 1..<classes, using: &generator)) % classes
    }
    return ProbeOutcome(predictions: predictions, labels: labels)
  }

  private static func selectivity(of question: ControlWords) -> Expected<Double> {
    func right(_ outcome: ProbeOutcome) -> Double {
      Double(zip(outcome.predictions, outcome.labels).count { $0 == $1 })
    }
    func accuracy(_ outcome: ProbeOutcome) -> Double {
      right(outcome) / Double(outcome.labels.count)
    }
    func isNear(_ answer: Double, _ value: Double) -> Bool { abs(answer - value) < 1e-5 }
    let (task, control) = (accuracy(question.task), accuracy(question.control))
    let ratio = "selectivity is a difference of accuracies, not their ratio"
    let counts = right(question.task) - right(question.control)
    return Expected(
      comparing: { answer in
        guard answer.isFinite else { return .invalid("the selectivity is not a finite number") }
        return isNear(answer, task - control)
          ? .passed() : .failed("the selectivity is not accuracy less control accuracy")
      },
      isSame: isNear
    ) {
      [
        Mistake(
          "the selectivity has the wrong sign: accuracy on the task less on the control",
          control - task),
        Mistake(
          "that is the accuracy alone; what the control task gets is to be taken off", task),
        Mistake(ratio, task / control),
        Mistake(ratio, control / task),
        Mistake(
          "the selectivity is in per cent; give it as a share, between −1 and 1",
          100 * (task - control)),
        Mistake(
          "that is a difference of counts; the two tests have different sizes", counts),
        Mistake(
          "both counts are divided by the size of one test; each has a size of its own",
          counts / Double(question.task.labels.count)),
      ]
    }
  }
}

/// Looks for what makes a control task one, and for rules in place of chance.
private struct ControlJudge: Judge {
  private let question: ControlWords

  init(_ question: ControlWords) { self.question = question }

  /// - Parameter answer: The classes for the seed, the same again, and those for another.
  func verdict(on answer: [[Int]]) -> Verdict {
    guard answer.count == 3 else { return .invalid("three lists of classes are asked for") }
    let (labels, again, other) = (answer[0], answer[1], answer[2])
    let (words, classes) = (question.words, question.classes)
    for list in answer {
      guard list.count == words.count else {
        return .invalid(
          "there are \(list.count) classes for \(words.count) words; give one for each word")
      }
      if let wrong = list.first(where: { !(0..<classes).contains($0) }) {
        return .invalid("the class \(wrong) is none of 0 to \(classes - 1)")
      }
    }
    if labels != again {
      return .failed(
        "the same seed gave other classes the second time: draw from a generator with that seed, and "
          + "let nothing depend on hashes or on the order of a set, which differ from run to run")
    }
    if Set(labels).count == 1 { return .failed("all words have the same class") }
    var classOfType: [String: Int] = [:]
    var classOfWord: [String: Int] = [:]
    var order: [String] = []
    var isSplitByCase = false
    for (word, label) in zip(words, labels) {
      if let known = classOfWord.updateValue(label, forKey: word), known != label {
        return .failed(
          "a word has different classes in different places: every type keeps its class")
      }
      let type = word.lowercased()
      if let known = classOfType[type] {
        if known != label { isSplitByCase = true }
      } else {
        classOfType[type] = label
        order.append(type)
      }
    }
    if isSplitByCase {
      return .failed("a capital letter makes another type of a word: compare words in lower case")
    }
    if let rule = rule(classOfType, order) { return .failed(rule) }
    if labels == other {
      return .failed("another seed gave the same classes: the seed has to decide them")
    }
    let expected = Double(order.count) / Double(classes)
    let deviation = (expected * (1 - 1 / Double(classes))).squareRoot()
    let counts = (0..<classes).map { label in classOfType.values.count { $0 == label } }
    if counts.contains(where: { abs(Double($0) - expected) > 5 * deviation }) {
      return .failed("the classes are not drawn evenly over types: some are far too frequent")
    }
    return .passed()
  }

  /// A rule that decides the class of every type, or nil.
  private func rule(_ classes: [String: Int], _ order: [String]) -> String? {
    func decides(_ feature: (String) -> String) -> Bool {
      var known: [String: Int] = [:]
      return order.allSatisfy { type in
        known.updateValue(classes[type]!, forKey: feature(type)).map { $0 == classes[type] } ?? true
      }
    }
    if decides({ String($0.utf8.count) }) || decides({ String($0.count) }) {
      return "the length of a word decides its class; nothing about the word may"
    }
    if decides({ String($0.prefix(1)) }) || decides({ String($0.suffix(1)) }) {
      return "a letter of the word decides its class; nothing about the word may"
    }
    let count = question.classes
    for list in [order, order.sorted()] {
      let labels = list.map { classes[$0]! }
      if labels.count > 2 * count, zip(labels, labels.dropFirst(count)).allSatisfy({ $0 == $1 }) {
        return "the classes are dealt out in turn; draw them at random"
      }
    }
    return nil
  }
}
