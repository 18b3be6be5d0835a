import Interpretability
import Tensors
import Transformers
import XCTest

/// Sentences of made-up words whose class their last letter tells.
private func wordSentences(_ count: Int, seed: UInt64) -> [AnnotatedSentence] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { number in
    let words = (0..<8).map { index in
      let type = Int.random(in: 0..<300, using: &generator)
      return AnnotatedWord(
        "w\(type)", lemma: "w\(type)", labels: ["class": "c\(type % 2)", "one": "x"],
        head: index == 0 ? nil : index - 1, place: 0..<1, isPunctuation: false)
    }
    return AnnotatedSentence(id: "\(number)", text: "w", words: words)
  }
}

final class LayerProbingTests: XCTestCase {
  private func random(_ seed: UInt64) -> SeededGenerator { SeededGenerator(seed: seed) }

  /// Layer 0 knows nothing, layer 1 which type a word is, layer 2 its class.
  private func representations(_ task: WordTask) -> Representations {
    var generator = random(8)
    let noise = Tensor.randomNormal([task.count, 40], using: &generator)
    let perType = Tensor.randomNormal([300, 40], using: &generator)
    let types = perType.gathering(task.types.map { Int($0.dropFirst())! })
    var planted = noise
    for (row, label) in task.labels.enumerated() { planted[row, 3] += Float(label) * 8 }
    return Representations(layers: [noise, types, planted], sentences: [])
  }

  func testProbesFindWhatIsPlantedWhereItIsPlanted() throws {
    let task = try WordTask("class", in: wordSentences(400, seed: 1))
    var generator = random(2)
    let split = try TaskSplit(task, by: .sentence, using: &generator)
    let control = task.control(using: &generator)
    let found = try probeLayers(
      task, split: split, representations: representations(task), control: control)
    XCTAssertEqual(found.layers.count, 3)
    XCTAssertLessThan(found.layers[0].accuracy.value, 0.58)
    XCTAssertGreaterThan(found.layers[2].accuracy.value, 0.98)
    XCTAssertEqual(found.best.layer, 2)
    // The planted class says nothing of the control's; a type can be learned by heart in part.
    XCTAssertLessThan(found.layers[2].control!.value, 0.6)
    XCTAssertGreaterThan(found.layers[2].selectivity!.lower, 0.35)
    XCTAssertEqual(
      found.layers[2].selectivity!.value,
      found.layers[2].accuracy.value - found.layers[2].control!.value, accuracy: 1e-9)
    XCTAssertEqual(found.layers[2].confusion.flatMap(\.self).reduce(0, +), found.words[2])
    XCTAssertEqual(found.majority.value, 0.5, accuracy: 0.1)
  }

  func testRandomLabelsAreLeftToChanceOnUnseenTypes() throws {
    let task = try WordTask("class", in: wordSentences(400, seed: 3))
    var generator = random(4)
    let control = task.control(using: &generator)
    let types = Representations(
      layers: [representations(task).layers[1]], sentences: [])
    let split = try TaskSplit(control, by: .lemma, using: &generator)
    let unseen = try probeLayers(control, split: split, representations: types)
    let seen = try probeLayers(
      control, split: TaskSplit(control, by: .sentence, using: &generator),
      representations: types)
    XCTAssertEqual(unseen.layers[0].accuracy.value, 0.5, accuracy: 0.16)
    // A word is right wherever its type is met: there are as many draws as types, not as words.
    let (interval, words) = (unseen.layers[0].accuracy, Double(split.test.count))
    XCTAssertGreaterThan(
      interval.upper - interval.lower, 1.5 * 2 * 1.96 * (0.25 / words).squareRoot())
    XCTAssertGreaterThan(
      seen.layers[0].accuracy.value, unseen.layers[0].accuracy.value + 0.1,
      "types that training has shown are learned by heart")
  }

  func testControlGivesEveryTypeOneClass() throws {
    let task = try WordTask("class", in: wordSentences(100, seed: 5))
    var generator = random(6)
    let control = task.control(using: &generator)
    var known: [String: Int] = [:]
    for (type, label) in zip(control.types, control.labels) {
      XCTAssertEqual(known.updateValue(label, forKey: type) ?? label, label)
    }
    XCTAssertNotEqual(control.labels, task.labels)
    let ones = Double(Set(known.filter { $0.value == 1 }.keys).count) / Double(known.count)
    XCTAssertEqual(ones, 0.5, accuracy: 0.12, "classes are drawn evenly")
  }

