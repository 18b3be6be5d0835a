import Coursework
import Foundation
import Tensors
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Exercise 4.5: what is rejected, what is accepted.
final class BrokenLoopsTests: XCTestCase {
  private let exercise = SortingSheet.brokenLoops

  private static func right(_ record: TrainingRecord) throws -> LoopFault {
    try Solution4.Answers().fault(in: record)
  }

  private static func accuracy(_ record: TrainingRecord) -> Double {
    let right = zip(record.fresh, record.written).count { $0.sorted() == $1 }
    return Double(right) / Double(record.fresh.count)
  }

  private func wrong(
    _ name: String, says: String,
    _ answer: @escaping @Sendable (TrainingRecord) throws -> LoopFault
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (records: [TrainingRecord]) in
      try records.map(answer)
    }
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("believes what is reported", says: "because it says so") { record in
          let right = try Self.right(record)
          return [LoopFault.otherGenerator, .otherModel].contains(right) ? right : LoopFault.none
        },
        wrong("starts each loop once", says: "started twice with one seed") { record in
          var record = record
          record.lossesAgain = record.losses
          return try Self.right(record)
        },
        wrong("takes noise for a generator's", says: "from batch to batch") { record in
          let right = try Self.right(record)
          let rises = zip(record.losses, record.losses.dropFirst()).count { $1 > $0 }
          return right == .none && rises > 0 ? LoopFault.otherGenerator : right
        },
        wrong("leaves a flat loss out", says: "whose loss never falls") { record in
          let right = try Self.right(record)
          return right == .otherModel ? LoopFault.sharedLists : right
        },
        wrong("no look at what is written", says: "writes one and the same number") { record in
          let right = try Self.right(record)
          return right == .lastToken ? LoopFault.sharedLists : right
        },
        wrong("an echo taken for few lists", says: "what each row has just read") { record in
          let right = try Self.right(record)
          return right == .ownToken ? LoopFault.sharedLists : right
        },
        wrong("few lists taken for wrong targets", says: "is nearly right") { record in
          let right = try Self.right(record)
          return right == .sharedLists ? LoopFault.lastToken : right
        },
        wrong("wants to see perfection", says: "as well as it says") { record in
          let right = try Self.right(record)
          return right == .none && Self.accuracy(record) < 1 ? LoopFault.sharedLists : right
        },
      ],
      accepts: [
        Variant(of: exercise, "looking at numbers one by one") { (records: [TrainingRecord]) in
          records.map { record -> LoopFault in
            guard record.losses == record.lossesAgain else { return .otherGenerator }
            let pairs = zip(record.fresh, record.written).flatMap { list, written in
              zip(list.sorted().indices, written).map { place, number in
                (
                  number: number, own: place == 0 ? record.numbers + 1 : list.sorted()[place - 1],
                  right: list.sorted()[place], greatest: list.max()!
                )
              }
            }
            if Double(pairs.count { $0.number == $0.own }) > 0.6 * Double(pairs.count) {
              return .ownToken
            }
            if Double(pairs.count { $0.number == $0.greatest }) > 0.7 * Double(pairs.count) {
              return .lastToken
            }
            if record.reported < 0.2 { return .otherModel }
            return Self.accuracy(record) < 0.5 * record.reported ? .sharedLists : .none
          }
        },
        Variant(of: exercise, "the flat loss last") { (records: [TrainingRecord]) in
          try records.map { record -> LoopFault in
            let first = record.losses.prefix(40).reduce(0, +)
            let last = record.losses.suffix(40).reduce(0, +)
            let isSame = zip(record.losses, record.lossesAgain).allSatisfy { $0 == $1 }
            if isSame, last > 0.85 * first { return .otherModel }
            return try Self.right(record)
          }
        },
      ])
  }

  func testGuessingOneFaultForAllEarnsNothing() {
    for fault in LoopFault.allCases {
      let guess = Misconception(of: exercise, "\(fault)", says: "loop") {
        (records: [TrainingRecord]) in records.map { _ in fault }
      }
      XCTAssertNil(guess.fault())
      let answer = Array(repeating: fault, count: 10)
      XCTAssertEqual(try exercise.verdicts(on: answer, seed: 3)[0].verdict.fraction, 0)
    }
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    try SortingProof.checkNonsense(
      exercise, [[], [LoopFault.none], Array(repeating: LoopFault.none, count: 10_000)])
    try SortingProof.checkNonsense(exercise, ["none", "nothing"])
  }
}
