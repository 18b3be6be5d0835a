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
