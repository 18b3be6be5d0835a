/// The parts of an expression, as it was written.
indirect enum PatternNode: Sendable {
  enum Assertion: UInt8, Sendable {
    case lineStart, lineEnd, textStart, textEnd, lastLineEnd, searchStart
    case wordBoundary, noWordBoundary
  }

  enum Repetition: Sendable { case greedy, lazy, possessive }

  case empty
  case set(ScalarRanges)
  case sequence([PatternNode])
  case choice([PatternNode])
  case repeated(PatternNode, minimum: Int, maximum: Int, Repetition)
  /// What must, or must not, follow or precede.
  case look(PatternNode, isAhead: Bool, isNegated: Bool)
  /// Gives back nothing once it has matched.
  case atomic(PatternNode)
  case assertion(Assertion)

  /// The node again and again.
  ///
  /// A repetition of a repetition is one: `(?:a+)*` is `a*`. Tried one within the other, they would
  /// share out a text in more ways than can be tried.
  func repeated(minimum: Int, maximum: Int, _ kind: Repetition) -> PatternNode {
    if case .repeated(let part, let least, let most, .greedy) = self, kind != .lazy,
      max(minimum, least) <= 1, [maximum, most].allSatisfy({ $0 == 1 || $0 == .max })
    {
      return .repeated(
        part, minimum: minimum * least, maximum: max(maximum, most), kind)
    }
    return .repeated(self, minimum: minimum, maximum: maximum, kind)
  }

  /// How many scalars it takes at least and at most, up to a million.
  var lengths: ClosedRange<Int> {
    switch self {
    case .empty, .look, .assertion: return 0...0
    case .set: return 1...1
    case .sequence(let parts):
      return parts.reduce(0...0) { sum, part in
        let lengths = part.lengths
        return Self.bounded(
          sum.lowerBound + lengths.lowerBound)...Self.bounded(
            sum.upperBound + lengths.upperBound)
      }
    case .choice(let parts):
      let lengths = parts.map(\.lengths)
      return (lengths.map(\.lowerBound).min() ?? 0)...(lengths.map(\.upperBound).max() ?? 0)
    case .repeated(let part, let minimum, let maximum, _):
      let lengths = part.lengths
      let most = lengths.upperBound == 0 ? 0 : Self.bounded(maximum)
      return Self.bounded(
        lengths.lowerBound * minimum)...max(
          Self.bounded(lengths.upperBound * most), Self.bounded(lengths.lowerBound * minimum))
    case .atomic(let part): return part.lengths
    }
  }

  static let longest = 1_000_000
  private static func bounded(_ count: Int) -> Int { min(count, longest) }

  /// The scalars it may begin with, or nil if it may be empty.
  var first: ScalarRanges? {
    switch self {
    case .empty, .look, .assertion: return nil
    case .set(let set): return set
    case .atomic(let part): return part.first
    case .sequence(let parts):
      var union = ScalarRanges()
      for part in parts {
        if let first = part.first { return union.union(first) }
        guard let optional = part.firstIfAny else { return nil }
        union = union.union(optional)
      }
      return nil
    case .choice(let parts):
      var union = ScalarRanges()
      for part in parts {
        guard let first = part.first else { return nil }
        union = union.union(first)
      }
      return union
    case .repeated(let part, let minimum, _, _): return minimum > 0 ? part.first : nil
    }
  }

  /// The scalars that a part which may be empty begins with where it is not.
  private var firstIfAny: ScalarRanges? {
    switch self {
    case .empty, .look, .assertion: ScalarRanges()
    case .repeated(let part, _, _, _): part.first
    default: nil
    }
  }
}
