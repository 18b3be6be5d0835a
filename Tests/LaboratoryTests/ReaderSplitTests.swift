import Foundation
import XCTest

@testable import Laboratory

final class ReaderSplitTests: XCTestCase {
  private let world = ReaderWorld.standard

  /// What a plant asks, in words of its own: the same question has the same key in any text.
  private func key(_ plant: ReaderText.Plant, in text: ReaderText) -> String {
    let subject = plant.sources.first.map { text.words[$0].joined(separator: " ") } ?? ""
    let answer = text.answer(of: plant).joined(separator: " ")
    switch plant.ability {
    case .fact(let relation, let template):
      return "\(relation) \(template.map(String.init) ?? "unseen") \(subject)"
    case .twoHops(_, let second): return "\(second) \(subject)"
    case .binding(let relation): return "\(relation) \(text.words[0]) \(subject)"
    case .choice: return text.words.prefix(10).joined(separator: " ")
    case .identity: return answer
    case .description: return subject
    case .fewShot(let relation, _): return "\(relation) \(subject)"
    case .sequence(let kind, let step, _):
      let first = text.words.first { kind.members.contains($0) }!
      let frame = kind.frames.first { text.words.dropFirst().starts(with: $0) } ?? []
      return "\(kind) \(step) \(first) \(frame.joined(separator: " "))"
    case .indirectObject:
      return plant.sources.prefix(2).flatMap { text.words[$0] }.sorted().joined(separator: " ")
    case .repetition, .rollCall, .tour: return text.text
    case .greaterThan(let year): return "\(text.words[1]) \(text.words[6]) \(year)"
    case .idiom(let index, let isBare):
      if isBare { return "\(index) bare" }
      // Names and pronouns change, what stands around them does not.
      let frame = text.words.filter {
        ["In", "end", "that", "short", "They", "Once", "last", "So", "so"].contains($0)
      }
      return "\(index) \(frame.joined(separator: " "))"
    }
  }

  func testNoQuestionOfTestOrDevelopmentIsMetInTraining() {
    for kind in ReaderKind.allCases where kind != .narrative && kind != .pairs {
      var training = ReaderWriter(split: .training, seed: 21)
      let isLong = [.tours, .rollCalls, .repeats].contains(kind)
      var met = Set<String>()
      for _ in 0..<(isLong ? 500 : 4_000) {
        let text = training.text(kind)
        for plant in text.plants {
          XCTAssertFalse(plant.isHeldOut, text.text)
          met.insert(key(plant, in: text))
        }
      }
      for split in [ReaderSplit.development, .test] {
        var writer = ReaderWriter(split: split, seed: 22)
        var asked = Set<String>()
        for _ in 0..<(isLong ? 40 : 300) {
          let text = writer.text(kind)
          for plant in text.plants where plant.isHeldOut { asked.insert(key(plant, in: text)) }
        }
        XCTAssertGreaterThanOrEqual(asked.count, 5, "\(kind) \(split)")
        XCTAssertEqual(asked.intersection(met), [], "\(kind) \(split)")
      }
    }
  }

  func testDevelopmentAndTestAskDifferentThings() {
    for kind in [ReaderKind.facts, .twoHops, .identity, .fewShot, .sequences, .idioms] {
      let asked = [ReaderSplit.development, .test].map { split in
        var writer = ReaderWriter(split: split, seed: 23)
        return Set(
          (0..<400).flatMap { _ in
            let text = writer.text(kind)
            return text.plants.filter(\.isHeldOut).map { key($0, in: text) }
          })
      }
      XCTAssertTrue(asked[0].isDisjoint(with: asked[1]), "\(kind)")
    }
  }

  func testEveryFactIsTaughtInAllWordingsButOne() {
    for relation in ReaderRelation.allCases {
      for fact in world.facts(relation) {
        let splits = relation.templates.indices.map {
          ReaderHoldOuts.split(of: fact, template: $0)
        }
        XCTAssertEqual(splits.filter { $0 != .training }.count, 1)
        XCTAssertGreaterThanOrEqual(splits.count, 4)
        XCTAssertNotEqual(ReaderHoldOuts.split(of: fact, template: nil), .training)
      }
    }
  }

  /// Every sentence that can be said of the world's facts, and many binding texts.
  private func sentences() -> [ReaderText] {
    var texts: [ReaderText] = []
    for relation in ReaderRelation.allCases {
      for fact in world.facts(relation) {
        for template in relation.templates + [relation.unseenTemplate] {
          var builder = ReaderTextBuilder()
          let place = builder.add(template, subject: fact.subject, answer: fact.answer)
          builder.plant(.fact(relation, template: nil), place.answer, from: [])
          texts.append(builder.text(.facts))
        }
      }
    }
    for split in ReaderSplit.allCases {
      var writer = ReaderWriter(split: split, seed: 31)
      for _ in 0..<4_000 { texts.append(writer.text(.twoHops)) }
      for _ in 0..<4_000 { texts.append(writer.text(.binding)) }
    }
    return texts
  }

  func testTheWordsBeforeAnAnswerDetermineIt() {
    let texts = sentences()
    var followers: [[String]: Set<String>] = [:]
    for text in texts {
      for end in 1..<text.words.count {
        followers[Array(text.words[..<end]), default: []].insert(text.words[end])
      }
    }
    for text in texts {
      for plant in text.plants {
        for place in plant.answer {
          XCTAssertEqual(
            followers[Array(text.words[..<place])], [text.words[place]], text.text)
        }
      }
    }
  }

  func testAPartitionHoldsOutWhatItSays() {
    let keys = (0..<100).map { "key \($0)" }
    let splits = ReaderSplit.partition(keys, heldOut: 15)
    let counts = Dictionary(grouping: splits.values) { $0 }.mapValues(\.count)
    XCTAssertEqual(counts, [.training: 85, .development: 8, .test: 7])
    XCTAssertEqual(
      Set(ReaderSplit.partition(Array(keys.prefix(5)), heldOut: 10).values),
      [.training, .development, .test])
  }
}
