import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary

/// Exercise 4.6: what is rejected, what is accepted.
final class TrainSorterTests: XCTestCase {
  private typealias Question = UntrainedSorter
  private let exercise = SortingSheet.trainASorter

  /// A loop with everything that can be done otherwise.
  private static func trained(
    _ q: Question, steps: Int = 700, batch size: Int = 32, rate: Float = 1e-2,
    lists count: Int? = nil,
    rows: Range<Int>? = nil, targets: ([Int]) -> [Int] = { $0.sorted() }
  ) throws -> Sorter {
    var model = q.sorter.model
    var generator = SeededGenerator(seed: q.seed)
    var optimizer = AdamW(betas: (0.9, 0.98))
    let schedule = LearningRateSchedule(peak: rate, warmUpSteps: 30, totalSteps: steps)
    let lists = Array(q.training.prefix(count ?? q.training.count))
    for step in 0..<steps {
      let batch = (0..<size).map { _ in lists.randomElement(using: &generator)! }
      let input = ModelInput(tokens: batch.map { q.sorter.lists.tokens(of: $0) })
      let (_, gradients) = try model.gradients { model in
        try model.run(input, logitsAt: rows ?? q.sorter.lists.sortedRows).logits
          .crossEntropy(targets: batch.flatMap(targets))
      }
      optimizer.update(&model, gradients: gradients, rate: schedule.rate(at: step))
    }
    return Sorter(lists: q.sorter.lists, model: model)
  }

  private func wrong(
    _ name: String, says: String, _ answer: @escaping @Sendable (Question) throws -> Sorter
  ) -> Misconception { Misconception(of: exercise, name, says: says, answer: answer) }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("a copy was moved", says: "was the model moved that comes back") { q in
          _ = try Self.trained(q, steps: 3)
          return q.sorter
        },
        wrong("no shift", says: "writes what each row reads") { q in
          let middle = q.sorter.lists.middleToken
          return try Self.trained(q, steps: 150) { [middle] + $0.sorted().dropLast() }
        },
        wrong("the last token for all", says: "the greatest number at every place") { q in
          try Self.trained(q, steps: 400) { list in list.map { _ in list.max()! } }
        },
        wrong("the greatest first", says: "the wrong way round") { q in
          // It reads the right numbers before each place, and must learn the other way all the same.
          let n = q.sorter.lists.length
          return try Self.trained(q, steps: 700, rows: (n + 1)..<(2 * n + 1)) {
            $0.sorted(by: >)
          }
        },
        wrong("one batch again and again", says: "learned by heart") {
          try Self.trained($0, steps: 250, lists: 16)
        },
        wrong("ten lists again and again", says: "draw every batch anew") {
          try Self.trained($0, steps: 250, lists: 10)
        },
        wrong("one batch drawn for all", says: "of the lists you were given are sorted") { q in
          var q = q
          var generator = SeededGenerator(seed: q.seed)
          q.training.shuffle(using: &generator)
          return try Self.trained(q, steps: 250, lists: 20)
        },
        wrong("stopped early", says: "train longer") { try Self.trained($0, steps: 25) },
        wrong("a rate out of bounds", says: "are not finite") { q in
          var sorter = q.sorter
          sorter.model.visitParameters { _, weight in weight = weight / 0 }
          return sorter
        },
      ],
      accepts: [
        Variant(of: exercise, "another rate and batch") {
          try Self.trained($0, steps: 1_000, batch: 24, rate: 6e-3)
        },
        Variant(of: exercise, "the whole sequence learned from") { (q: Question) in
          // Also what cannot be predicted, the list as it came: slower, and right.
          let lists = q.sorter.lists
          return try Self.trained(
            q, steps: 1_200, rows: 0..<(lists.sequenceLength - 1)
          ) { Array(lists.tokens(of: $0).dropFirst()) }
        },
      ])
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    let other = SortingLists(numbers: 12, length: 2)
    try SortingProof.checkNonsense(
      exercise, [SorterTrainer(lists: other, width: 8, headWidth: 4).sorter])
    try SortingProof.checkNonsense(exercise, [["lists": 3], [:]])
  }
}
