import Coursework
import Foundation
import Laboratory
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Exercise 4.10: what is rejected, what is accepted, and what the sheet says of its two models.
final class NextElementTests: XCTestCase {
  private typealias Question = ContinuedSequences
  private let exercise = SortingSheet.nextElement

  private static func carried(
    _ q: Question, _ change: (inout CarryOver) throws -> Void
  ) throws -> CarryOver {
    var answer = try Solution4.Answers().carryOver(
      of: q.model, trainedOn: q.training, asked: q.asked)
    try change(&answer)
    return answer
  }

  private static func share(_ values: [Bool]) -> Double {
    Double(values.count { $0 }) / Double(values.count)
  }

  private static func unmet(_ q: Question) -> [[Int]] {
    q.asked.filter { asked in !q.training.contains { $0 == asked } }
  }

  /// Whether the last numbers of one stand in a row in another.
  private static func holds(_ training: [Int], theLast count: Int, of asked: [Int]) -> Bool {
    let end = asked.dropFirst(asked.count - count)
    return (0...(training.count - count)).contains { training[$0..<($0 + count)] == end }
  }

  private static func right(_ q: Question, _ sequences: [[Int]]) throws -> Double {
    share(zip(try q.model.predictions(of: sequences), sequences).map { $0 == $1[3] })
  }

  /// The numbers that stand so many places behind a number, by how often they do.
  private static func behind(_ q: Question, _ number: Int, _ steps: [Int]) -> Int? {
    let found = q.training.flatMap { training in
      steps.flatMap { step in
        zip(training, training.dropFirst(step)).filter { $0.0 == number }.map(\.1)
      }
    }
    let counts = Dictionary(grouping: found) { $0 }.mapValues(\.count)
    return counts.keys.sorted().max { counts[$0]! < counts[$1]! }
  }

  private static func asTable(
    _ q: Question, _ sequences: [[Int]], steps: [Int] = [1]
  ) throws -> Double {
    share(
      zip(try q.model.predictions(of: sequences), sequences).map { written, sequence in
        behind(q, sequence[2], steps) == written
      })
  }

  private static func loss(
    _ q: Question, rows: Range<Int> = 3..<4, _ tensor: ((Tensor) -> Tensor) = { $0.logSoftmax() },
    token: (_ tokens: [Int], _ row: Int) -> Int = { $0[$1 + 1] }
  ) -> Float {
    let table = tensor(q.logits)
    let values = q.given.enumerated().flatMap { place, sequence in
      rows.map {
        table[place, $0, token([q.model.sequences.startToken] + sequence, $0)]
      }
    }
    return -values.reduce(0, +) / Float(values.count)
  }

  private static func hits(
    _ q: Question, rows: Range<Int> = 3..<4, token: (_ tokens: [Int], _ row: Int) -> Int
  ) -> [[Bool]] {
    q.given.enumerated().map { place, sequence in
      rows.map { row in
        q.logits[at: place][at: row].argmax()[0]
          == token([q.model.sequences.startToken] + sequence, row)
      }
    }
  }

  private func wrongLoss(
    _ name: String, says: String, _ answer: @escaping @Sendable (Question) throws -> Float
  ) -> Misconception {
    Misconception(of: exercise, in: SortingAsks.nextElementLoss, name, says: says, answer: answer)
  }

  private func wrongShare(
    _ name: String, says: String, _ answer: @escaping @Sendable (Question) throws -> Double
  ) -> Misconception {
    Misconception(
      of: exercise, in: SortingAsks.nextElementAccuracy, name, says: says, answer: answer)
  }

