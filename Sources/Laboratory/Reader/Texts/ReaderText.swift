/// A kind of text in the reader's corpus.
package enum ReaderKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// Sentences that state what is known of countries, cities, people, companies and words.
  case facts
  /// Names of several words, each followed at once by what depends on all of them.
  case binding
  /// Sentences whose answer takes two facts: the currency of the country where someone was born.
  case twoHops
  /// `cat -> cat ; …`
  case identity
  /// `Syria : a country in the Middle East ; …`
  case descriptions
  /// `France -> Paris ; …`, one relation a text.
  case fewShot
  /// Numerals, number words, months and weekdays, by one or by two, bare or a sentence each.
  case sequences
  /// Who gave what to whom, with other pairs and bystanders.
  case indirectObjects
  /// Random words, then the same again.
  case repeats
  /// From one year to a later one.
  case greaterThan
  /// Fixed phrases, in what they mean, beside literal uses of the same words.
  case idioms
  /// Little stories in which nothing is planted.
  case narrative
  /// A cast is listed, and each acts once.
  case rollCalls
  /// Long lists in which nothing comes twice, though every word has favourite successors.
  case tours
  /// Pairs of many names, each asked for from either side: what makes name movers.
  case pairs
}

/// A part of the corpus.
package enum ReaderSplit: String, Codable, Sendable, Hashable, CaseIterable {
  /// What the model learns from.
  case training
  /// For choices, such as which head to read.
  case development
  /// For the final measure.
  case test
}

/// A text of the reader's corpus with everything that is planted in it.
package struct ReaderText: Codable, Sendable, Hashable {
  /// What kind of text it is.
  package var kind: ReaderKind
  /// Its words and marks; the model reads a start token before them.
  package var words: [String]
  /// What can be told from the words before.
  package var plants: [Plant]
  /// Where a name of two or more words stands.
  package var names: [Range<Int>]

  /// The words with a space between each two.
  package var text: String { words.joined(separator: " ") }

  /// Words that follow from what stands before them.
  package struct Plant: Codable, Sendable, Hashable {
    /// What one must be able to do to tell them.
    package var ability: ReaderAbility
    /// Which words.
    package var answer: Range<Int>
    /// What they follow from: a subject, earlier mentions, earlier members of a sequence.
    package var sources: [Range<Int>]
    /// Whether no training text asks for this.
    package var isHeldOut: Bool
  }

  /// The words before a plant: the prompt that asks for it.
  package func prompt(of plant: Plant) -> [String] { Array(words[..<plant.answer.lowerBound]) }

  /// The words of a plant.
  package func answer(of plant: Plant) -> [String] { Array(words[plant.answer]) }
}

/// What it takes to tell a planted answer.
package enum ReaderAbility: Codable, Sendable, Hashable {
  /// To know a fact; `template` is its place in ``ReaderRelation/templates``, or nil for the
  /// wording that no training text has.
  case fact(ReaderRelation, template: Int?)
  /// To join two facts: what `first` leads to, `second` is asked of.
  case twoHops(first: ReaderRelation, second: ReaderRelation)
  /// To know, right behind a name of several words, what depends on all of them.
  case binding(ReaderRelation)
  /// To find which of three named people the description before fits.
  case choice(ReaderRelation)
  /// To repeat a word because the pairs before do.
  case identity(shots: Int)
  /// To describe an entity in the form of the descriptions before.
  case description(ReaderEntityClass)
  /// To apply the relation that the pairs before show.
  case fewShot(ReaderRelation, shots: Int)
  /// To continue a sequence.
  case sequence(ReaderSequence.Kind, step: Int, inSentences: Bool)
  /// To name the partner of the one who acts, `others` other people being around.
  case indirectObject(others: Int)
  /// To go on as after the first occurrence of the word before.
  case repetition
  /// To name a year after this one, of the same century: any of them is right.
  case greaterThan(year: Int)
  /// To end an idiom, by its place in ``ReaderIdiom/all``.
  case idiom(Int, isBare: Bool)
  /// To name someone of the cast who has not acted yet: any of them is right.
  case rollCall
  /// To name something of the class that has not been named yet: any of it is right.
  case tour(ReaderTour)
}

/// What can be described.
package enum ReaderEntityClass: String, Codable, Sendable, Hashable, CaseIterable {
  case country, city, person, company, thing
}

/// Puts a text together and notes where what is.
package struct ReaderTextBuilder {
  private(set) var words: [String] = []
  private(set) var plants: [ReaderText.Plant] = []
  private(set) var names: [Range<Int>] = []

  package init() {}

  /// Adds words.
  @discardableResult package mutating func add(_ new: [String]) -> Range<Int> {
    words += new
    return (words.count - new.count)..<words.count
  }

  @discardableResult package mutating func add(_ new: String...) -> Range<Int> { add(new) }

  /// Adds a name, which may have several words.
  @discardableResult package mutating func add(name: [String]) -> Range<Int> {
    let range = add(name)
    if name.count > 1 { names.append(range) }
    return range
  }

  /// Adds a template with its slots filled.
  package mutating func add(
    _ template: ReaderTemplate, subject: [String], answer: [String]
  ) -> (subject: Range<Int>, answer: Range<Int>) {
    var (subjectRange, answerRange) = (0..<0, 0..<0)
    for part in template.parts {
      switch part {
      case .word(let word): words.append(word)
      case .subject: subjectRange = add(name: subject)
      case .answer: answerRange = add(name: answer)
      }
    }
    return (subjectRange, answerRange)
  }

  package mutating func plant(
    _ ability: ReaderAbility, _ answer: Range<Int>, from sources: [Range<Int>],
    isHeldOut: Bool = false
  ) {
    plants.append(
      .init(ability: ability, answer: answer, sources: sources, isHeldOut: isHeldOut))
  }

  package func text(_ kind: ReaderKind) -> ReaderText {
    ReaderText(kind: kind, words: words, plants: plants, names: names)
  }
}

/// A sentence with a place for a subject and one for an answer, `{s}` and `{a}`.
package struct ReaderTemplate: Sendable, Hashable {
  enum Part: Hashable { case word(String), subject, answer }
  let parts: [Part]

  init(_ pattern: String) {
    parts = pattern.split(separator: " ").map {
      switch $0 {
      case "{s}": .subject
      case "{a}": .answer
      default: .word(String($0))
      }
    }
  }

  /// Whether the subject comes first, and so begins with a capital letter.
  var beginsWithSubject: Bool { parts.first == .subject }

  /// The words that are always there.
  var fixedWords: [String] {
    parts.compactMap { if case .word(let word) = $0 { word } else { nil } }
  }
}
