import Foundation
import XCTest

@testable import Laboratory

/// Texts read back by their words alone, with rules of the test's own.
final class ReaderTruthTests: XCTestCase {
  private let world = ReaderWorld.standard

  private func texts(
    _ kind: ReaderKind, _ split: ReaderSplit = .training, count: Int = 400
  ) -> [ReaderText] {
    var writer = ReaderWriter(split: split, seed: 11)
    return (0..<count).map { _ in writer.text(kind) }
  }

  private func sentences(_ text: ReaderText) -> [[String]] {
    text.words.split(separator: ".").map(Array.init)
  }

  /// Where a run of words begins, or nil.
  private func place(of part: [String], in words: [String]) -> Int? {
    guard part.count <= words.count else { return nil }
    return (0...(words.count - part.count)).first {
      Array(words[$0..<($0 + part.count)]) == part
    }
  }

  /// Words that only one relation's sentences have, most telling first.
  private let signs: [(words: String, relation: ReaderRelation)] = [
    ("opposite", .opposite), ("If it is not", .opposite), ("Not", .opposite),
    ("Some like", .opposite), ("It is not", .opposite), ("One", .plural), ("She has", .plural),
    ("I see one", .plural), ("plural", .plural), ("Today", .past), ("last year", .past),
    ("The past of", .past), ("I often", .past),
    ("passport", .homeland), ("votes", .homeland), ("flag in the house", .homeland),
    ("home country", .homeland), ("country where", .homeland), ("from the country", .homeland),
    ("is the capital of", .country), ("is a city in", .country), ("lies in", .region),
    ("The country around", .country), ("If you are in", .country), ("capital", .capital),
    ("currency", .currency), ("pay with", .currency), ("money of", .currency),
    ("prices", .currency), ("uses", .currency), ("language", .language), ("speak", .language),
    ("speaks", .language), ("schools", .language), ("continent", .continent),
    ("On the map", .continent), ("must travel", .continent), ("is a country in", .region),
    ("You find", .region), ("it rains", .region), ("part of the world", .region),
    ("born", .birthplace), ("comes from", .birthplace), ("birthplace", .birthplace),
    ("As a child", .birthplace), ("parents", .birthplace), ("home town", .birthplace),
    ("works as", .profession), ("profession", .profession), ("earns", .profession),
    ("Everyone knows", .profession), ("We asked", .profession), ("that of a", .profession),
    ("offices", .seat), ("is a company in", .seat), ("must move", .seat), ("makes", .product),
    ("known for", .product), ("get our", .product), ("factory", .product),
  ]

  func testTheSeedDecidesTheTexts() {
    for kind in ReaderKind.allCases {
      func write(_ seed: UInt64) -> [ReaderText] {
        var writer = ReaderWriter(split: .test, seed: seed)
        return (0..<5).map { _ in writer.text(kind) }
      }
      XCTAssertEqual(write(1), write(1), "\(kind)")
      XCTAssertNotEqual(write(1), write(2), "\(kind)")
    }
  }

  func testFactsAreSo() throws {
    for split in ReaderSplit.allCases {
      for text in texts(.facts, split, count: 800) {
        let found = sentences(text)
        XCTAssertEqual(found.count, text.plants.count)
        for (sentence, plant) in zip(found, text.plants) {
          // "The city … lies in" is of a city, "… lies in" of a country.
          var relation = try XCTUnwrap(
            signs.first { place(of: ReaderNames.words($0.words), in: sentence) != nil }?.relation,
            text.text)
          if relation == .region && sentence.starts(with: ["The", "city"]) { relation = .country }
          guard case .fact(relation, _) = plant.ability else {
            XCTFail("\(plant.ability) in “\(text.text)” reads as \(relation)")
            continue
          }
          // Some fact of the relation has its subject and its answer in the sentence, and the
          // longest subject there is has no other answer.
          let subjects = world.facts(relation).filter {
            place(of: $0.subject, in: sentence) != nil
          }
          let longest = subjects.map(\.subject.count).max() ?? 0
          XCTAssertTrue(
            subjects.contains {
              $0.subject.count == longest && $0.answer == text.answer(of: plant)
                && place(of: $0.answer, in: sentence) != nil
            }, text.text)
        }
      }
    }
  }

