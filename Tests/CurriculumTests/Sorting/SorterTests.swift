import Foundation
import Laboratory
import SortingExercises
import SortingVocabulary
import Tensors
import Transformers
import XCTest

/// The sorting model: its lists, its shape, its training.
final class SorterTests: XCTestCase {
  private let small = SortingLists(numbers: 24, length: 3)

  func testTokensAreTheListAndTheListInOrder() {
    XCTAssertEqual(
      SortingLists().tokens(of: [41, 7, 63, 12, 30]),
      [64, 41, 7, 63, 12, 30, 65, 7, 12, 30, 41, 63])
    XCTAssertEqual(SortingLists().sortedRows, 6..<11)
    XCTAssertEqual(SortingLists().vocabularySize, 66)
  }

  func testPartsShareNoSortedHalf() {
    var generator = SeededGenerator(seed: 1)
    let sets = SortingLists.Part.allCases.map { part in
      Set(small.draw(part, count: 2_000, using: &generator).map { $0.sorted() })
    }
    for one in sets.indices {
      XCTAssertFalse(sets[one].isEmpty)
      for other in sets.indices where other > one {
        XCTAssertTrue(sets[one].isDisjoint(with: sets[other]))
      }
    }
    // 20 sets of three go up by two below 24; of the 2,024 altogether most were drawn.
    XCTAssertEqual(sets[3].count, 20)
    XCTAssertGreaterThan(sets.reduce(0) { $0 + $1.count }, 1_400)
  }

  func testAListsPartIsThatOfItsNumbers() {
    var generator = SeededGenerator(seed: 2)
    let lists = SortingLists()
    for part in SortingLists.Part.allCases {
      for list in lists.draw(part, count: 50, using: &generator) {
        XCTAssertEqual(lists.part(of: list.shuffled(using: &generator)), part)
        XCTAssertEqual(Set(list).count, 5)
        XCTAssertTrue(list.allSatisfy { (0..<64).contains($0) })
      }
    }
  }

  func testEightInTenListsAreForTraining() {
    let lists = SortingLists(numbers: 20, length: 2)
    var counts: [SortingLists.Part: Int] = [:]
    for a in 0..<20 { for b in 0..<a { counts[lists.part(of: [a, b]), default: 0] += 1 } }
    XCTAssertEqual(counts[.stepsOfTwo], 18)
    // Of 172 pairs, with three standard deviations to either side.
    XCTAssertEqual(Double(counts[.training]!), 137.6, accuracy: 15.8)
    XCTAssertEqual(Double(counts[.development]!), 17.2, accuracy: 11.8)
  }

  func testListsFollowFromTheSeed() {
    func drawn(_ seed: UInt64) -> [[Int]] {
      var generator = SeededGenerator(seed: seed)
      return small.draw(.training, count: 20, using: &generator)
    }
    XCTAssertEqual(drawn(3), drawn(3))
    XCTAssertNotEqual(drawn(3), drawn(4))
  }

  func testTheModelIsOneHeadAndNothingElse() {
    let model = SorterTrainer().sorter.model
    XCTAssertEqual(
      model.parameters.map { "\($0.name) \($0.tensor.shape)" },
      [
        "embedding.weight [66, 128]", "blocks.positionEmbedding.weight [12, 128]",
        "blocks.0.attentionNorm.weight [128]", "blocks.0.attention.query.weight [32, 128]",
        "blocks.0.attention.key.weight [32, 128]", "blocks.0.attention.value.weight [32, 128]",
        "blocks.0.attention.output.weight [128, 32]", "blocks.finalNorm.weight [128]",
        "unembedding.weight [66, 128]",
      ])
  }

  func testTheFirstLossIsThatOfGuessing() {
    var trainer = SorterTrainer()
    trainer.advance()
    XCTAssertEqual(trainer.losses[0], 4.19, accuracy: 0.6)  // ln 66, and what random weights add
  }

