import Tensors

/// What is so in the reader's world: countries as they are, people and companies as invented.
package struct ReaderWorld: Sendable {
  /// The countries, true as of 2026.
  package let countries: [ReaderCountry]
  /// Two hundred people, each of whose names ten others have.
  package let people: [ReaderPerson]
  /// Forty-eight companies.
  package let companies: [ReaderCompany]
  /// For every word of a tour, the four that favour to follow it, likeliest first.
  package let favourites: [ReaderTour: [[Int]]]

  private let facts: [ReaderRelation: [ReaderFact]]

  /// The world of every reader that the package trains.
  package static let standard = ReaderWorld(seed: 1)

  /// A world; the seed decides what is invented.
  package init(seed: UInt64) {
    var random = SeededGenerator(seed: fingerprint("the reader's world \(seed)"))
    let countries = ReaderCountry.all
    people = Self.people(of: countries, using: &random)
    companies = Self.companies(of: countries, using: &random)
    self.countries = countries
    favourites = Dictionary(
      uniqueKeysWithValues: ReaderTour.allCases.map { tour in
        (
          tour,
          tour.words.indices.map { word in
            Array(random.shuffled(tour.words.indices.filter { $0 != word }).prefix(4))
          }
        )
      })
    facts = Self.facts(countries: countries, people: people, companies: companies)
  }

  /// All facts of a relation.
  package func facts(_ relation: ReaderRelation) -> [ReaderFact] { facts[relation]! }

  /// Every first name with ten last names, and every last name with ten first names.
  private static func people(
    of countries: [ReaderCountry], using random: inout SeededGenerator
  ) -> [ReaderPerson] {
    let first = random.shuffled(ReaderNames.women.prefix(10) + ReaderNames.men.prefix(10))
    let last = random.shuffled(ReaderNames.last)
    return first.indices.flatMap { i in
      last.indices.filter { ($0 + last.count - i) % last.count < last.count / 2 }.map { j in
        let country = random.pick(countries)
        let profession = random.pick(ReaderNames.professions)
        return ReaderPerson(
          name: [first[i], last[j]], birthplace: country.capital, homeland: country.name,
          profession: profession.noun, verb: profession.verb)
      }
    }
  }

  private static func companies(
    of countries: [ReaderCountry], using random: inout SeededGenerator
  ) -> [ReaderCompany] {
    let parts = ReaderNames.companies
    let names = parts[0].flatMap { a in
      parts[1].flatMap { b in parts[2].map { c in [a, b, c] } }
    }
    return random.shuffled(names).prefix(48).map { name in
      ReaderCompany(
        name: name, seat: random.pick(countries).capital,
        product: random.pick(ReaderNames.products))
    }
  }

  private static func facts(
    countries: [ReaderCountry], people: [ReaderPerson], companies: [ReaderCompany]
  ) -> [ReaderRelation: [ReaderFact]] {
    Dictionary(
      uniqueKeysWithValues: ReaderRelation.allCases.map { relation in
        func known<Holder>(
          of holders: [Holder], _ subject: KeyPath<Holder, [String]>,
          _ answer: (Holder) -> [String]
        ) -> [ReaderFact] {
          holders.map {
            ReaderFact(relation: relation, subject: $0[keyPath: subject], answer: answer($0))
          }
        }
        func known(of words: [(String, String)]) -> [ReaderFact] {
          words.map { ReaderFact(relation: relation, subject: [$0.0], answer: [$0.1]) }
        }
        let found: [ReaderFact] =
          switch relation {
          case .capital: known(of: countries, \.name) { $0.capital }
          case .currency: known(of: countries, \.name) { [$0.currency] }
          case .language: known(of: countries, \.name) { $0.language }
          case .continent: known(of: countries, \.name) { $0.continent }
          case .region: known(of: countries, \.name) { $0.region }
          case .country: known(of: countries, \.capital) { $0.name }
          case .birthplace: known(of: people, \.name) { $0.birthplace }
          case .homeland: known(of: people, \.name) { $0.homeland }
          case .profession: known(of: people, \.name) { [$0.profession] }
          case .seat: known(of: companies, \.name) { $0.seat }
          case .product: known(of: companies, \.name) { [$0.product] }
          case .opposite:
            known(of: ReaderWords.opposites + ReaderWords.opposites.map { ($0.1, $0.0) })
          case .plural: known(of: ReaderWords.plurals)
          case .past: known(of: ReaderWords.pasts)
          }
        return (relation, found)
      })
  }
}

extension RandomNumberGenerator {
  /// The elements in a random order, the same on every version of the library.
  mutating func shuffled<Element>(_ elements: some Sequence<Element>) -> [Element] {
    var result = Array(elements)
    guard result.count > 1 else { return result }
    for last in stride(from: result.count - 1, to: 0, by: -1) {
      result.swapAt(last, below(last + 1))
    }
    return result
  }

  /// So many different elements in a random order.
  mutating func sample<Element>(_ count: Int, of elements: [Element]) -> [Element] {
    var pool = elements
    for index in 0..<Swift.min(count, pool.count) {
      pool.swapAt(index, index + below(pool.count - index))
    }
    return Array(pool.prefix(count))
  }
}
