/// What a tour goes through: forty words of a class.
package enum ReaderTour: String, Codable, Sendable, Hashable, CaseIterable {
  case cities, people, things

  /// The words of the class.
  package var words: [String] {
    switch self {
    case .cities: Array(Country.all.map(\.capital).prefix(40))
    case .people: Array(ReaderNames.first.suffix(40))
    case .things: Array(ReaderWords.kindOfThing.map(\.thing).prefix(40))
    }
  }

  /// The word that a tour of this class begins with.
  var title: String {
    switch self {
    case .cities: "Cities"
    case .people: "People"
    case .things: "Things"
    }
  }

  /// The chance in per cent of each favourite, and what is left for any other word.
  package static let favour = [40, 25, 15, 10]
}

extension ReaderWriter {
  /// Twelve to thirty-six words of a class, each favouring its successors, none twice.
  mutating func tour() -> ReaderText {
    let tour = random.pick(ReaderTour.allCases)
    let words = tour.words
    var builder = ReaderTextBuilder()
    builder.add(tour.title, ":")
    let first = builder.words.count
    for place in itinerary(of: tour, count: 12 + random.below(25)) {
      let range = builder.add(words[place])
      if range.lowerBound > first {
        builder.plant(
          .tour(tour), range, from: [first..<range.lowerBound], isHeldOut: split != .training)
      }
    }
    builder.add(".")
    return builder.text(.tours)
  }

  /// Different words of a class, by their places.
  private mutating func itinerary(of tour: ReaderTour, count: Int) -> [Int] {
    let favourites = world.favourites[tour]!
    var isVisited = [Bool](repeating: false, count: favourites.count)
    var places = [random.below(favourites.count)]
    isVisited[places[0]] = true
    while places.count < count {
      var roll = random.below(100)
      var next: Int?
      for (place, chance) in zip(favourites[places[places.count - 1]], ReaderTour.favour) {
        if roll < chance {
          next = place
          break
        }
        roll -= chance
      }
      let place = next ?? random.below(favourites.count)
      // A favourite that was visited is drawn for again, so the others become likelier.
      if isVisited[place] { continue }
      isVisited[place] = true
      places.append(place)
    }
    return places
  }

  /// A cast, a place, and one act each.
  mutating func rollCall() -> ReaderText {
    var builder = ReaderTextBuilder()
    let cast = random.sample(4 + random.below(6), of: Self.rollCallNames)
    for (index, name) in cast.enumerated() {
      if index == cast.count - 1 { builder.add("and") } else if index > 0 { builder.add(",") }
      builder.add(name)
    }
    builder.add("were", "in", "the", random.pick(ReaderWords.places), ".")
    let listed = 0..<(2 * cast.count)
    var left = cast
    var last: String?
    let acts = random.sample(cast.count, of: ReaderWords.pasts.map(\.1))
    for act in acts {
      // Who acted last has favourites too: a bigram across the act.
      let favourite = last.flatMap { name in
        favouriteFollowers(of: name).first { left.contains($0) }
      }
      let name = favourite != nil && random.chance(80) ? favourite! : random.pick(left)
      left.removeAll { $0 == name }
      let range = builder.add(name)
      builder.plant(.rollCall, range, from: [listed], isHeldOut: split != .training)
      builder.add(act, ".")
      last = name
    }
    return builder.text(.rollCalls)
  }

  /// The people of roll-calls: those of tours, whose favourites they share.
  private static let rollCallNames = ReaderTour.people.words

  private func favouriteFollowers(of name: String) -> [String] {
    guard let place = Self.rollCallNames.firstIndex(of: name) else { return [] }
    return world.favourites[.people]![place].map { Self.rollCallNames[$0] }
  }
}
