/// A regular expression of any kind that `PatternParser` reads, matched by backtracking.
///
/// The engine follows Oniguruma: the first way to match wins, in the order in which the expression
/// offers them. It keeps its own stack and counts its steps, so that no expression makes it run
/// without end: see `SearchLimit`. `Expression` is quicker with the few forms it has.
struct Pattern: Sendable {
  enum Instruction: Sendable {
    case set(Int)
    /// As many of a set as there are, giving back one after another where that is allowed.
    case run(Int, minimum: Int, maximum: Int, PatternNode.Repetition)
    /// The first of two ways, and if that fails the second.
    case split(Int, Int)
    case jump(Int)
    case assertion(PatternNode.Assertion)
    /// A part on its own, up to its `accept`; then on at the place given.
    case look(isAhead: Bool, isNegated: Bool, lengths: ClosedRange<Int>, next: Int)
    case atomic(next: Int)
    /// Remembers where a turn of a loop begins.
    case turn(Int)
    /// Leaves the loop at the place given if the turn took nothing.
    case unlessMoved(Int, next: Int)
    case accept
  }

  var program: [Instruction] = []
  var sets: [ScalarRanges] = []
  /// How many loops remember where their turn began.
  var turns = 0
  /// Whether a match may begin with an ASCII byte.
  private var begins = [Bool](repeating: true, count: 0x80)
  let canBeEmpty: Bool

  static let word = ScalarRanges(runs: ScalarPropertyTable.word)

  /// The most instructions: `(a{1000}){1000}` would be a million.
  static let largest = 20_000

  /// Reads an expression.
  ///
  /// - Throws: `PatternError`, which says where reading stopped and why.
  init(_ text: String) throws(PatternError) {
    var parser = PatternParser(text)
    let node = try parser.whole()
    canBeEmpty = node.lengths.lowerBound == 0
    try add(node)
    program.append(.accept)
    if let first = node.first {
      for byte in UInt8(0)..<0x80 { begins[Int(byte)] = first.contains(ascii: byte) }
    }
  }

  /// The ranges of bytes that match, from left to right, as the library's iterator finds them.
  ///
  /// - Throws: `TokenizerError.exhausted` where that takes too many steps.
  func matches(
    in bytes: borrowing Span<UInt8>, from start: Int, to end: Int
  ) throws(TokenizerError) -> [Range<Int>] {
    var results: [Range<Int>] = []
    var search = PatternSearch(self, start: start, end: end)
    var position = start
    var last: Int?
    while position <= end {
      guard let found = try match(in: bytes, from: position, &search) else { break }
      if found.isEmpty, found.upperBound == last {
        // No second empty match where the last one ended.
        position += position < end ? Scalars.length(leadByte: bytes[position]) : 1
        continue
      }
      results.append(found)
      position = found.upperBound
      last = position
    }
    return results
  }

  private func match(
    in bytes: borrowing Span<UInt8>, from start: Int, _ search: inout PatternSearch
  ) throws(TokenizerError) -> Range<Int>? {
    var position = start
    search.searchStart = start
    while position <= search.end {
      if position < search.end {
        let byte = bytes[position]
        if byte < 0x80, !begins[Int(byte)] {
          position += 1
          continue
        }
      }
      if let end = try search.run(at: 0, bytes, from: position, target: nil) {
        return position..<end
      }
      position += position < search.end ? Scalars.length(leadByte: bytes[position]) : 1
    }
    return nil
  }
}

extension Pattern {
  private mutating func index(of set: ScalarRanges) -> Int {
    if let known = sets.firstIndex(of: set) { return known }
    sets.append(set)
    return sets.count - 1
  }

  private mutating func add(_ node: PatternNode) throws(PatternError) {
    guard program.count < Self.largest else {
      throw PatternError(place: 0, reason: "its repetitions multiply to more than can be kept")
    }
    switch node {
    case .empty: break
    case .set(let set): program.append(.set(index(of: set)))
    case .sequence(let parts): for part in parts { try add(part) }
    case .choice(let parts):
      var jumps: [Int] = []
      for (number, part) in parts.enumerated() {
        guard number < parts.count - 1 else {
          try add(part)
          break
        }
        let split = program.count
        program.append(.accept)
        try add(part)
        jumps.append(program.count)
        program.append(.accept)
        program[split] = .split(split + 1, program.count)
      }
      for jump in jumps { program[jump] = .jump(program.count) }
    case .repeated(let part, let minimum, let maximum, let kind):
      try addRepetition(of: part, minimum, maximum, kind)
    case .look(let part, let isAhead, let isNegated):
      let start = program.count
      program.append(.accept)
      try add(part)
      program.append(.accept)
      program[start] = .look(
        isAhead: isAhead, isNegated: isNegated, lengths: part.lengths, next: program.count)
    case .atomic(let part):
      let start = program.count
      program.append(.accept)
      try add(part)
      program.append(.accept)
      program[start] = .atomic(next: program.count)
    case .assertion(let assertion): program.append(.assertion(assertion))
    }
  }

  private mutating func addRepetition(
    of part: PatternNode, _ minimum: Int, _ maximum: Int, _ kind: PatternNode.Repetition
  ) throws(PatternError) {
    if case .set(let set) = part {
      program.append(.run(index(of: set), minimum: minimum, maximum: maximum, kind))
      return
    }
    if kind == .possessive {
      return try add(
        .atomic(.repeated(part, minimum: minimum, maximum: maximum, .greedy)))
    }
    // What takes nothing does so once: repetitions of it would never fill the program.
    let takesNothing = part.lengths.upperBound == 0
    let minimum = takesNothing ? min(minimum, 1) : minimum
    let maximum = takesNothing ? min(maximum, 1) : maximum
    for _ in 0..<minimum { try add(part) }
    let isLazy = kind == .lazy
    func way(_ inside: Int, _ outside: Int) -> Instruction {
      isLazy ? .split(outside, inside) : .split(inside, outside)
    }
    if maximum == .max {
      let turn = turns
      turns += 1
      let start = program.count
      program += [.accept, .turn(turn)]
      try add(part)
      program.append(.unlessMoved(turn, next: program.count + 2))
      program.append(.jump(start))
      program[start] = way(start + 1, program.count)
    } else {
      var splits: [Int] = []
      for _ in minimum..<max(maximum, minimum) {
        splits.append(program.count)
        program.append(.accept)
        try add(part)
      }
      for split in splits { program[split] = way(split + 1, program.count) }
    }
  }
}

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
    // A few seconds at most, and what honest expressions take many times over.
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
