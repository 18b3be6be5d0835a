extension ReaderWriter {
  /// Such as `Mary and John went to the store . … John gave a book to Mary`.
  ///
  /// One to three pairs, each asked once, from either side; bystanders between.
  mutating func indirectObjects() -> ReaderText {
    var builder = ReaderTextBuilder()
    let pairCount = random.pick(weighted: [(element: 1, weight: 3), (2, 4), (3, 3)])
    let names = partners(pairCount)
    let bystanders = random.sample(3, of: ReaderNames.first).filter { name in
      !names.contains { $0.a == name || $0.b == name }
    }
    let bystanderCount = random.below(bystanders.count + 1)
    var stage: [(Int?, String)] = names.indices.map { ($0, "") }
    stage += bystanders.prefix(bystanderCount).map { (nil, $0) }
    var places = names.map { _ in (a: 0..<0, b: 0..<0) }
    for (pair, bystander) in random.shuffled(stage) {
      if let pair {
        if pairCount == 1 && bystanderCount == 0 && random.chance(50) { builder.add("Then") }
        places[pair].a = builder.add(names[pair].a)
        builder.add("and")
        places[pair].b = builder.add(names[pair].b)
        builder.add(random.pick(Self.arrivals))
      } else {
        builder.add(bystander)
        builder.add(random.pick(Self.bystanding))
      }
      builder.add("the", random.pick(ReaderWords.places), ".")
    }
    let others = 2 * (pairCount - 1) + bystanderCount
    for pair in random.shuffled(names.indices) {
      let isSwapped = random.chance(50)
      let (giver, taker) =
        isSwapped ? (places[pair].b, places[pair].a) : (places[pair].a, places[pair].b)
      let subject = builder.add(isSwapped ? names[pair].b : names[pair].a)
      builder.add(random.pick(Self.giving), "a", random.pick(ReaderWords.gifts), "to")
      let answer = builder.add(isSwapped ? names[pair].a : names[pair].b)
      builder.add(".")
      builder.plant(
        .indirectObject(others: others), answer, from: [taker, giver, subject],
        isHeldOut: split != .training && pair == 0)
    }
    return builder.text(.indirectObjects)
  }

  /// Pairs of different names: the first of this split, the others of training.
  private mutating func partners(_ count: Int) -> [(a: String, b: String)] {
    var pairs: [(a: String, b: String)] = []
    while pairs.count < count {
      let a = random.pick(ReaderNames.first)
      let b = random.pick(ReaderNames.first)
      let isNew = a != b && !pairs.contains { [$0.a, $0.b].contains { [a, b].contains($0) } }
      let wanted = pairs.isEmpty ? split : .training
      if isNew, ReaderHoldOuts.split(ofPartners: a, b) == wanted { pairs.append((a, b)) }
    }
    return pairs
  }

  static let arrivals = ["went to", "were at", "met in", "came to"].map(ReaderNames.words)
  static let bystanding = ["was in", "waited at", "worked in"].map(ReaderNames.words)
  static let giving = ReaderNames.words("gave sold handed showed brought")

  /// Pairs of many names, asked for from either side, a random gap between.
  ///
  /// Every eighth answer is another name of the text, so that the partner is right by the odds alone
  /// and copying any name is not worthless: what made name movers appear.
  mutating func pairs() -> ReaderText {
    var builder = ReaderTextBuilder()
    let count = 1 + random.below(3)
    while true {
      let names = random.sample(2 * count, of: Self.oneWordNames)
      let pairs = (0..<count).map { (names[2 * $0], names[2 * $0 + 1]) }
      // Names that are held out are never asked for in training, and one is in every other text.
      let queried = pairs.flatMap { [$0.0, $0.1] }.map(Self.split(ofAsked:))
      guard split == .training || queried.contains(split) else { continue }
      var places: [String: Range<Int>] = [:]
      for (a, b) in pairs {
        places[a] = builder.add(a)
        builder.add("and")
        places[b] = builder.add(b)
        builder.add(random.pick(Self.arrivals))
        builder.add("the", random.pick(ReaderWords.places), ".")
      }
      for _ in 0..<random.below(3) {
        builder.add(
          "The", random.pick(ReaderWords.gifts), "was", random.pick(["old", "new", "small"]), ".")
      }
      for (a, b) in random.shuffled(pairs) {
        let (giver, taker) = random.chance(50) ? (a, b) : (b, a)
        let isHeldOut = Self.split(ofAsked: taker) == split && split != .training
        if split == .training, Self.split(ofAsked: taker) != .training { continue }
        let subject = builder.add(giver)
        builder.add(random.pick(Self.giving), "a", random.pick(ReaderWords.gifts), "to")
        let isRight = split != .training || !random.chance(12)
        let answer = builder.add(isRight ? taker : random.pick(names))
        builder.add(".")
        if isRight {
          builder.plant(
            .indirectObject(others: 2 * (count - 1)), answer,
            from: [places[taker]!, places[giver]!, subject], isHeldOut: isHeldOut)
        }
      }
      if !builder.plants.isEmpty { return builder.text(.pairs) }
      builder = ReaderTextBuilder()
    }
  }

  /// First names, and places of one word in the part of names.
  static let oneWordNames: [String] = {
    let places = ReaderWorld.standard.countries.flatMap { [$0.name, $0.capital] }
    var seen = Set<String>()
    return (ReaderNames.first.map { [$0] } + places).filter { $0.count == 1 }.map { $0[0] }
      .filter { seen.insert($0).inserted }
  }()

  private static func split(ofAsked name: String) -> ReaderSplit {
    ReaderSplit(of: "asked \(name)", heldOut: 15)
  }
}
