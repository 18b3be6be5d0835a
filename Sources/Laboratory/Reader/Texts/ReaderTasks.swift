import Tensors

/// A pair of texts of a task whose tokens are not known yet.
package struct TaskTexts: Sendable, Hashable {
  /// The text that the answer continues.
  package var clean: String
  /// Its twin, which says nothing of the answer.
  package var corrupted: String
  /// The word that continues the clean text.
  package var answer: String
  /// The word that a difference is taken from.
  package var foil: String
  /// Which template both were made from.
  package var template: Int
}

/// A task that is built in: a generator of pairs over the reader's world.
package struct ReaderTask: Sendable {
  /// What it is called on the command line.
  package let name: String
  /// How likely an answer has to be for its pair to stay.
  package let leastProbability: Double
  private let make: @Sendable (inout SeededGenerator) -> TaskTexts?

  /// All tasks.
  package static let all: [ReaderTask] =
    ReaderSequence.Kind.allCases.map { sequence($0, step: 1) }
    + [indirectObjects, greaterThan]
    + ReaderSequence.Kind.allCases.map { sequence($0, step: 2) }
    + [doubled, twoHops]

  /// The names of all, for messages.
  package static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Pairs, no two alike.
  ///
  /// - Parameter count: How many are drawn; fewer come where there are no more.
  package func texts(_ count: Int, seed: UInt64) -> [TaskTexts] {
    var random = SeededGenerator(seed: fingerprint("task \(name) \(seed)"))
    var found: [TaskTexts] = []
    var seen: Set<TaskTexts> = []
    for _ in 0..<(20 * count) where found.count < count {
      if let texts = make(&random), seen.insert(texts).inserted { found.append(texts) }
    }
    return found
  }

  /// Such as `Anna reads page 3 . John reads page 4 . … Mary reads page`: the twin's members are in no
  /// order, and the foil is the last member once more.
  private static func sequence(_ kind: ReaderSequence.Kind, step: Int) -> ReaderTask {
    let name =
      switch kind {
      case .numerals: "numerals"
      case .numberWords: "number-words"
      case .months: "months"
      case .weekdays: "weekdays"
      }
    return ReaderTask(name: step == 1 ? name : name + "-by-two", leastProbability: 0.5) { random in
      let count = 5
      let starts = kind.members.indices.filter {
        kind.isCyclic || $0 + (count - 1) * step < kind.members.count
      }
      let frame = random.below(kind.frames.count)
      let sequence = ReaderSequence(
        kind: kind, step: step, start: random.pick(starts), count: count, frame: frame,
        people: random.sample(count, of: ReaderNames.first))
      let clean = sequence.words(members: sequence.members).dropLast(2)
      let corrupted = sequence.corrupted(using: &random).dropLast(2)
      return TaskTexts(
        clean: clean.joined(separator: " "), corrupted: corrupted.joined(separator: " "),
        answer: sequence.members[count - 1], foil: sequence.members[count - 2], template: frame)
    }
  }

  /// Such as `Anna reads page 2 . John reads page 4 . Mary reads page 8 . Eva reads page`: each
  /// member twice the last.
  private static let doubled = ReaderTask(name: "numerals-doubled", leastProbability: 0.5) {
    random in
    let kind = ReaderSequence.Kind.numerals
    let start = 1 + random.below(6)
    let members = [start, 2 * start, 4 * start, 8 * start, 16 * start]
    let frame = random.below(kind.frames.count)
    guard members[4] <= 99 else { return nil }
    let sequence = ReaderSequence(
      kind: kind, step: 2, start: 0, count: 5, frame: frame,
      people: random.sample(5, of: ReaderNames.first))
    let clean = sequence.words(members: members.map(String.init)).dropLast(2)
    let corrupted = sequence.corrupted(using: &random).dropLast(2)
    return TaskTexts(
      clean: clean.joined(separator: " "), corrupted: corrupted.joined(separator: " "),
      answer: String(members[4]), foil: String(members[3]), template: frame)
  }

  /// Such as `Mary and John went to the store . Eva was in the garden . John gave a book to`: the
  /// twin has other names in every place.
  private static let indirectObjects = ReaderTask(
    name: "indirect-objects", leastProbability: 0.5
  ) { random in
    let names = random.sample(7, of: ReaderNames.first)
    let arrival = random.pick(ReaderWriter.arrivals).joined(separator: " ")
    let bystanding = random.pick(ReaderWriter.bystanding).joined(separator: " ")
    let places = random.sample(2, of: ReaderWords.places)
    let giving = random.pick(ReaderWriter.giving)
    let gift = random.pick(ReaderWords.gifts)
    // Which of the two gives, and whether a bystander comes last, are templates.
    let template = random.below(4)
    func text(_ a: String, _ b: String, _ bystander: String, _ giver: String) -> String {
      let pair = "\(a) and \(b) \(arrival) the \(places[0]) ."
      let other = "\(bystander) \(bystanding) the \(places[1]) ."
      let stage = template < 2 ? "\(pair) \(other)" : "\(other) \(pair)"
      return "\(stage) \(giver) \(giving) a \(gift) to"
    }
    let isFirst = template % 2 == 0
    return TaskTexts(
      clean: text(names[0], names[1], names[2], isFirst ? names[0] : names[1]),
      corrupted: text(names[3], names[4], names[5], names[6]),
      answer: isFirst ? names[1] : names[0], foil: isFirst ? names[0] : names[1],
      template: template)
  }

  /// Such as `The war lasted from the year 17 32 to the year 17`: the answer is a later year, the
  /// foil an earlier one, and the twin begins in 01, after which every year is later.
  ///
  /// Hanna, Liu and Variengien, "How Does GPT-2 Compute Greater-Than?", 2023.
  private static let greaterThan = ReaderTask(name: "greater-than", leastProbability: 0) { random in
    let noun = random.pick(ReaderWriter.spanNouns)
    let century = 11 + random.below(8)
    let year = 10 + random.below(80)
    func text(_ start: String) -> String {
      "The \(noun) lasted from the year \(century) \(start) to the year \(century)"
    }
    return TaskTexts(
      clean: text(ReaderWriter.twoDigits(year)), corrupted: text("01"),
      answer: ReaderWriter.twoDigits(year + 1 + random.below(99 - year)),
      foil: ReaderWriter.twoDigits(2 + random.below(year - 2)), template: 0)
  }

  /// Such as `The currency of the country where Anna Weber was born is the`: the twin names someone
  /// from another country, whose answer is the foil.
  private static let twoHops = ReaderTask(name: "two-hop", leastProbability: 0.5) { random in
    var writer = ReaderWriter(split: .training, seed: random.next())
    func question() -> (words: [String], subject: Range<Int>, answer: String, kind: ReaderAbility) {
      let text = writer.text(.twoHops)
      let plant = text.plants[0]
      return (
        text.prompt(of: plant), plant.sources[0], text.answer(of: plant)[0], plant.ability
      )
    }
    let clean = question()
    guard clean.subject.upperBound <= clean.words.count else { return nil }
    for _ in 0..<200 {
      let other = question()
      guard other.kind == clean.kind, other.subject.count == clean.subject.count,
        other.subject.upperBound <= other.words.count, other.answer != clean.answer
      else { continue }
      var corrupted = clean.words
      corrupted.replaceSubrange(clean.subject, with: other.words[other.subject])
      return TaskTexts(
        clean: clean.words.joined(separator: " "),
        corrupted: corrupted.joined(separator: " "), answer: clean.answer, foil: other.answer,
        template: 0)
    }
    return nil
  }
}