  private func wrongCarry(
    _ name: String, says: String,
    _ change: @escaping @Sendable (Question, inout CarryOver) throws -> Void
  ) -> Misconception {
    Misconception(of: exercise, in: SortingAsks.carryOver, name, says: says) { q in
      try Self.carried(q) { try change(q, &$0) }
    }
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrongLoss("the loss of 4.1", says: "every row is counted") { Self.loss($0, rows: 0..<4) },
        wrongLoss("the last row", says: "the last row was asked") {
          Self.loss($0, rows: 4..<5, token: { tokens, row in tokens[row] })
        },
        wrongLoss("its own token", says: "asked for the token that it reads; the third") {
          Self.loss($0, token: { tokens, row in tokens[row] })
        },
        wrongLoss("a row too early", says: "the row of the second number") {
          Self.loss($0, rows: 2..<3, token: { tokens, _ in tokens[4] })
        },
        wrongLoss("a log-probability", says: "the sign is turned") { -Self.loss($0) },
        wrongLoss("a sum", says: "this is a sum") { Self.loss($0) * Float($0.given.count) },
        wrongLoss("raw logits", says: "these are logits") { q in Self.loss(q, { $0 }) },
        wrongLoss("bits", says: "nats are asked for") { Self.loss($0) / Float(M_LN2) },
        wrongShare("the share of 4.1", says: "here the fourth number alone") { q in
          Self.share(Self.hits(q, rows: 0..<4) { $0[$1 + 1] }.flatMap(\.self))
        },
        wrongShare("whole sequences", says: "when every number is right") { q in
          Self.share(Self.hits(q, rows: 0..<4) { $0[$1 + 1] }.map { $0.allSatisfy(\.self) })
        },
        wrongShare("what is read last", says: "it has read the fourth number") { q in
          Self.share(Self.hits(q, rows: 4..<5) { $0[$1] }.flatMap(\.self))
        },
        wrongShare("per cent", says: "in per cent") { q in
          100 * Self.share(Self.hits(q) { $0[$1 + 1] }.flatMap(\.self))
        },
        wrongShare("a count", says: "this is a count") { q in
          Double(Self.hits(q) { $0[$1 + 1] }.count { $0[0] })
        },
        wrongCarry("not met is new", says: "are counted as new") { q, answer in
          answer.new = try Self.right(q, Self.unmet(q))
          answer.asTable = try Self.asTable(q, Self.unmet(q))
        },
        wrongCarry("two numbers in a row", says: "say nothing of the rule") { q, answer in
          let isMoved = { (asked: [Int]) in
            q.training.contains { Self.holds($0, theLast: 2, of: asked) }
          }
          let new = Self.unmet(q).filter { !isMoved($0) }
          answer.moved = try Self.right(q, Self.unmet(q).filter(isMoved))
          answer.new = try Self.right(q, new)
          answer.asTable = try Self.asTable(q, new)
        },
        wrongCarry("exchanged", says: "met and new have changed places") { _, answer in
          swap(&answer.met, &answer.new)
        },
        wrongCarry("a table of all", says: "all that were asked are counted") { q, answer in
          answer.asTable = try Self.asTable(q, q.asked)
        },
        wrongCarry("a table that is right", says: "how often the table is right") { q, answer in
          let new = Self.unmet(q).filter { asked in
            !q.training.contains { Self.holds($0, theLast: 3, of: asked) }
          }
          answer.asTable = Self.share(new.map { Self.behind(q, $0[2], [1]) == $0[3] })
        },
      ],
      accepts: [
        Variant(of: exercise, in: SortingAsks.nextElementLoss, "by cross-entropy") {
          (q: Question) in
          q.logits.slice(axis: 1, 3..<4)
            .reshaped(to: [q.given.count, q.logits.shape[2]])
            .crossEntropy(targets: q.given.map { $0[3] }).scalar
        },
        Variant(of: exercise, in: SortingAsks.nextElementLoss, "in Double") { (q: Question) in
          let losses = q.given.enumerated().map { place, sequence -> Double in
            let row = q.logits[at: place][at: 3].values.map(Double.init)
            return log(row.reduce(0) { $0 + exp($1 - row[sequence[3]]) })
          }
          return Float(losses.reduce(0, +) / Double(losses.count))
        },
        Variant(of: exercise, in: SortingAsks.nextElementAccuracy, "row by row") { (q: Question) in
          Self.share(Self.hits(q) { $0[$1 + 1] }.map { $0[0] })
        },
        Variant(of: exercise, in: SortingAsks.carryOver, "sequence by sequence") { (q: Question) in
          let new = Self.unmet(q).filter { asked in
            !q.training.contains { Self.holds($0, theLast: 3, of: asked) }
          }
          return CarryOver(
            met: try Self.right(q, q.asked.filter { q.training.contains($0) }),
            moved: try Self.right(q, Self.unmet(q).filter { !new.contains($0) }),
            new: try Self.right(q, new), asTable: try Self.asTable(q, new))
        },
      ])
  }

  /// What the sheet says of its two models, in the loops of a naive forward pass.
  func testWhatCarriesOverIsWhatWasMetElsewhere() throws {
    var shares: [TrainedSequences.Objective: CarryOver] = [:]
    for objective in TrainedSequences.Objective.allCases {
      let trained = try TrainedSequences.kept(objective)
      let asked = trained.training + trained.leftOut
      let head = NaiveHead(trained.model.model)
      let predictions = try trained.model.predictions(of: asked)
      for (sequence, written) in zip(asked, predictions) {
        let logits = head.logits(
          of: trained.model.sequences.tokens(of: sequence), at: 3..<4)[0]
        XCTAssertEqual(logits[written], logits.max()!, accuracy: 1e-2)
      }
      let answer = try Solution4.Answers().carryOver(
        of: trained.model, trainedOn: trained.training, asked: asked)
      shares[objective] = answer
    }
    let (fourth, every) = (shares[.fourth]!, shares[.every]!)
    print("carry-over: \(shares)")
    XCTAssertGreaterThan(min(fourth.met, every.met), 0.9)
    XCTAssertLessThan(max(fourth.moved, fourth.new), 0.1)
    XCTAssertGreaterThan(every.moved, 0.6)
    XCTAssertLessThan(every.new, 0.5)
    // Where it does not know better it goes on with the neighbour that it has met most.
    XCTAssertGreaterThan(every.asTable, 0.5)
  }

  func testAModelSurvivesJSONAndABrokenOneIsRefused() throws {
    let model = try TrainedSequences(.fourth, seed: 1, steps: 1).model
    let data = try JSONEncoder().encode(model)
    let copy = try JSONDecoder().decode(SequenceModel.self, from: data)
    XCTAssertEqual(copy.model.parameters.map(\.tensor), model.model.parameters.map(\.tensor))
    let text = String(decoding: data, as: UTF8.self)
    for broken in [
      text.replacing("\"numbers\":100", with: "\"numbers\":-3"),
      text.replacing("unembedding.weight", with: "unembedding.height"),
      text.replacing("\"headWidth\":16", with: "\"headWidth\":7"),
    ] {
      XCTAssertNotEqual(broken, text)
      XCTAssertThrowsError(try JSONDecoder().decode(SequenceModel.self, from: Data(broken.utf8)))
    }
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    let numbers = [Double.nan, .infinity, -1, 2, 1e308]
    try SortingProof.checkNonsense(exercise.only(SortingAsks.nextElementAccuracy), numbers)
    try SortingProof.checkNonsense(
      exercise.only(SortingAsks.nextElementLoss), numbers.map { Float($0) })
    try SortingProof.checkNonsense(
      exercise.only(SortingAsks.carryOver),
      (numbers + [0, 1]).map { CarryOver(met: $0, moved: $0, new: -$0, asTable: $0) })
  }
}
