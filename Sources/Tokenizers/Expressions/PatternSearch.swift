/// One text's way through a pattern.
struct PatternSearch: ~Copyable {
  private enum Frame {
    case way(Int, position: Int)
    /// A run that may give back down to a position, or, if lazy, take more.
    case shorter(Int, position: Int, least: Int)
    case longer(Int, set: Int, position: Int, left: Int)
    case turn(Int, began: Int)
  }

  private let pattern: Pattern
  let start: Int
  let end: Int
  var searchStart = 0
  private var stack: [Frame] = []
  private var turns: [Int]
  private var stepsLeft: Int

  /// The most frames kept: 40 bytes each.
  private static let deepest = 1 << 21

  init(_ pattern: Pattern, start: Int, end: Int) {
    self.pattern = pattern
    self.start = start
    self.end = end
    turns = Array(repeating: -1, count: pattern.turns)
    // A few seconds at most, and what honest expressions take many times over: `a*b` on five thousand a
    // takes half of it.
    stepsLeft = 50_000_000 + 1000 * (end - start)
  }

  /// Where the part of the program ends that begins at a place, or nil if it does not match.
  ///
  /// - Parameter target: Where it must end, if that matters.
  mutating func run(
    at place: Int, _ bytes: borrowing Span<UInt8>, from position: Int, target: Int?
  ) throws(TokenizerError) -> Int? {
    let base = stack.count
    var place = place
    var position = position
    while true {
      stepsLeft -= 1
      guard stepsLeft > 0, stack.count < Self.deepest else { throw .exhausted }
      var matches = true
      switch pattern.program[place] {
      case .set(let set):
        if position < end, contains(set, bytes, position) {
          position += Scalars.length(leadByte: bytes[position])
          place += 1
        } else {
          matches = false
        }
      case .run(let set, let minimum, let maximum, let kind):
        let most = kind == .lazy ? minimum : maximum
        var count = 0
        var least = position
        while count < most, position < end, contains(set, bytes, position) {
          position += Scalars.length(leadByte: bytes[position])
          count += 1
          if count == minimum { least = position }
        }
        stepsLeft -= count / 4
        place += 1
        if count < minimum {
          matches = false
        } else if kind == .greedy, position > least {
          stack.append(.shorter(place, position: position, least: least))
        } else if kind == .lazy, maximum > minimum {
          stack.append(.longer(place, set: set, position: position, left: maximum - minimum))
        }
      case .split(let first, let second):
        stack.append(.way(second, position: position))
        place = first
      case .jump(let next): place = next
      case .assertion(let assertion):
        matches = holds(assertion, bytes, position)
        place += 1
      case .look(let isAhead, let isNegated, let lengths, let next):
        let found =
          isAhead
          ? try run(at: place + 1, bytes, from: position, target: nil) != nil
          : try precedes(at: place + 1, bytes, position, lengths)
        matches = found != isNegated
        place = next
      case .atomic(let next):
        if let end = try run(at: place + 1, bytes, from: position, target: nil) {
          position = end
          place = next
        } else {
          matches = false
        }
      case .turn(let turn):
        stack.append(.turn(turn, began: turns[turn]))
        turns[turn] = position
        place += 1
      case .unlessMoved(let turn, let next):
        place = turns[turn] == position ? next : place + 1
      case .accept:
        if target == nil || target == position {
          stack.removeLast(stack.count - base)
          return position
        }
        matches = false
      }
      if matches { continue }
      guard goBack(to: base, bytes, &place, &position) else { return nil }
    }
  }

  /// Takes the next other way, or says that there is none.
  private mutating func goBack(
    to base: Int, _ bytes: borrowing Span<UInt8>, _ place: inout Int, _ position: inout Int
  ) -> Bool {
    while stack.count > base {
      switch stack.removeLast() {
      case .way(let next, let from):
        (place, position) = (next, from)
        return true
      case .shorter(let next, let from, let least):
        position = Scalars.start(in: bytes, endingAt: from)
        place = next
        if position > least { stack.append(.shorter(next, position: position, least: least)) }
        return true
      case .longer(let next, let set, let from, let left):
        guard from < end, contains(set, bytes, from) else { continue }
        position = from + Scalars.length(leadByte: bytes[from])
        place = next
        if left > 1 {
          stack.append(.longer(next, set: set, position: position, left: left - 1))
        }
        return true
      case .turn(let turn, let began): turns[turn] = began
      }
    }
    return false
  }

  @inline(__always)
  private func contains(_ set: Int, _ bytes: borrowing Span<UInt8>, _ position: Int) -> Bool {
    let byte = bytes[position]
    if byte < 0x80 { return pattern.sets[set].contains(ascii: byte) }
    return pattern.sets[set].contains(Scalars.scalar(in: bytes, at: position).scalar)
  }

  /// Whether a part matches that ends at a position.
  private mutating func precedes(
    at place: Int, _ bytes: borrowing Span<UInt8>, _ position: Int, _ lengths: ClosedRange<Int>
  ) throws(TokenizerError) -> Bool {
    var from = position
    var length = 0
    while length <= lengths.upperBound {
      if length >= lengths.lowerBound,
        try run(at: place, bytes, from: from, target: position) != nil
      {
        return true
      }
      guard from > start else { return false }
      from = Scalars.start(in: bytes, endingAt: from)
      length += 1
    }
    return false
  }

  private func holds(
    _ assertion: PatternNode.Assertion, _ bytes: borrowing Span<UInt8>, _ position: Int
  ) -> Bool {
    switch assertion {
    case .textStart: return position == start
    case .textEnd: return position == end
    case .searchStart: return position == searchStart
    case .lineStart:
      return position == start || position < end && bytes[position - 1] == 0x0A
    case .lineEnd: return position == end || bytes[position] == 0x0A
    case .lastLineEnd:
      return position == end || position == end - 1 && bytes[position] == 0x0A
    case .wordBoundary, .noWordBoundary:
      let before =
        position > start
        && Pattern.word.contains(
          Scalars.scalar(in: bytes, at: Scalars.start(in: bytes, endingAt: position)).scalar)
      let after =
        position < end && Pattern.word.contains(Scalars.scalar(in: bytes, at: position).scalar)
      return (before != after) == (assertion == .wordBoundary)
    }
  }
}
