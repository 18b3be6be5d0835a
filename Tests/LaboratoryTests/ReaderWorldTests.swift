import Foundation
import XCTest

@testable import Laboratory

final class ReaderWorldTests: XCTestCase {
  private let world = ReaderWorld.standard

  func testTheSeedDecidesWhatIsInvented() {
    XCTAssertEqual(ReaderWorld(seed: 1).people, world.people)
    XCTAssertEqual(ReaderWorld(seed: 1).favourites, world.favourites)
    XCTAssertNotEqual(ReaderWorld(seed: 2).people, world.people)
    XCTAssertEqual(ReaderWorld(seed: 2).countries, world.countries)
  }

  func testTenPeopleShareEachName() {
    XCTAssertEqual(world.people.count, 200)
    XCTAssertEqual(Set(world.people.map(\.name)).count, 200)
    for part in [0, 1] {
      let counts = Dictionary(grouping: world.people) { $0.name[part] }.mapValues(\.count)
      XCTAssertEqual(counts.count, 20)
      XCTAssertEqual(Set(counts.values), [10])
    }
  }

  func testHalfANameSaysLittle() {
    // Guessing by the first or the last name alone, as well as one can.
    for part in [0, 1] {
      for trait in [\ReaderPerson.profession, \.birthplace[0]] {
        let right = Dictionary(grouping: world.people) { $0.name[part] }.values.reduce(0) {
          let counts = Dictionary(grouping: $1) { $0[keyPath: trait] }.mapValues(\.count)
          return $0 + (counts.values.max() ?? 0)
        }
        XCTAssertLessThan(Double(right) / 200, 0.3)
      }
    }
  }

  func testCompaniesShareTheirWords() {
    XCTAssertEqual(Set(world.companies.map(\.name)).count, 48)
    for part in 0...2 {
      let counts = Dictionary(grouping: world.companies) { $0.name[part] }.mapValues(\.count)
      XCTAssertGreaterThanOrEqual(counts.values.min()!, 3)
    }
  }

  func testCountriesAsTheyAre() {
    XCTAssertEqual(world.countries.count, 81)
    XCTAssertEqual(Set(world.countries.map(\.name)).count, 81)
    XCTAssertEqual(Set(world.countries.map(\.capital)).count, 81)
    func line(_ name: String) -> String {
      let country = world.countries.first { $0.name.joined(separator: " ") == name }!
      return [
        country.capital.joined(separator: " "), country.currency,
        country.language.joined(separator: " "), country.region.joined(separator: " "),
        country.continent.joined(separator: " "),
      ].joined(separator: ", ")
    }
    XCTAssertEqual(line("France"), "Paris, euro, French, Western Europe, Europe")
    XCTAssertEqual(line("Bulgaria"), "Sofia, euro, Bulgarian, Eastern Europe, Europe")
    XCTAssertEqual(line("Syria"), "Damascus, pound, Arabic, the Middle East, Asia")
    XCTAssertEqual(line("Mexico"), "Mexico City, peso, Spanish, Central America, North America")
    XCTAssertEqual(line("Chile"), "Santiago, peso, Spanish, South America, South America")
    XCTAssertEqual(line("Cuba"), "Havana, peso, Spanish, the Caribbean, North America")
    XCTAssertEqual(line("New Zealand"), "Wellington, dollar, English, Oceania, Oceania")
    XCTAssertEqual(line("Georgia"), "Tbilisi, lari, Georgian, the Caucasus, Asia")
    XCTAssertEqual(line("Vietnam"), "Hanoi, dong, Vietnamese, Southeast Asia, Asia")
    XCTAssertEqual(
      line("Trinidad and Tobago"), "Port of Spain, dollar, English, the Caribbean, North America")
  }

  func testPeopleLiveInTheCountryOfTheirCity() {
    for person in world.people {
      XCTAssertTrue(
        world.countries.contains {
          $0.name == person.homeland && $0.capital == person.birthplace
        }, person.name.joined(separator: " "))
      XCTAssertTrue(
        ReaderNames.professions.contains { $0 == (person.profession, person.verb) })
    }
  }

  func testEverySubjectHasOneAnswer() {
    for relation in ReaderRelation.allCases {
      let facts = world.facts(relation)
      XCTAssertGreaterThanOrEqual(facts.count, 28, "\(relation)")
      XCTAssertEqual(Set(facts.map(\.subject)).count, facts.count, "\(relation)")
    }
  }

  func testNamesAreDifferent() {
    XCTAssertEqual(Set(ReaderNames.first).count, ReaderNames.first.count)
    XCTAssertTrue(Set(ReaderNames.women).isDisjoint(with: ReaderNames.men))
    XCTAssertGreaterThanOrEqual(ReaderNames.first.count, 100)
    for tour in ReaderTour.allCases { XCTAssertEqual(Set(tour.words).count, 40, "\(tour)") }
  }

  func testFavouritesAreFourOthers() {
    for (tour, favourites) in world.favourites {
      XCTAssertEqual(favourites.count, 40, "\(tour)")
      for (word, followers) in favourites.enumerated() {
        XCTAssertEqual(Set(followers).subtracting([word]).count, 4)
      }
    }
  }

  func testTheCorruptedTwinIsAsLongAndNoSequence() {
    var writer = ReaderWriter(split: .training, seed: 5)
    for _ in 0..<300 {
      let sequence = writer.drawSequence()
      let own = sequence.words(members: sequence.members)
      let twin = sequence.corrupted(using: &writer.random)
      XCTAssertEqual(own.count, twin.count)
      let all = sequence.kind.members
      let places = twin.compactMap { all.firstIndex(of: $0) }
      XCTAssertEqual(places.count, sequence.count)
      for (a, b) in zip(places, places.dropFirst()) {
        XCTAssertNotEqual((a + sequence.step) % all.count, b, twin.joined(separator: " "))
      }
    }
  }
}