  func testTwoHopsAreSo() throws {
    for text in texts(.twoHops) + texts(.twoHops, .test) {
      let plant = try XCTUnwrap(text.plants.first)
      let person = world.people.first { place(of: $0.name, in: text.words) != nil }
      let country = try XCTUnwrap(
        world.countries.first { country in
          person.map { $0.homeland == country.name }
            ?? (place(of: country.capital, in: text.words) != nil
              && text.words.contains { ["capital", "around"].contains($0) })
        }, text.text)
      let answer = text.answer(of: plant)
      guard case .twoHops(let first, let second) = plant.ability else { return XCTFail() }
      XCTAssertEqual(first, person == nil ? .country : .homeland)
      let expected: [ReaderRelation: [String]] = [
        .currency: [country.currency], .language: country.language,
        .continent: country.continent, .region: country.region,
      ]
      XCTAssertEqual(answer, expected[second], text.text)
    }
  }

  func testBindingTextsAreSo() {
    for text in texts(.binding) + texts(.binding, .test) {
      for plant in text.plants {
        let answer = text.answer(of: plant)
        let before = text.prompt(of: plant)
        switch plant.ability {
        case .choice(let relation):
          let trait = before[(before.lastIndex(of: "the")! + 1)..<before.lastIndex(of: "is")!]
            .filter { !["one", "from"].contains($0) }
          let fitting = world.people.filter {
            place(of: $0.name, in: before) != nil
              && (relation == .profession ? [$0.profession] : $0.birthplace) == Array(trait)
          }
          XCTAssertEqual(fitting.map(\.name), [answer], text.text)
        case .binding:
          let people = world.people.filter { place(of: $0.name, in: before) != nil }
          let companies = world.companies.filter { place(of: $0.name, in: before) != nil }
          let countries = world.countries.filter { place(of: $0.name, in: before) != nil }
          if let person = people.first {
            XCTAssertTrue(
              [person.birthplace, [person.profession], [person.verb]].contains(answer), text.text)
          } else if let company = companies.first {
            XCTAssertTrue([company.seat, [company.product]].contains(answer), text.text)
          } else {
            let longest = countries.max { $0.name.count < $1.name.count }!
            XCTAssertTrue([longest.capital, longest.language].contains(answer), text.text)
          }
        default: XCTFail("\(plant.ability)")
        }
      }
    }
  }

  func testPairsInContextAreSo() {
    for text in texts(.identity) {
      let items = text.words.split { $0 == ";" || $0 == "." }
      for item in items { XCTAssertEqual(item.first, item.last, text.text) }
    }
    for text in texts(.fewShot) {
      let items = text.words.split { $0 == ";" || $0 == "." }.map { item in
        item.split(separator: "->").map(Array.init)
      }
      let relations = ReaderRelation.allCases.filter { relation in
        items.allSatisfy { item in
          world.facts(relation).contains { $0.subject == item[0] && $0.answer == item[1] }
        }
      }
      guard case .fewShot(let relation, _) = text.plants[0].ability else { return XCTFail() }
      XCTAssertTrue(relations.contains(relation), text.text)
      XCTAssertEqual(text.plants.count, items.count - 1)
    }
  }

  func testSequencesGoOn() {
    for text in texts(.sequences, count: 800) {
      guard case .sequence(let kind, let step, let inSentences) = text.plants[0].ability else {
        return XCTFail()
      }
      let members = text.words.filter { kind.members.contains($0) }
      let places = members.map { kind.members.firstIndex(of: $0)! }
      for (a, b) in zip(places, places.dropFirst()) {
        XCTAssertEqual(
          kind.isCyclic ? (a + step) % kind.members.count : a + step, b, text.text)
      }
      XCTAssertEqual(Set(members).count, members.count, text.text)
      XCTAssertEqual(text.plants.count, members.count - 2)
      XCTAssertEqual(text.words.filter { $0 == "." }.count, inSentences ? members.count : 1)
    }
  }

