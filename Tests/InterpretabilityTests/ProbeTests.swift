import Foundation
import Interpretability
import Tensors
import XCTest

/// What scikit-learn, SciPy and NumPy found, by `Fixtures/probing.py`.
struct ProbingFixture: Decodable {
  struct Regression: Decodable {
    var features: [Float], labels: [Int]
    var width: Int
    var l2: Float
    var weight: [Float], bias: [Float], probabilities: [Float]
  }
  struct Tree: Decodable {
    var distances: [[Double]]
    var gold: [[Int]], edges: [[Int]]
    var attachment: Double
  }
  struct Correlation: Decodable {
    var x: [Double], y: [Double]
    var rho: Double
  }
  struct Components: Decodable {
    var vectors: [Float], places: [Float]
    var width: Int
    var shares: [Double]
  }
  var regression: Regression
  var trees: [Tree]
  var correlations: [Correlation]
  var components: Components

  static let loaded = Result {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/probing.json")
    return try JSONDecoder().decode(ProbingFixture.self, from: Data(contentsOf: file))
  }
}

/// Vectors around one centre a class.
func clusters(
  count: Int, classes: Int, width: Int, distance: Float, seed: UInt64
) -> (features: Tensor, labels: [Int]) {
  var generator = SeededGenerator(seed: seed)
  var features = Tensor.randomNormal([count, width], using: &generator)
  let labels = (0..<count).map { _ in Int.random(in: 0..<classes, using: &generator) }
  for (row, label) in labels.enumerated() { features[row, label] += distance }
  return (features, labels)
}

func accuracy(_ predictions: [Int], _ labels: [Int]) -> Double {
  Double(zip(predictions, labels).count { $0 == $1 }) / Double(labels.count)
}

final class ProbeTests: XCTestCase {
  func testLinearProbeEqualsScikitLearn() throws {
    let known = try ProbingFixture.loaded.get().regression
    let features = Tensor(known.features, shape: [known.labels.count, known.width])
    var settings = ProbeSettings()
    settings.standardises = false
    settings.l2 = known.l2
    settings.rate = 0.05
    settings.batchSize = known.labels.count
    settings.maximumEpochs = 3_000
    let probe = try Probe.training(
      on: features, labels: known.labels, classes: known.bias.count, settings: settings
    ).probe
    for (ours, theirs) in zip(probe.weight.values, known.weight) {
      XCTAssertEqual(ours, theirs, accuracy: 1e-4)
    }
    for (ours, theirs) in zip(probe(features).softmax().values, known.probabilities) {
      XCTAssertEqual(ours, theirs, accuracy: 1e-4)
    }
  }

  func testProbeFindsAPlantedDirection() throws {
    let data = clusters(count: 900, classes: 3, width: 24, distance: 5, seed: 1)
    let unseen = clusters(count: 300, classes: 3, width: 24, distance: 5, seed: 2)
    for kind in [Probe.Kind.linear, .mlp(hidden: 16)] {
      var settings = ProbeSettings()
      settings.kind = kind
      let trained = try Probe.training(
        on: data.features, labels: data.labels, classes: 3, settings: settings)
      XCTAssertGreaterThan(
        accuracy(trained.probe.predictions(unseen.features), unseen.labels), 0.97, "\(kind)")
      XCTAssertLessThan(trained.trainingLosses.last!, trained.trainingLosses[0])
    }
  }

  /// Exclusive or of two signs is no linear function of them.
  func testOnlyAHiddenLayerSolvesExclusiveOr() throws {
    var generator = SeededGenerator(seed: 3)
    let features = Tensor.randomNormal([800, 2], using: &generator)
    let labels = (0..<800).map { (features[$0, 0] > 0) != (features[$0, 1] > 0) ? 1 : 0 }
    var settings = ProbeSettings()
    let linear = try Probe.training(on: features, labels: labels, classes: 2, settings: settings)
    settings.kind = .mlp(hidden: 32)
    settings.maximumEpochs = 60
    let mlp = try Probe.training(on: features, labels: labels, classes: 2, settings: settings)
    XCTAssertLessThan(accuracy(linear.probe.predictions(features), labels), 0.65)
    XCTAssertGreaterThan(accuracy(mlp.probe.predictions(features), labels), 0.95)
  }

