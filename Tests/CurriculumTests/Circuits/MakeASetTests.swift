import Coursework
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercise 9.1: what is rejected, what is accepted.
final class MakeASetTests: XCTestCase {
  private func selection(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CandidatesOfModel) throws -> [Int]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.makeASet, in: CircuitsAsks.selected, name, says: says, answer: answer)
  }

  private func guess(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CandidatesOfModel) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.makeASet, in: CircuitsAsks.guessable, name, says: says, answer: answer)
  }

  private static func selected(
    _ question: CandidatesOfModel, _ candidates: [TaskPair]? = nil, least: Float? = nil,
    most: Float? = nil
  ) throws -> [Int] {
    try Solution9.Answers().selected(
      candidates ?? question.candidates, of: try question.model.made(),
      answer: least ?? question.least, runnerUp: most ?? question.most)
  }

  /// Those that stay when each is looked at alone.
  private static func good(_ question: CandidatesOfModel) throws -> [Int] {
    try question.candidates.indices.filter {
      try !selected(question, [question.candidates[$0]]).isEmpty
    }
  }

  private static func equal(_ question: CandidatesOfModel) -> [TaskPair] {
    question.candidates.map { pair in
      var pair = pair
      pair.corrupted = pair.clean
      return pair
    }
  }

  func testWrongSetsAreRejectedWithTheirSentence() {
    let misconceptions = [
      selection("unbalanced", says: "not balanced") { try Self.good($0) },
      selection("unequal twins", says: "unequal length") {
        try Self.selected($0, Self.equal($0))
      },
      selection("no look at rivals", says: "a rival may come close") {
        try Self.selected($0, most: 1)
      },
      selection("balanced first", says: "balanced before it was filtered") { question in
        let balanced = try Self.selected(question, Self.equal(question), least: 0, most: 1)
        return try balanced.filter(Set(Self.good(question)).contains)
      },
      selection("the answer as a rival", says: "the answer's own probability") { question in
        let model = try question.model.made()
        let sure = try question.candidates.filter { pair in
          let shares = try model(ModelInput(pair.clean)).softmax()[at: 0][
            at: pair.clean.count - 1
          ].values
          return shares.allSatisfy { $0 <= question.most }
        }
        return try Self.selected(question, sure).map {
          question.candidates.firstIndex(of: sure[$0])!
        }
      },
      selection("by likelihood alone", says: nil) { question in
        let model = try question.model.made()
        return try question.candidates.indices.filter { index in
          let pair = question.candidates[index]
          return try model(ModelInput(pair.clean)).softmax()[at: 0][at: pair.clean.count - 1][
            pair.answer] >= question.least
        }
      },
      selection("of twins", says: nil) { question in
        // The corrupted text is asked for the answer.
        let turned = question.candidates.map { pair in
          var pair = pair
          pair.clean = pair.corrupted
          return pair
        }
        return try Self.selected(question, turned)
      },
      selection("the last ones", says: "the last pairs stayed") { question in
        let count = question.candidates.count
        return try Self.selected(question, question.candidates.reversed()).map { count - 1 - $0 }
          .sorted()
      },
      selection("everything", says: nil) { Array($0.candidates.indices) },
      selection("nothing", says: nil) { _ in [] },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  /// Guesses by the frequencies of answers in a table.
  private static func guesses(
    _ pairs: [TaskPair], leavingOut: Bool = true, wins: ([Int: Int], Int) -> Bool
  ) -> [Float] {
    pairs[0].clean.indices.map { place in
      let hits = pairs.enumerated().filter { index, pair in
        var table: [Int: Int] = [:]
        for (other, one) in pairs.enumerated()
        where one.clean[place] == pair.clean[place] && one.template == pair.template
          && !(leavingOut && other == index)
        {
          table[one.answer, default: 0] += 1
        }
        return wins(table, pair.answer)
      }
      return Float(hits.count) / Float(pairs.count)
    }
  }

  private static func alone(_ table: [Int: Int], _ answer: Int) -> Bool {
    table.allSatisfy { $0.key == answer || $0.value < table[answer, default: 0] }
      && table[answer] != nil
  }

  func testWrongGuessesAreRejectedWithTheirSentence() {
    let misconceptions = [
      guess("with itself", says: "a token that comes once") {
        Self.guesses($0.alike, leavingOut: false, wins: Self.alone)
      },
      guess("across templates", says: "pairs of other templates") { question in
        var pairs = question.alike
        for index in pairs.indices { pairs[index].template = 0 }
        return Self.guesses(pairs, wins: Self.alone)
      },
      guess("ties", says: "nothing is guessed") {
        Self.guesses($0.alike) { table, answer in
          table[answer] != nil && table[answer] == table.values.max()
        }
      },
      guess("of those guessed", says: "a share of the pairs for which something is guessed") {
        question in
        let pairs = question.alike
        return pairs[0].clean.indices.map { place in
          var (hits, guessed) = (0, 0)
          for (index, pair) in pairs.enumerated() {
            let votes = pairs.enumerated().filter { other, one in
              other != index && one.template == pair.template
                && one.clean[place] == pair.clean[place]
            }.map(\.element.answer)
            let counts = Dictionary(grouping: votes) { $0 }.mapValues(\.count)
            let best = counts.filter { $0.value == counts.values.max() }.map(\.key)
            guard best.count == 1 else { continue }
            guessed += 1
            hits += best[0] == pair.answer ? 1 : 0
          }
          return guessed == 0 ? 0 : Float(hits) / Float(guessed)
        }
      },
      guess("corrupted texts", says: "the corrupted texts were looked at") { question in
        var pairs = question.alike
        for index in pairs.indices { pairs[index].clean = pairs[index].corrupted }
        return Self.guesses(pairs, wins: Self.alone)
      },
      guess("the first vote", says: nil) { question in
        let pairs = question.alike
        return pairs[0].clean.indices.map { place in
          let hits = pairs.enumerated().filter { index, pair in
            pairs.enumerated().first { other, one in
              other != index && one.template == pair.template
                && one.clean[place] == pair.clean[place]
            }?.element.answer == pair.answer
          }
          return Float(hits.count) / Float(pairs.count)
        }
      },
      guess("copies", says: "how often the token is the answer") { question in
        question.alike[0].clean.indices.map { place in
          Float(question.alike.count { $0.clean[place] == $0.answer })
            / Float(question.alike.count)
        }
      },
      guess("counts", says: "times what it should be") { question in
        Self.guesses(question.alike, wins: Self.alone).map {
          $0 * Float(question.alike.count)
        }
      },
      guess("nothing", says: nil) { _ in [] },
      guess("no numbers", says: nil) { $0.alike[0].clean.map { _ in .nan } },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightSetsAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.makeASet, in: CircuitsAsks.selected, "in one batch") { question in
        let logits = try question.model.made()(
          ModelInput(tokens: question.candidates.map(\.clean)))
        var left: [Int: [Int]] = [:]
        for (row, pair) in question.candidates.enumerated()
        where pair.clean.count == pair.corrupted.count {
          let all = logits[at: row][at: pair.clean.count - 1].values.map { exp(Double($0)) }
          let total = all.reduce(0, +)
          let others = all.indices.filter { $0 != pair.answer }.map { all[$0] }.max()!
          if all[pair.answer] / total >= Double(question.least),
            others / total <= Double(question.most)
          {
            left[pair.answer, default: []].append(row)
          }
        }
        let least = left.values.map(\.count).min()!
        return left.values.flatMap { $0[..<least] }.sorted()
      },
      Variant(of: CircuitsSheet.makeASet, in: CircuitsAsks.selected, "one by one") { question in
        let good = try Self.good(question)
        let answers = good.map { question.candidates[$0].answer }
        let rarest = answers.map { answer in answers.count { $0 == answer } }.min()!
        return good.enumerated().filter { place, _ in
          answers[...place].count { $0 == answers[place] } <= rarest
        }.map(\.element)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
    let guesses = Variant(
      of: CircuitsSheet.makeASet, in: CircuitsAsks.guessable, "by a table"
    ) { Self.guesses($0.alike, wins: Self.alone) }
    XCTAssertNil(guesses.fault())
  }
}