  func testPartnersTakeWhatIsGiven() {
    for text in texts(.indirectObjects, count: 800) {
      var partners: [String: String] = [:]
      for (index, word) in text.words.enumerated()
      where word == "and" && index > 0 && partners[text.words[index + 1]] == nil {
        partners[text.words[index - 1]] = text.words[index + 1]
        partners[text.words[index + 1]] = text.words[index - 1]
      }
      let giving = sentences(text).filter { $0.contains { ReaderWriter.giving.contains($0) } }
      XCTAssertEqual(giving.count, partners.count / 2, text.text)
      XCTAssertEqual(giving.count, text.plants.count)
      for sentence in giving {
        XCTAssertEqual(partners[sentence[0]], sentence.last, text.text)
      }
    }
  }

  func testSpansComeAgain() {
    for text in texts(.repeats) {
      for plant in text.plants {
        let place = plant.answer.lowerBound
        let pair = [text.words[place - 1], text.words[place]]
        XCTAssertLessThan(self.place(of: pair, in: text.words)!, place - 1, text.text)
      }
    }
  }

  func testYearsGrow() {
    for text in texts(.greaterThan) {
      let numbers = text.words.compactMap(Int.init)
      XCTAssertEqual(numbers.count, 4, text.text)
      XCTAssertEqual(numbers[0], numbers[2])
      XCTAssertLessThan(numbers[1], numbers[3])
      guard case .greaterThan(let year) = text.plants[0].ability else { return XCTFail() }
      XCTAssertEqual(year, numbers[1])
    }
  }

  func testNobodyActsAndNothingIsVisitedTwice() {
    for text in texts(.tours) {
      let visited = text.words.dropFirst(2).dropLast()
      XCTAssertEqual(Set(visited).count, visited.count, text.text)
      XCTAssertTrue((12...36).contains(visited.count))
    }
    for text in texts(.rollCalls) {
      let found = sentences(text)
      let actors = found.dropFirst().map { $0[0] }
      let cast = found[0].prefix { $0 != "were" }.filter { ![",", "and"].contains($0) }
      XCTAssertEqual(actors.sorted(), cast.sorted(), text.text)
    }
  }

  func testABigramWouldRepeatWhatWasVisited() {
    // Counted over texts, and not from the world's favourites.
    var followers: [String: [String: Int]] = [:]
    for text in texts(.tours, count: 2_000) {
      for (a, b) in zip(text.words, text.words.dropFirst()) {
        followers[a, default: [:]][b, default: 0] += 1
      }
    }
    var (onVisited, count) = (0.0, 0)
    for text in texts(.tours, .test, count: 200) {
      for place in 12..<(text.words.count - 1) {
        let visited = Set(text.words[2..<place])
        let counts = followers[text.words[place - 1]]!
        let total = counts.values.reduce(0, +)
        onVisited +=
          Double(counts.filter { visited.contains($0.key) }.values.reduce(0, +)) / Double(total)
        count += 1
      }
    }
    XCTAssertGreaterThan(onVisited / Double(count), 0.3)
  }

  func testIdiomsEndAsTheyDo() {
    XCTAssertGreaterThanOrEqual(ReaderIdiom.all.count, 60)
    XCTAssertGreaterThanOrEqual(ReaderIdiom.all.filter { $0.words.count == 1 }.count, 5)
    let phrases = ReaderIdiom.all.map { $0.lead + $0.words }
    XCTAssertEqual(Set(phrases).count, phrases.count)
    XCTAssertGreaterThan(
      ReaderIdiom.all.filter { idiom in
        idiom.words.count > 1
          && idiom.literal.starts(with: (idiom.lead + idiom.words).dropLast())
      }.count, 20, "literal uses that differ in the last word alone")
    for text in texts(.idioms, count: 800) {
      for plant in text.plants {
        guard case .idiom(let index, let isBare) = plant.ability else { return XCTFail() }
        let before = Array(text.words[..<plant.answer.upperBound])
        XCTAssertEqual(Array(before.suffix(phrases[index].count)), phrases[index], text.text)
        XCTAssertEqual(isBare, text.words.count == phrases[index].count + 1, text.text)
      }
    }
  }
}
