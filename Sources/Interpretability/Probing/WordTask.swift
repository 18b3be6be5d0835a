import Tensors

/// Words with a class each, out of some sentences: what a probe is trained and measured on.
public struct WordTask: Codable, Sendable {
  /// What is asked, such as `upos`.
  public var name: String
  /// The names of the classes, most frequent first.
  public var classes: [String]
  /// The row of each word among all words of the sentences.
  public var rows: [Int]
  /// The class of each word.
  public var labels: [Int]
  /// The sentence of each word.
  public var sentences: [Int]
  /// The word type of each: its letters in lower case.
  public var types: [String]
  /// The dictionary form of each.
  public var lemmas: [String]
  /// The dictionary form of the word that each depends on, and of a root its own.
  public var headLemmas: [String]

  /// How many words there are.
  public var count: Int { rows.count }

  /// The words that have a label of this name.
  ///
  /// - Parameters:
  ///   - name: `upos`, `feats.Number`, `depth` or another label of the words.
  ///   - sentences: Where they come from; a word's row counts all words of all sentences.
  ///   - isIncluded: Which words take part.
  /// - Throws: ``ProbingError`` when no word or only one class has such a label, or when there are
  ///   fewer sentences than classes.
  public init(
    _ name: String, in sentences: [AnnotatedSentence],
    where isIncluded: (AnnotatedWord) -> Bool = { _ in true }
  ) throws(ProbingError) {
    self.name = name
    rows = []
    labels = []
    types = []
    lemmas = []
    headLemmas = []
    self.sentences = []
    var texts: [String] = []
    var row = 0
    for (index, sentence) in sentences.enumerated() {
      for (place, word) in sentence.words.enumerated() {
        if isIncluded(word), let label = sentence.label(name, ofWord: place) {
          rows.append(row)
          texts.append(label)
          types.append(word.text.lowercased())
          lemmas.append(word.lemma)
          headLemmas.append(sentence.words[word.head ?? place].lemma)
          self.sentences.append(index)
        }
        row += 1
      }
    }
    let counts = Dictionary(texts.map { ($0, 1) }, uniquingKeysWith: +)
    classes = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    labels = texts.map { index[$0]! }
    guard classes.count > 1 else {
      let known = Set(sentences.flatMap { $0.words.flatMap(\.labels.keys) }).sorted()
      throw ProbingError(
        classes.isEmpty
          ? "no word has the label “\(name)”; the words have \(known.joined(separator: ", "))"
          : "all \(counted(count, "word")) have the one class “\(classes[0])” of “\(name)”; "
            + "a probe needs at least two")
    }
    let used = Set(self.sentences).count
    guard used >= classes.count else {
      throw ProbingError(
        "“\(name)” has \(classes.count) classes in \(counted(used, "sentence")); give at least as "
          + "many sentences as classes")
    }
  }

  /// The words at some places of this task.
  public func subset(_ places: [Int]) -> WordTask {
    var part = self
    part.rows = places.map { rows[$0] }
    part.labels = places.map { labels[$0] }
    part.sentences = places.map { sentences[$0] }
    part.types = places.map { types[$0] }
    part.lemmas = places.map { lemmas[$0] }
    part.headLemmas = places.map { headLemmas[$0] }
    return part
  }

  /// The control task: every word type has one class, drawn evenly and kept wherever it appears.
  ///
  /// A probe can only learn it by heart, so types that training has not shown are left to chance.
  /// Hewitt and Liang, "Designing and Interpreting Probes with Control Tasks", 2019.
  public func control(using generator: inout some RandomNumberGenerator) -> WordTask {
    var classOfType: [String: Int] = [:]
    for type in Set(types).sorted() {
      classOfType[type] = Int.random(in: classes.indices, using: &generator)
    }
    var task = self
    task.name = "control of \(name)"
    task.labels = types.map { classOfType[$0]! }
    return task
  }
}

extension WordTask {
  /// The name of each word's unit.
  func units(_ unit: SplitUnit) -> [String] {
    switch unit {
    case .sentence: sentences.map(String.init)
    case .lemma: lemmas
    case .head: headLemmas
    }
  }
}

/// What is kept apart between training, development and test.
public enum SplitUnit: String, Codable, Sendable, CaseIterable {
  /// A sentence is in one part alone.
  case sentence
  /// A dictionary form is in one part alone: what is learned of a word by heart does not help.
  case lemma
  /// The dictionary form of the word that a word depends on is in one part alone: for articles,
  /// which are all alike, that of their noun.
  case head
}

/// The places of a task's words in training, development and test.
public struct TaskSplit: Codable, Sendable {
  /// What is kept apart, and drawn as one where it is asked how sure a share is.
  public var unit: SplitUnit
  /// What probes learn from: three fifths of the units.
  public var training: [Int]
  /// What chooses the epoch and the layer: one fifth.
  public var development: [Int]
  /// What is reported, once: one fifth.
  public var test: [Int]

  /// Shares a task's words out by unit.
  ///
  /// - Throws: ``ProbingError`` when there are too few units for three parts.
  public init(
    _ task: WordTask, by unit: SplitUnit, using generator: inout some RandomNumberGenerator
  ) throws(ProbingError) {
    self.unit = unit
    let names = task.units(unit)
    let units = Set(names).sorted().shuffled(using: &generator)
    guard units.count >= 5 else {
      throw ProbingError(
        "there are \(counted(units.count, unit.rawValue)) to share out among training, development "
          + "and test; give at least 5")
    }
    let part = Dictionary(
      uniqueKeysWithValues: units.enumerated().map { ($1, $0 * 5 / units.count) })
    training = names.indices.filter { part[names[$0]]! < 3 }
    development = names.indices.filter { part[names[$0]]! == 3 }
    test = names.indices.filter { part[names[$0]]! == 4 }
  }
}

/// A number with its noun in the singular or plural.
package func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
