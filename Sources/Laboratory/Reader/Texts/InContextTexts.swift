extension ReaderWriter {
  /// The words that identity texts and random spans are made of: all but those of wordings.
  package static let contentWords: [String] = {
    let world = ReaderWorld.standard
    let places = world.countries.flatMap {
      $0.name + $0.capital + $0.language + [$0.currency]
    }
    let people = world.people.flatMap { $0.name + [$0.profession, $0.verb] }
    let words =
      ReaderWords.plurals.flatMap { [$0.0, $0.1] }
      + ReaderWords.opposites.flatMap { [$0.0, $0.1] }
      + ReaderWords.pasts.flatMap { [$0.0, $0.1] } + ReaderWords.kindOfThing.map(\.thing)
      + ReaderWords.places + ReaderWords.gifts
    let ordered = ReaderSequence.Kind.allCases.flatMap(\.members)
    let idioms = ReaderIdiom.all.flatMap { idiom in
      idiom.words + idiom.meaning + idiom.literal
        + idiom.situation.dropFirst().filter { $0 != "{n}" }
    }
    let all =
      places + people + world.companies.flatMap(\.name) + ReaderNames.first + words + ordered
      + idioms + (2...9).map(twoDigits)
    var seen = Set<String>()
    return all.filter { seen.insert($0).inserted }
  }()

  /// Words that stand for themselves: `cat -> cat ; dog -> dog ; …`.
  mutating func identity() -> ReaderText {
    var builder = ReaderTextBuilder()
    let count = 2 + random.below(6)
    var used = Set<String>()
    for shot in 0..<count {
      let wanted = shot == count - 1 ? split : .training
      let word = pick(Self.contentWords, in: wanted) {
        used.contains($0) ? nil : ReaderHoldOuts.split(ofIdentity: $0)
      }
      used.insert(word)
      let source = builder.add(word)
      builder.add("->")
      let copy = builder.add(word)
      builder.add(shot == count - 1 ? "." : ";")
      // Nothing before the first pair says that words are repeated.
      if shot > 0 {
        builder.plant(
          .identity(shots: shot), copy, from: [source], isHeldOut: wanted != .training)
      }
    }
    return builder.text(.identity)
  }

  /// Pairs of one relation: `France -> Paris ; Italy -> Rome ; …`.
  mutating func fewShot() -> ReaderText {
    var builder = ReaderTextBuilder()
    let relation = random.pick(weighted: Self.fewShotRelations)
    let count = 3 + random.below(4)
    var used = Set<[String]>()
    for shot in 0..<count {
      let wanted = shot == count - 1 ? split : .training
      let fact = pick(world.facts(relation), in: wanted) {
        // Luxembourg is its own capital, which would look like identity.
        used.contains($0.subject) || $0.subject == $0.answer
          ? nil : ReaderHoldOuts.split(ofPair: $0)
      }
      used.insert(fact.subject)
      let source = builder.add(name: fact.subject)
      builder.add("->")
      let answer = builder.add(name: fact.answer)
      builder.add(shot == count - 1 ? "." : ";")
      if shot > 0 {
        builder.plant(
          .fewShot(relation, shots: shot), answer, from: [source],
          isHeldOut: wanted != .training)
      }
    }
    return builder.text(.fewShot)
  }

  /// Relations whose pairs show which of them is meant.
  private static let fewShotRelations: [(element: ReaderRelation, weight: Int)] = [
    (.capital, 4), (.country, 4), (.currency, 4), (.language, 4), (.continent, 2),
    (.birthplace, 4), (.profession, 4), (.seat, 2), (.product, 2), (.opposite, 2), (.plural, 2),
    (.past, 2),
  ]

  /// What things are: `Syria : a country in the Middle East ; Anna Weber : a painter from Vienna ; …`.
  mutating func descriptions() -> ReaderText {
    var builder = ReaderTextBuilder()
    let count = 2 + random.below(4)
    var used = Set<[String]>()
    for index in 0..<count {
      let wanted = index == count - 1 ? split : .training
      // No other text says what kind a thing is: all things are for training.
      let kind = random.pick(
        ReaderEntityClass.allCases.filter { wanted == .training || $0 != .thing })
      let entity = pick(Self.described[kind]!, in: wanted) {
        used.contains($0.name)
          ? nil : kind == .thing ? .training : ReaderHoldOuts.split(ofDescription: $0.name)
      }
      used.insert(entity.name)
      let name = builder.add(name: entity.name)
      builder.add(":")
      let first = builder.words.count
      builder.add(entity.lead)
      builder.add(name: entity.end)
      let range = first..<builder.words.count
      builder.add(index == count - 1 ? "." : ";")
      builder.plant(
        .description(kind), range, from: [name], isHeldOut: wanted != .training)
    }
    return builder.text(.descriptions)
  }

  /// What every entity is: its name, the first words of its description and the name in it.
  package static let described:
    [ReaderEntityClass: [(name: [String], lead: [String], end: [String])]] = {
      let world = ReaderWorld.standard
      return [
        .country: world.countries.map { ($0.name, ["a", "country", "in"], $0.region) },
        // Luxembourg is described as a country.
        .city: world.countries.filter { $0.capital != $0.name }.map {
          ($0.capital, ["the", "capital", "of"], $0.name)
        },
        .person: world.people.map { ($0.name, ["a", $0.profession, "from"], $0.birthplace) },
        .company: world.companies.map { ($0.name, ["a", "company", "in"], $0.seat) },
        .thing: ReaderWords.kindOfThing.map { ([$0.thing], ["a", "kind", "of"], [$0.kind]) },
      ]
    }()
}
