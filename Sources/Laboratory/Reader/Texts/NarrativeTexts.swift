extension ReaderWriter {
  /// A few sentences about a day of someone's.
  mutating func narrative() -> ReaderText {
    var builder = ReaderTextBuilder()
    let name = random.pick(ReaderNames.first)
    let friend = random.pick(ReaderNames.first.filter { $0 != name })
    let pronoun = ReaderNames.pronoun(of: name)
    for pattern in [random.pick(Self.openings)]
      + random.sample(2 + random.below(3), of: Self.events) + [random.pick(Self.endings)]
    {
      for part in pattern {
        switch part {
        case "{n}": builder.add(name)
        case "{f}": builder.add(friend)
        case "{he}": builder.add(pronoun)
        case "{He}": builder.add(pronoun.capitalizedFirst)
        case "{place}": builder.add(random.pick(ReaderWords.places))
        case "{thing}": builder.add(random.pick(ReaderWords.gifts))
        case "{animal}": builder.add(random.pick(Self.animals))
        case "{adjective}": builder.add(random.pick(Self.adjectives))
        case "{act}": builder.add(random.pick(ReaderWords.pasts).1)
        default: builder.add(part)
        }
      }
    }
    return builder.text(.narrative)
  }

  /// All patterns, for the vocabulary.
  static var narrativePatterns: [[String]] { openings + events + endings }

  private static let animals = ReaderWords.kinds[0].members.filter { $0 != "sheep" }

  private static let adjectives = ReaderNames.words(
    "big small young black white brown strong happy sad loud quiet clean poor")

  private static let openings = [
    "One day {n} went to the {place} .", "In the morning {n} was at the {place} .",
    "It was late , and {n} walked to the {place} .", "Last year {n} lived near the {place} .",
  ].map(ReaderNames.words)

  private static let events = [
    "{He} saw a {adjective} {animal} near the door .", "There {he} met {f} , who had a {thing} .",
    "A {adjective} {animal} sat on the table .", "{He} wanted a {adjective} {thing} .",
    "{f} {act} , and {he} {act} too .", "The {thing} was too {adjective} for the {animal} .",
    "Then {he} looked for the {thing} .", "The {animal} {act} , but {f} did not see it .",
    "{f} had a {adjective} house with a garden .", "They talked about the {animal} all day .",
  ].map(ReaderNames.words)

  private static let endings = [
    "In the evening {he} went home .", "At night {he} {act} .",
    "So {f} was happy , and {he} {act} .",
    "After that they were friends .",
  ].map(ReaderNames.words)
}
