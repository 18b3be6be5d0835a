import ArgumentParser
import Figures
import Foundation
import Laboratory
import Transformers
import XCTest

@testable import headlight

final class TrainingTests: XCTestCase {
  private func session(
    steps: Int, in folder: URL, signal: Int32? = nil
  ) -> TrainingSession {
    var recipe = TranslatorRecipe(seed: 3)
    recipe.steps = steps
    recipe.batchSize = 8
    return TrainingSession(
      recipe: recipe, folder: folder, checkpointEvery: 1, signal: { signal })
  }

  func testASignalSavesACheckpointFromWhichTheTrainingGoesOn() throws {
    let whole = try session(steps: 3, in: temporaryFolder()).train()

    let folder = try temporaryFolder()
    let stopped = session(steps: 3, in: folder, signal: SIGTERM)
    XCTAssertThrowsError(try stopped.train()) {
      XCTAssertEqual(($0 as? ExitCode)?.rawValue, 143)
    }
    XCTAssertTrue(FileManager.default.fileExists(atPath: stopped.checkpoint.path))
    let resumed = session(steps: 3, in: folder)
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
    defer { for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) } }
    XCTAssertNil(StopSignals.signal)
    for number in [SIGINT, SIGTERM] {
      raise(number)
      XCTAssertEqual(StopSignals.signal, number)
    }
  }

  func testTheCurveIsOfMeans() {
    let losses = (0..<801).map { Float($0) }
    let line = TrainingSession.plot(of: losses, seed: 0).series[0]
    XCTAssertEqual(Array(line.x.prefix(2)), [1.5, 3.5])
    XCTAssertEqual(Array(line.y.prefix(2)), [0.5, 2.5])
    XCTAssertEqual(line.x.last, 801)
    XCTAssertEqual(line.y.last, 800)
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
