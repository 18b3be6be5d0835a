extension ReaderWriter {
  /// One to three facts in training; one, in a wording it never has there, when held out.
  mutating func facts() -> ReaderText {
    var builder = ReaderTextBuilder()
    for _ in 0..<(split == .training ? 1 + random.below(3) : 1) {
      let relation = random.pick(weighted: Self.relationWeights)
      while true {
        let fact = random.pick(world.facts(relation))
        let template =
          split == .training || random.chance(80)
          ? random.below(relation.templates.count) : nil
        guard ReaderHoldOuts.split(of: fact, template: template) == split else { continue }
        let place = builder.add(
          template.map { relation.templates[$0] } ?? relation.unseenTemplate,
          subject: fact.subject, answer: fact.answer)
        builder.plant(
          .fact(relation, template: template), place.answer, from: [place.subject],
          isHeldOut: split != .training)
        break
      }
    }
    return builder.text(.facts)
  }

  private static let relationWeights = ReaderRelation.allCases.map {
    (element: $0, weight: $0.weight)
  }

  /// A sentence about a country that is named only by its capital or by someone born there.
  mutating func twoHops() -> ReaderText {
    let second = random.pick(Self.secondHops)
    while true {
      // Three in four go by a person: there are more of them, and they are harder.
      let first: ReaderRelation = random.chance(75) ? .homeland : .country
      let fact = random.pick(world.facts(first))
      guard ReaderHoldOuts.split(ofHopFrom: fact.subject, to: second) == split,
        let country = world.countries.first(where: { $0.name == fact.answer })
      else { continue }
      var builder = ReaderTextBuilder()
      let head = random.pick(Self.heads[first]!)
      let template = random.pick(Self.hopTemplates[second]!)
      var places = (subject: 0..<0, answer: 0..<0)
      for part in template.parts {
        switch part {
        case .word(let word): builder.add(word)
        case .subject:
          for word in head {
            if word == "{s}" {
              places.subject = builder.add(name: fact.subject)
            } else {
              builder.add(word)
            }
          }
        case .answer: places.answer = builder.add(name: country.answer(second))
        }
      }
      builder.plant(
        .twoHops(first: first, second: second), places.answer, from: [places.subject],
        isHeldOut: split != .training)
      return builder.text(.twoHops)
    }
  }

  /// What is asked of a country behind a first hop.
  static let secondHops: [ReaderRelation] = [.currency, .language, .continent, .region]

  /// Descriptions of a country by something else.
  static let heads: [ReaderRelation: [[String]]] = [
    .homeland: [
      "the country where {s} was born", "the home country of {s}",
      "the country that {s} comes from",
    ].map(ReaderNames.words),
    .country: ["the country whose capital is {s}", "the country around {s}"].map(
      ReaderNames.words),
  ]

  /// The wordings of facts in which a description can stand for the subject.
  static let hopTemplates = Dictionary(
    uniqueKeysWithValues: secondHops.map { relation in
      (relation, relation.templates.filter { !$0.beginsWithSubject })
    })
}

extension ReaderCountry {
  /// What a relation says of the country.
  func answer(_ relation: ReaderRelation) -> [String] {
    switch relation {
    case .capital: capital
    case .currency: [currency]
    case .language: language
    case .continent: continent
    case .region: region
    default: preconditionFailure("\(relation) says nothing of a country")
    }
  }
}
