extension ReaderWriter {
  /// A sequence: half of the time its members alone, else one sentence each.
  mutating func sequence() -> ReaderText {
    let sequence = drawSequence()
    var builder = ReaderTextBuilder()
    var places: [Range<Int>] = []
    for (index, member) in sequence.members.enumerated() {
      if let frame = sequence.frame {
        builder.add(sequence.people[index])
        builder.add(sequence.kind.frames[frame])
      }
      places.append(builder.add(member))
      if sequence.frame != nil { builder.add(".") }
      // Two members show the step.
      if index >= 2 {
        builder.plant(
          .sequence(sequence.kind, step: sequence.step, inSentences: sequence.frame != nil),
          places[index], from: Array(places[..<index]), isHeldOut: split != .training)
      }
    }
    if sequence.frame == nil { builder.add(".") }
    return builder.text(.sequences)
  }

  /// The next sequence of this split.
  package mutating func drawSequence() -> ReaderSequence {
    while true {
      let kind = random.pick(weighted: Self.sequenceKinds)
      let step = 1 + random.below(2)
      let frame = random.chance(50) ? nil : random.below(kind.frames.count)
      let starts = Self.starts(of: kind, step: step, isBare: frame == nil)
      var start = random.pick(starts)
      // By two, each of many numerals has its own successor to learn: more of the large ones.
      if kind == .numerals, step == 2, start < 40, random.chance(40) { start = random.pick(starts) }
      let longest = Self.longest(kind, step: step, from: start)
      let (least, most) = frame == nil ? (5, 12) : (4, 6)
      let count = min(least + random.below(most - least + 1), longest)
      let people = frame == nil ? [] : random.sample(count, of: ReaderNames.first)
      let sequence = ReaderSequence(
        kind: kind, step: step, start: start, count: count, frame: frame, people: people)
      if ReaderHoldOuts.split(of: sequence) == split { return sequence }
    }
  }

  private static let sequenceKinds: [(element: ReaderSequence.Kind, weight: Int)] = [
    (.numerals, 5), (.numberWords, 3), (.months, 2), (.weekdays, 2),
  ]

  /// Where a sequence of a kind can start.
  static func starts(of kind: ReaderSequence.Kind, step: Int, isBare: Bool) -> [Int] {
    kind.members.indices.filter { longest(kind, step: step, from: $0) >= (isBare ? 5 : 4) }
  }

  /// How many members follow from a start, itself counted, before the end or the first comes again.
  private static func longest(
    _ kind: ReaderSequence.Kind, step: Int, from start: Int
  ) -> Int {
    let count = kind.members.count
    guard kind.isCyclic else { return (count - 1 - start) / step + 1 }
    return count % step == 0 ? count / step : count
  }
}