  func testDevelopmentDataChoosesTheEpoch() throws {
    // More features than words: the probe soon learns the training words by heart.
    let data = clusters(count: 60, classes: 2, width: 80, distance: 1, seed: 4)
    let dev = clusters(count: 200, classes: 2, width: 80, distance: 1, seed: 5)
    var settings = ProbeSettings()
    settings.maximumEpochs = 200
    settings.patience = 5
    settings.batchSize = 10
    let trained = try Probe.training(
      on: data.features, labels: data.labels, classes: 2, development: dev, settings: settings)
    let losses = trained.developmentLosses
    XCTAssertLessThan(losses.count, 200)
    XCTAssertEqual(trained.epoch, losses.indices.min { losses[$0] < losses[$1] })
    XCTAssertEqual(losses.count, trained.epoch + 1 + 5)
    XCTAssertEqual(
      trained.probe(dev.features).crossEntropy(targets: dev.labels).scalar, losses[trained.epoch],
      accuracy: 1e-5)
  }

  func testSameSeedGivesTheSameProbe() throws {
    let data = clusters(count: 300, classes: 3, width: 10, distance: 2, seed: 6)
    var settings = ProbeSettings()
    settings.kind = .mlp(hidden: 8)
    func weights(seed: UInt64) throws -> [Float] {
      settings.seed = seed
      return try Probe.training(
        on: data.features, labels: data.labels, classes: 3, settings: settings
      ).probe.weight.values
    }
    XCTAssertEqual(try weights(seed: 1), try weights(seed: 1))
    XCTAssertNotEqual(try weights(seed: 1), try weights(seed: 2))
  }

  func testStandardisedFeaturesHaveMeanZeroAndDeviationOne() throws {
    var generator = SeededGenerator(seed: 7)
    var features = Tensor.randomNormal([500, 3], using: &generator) * 20 + 7
    for row in 0..<500 { features[row, 2] = 5 }
    let probe = try Probe.training(
      on: features, labels: (0..<500).map { $0 % 2 }, classes: 2
    ).probe
    let standardised = ((features - probe.mean) * probe.scale)
    let mean = standardised.mean(axis: 0).values
    let square = (standardised * standardised).mean(axis: 0).values
    for column in 0..<2 {
      XCTAssertEqual(mean[column], 0, accuracy: 1e-4)
      XCTAssertEqual(square[column], 1, accuracy: 1e-4)
    }
    XCTAssertEqual(square[2], 0, "a feature that never changes is left out")
  }

  /// Few words make one step an epoch; they are gone through more often.
  func testFewWordsAreTrainedAsLongAsMany() throws {
    let data = clusters(count: 40, classes: 2, width: 5, distance: 4, seed: 8)
    let trained = try Probe.training(on: data.features, labels: data.labels, classes: 2)
    XCTAssertEqual(trained.trainingLosses.count, 300)
    XCTAssertGreaterThan(
      accuracy(trained.probe.predictions(data.features), data.labels), 0.9)
  }

  func testErrorsSayWhatToDo() {
    let x = Tensor.zeros([4, 2])
    XCTAssertThrowsError(try Probe.training(on: x, labels: [1, 1, 1, 1], classes: 2)) {
      XCTAssertEqual(
        "\($0)", "all training words have one class; a probe needs words of at least two")
    }
    XCTAssertThrowsError(try Probe.training(on: x, labels: [0, 1], classes: 2)) {
      XCTAssertEqual(
        "\($0)",
        "the training data has 2 labels for vectors of shape [4, 2]; give at least one word, and a "
          + "row for each")
    }
    XCTAssertThrowsError(try Probe.training(on: x, labels: [0, 1, 2, 0], classes: 2)) {
      XCTAssertEqual(
        "\($0)", "the training data holds the class 2, and classes go from 0 to 1")
    }
  }
}

final class DifferenceOfMeansTests: XCTestCase {
  func testDirectionAndThresholdByHand() throws {
    let features = Tensor([1, 0, 3, 0, 0, 2, 0, 4], shape: [4, 2])
    let probe = try DifferenceOfMeans(features, isPositive: [true, true, false, false])
    XCTAssertEqual(probe.direction.values, [2, -3])
    // Halfway between (2, 0) and (0, 3): 2 · 1 − 3 · 1.5.
    XCTAssertEqual(probe.threshold, -2.5)
    XCTAssertEqual(probe.predictions(features), [true, true, false, false])
    XCTAssertThrowsError(try DifferenceOfMeans(features, isPositive: [true, true, true, true])) {
      XCTAssertEqual(
        "\($0)", "no word is negative; a difference needs words of both classes")
    }
  }
}

final class PrincipalComponentsTests: XCTestCase {
  func testPlacesEqualNumPys() throws {
    let known = try ProbingFixture.loaded.get().components
    let found = try PrincipalComponents(
      Tensor(known.vectors, shape: [known.vectors.count / known.width, known.width]))
    for (ours, theirs) in zip(found.places.values, known.places) {
      XCTAssertEqual(ours, theirs, accuracy: 2e-3)
    }
    for (ours, theirs) in zip(found.shares, known.shares) {
      XCTAssertEqual(ours, theirs, accuracy: 1e-4)
    }
  }
}
