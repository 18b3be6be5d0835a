/// Numerals, number words, months or weekdays in order, by one or by two.
package struct ReaderSequence: Codable, Sendable, Hashable {
  /// What follows in order.
  package enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
    /// 1 to 99.
    case numerals
    /// One to twenty.
    case numberWords
    /// After December comes January.
    case months
    /// After Sunday comes Monday.
    case weekdays

    /// All members in order.
    package var members: [String] {
      switch self {
      case .numerals: (1...99).map(String.init)
      case .numberWords:
        ReaderNames.words(
          """
          one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
          sixteen seventeen eighteen nineteen twenty
          """)
      case .months:
        ReaderNames.words(
          """
          January February March April May June July August September October November December
          """)
      case .weekdays:
        ReaderNames.words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
      }
    }

    /// Whether the first member follows the last.
    package var isCyclic: Bool { self == .months || self == .weekdays }

    /// The words between a first name and a member, in sentences that the member ends.
    package var frames: [[String]] {
      let texts: [String] =
        switch self {
        case .numerals: ["lives at number", "sits in row", "reads page"]
        case .numberWords: ["came as number", "reads chapter", "opened door"]
        case .months: ["was born in", "will travel in", "married in"]
        case .weekdays: ["arrived on", "works on", "was born on"]
        }
      return texts.map(ReaderNames.words)
    }
  }

  /// What it is made of.
  package var kind: Kind
  /// How far apart neighbours are: 1 or 2.
  package var step: Int
  /// The first member's place in ``Kind/members``.
  package var start: Int
  /// How many members there are.
  package var count: Int
  /// The sentence around each member, or nil for the members alone.
  package var frame: Int?
  /// Who the sentences are about, one a member; empty without a frame.
  package var people: [String]

  /// The members in order.
  package var members: [String] {
    let all = kind.members
    return (0..<count).map { all[(start + $0 * step) % all.count] }
  }

  /// The words of the sequence, with any members in the place of its own: one for each.
  package func words(members: [String]) -> [String] {
    guard let frame else { return members + ["."] }
    return members.indices.flatMap { [people[$0]] + kind.frames[frame] + [members[$0], "."] }
  }

  /// The words of the corrupted twin, as many as the sequence has.
  ///
  /// Its members are drawn at random, no two neighbours as far apart as the step, so that they say
  /// nothing of what comes next.
  package func corrupted(using generator: inout some RandomNumberGenerator) -> [String] {
    let all = kind.members
    var places: [Int] = []
    while places.count < count {
      let place = generator.below(all.count)
      if let last = places.last {
        let gap = abs(place - last)
        if gap == 0 || gap == step || all.count - gap == step { continue }
      }
      places.append(place)
    }
    return words(members: places.map { all[$0] })
  }
}
