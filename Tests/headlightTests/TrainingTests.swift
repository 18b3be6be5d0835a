import ArgumentParser
import Figures
import Foundation
import Models
import Transformers
import XCTest

@testable import Laboratory
@testable import Coursework
@testable import Training
@testable import headlight

/// A training that was: 801 steps, each as dear as its number, and one part.
private struct Curve: ResumableTrainer {
  var subject: String { "a curve" }
  var totalSteps: Int { 801 }
  var losses: [Float] { (0..<801).map { Float($0) } }
  var lossCurves: [LossCurve] { [LossCurve(name: "facts", steps: [100, 200], losses: [3, 2])] }
  var keptStep: Int? { nil }
  mutating func advance() {}
  func save(to url: URL) throws {}
  mutating func resume(from url: URL) throws {}
  func write(to directory: URL) throws {}
}

final class TrainingTests: XCTestCase {
  private func session(
    steps: Int, in folder: URL, signal: Int32? = nil
  ) throws -> TrainingSession<TranslatorTrainer> {
    var recipe = TranslatorRecipe(seed: 3)
    recipe.steps = steps
    recipe.batchSize = 8
    return TrainingSession(
      trainer: try TranslatorTrainer(recipe: recipe), folder: folder, checkpointEvery: 1,
      signal: { signal })
  }

  func testASignalSavesACheckpointFromWhichTheTrainingGoesOn() throws {
    let whole = try session(steps: 3, in: temporaryFolder()).train()

    let folder = try temporaryFolder()
    let stopped = try session(steps: 3, in: folder, signal: SIGTERM)
    XCTAssertThrowsError(try stopped.train()) {
      XCTAssertEqual(($0 as? ExitCode)?.rawValue, 143)
    }
    XCTAssertTrue(FileManager.default.fileExists(atPath: stopped.checkpoint.path))
    let resumed = try session(steps: 3, in: folder)
    let trainer = try resumed.train()
    XCTAssertEqual(trainer.losses, whole.losses)

    try resumed.write(trainer)
    resumed.removeCheckpoint()
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted(),
      ["config.json", "losses.png", "model.safetensors", "tokenizer.json"])
    let loaded = try LoadedModel(folder.path)
    XCTAssertEqual(loaded.model.configuration, trainer.model.configuration)
    XCTAssertNotNil(loaded.tokenizer)
  }

  func testASignalIsCaught() {
    StopSignals.watch()
    defer {
      // What was caught here must not stop what is tested next.
      StopSignals.watch()
      for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
    XCTAssertNil(StopSignals.signal)
    for number in [SIGINT, SIGTERM] {
      raise(number)
      XCTAssertEqual(StopSignals.signal, number)
    }
  }

  func testTheCurveIsOfMeans() {
    let line = TrainingFigure.losses(of: Curve()).series[0]
    XCTAssertEqual(Array(line.x.prefix(2)), [1.5, 3.5])
    XCTAssertEqual(Array(line.y.prefix(2)), [0.5, 2.5])
    XCTAssertEqual(line.x.last, 801)
    XCTAssertEqual(line.y.last, 800)
    let parts = TrainingFigure.parts(of: Curve())
    XCTAssertEqual(parts?.series.map(\.y), [[3, 2]])
    XCTAssertEqual(parts?.series.map(\.x), [[100, 200]])
  }

  func testTheModelOfAnEarlyStepIsKept() throws {
    let folder = try temporaryFolder()
    var recipe = ReaderRecipe(.reader, seed: 1)
    recipe.layerCount = 1
    recipe.rowsPerStep = 2
    recipe.steps = 4
    let kept = try XCTUnwrap(recipe.keptStep)
    XCTAssertTrue((1..<4).contains(kept), "\(kept)")
    let trainer = try TrainingSession(
      trainer: ReaderTrainer(recipe: recipe), folder: folder, checkpointEvery: 10,
      signal: { nil }
    ).train()
    XCTAssertEqual(trainer.step, 4)
    XCTAssertEqual(
      try LoadedModel(folder.appendingPathComponent("step-\(kept)").path).model.configuration,
      recipe.configuration)
  }

  func testTheReadersMeasuresAsATable() {
    let measures = ReaderMeasures(
      rows: [
        .init(kind: .facts, name: "capital", count: 40, value: 0.9, aim: 0.95),
        .init(kind: .tours, name: "cities visited already", count: 9, value: 0.125, bigram: 0.5),
      ],
      phenomena: [
        ReaderPhenomenon("lens", [("layer 0", 0.25), ("layer 10", 12.5)], published: "Rises.")
      ])
    XCTAssertEqual(
      MeasuredReader.table(of: measures),
      """
      facts
        capital                  90.0 %  of    40  (aim 95 %, missed)
      tours
        cities visited already   12.5 %  of     9  (a bigram: 50.0 %)
      lens
           0.250  layer 0
          12.500  layer 10
        published: Rises.
      """)
  }

  func testMeasuresAsATable() {
    var measures = TranslatorMeasures()
    measures.exactHeldOut = 0.987
    measures.exactSameDistribution = 0.9975
    measures.exactCapitals = 1
    measures.headErrorRates = [[0.5, 0.25], [0.75, 0.052]]
    measures.layerErrorRates = [0.4, 0.3]
    measures.swapRates = [[0.1, 0.2], [0.3, 0.974]]
    measures.bestHead = 1
    measures.bestHeadOnDevelopment = 0.05
    measures.bestHeadOnTest = 0.052
    measures.bestHeadReadOneRowLate = 0.9
    XCTAssertEqual(
      MeasuredTranslator.table(of: measures),
      """
      exact, sentences with a pair never seen together    98.7 %
      exact, other unseen sentences                       99.8 %
      exact, questions on capitals                       100.0 %
      alignment error rate of the best last-layer head   0.052  (head 1, 0.050 on dev)
      the same, every row read one late                  0.900

      cross-attention        alignment error rate  swapped adjectives linked
        layer 0, head 0       0.500                  10.0 %
        layer 0, head 1       0.250                  20.0 %
        layer 0, all heads    0.400
        layer 1, head 0       0.750                  30.0 %
        layer 1, head 1       0.052                  97.4 %
        layer 1, all heads    0.300
      """)
  }

  func testOptionsThatMakeNoSenseAreRefused() throws {
    try assertFails(
      ["train", "translator", "--steps", "0"], code: 64,
      "--steps is 0, and must be from 1 to 1000000")
    try assertFails(
      ["train", "translator", "--measure-only", fixture("gpt2-tiny").path],
      "\(fixture("gpt2-tiny").path) has no tokenizer.json, so it cannot be measured")
  }
}