  func testASeedGivesTheSameModelAndAnotherSeedAnother() {
    func trained(_ seed: UInt64) -> SorterTrainer {
      var recipe = SorterRecipe(seed: seed)
      recipe.steps = 20
      var trainer = SorterTrainer(lists: small, width: 16, headWidth: 8, recipe: recipe)
      while !trainer.isFinished { trainer.advance() }
      return trainer
    }
    let (one, again, other) = (trained(1), trained(1), trained(2))
    XCTAssertEqual(one.losses, again.losses)
    XCTAssertEqual(
      one.sorter.model.parameters.map(\.tensor), again.sorter.model.parameters.map(\.tensor))
    XCTAssertNotEqual(one.losses, other.losses)
  }

  func testASmallSorterLearnsToSortWhatItHasNotMet() throws {
    for seed in UInt64(0)..<3 {
      var recipe = SorterRecipe(seed: seed)
      recipe.steps = 800
      recipe.rate = 1e-2
      var trainer = SorterTrainer(lists: small, width: 48, headWidth: 16, recipe: recipe)
      while !trainer.isFinished { trainer.advance() }
      var generator = SeededGenerator(seed: 5)
      let test = small.draw(.test, count: 500, using: &generator)
      XCTAssertGreaterThan(try trainer.sorter.accuracy(on: test), 0.95, "seed \(seed)")
    }
  }

  /// Accuracy is of lists whose numbers are all right: one that is wrong spoils its list.
  func testAccuracyCountsListsAndPredictionsArePlaces() throws {
    let sorter = SorterTrainer(lists: small, width: 16, headWidth: 8).sorter
    let lists = [[3, 9, 1], [20, 4, 8]]
    let written = try sorter.predictions(of: lists)
    XCTAssertEqual(written.map(\.count), [3, 3])
    let logits = try sorter.model(ModelInput(tokens: lists.map { small.tokens(of: $0) }))
    for (list, numbers) in written.enumerated() {
      for (place, number) in numbers.enumerated() {
        XCTAssertEqual(logits[at: list][at: 4 + place].argmax(), [number])
      }
    }
    XCTAssertEqual(try sorter.accuracy(on: []), 0)
  }

  func testTheQueryKeyCircuitIsTheHeadsScoresWithoutPositions() throws {
    let sorter = SorterTrainer(lists: small, width: 16, headWidth: 8).sorter
    let head = sorter.head
    // Without positions, a score is an entry of the circuit.
    let zero = Intervention(at: .positionEmbedding) { Tensor.zeros($0.shape) }
    let point = HookPoint.block(.blocks, 0, .attention(.own, .scores))
    let tokens = [5, 9, 24]
    let scores = try sorter.model.run(
      ModelInput(tokens), capturing: [point], intervening: [zero]
    ).trace[point]
    let circuit =
      head.embedding.matmul(head.query)
      .matmul(transposing: head.embedding.matmul(head.key)) / Float(8).squareRoot()
    for query in 0..<3 {
      for key in 0...query {
        XCTAssertEqual(
          scores[0, 0, query, key], circuit[tokens[query], tokens[key]], accuracy: 1e-4)
      }
    }
  }

  func testASorterSurvivesJSONAndABrokenOneIsRefused() throws {
    let sorter = SorterTrainer(lists: small, width: 16, headWidth: 8).sorter
    let data = try JSONEncoder().encode(sorter)
    let copy = try JSONDecoder().decode(Sorter.self, from: data)
    XCTAssertEqual(copy.model.parameters.map(\.tensor), sorter.model.parameters.map(\.tensor))
    XCTAssertEqual(copy.lists, sorter.lists)

    let text = String(decoding: data, as: UTF8.self)
    for broken in [
      text.replacing("\"length\":3", with: "\"length\":-3"),
      text.replacing("unembedding.weight", with: "unembedding.height"),
      text.replacing("\"headWidth\":8", with: "\"headWidth\":7"),
    ] {
      XCTAssertNotEqual(broken, text)
      XCTAssertThrowsError(try JSONDecoder().decode(Sorter.self, from: Data(broken.utf8))) {
        XCTAssertTrue($0 is DecodingError)
      }
    }
  }
}
