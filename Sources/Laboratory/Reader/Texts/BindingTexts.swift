extension ReaderWriter {
  /// A text in which what follows a name of several words depends on all of them.
  mutating func binding() -> ReaderText {
    switch random.below(10) {
    case 0..<3: return atWork()
    case 3..<5: return choice(.profession)
    case 5..<6: return choice(.birthplace)
    default: return aside()
    }
  }

  /// Such as `At work Anna Weber paints in Vienna`.
  private mutating func atWork() -> ReaderText {
    let person = pick(world.people, in: split) {
      ReaderHoldOuts.split(ofBinding: "work", $0.name)
    }
    var builder = ReaderTextBuilder()
    builder.add("At", "work")
    let name = builder.add(name: person.name)
    let verb = builder.add(person.verb)
    builder.add("in")
    let city = builder.add(name: person.birthplace)
    builder.add(".")
    builder.plant(
      .binding(.profession), verb, from: [name], isHeldOut: split != .training)
    builder.plant(.binding(.birthplace), city, from: [name], isHeldOut: split != .training)
    return builder.text(.binding)
  }

  /// Such as `Of Anna Weber , Paul Weber and Anna Novak the painter is Paul Weber`.
  ///
  /// The three share names, so that neither half of a name is enough.
  private mutating func choice(_ relation: ReaderRelation) -> ReaderText {
    while true {
      let center = random.pick(world.people)
      let related = world.people.filter {
        ($0.name[0] == center.name[0]) != ($0.name[1] == center.name[1])
      }
      let three = random.shuffled([center] + random.sample(2, of: related))
      let traits = three.map { relation == .profession ? [$0.profession] : $0.birthplace }
      guard Set(traits).count == 3 else { continue }
      let key = three.map { $0.name.joined(separator: " ") }.sorted()
      guard ReaderHoldOuts.split(ofBinding: "choice", key) == split else { continue }
      let chosen = random.below(3)
      var builder = ReaderTextBuilder()
      builder.add("Of")
      var places: [Range<Int>] = []
      for (index, person) in three.enumerated() {
        if index > 0 { builder.add(index == 2 ? "and" : ",") }
        places.append(builder.add(name: person.name))
      }
      builder.add("the")
      if relation == .birthplace { builder.add("one", "from") }
      let trait = builder.add(name: traits[chosen])
      builder.add("is")
      let answer = builder.add(name: three[chosen].name)
      builder.add(".")
      builder.plant(
        .choice(relation), answer, from: places + [trait], isHeldOut: split != .training)
      return builder.text(.binding)
    }
  }

  /// Such as `Meet Anna Weber ( Vienna ) , the painter`.
  private mutating func aside() -> ReaderText {
    var builder = ReaderTextBuilder()
    let isHeldOut = split != .training
    /// Adds the name and what the brackets behind it say.
    func bracket(
      _ builder: inout ReaderTextBuilder, _ relation: ReaderRelation, _ name: [String],
      _ answer: [String]
    ) -> Range<Int> {
      let subject = builder.add(name: name)
      builder.add("(")
      let place = builder.add(name: answer)
      builder.add(")")
      builder.plant(.binding(relation), place, from: [subject], isHeldOut: isHeldOut)
      return subject
    }
    switch random.below(4) {
    case 0:
      let person = pick(world.people, in: split) {
        ReaderHoldOuts.split(ofBinding: "aside", $0.name)
      }
      builder.add("Meet")
      let subject = bracket(&builder, .birthplace, person.name, person.birthplace)
      builder.add(",", "the")
      let profession = builder.add(person.profession)
      builder.plant(.binding(.profession), profession, from: [subject], isHeldOut: isHeldOut)
      builder.add(".")
    case 1:
      let country = pick(world.countries, in: split) {
        ReaderHoldOuts.split(ofBinding: "aside", $0.name)
      }
      builder.add("The", "flag", "of")
      _ = bracket(&builder, .capital, country.name, country.capital)
      builder.add("is", random.pick(["old", "new", "big", "small"]), ".")
    case 2:
      let company = pick(world.companies, in: split) {
        ReaderHoldOuts.split(ofBinding: "aside", $0.name)
      }
      builder.add("The", "firm")
      let subject = bracket(&builder, .seat, company.name, company.seat)
      builder.add("sells")
      let product = builder.add(company.product)
      builder.plant(.binding(.product), product, from: [subject], isHeldOut: isHeldOut)
      builder.add(".")
    default:
      let country = pick(world.countries, in: split) {
        ReaderHoldOuts.split(ofBinding: "across", $0.name)
      }
      builder.add("Across")
      let subject = builder.add(name: country.name)
      let language = builder.add(name: country.language)
      builder.plant(.binding(.language), language, from: [subject], isHeldOut: isHeldOut)
      builder.add("is", "spoken", ".")
    }
    return builder.text(.binding)
  }
}
