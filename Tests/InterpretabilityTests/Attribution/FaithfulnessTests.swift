import Interpretability
import Tensors
import Transformers
import XCTest

/// Deletion, insertion, infidelity and sensitivity, where the answer is known.
final class FaithfulnessTests: XCTestCase {
  private func prediction(_ target: Int = 9) throws -> ExplainedPrediction {
    try ExplainedPrediction(
      tinyTranslator, ModelInput([3, 4, 5, 6, 7, 8, 11], decoderTokens: [0, 8, 9]),
      target: AttributionTarget(target, at: 2))
  }

  func testCurvesEndWhereTheyShould() throws {
    let prediction = try prediction()
    let scores = try prediction.occlusion().source
    let deletion = try prediction.deletionCurve(scores, replacing: .token(2))
    let insertion = try prediction.insertionCurve(scores, replacing: .token(2))
    XCTAssertEqual(deletion.shares, (0...7).map { Double($0) / 7 })
    XCTAssertEqual(deletion.values.count, 8)
    let full = Double(try prediction.value())
    XCTAssertEqual(deletion.values[0], full, accuracy: 1e-5)
    XCTAssertEqual(insertion.values[7], full, accuracy: 1e-5)
    XCTAssertEqual(deletion.values[7], insertion.values[0], accuracy: 1e-5)
    // The first token that goes is the one with the highest score; its occlusion is known.
    XCTAssertEqual(
      deletion.values[1],
      full - Double(try prediction.occlusion(replacing: .token(2)).source[scores.argmax]),
      accuracy: 1e-4)
  }

  func testAreaIsTheTrapezoids() throws {
    let curve = try prediction().deletionCurve([7, 6, 5, 4, 3, 2, 1])
    let values = curve.values
    let sum = (values[0] + values[7]) / 2 + values[1..<7].reduce(0, +)
    XCTAssertEqual(curve.area, sum / 7, accuracy: 1e-9)
  }

  func testPositionsThatAreLeftOutStay() throws {
    let prediction = try prediction()
    let scores = (0..<7).map { Float($0) }
    let curve = try prediction.deletionCurve(scores, positions: [1, 4])
    XCTAssertEqual(curve.shares, [0, 0.5, 1])
    var kept = prediction.embeddings
    for position in [1, 4] { for column in 0..<12 { kept.source[position, column] = 0 } }
    XCTAssertEqual(curve.values[2], Double(try prediction.at(kept).value()), accuracy: 1e-5)
    XCTAssertNotEqual(curve.values[1], curve.values[2])
  }

  /// Over several targets, deleting by occlusion's order lowers the prediction sooner than deleting
  /// at random, and inserting by it raises it sooner.
  func testRandomScoresAreWorse() throws {
    var (deletion, insertion) = (0.0, 0.0)
    for target in 3..<13 {
      let prediction = try prediction(target)
      let scores = try prediction.occlusion(replacing: .token(2)).source
      for seed in 0..<3 {
        let random = prediction.randomScores(seed: UInt64(100 * target + seed)).source
        deletion +=
          try prediction.deletionCurve(random, replacing: .token(2)).area
          - prediction.deletionCurve(scores, replacing: .token(2)).area
        insertion +=
          try prediction.insertionCurve(scores, replacing: .token(2)).area
          - prediction.insertionCurve(random, replacing: .token(2)).area
      }
    }
    XCTAssertGreaterThan(deletion / 30, 0.02)
    XCTAssertGreaterThan(insertion / 30, 0.02)
  }

  /// For small perturbations the gradient foretells everything; zeros foretell nothing.
  func testInfidelityOfTheGradientVanishesWithTheNoise() throws {
    let prediction = try prediction()
    let gradients = try prediction.gradients()
    let zeros = EmbeddingValues(source: .zeros(gradients.source.shape))
    let nothing = try prediction.infidelity(of: zeros, deviation: 0.02, seed: 2)
    let gradient = try prediction.infidelity(of: gradients, deviation: 0.02, seed: 2)
    XCTAssertGreaterThan(nothing, 0)
    XCTAssertLessThan(gradient, 0.02 * nothing)
  }

  func testSensitivityGrowsWithTheRadius() throws {
    let prediction = try prediction()
    let near = try prediction.sensitivity(radius: 0.001) { try $0.gradients() }
    let far = try prediction.sensitivity(radius: 0.1) { try $0.gradients() }
    XCTAssertGreaterThan(near, 0)
    XCTAssertGreaterThan(far, 3 * near)
    // What does not look at the embeddings is not sensitive to them.
    XCTAssertEqual(
      try prediction.sensitivity { _ in EmbeddingValues(source: Tensor([1, 2], shape: [1, 2])) }, 0)
  }

  func testPoolingPiecesByHand() {
    let scores: [Float] = [3, -4, 1, 2, -5]
    let words = [0, 0, nil, 1, 1]
    XCTAssertEqual(poolingPieces(scores, words: words, by: .sum), [-1, -3])
    XCTAssertEqual(poolingPieces(scores, words: words, by: .strongest), [-4, -5])
    let norms = poolingPieces(scores, words: words, by: .norm)
    XCTAssertEqual(norms[0], 5, accuracy: 1e-6)
    XCTAssertEqual(norms[1], Float(29).squareRoot(), accuracy: 1e-6)
    XCTAssertEqual(poolingPieces([1], words: [nil], by: .sum), [])
  }
}

extension [Float] {
  fileprivate var argmax: Int { indices.max { self[$0] < self[$1] }! }
}
