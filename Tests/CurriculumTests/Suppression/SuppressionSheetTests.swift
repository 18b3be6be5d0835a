import Coursework
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Sheet 8 as a whole.
final class SuppressionSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: SuppressionSheet.sheet, untouched: UntouchedSuppression(),
    solution: Solution8.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = SuppressionSheet.sheet.faults(
      untouched: UntouchedSuppression(), solution: Solution8.Answers())
    XCTAssertEqual(faults, [])
    XCTAssertEqual(SuppressionSheet.sheet.exercises.map(\.points).reduce(0, +), 48)
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes()
  }

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(SuppressionSheet.answerFigures)
  }

  /// The matrices that students are given are those that the library reads circuits from.
  func testMatricesAreTheLibrarys() throws {
    var generator = SeededGenerator(seed: 3)
    for kind in [SuppressionModel.Kind.narrow, .wide, .tours] {
      let model = try SuppressionModel(kind, using: &generator).made()
      let circuits = try HeadCircuits(model)
      for head in [HeadPlace(layer: 0, head: 1), HeadPlace(layer: 1, head: 0)] {
        let matrices = HeadMatrices(of: head, in: model)
        let pairs = [
          (matrices.value.transposed(), circuits.value(head.address)),
          (matrices.key.transposed(), circuits.key(head.address)),
          (matrices.query.transposed(), circuits.query(head.address)),
          (matrices.output, circuits.output(head.address)),
          (matrices.queryBias, circuits.queryBias(head.address)!),
          (matrices.unembedding.transposed(), circuits.unembedding),
          (matrices.embedding, try circuits.embedded(.embedding).values(layer: 0)),
        ]
        for (index, pair) in pairs.enumerated() {
          XCTAssertEqual(
            Verdict.compare(pair.0, to: pair.1, tolerance: 1e-5, named: "matrix \(index)").status,
            .passed, "\(kind), matrix \(index)")
        }
      }
    }
  }
}
