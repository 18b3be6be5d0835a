/// A regular expression of the kind tokenizers split texts by.
///
/// It is a choice of sequences, each of scalar sets with a repetition, or a set that must not
/// follow: `\s+(?!\S)| ?\p{L}+`. At every position the first sequence that matches wins, and each
/// repetition takes what it can before it gives back, as in the library's engine, Oniguruma.
struct Expression: Sendable {
  struct Item: Equatable, Sendable {
    enum Kind: Sendable {
      /// Gives back what the rest of the sequence needs.
      case greedy
      /// Gives nothing back.
      case possessive
      /// Takes nothing; the set must not follow.
      case notAhead
    }

    var set: ScalarSet
    var kind = Kind.greedy
    var minimum = 1
    var maximum = 1
  }

  /// An item whose set is known by number.
  private struct Step {
    let set: Int
    let kind: Item.Kind
    let minimum: Int
    let maximum: Int
  }

  private let sets: [ScalarSet]
  private let steps: [Step]
  /// Where each sequence ends in `steps`.
  private let ends: [Int]
  /// For every ASCII byte the sets it is in, a bit each.
  private let asciiSets: [UInt64]
  /// For every first byte the sequences that it may begin, a bit each.
  private let starters: [UInt64]

  /// The most sequences, and the most sets.
  static let largest = 64

  /// An expression of sequences that cannot be empty, or nil if it is too large.
  init?(_ sequences: [[Item]]) {
    var sets: [ScalarSet] = []
    var steps: [Step] = []
    var ends: [Int] = []
    for item in sequences.joined() where !sets.contains(item.set) { sets.append(item.set) }
    guard sets.count <= Self.largest, sequences.count <= Self.largest else { return nil }
    for sequence in sequences {
      for item in sequence {
        let set = sets.firstIndex(of: item.set) ?? 0
        steps.append(
          Step(set: set, kind: item.kind, minimum: item.minimum, maximum: item.maximum))
      }
      ends.append(steps.count)
    }
    self.sets = sets
    self.steps = steps
    self.ends = ends
    asciiSets = (0..<0x80).map { byte in
      sets.indices.reduce(0) {
        sets[$1].contains(Unicode.Scalar(UInt8(byte))) ? $0 | 1 << UInt64($1) : $0
      }
    }
    starters = (0...255).map { byte in
      sequences.indices.reduce(0) {
        Self.mayBegin(sequences[$1], UInt8(byte)) ? $0 | 1 << UInt64($1) : $0
      }
    }
  }

  private static func mayBegin(_ sequence: [Item], _ byte: UInt8) -> Bool {
    guard byte < 0x80 else { return true }
    for item in sequence where item.kind != .notAhead {
      if item.set.contains(Unicode.Scalar(byte)) { return true }
      if item.minimum > 0 { return false }
    }
    return false
  }

  @inline(__always)
  private func contains(
    _ set: Int, _ bytes: borrowing Span<UInt8>, _ position: Int
  ) -> (Bool, end: Int) {
    let byte = bytes[position]
    if byte < 0x80 { return (asciiSets[Int(byte)] >> UInt64(set) & 1 == 1, position + 1) }
    let (scalar, end) = Scalars.scalar(in: bytes, at: position)
    return (sets[set].contains(scalar), end)
  }

  /// Where the match ends that begins at a position, or nil.
  private func end(
    in bytes: borrowing Span<UInt8>, at start: Int, limit: Int
  ) -> Int? {
    var candidates = starters[Int(bytes[start])]
    while candidates != 0 {
      let sequence = candidates.trailingZeroBitCount
      candidates &= candidates - 1
      let first = sequence == 0 ? 0 : ends[sequence - 1]
      if let end = follow(first, ends[sequence], bytes, start, limit) { return end }
    }
    return nil
  }

  /// Where the steps from one number to another lead from a position, or nil.
  private func follow(
    _ first: Int, _ last: Int, _ bytes: borrowing Span<UInt8>, _ start: Int, _ limit: Int
  ) -> Int? {
    var position = start
    var index = first
    while index < last {
      let step = steps[index]
      index += 1
      if step.kind == .notAhead {
        if position < limit, contains(step.set, bytes, position).0 { return nil }
        continue
      }
      var count = 0
      while count < step.maximum, position < limit {
        let (isIn, end) = contains(step.set, bytes, position)
        guard isIn else { break }
        position = end
        count += 1
      }
      guard count >= step.minimum else { return nil }
      guard step.kind == .greedy, count > step.minimum, index < last else { continue }
      while true {
        if let end = follow(index, last, bytes, position, limit) { return end }
        guard count > step.minimum else { return nil }
        position = Scalars.start(in: bytes, endingAt: position)
        count -= 1
      }
    }
    return position
  }
}

extension Expression: Separator {
  func match(in bytes: borrowing Span<UInt8>, from start: Int, to limit: Int) -> (Int, Int)? {
    var start = start
    while start < limit {
      if let end = end(in: bytes, at: start, limit: limit) { return (start, end) }
      start += Scalars.length(leadByte: bytes[start])
    }
    return nil
  }
}