  func testSplitsKeepTheirUnitsApart() throws {
    let task = try WordTask("class", in: wordSentences(50, seed: 7))
    for unit in SplitUnit.allCases {
      var generator = random(8)
      let split = try TaskSplit(task, by: unit, using: &generator)
      let parts = [split.training, split.development, split.test]
      XCTAssertEqual(parts.flatMap(\.self).sorted(), Array(0..<task.count))
      let units = parts.map { places in
        Set(
          places.map {
            switch unit {
            case .sentence: String(task.sentences[$0])
            case .lemma: task.lemmas[$0]
            case .head: task.headLemmas[$0]
            }
          })
      }
      XCTAssertTrue(units[0].isDisjoint(with: units[1]) && units[0].isDisjoint(with: units[2]))
      XCTAssertTrue(units[1].isDisjoint(with: units[2]))
      XCTAssertEqual(
        Double(units[0].count) / Double(units.reduce(0) { $0 + $1.count }), 0.6, accuracy: 0.03)
    }
  }

  func testAWordsHeadNamesItsUnit() throws {
    let sentences = wordSentences(5, seed: 11)
    let task = try WordTask("class", in: sentences)
    XCTAssertEqual(task.headLemmas[0], sentences[0].words[0].lemma, "a root stands for itself")
    XCTAssertEqual(task.headLemmas[3], sentences[0].words[2].lemma)
  }

  func testErrorsSayWhatToDo() throws {
    let sentences = wordSentences(6, seed: 9)
    XCTAssertThrowsError(try WordTask("one", in: sentences)) {
      XCTAssertEqual(
        "\($0)",
        "all 48 words have the one class “x” of “one”; a probe needs at least two")
    }
    XCTAssertThrowsError(try WordTask("colour", in: sentences)) {
      XCTAssertEqual("\($0)", "no word has the label “colour”; the words have class, one")
    }
    XCTAssertThrowsError(try WordTask("depth", in: Array(sentences.prefix(3)))) {
      XCTAssertEqual(
        "\($0)",
        "“depth” has 8 classes in 3 sentences; give at least as many sentences as classes")
    }
    let task = try WordTask("class", in: Array(sentences.prefix(3)))
    var generator = random(1)
    XCTAssertThrowsError(try TaskSplit(task, by: .sentence, using: &generator)) {
      XCTAssertEqual(
        "\($0)",
        "there are 3 sentences to share out among training, development and test; give at least 5")
    }
  }
}

final class BootstrapTests: XCTestCase {
  func testMeanAndDegenerateIntervals() {
    let certain = Bootstrap().mean(of: [1, 1, 1, 1], groups: [0, 0, 1, 1])
    XCTAssertEqual(certain, Estimate(value: 1, lower: 1, upper: 1))
    let one = Bootstrap().mean(of: [1, 0, 0, 0], groups: [7, 7, 7, 7])
    XCTAssertEqual(one, Estimate(value: 0.25, lower: 0.25, upper: 0.25))
  }

  /// Every sentence is all right or all wrong: drawn word by word, intervals would be far too narrow.
  func testIntervalsHoldTheTruthAsOftenAsTheySay() {
    var generator = SeededGenerator(seed: 12)
    let (sentences, words, truth) = (80, 10, 0.7)
    var held = 0
    var heldByWord = 0
    for round in 0..<300 {
      let right = (0..<sentences).map { _ in Double.random(in: 0..<1, using: &generator) < truth }
      let values = right.flatMap { Array(repeating: $0 ? 1.0 : 0, count: words) }
      let groups = right.indices.flatMap { Array(repeating: $0, count: words) }
      let bootstrap = Bootstrap(samples: 300, seed: UInt64(round))
      let interval = bootstrap.mean(of: values, groups: groups)
      if (interval.lower...interval.upper).contains(truth) { held += 1 }
      let naive = bootstrap.mean(of: values, groups: Array(values.indices))
      if (naive.lower...naive.upper).contains(truth) { heldByWord += 1 }
    }
    XCTAssertEqual(Double(held) / 300, 0.95, accuracy: 0.04)
    XCTAssertLessThan(Double(heldByWord) / 300, 0.6)
  }

  func testPairedDifferencesOfEqualSystemsAreZero() {
    let right = (0..<40).map { Double($0 % 3 == 0 ? 1 : 0) }
    let difference = Bootstrap().mean(of: zip(right, right).map(-), groups: Array(0..<40))
    XCTAssertEqual(difference, Estimate(value: 0, lower: 0, upper: 0))
  }
}
