extension ReaderWriter {
  /// Random words, sometimes a few others, and the same words again.
  mutating func repeats() -> ReaderText {
    var builder = ReaderTextBuilder()
    let span = (0..<(5 + random.below(24))).map { _ in random.pick(Self.contentWords) }
    let first = builder.add(span)
    if random.chance(40) {
      for _ in 0..<(1 + random.below(8)) { builder.add(random.pick(Self.contentWords)) }
    }
    let second = builder.add(span)
    builder.add(".")
    // The first word of the copy could be anything; each further one follows its predecessor.
    for offset in span.indices.dropFirst() {
      let place = second.lowerBound + offset
      builder.plant(
        .repetition, place..<(place + 1),
        from: [(first.lowerBound + offset - 1)..<(first.lowerBound + offset + 1)],
        isHeldOut: split != .training)
    }
    return builder.text(.repeats)
  }

  /// Such as `The war lasted from the year 17 32 to the year 17 41`.
  mutating func greaterThan() -> ReaderText {
    while true {
      let noun = random.pick(Self.spanNouns)
      let century = 11 + random.below(8)
      let year = 2 + random.below(96)
      guard ReaderHoldOuts.split(ofSpan: noun, century: century, year: year) == split else {
        continue
      }
      var builder = ReaderTextBuilder()
      builder.add("The", noun, "lasted", "from", "the", "year", "\(century)")
      let start = builder.add(Self.twoDigits(year))
      builder.add("to", "the", "year", "\(century)")
      let end = builder.add(Self.twoDigits(year + 1 + random.below(99 - year)))
      builder.add(".")
      builder.plant(
        .greaterThan(year: year), end, from: [start], isHeldOut: split != .training)
      return builder.text(.greaterThan)
    }
  }

  /// What lasts for years.
  static let spanNouns = ReaderNames.words(
    "war strike siege voyage reign plague project festival drought journey")

  /// A year in its century, as two digits.
  package static func twoDigits(_ year: Int) -> String { year < 10 ? "0\(year)" : "\(year)" }
}
