import Checkpoints
import Foundation
import Spans
import Tensors
import Transformers
import XCTest

/// A cage holds what a run gives, and says when it does not.
final class CageTests: XCTestCase {
  private var folder = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  }

  override func tearDown() { try? FileManager.default.removeItem(at: folder) }

  private func spanRun(_ name: String = "gpt2", count: Int = 9) throws -> SpanRun {
    let model = try FamilyFixture(name, side: "right").model
    return try SpanRun(
      model, SpanScoreTests.sentences(model.configuration, count: count),
      capturing: SpanScorer.points(in: model.configuration)
        .union(SpanAttribution.points(in: model.configuration)))
  }

  private func values(_ source: some SpanSource, _ points: Set<HookPoint>) throws -> [[Float]] {
    var found = source.sentences.map { _ in [Float]() }
    try source.forEachBatch { batch in
      for (row, place) in batch.places.enumerated() {
        XCTAssertEqual(batch.sentences[row], source.sentences[place])
        for point in points.sorted(by: { "\($0)" < "\($1)" }) {
          found[place] += try batch[point][at: row].values
        }
        found[place].append(batch.lastWord(row).value)
      }
    }
    return found
  }

  func testWhatIsReadIsWhatWasRun() throws {
    let run = try spanRun()
    let expected = try values(run, run.points)
    for (precision, tolerance) in [(Cage.Precision.single, Float(0)), (.half, 1e-3)] {
      let place = folder.appending(path: precision.rawValue)
      let cage = try Cage.fill(place, with: run, precision: precision)
      let reopened = try Cage(place, of: run.model, run.sentences, points: run.points)
      for source in [cage, reopened] {
        for (found, values) in zip(try values(source, run.points), expected) {
          XCTAssertEqual(found.count, values.count)
          for (a, b) in zip(found, values) where !(a.isNaN && b.isNaN) {
            XCTAssertEqual(a, b, accuracy: tolerance * max(1, abs(b)))
          }
        }
      }
    }
  }

  func testFilesAreSafetensors() throws {
    let run = try spanRun()
    _ = try Cage.fill(folder, with: run)
    let file = try SafetensorsFile(
      contentsOf: folder.appending(path: "shard-00000.safetensors"))
    XCTAssertTrue(file.contains("0/blocks.0.attn.hook_pattern"))
    XCTAssertEqual(try file.elementType(of: "0/blocks.0.attn.hook_pattern"), .float16)
    let places = try file.integers("0/sentences")
    let pattern = try file.tensor("0/blocks.0.attn.hook_pattern")
    let own = try run.model.run(
      ModelInput(run.sentences[places[0]].tokens),
      capturing: [.pattern(.blocks, 0)]
    ).trace[.pattern(.blocks, 0)]
    for (a, b) in zip(pattern[at: 0].values, own.values) {
      XCTAssertEqual(a, Float(Float16(b)), accuracy: 1e-3)
    }
  }

  func testDamageIsFoundAndMended() throws {
    let run = try spanRun()
    let cage = try Cage.fill(folder, with: run)
    let expected = try values(cage, run.points)
    let shard = folder.appending(path: "shard-00000.safetensors")
    let whole = try Data(contentsOf: shard)
    for place in [3, 40, whole.count / 2, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 1
      try damaged.write(to: shard)
      XCTAssertThrowsError(try values(cage, run.points)) {
        XCTAssertTrue("\($0)".contains("is not whole"), "\($0)")
      }
      XCTAssertEqual(
        try values(Cage.fill(folder, with: run), run.points).description, expected.description)
    }
    try whole.prefix(whole.count - 7).write(to: shard)
    XCTAssertThrowsError(try values(cage, run.points))
    try FileManager.default.removeItem(at: shard)
    XCTAssertThrowsError(try values(cage, run.points)) {
      XCTAssertTrue("\($0)".contains("missing"), "\($0)")
    }
    XCTAssertEqual(try Cage.fill(folder, with: run).sentences, run.sentences)
  }

  func testAnotherModelOrOtherSentencesAreRefused() throws {
    let run = try spanRun()
    _ = try Cage.fill(folder, with: run)
    var model = run.model
    model.visitParameters { name, tensor in
      if name.hasSuffix("output.weight") { tensor[0, 0] = tensor[0, 0].nextUp }
    }
    XCTAssertThrowsError(
      try Cage.fill(folder, with: SpanRun(model, run.sentences, capturing: run.points))
    ) { XCTAssertTrue("\($0)".contains("another model"), "\($0)") }
    XCTAssertThrowsError(try Cage(folder, of: run.model, run.sentences.dropLast())) {
      XCTAssertTrue("\($0)".contains("other than these 8"), "\($0)")
    }
    XCTAssertThrowsError(
      try Cage(folder, of: run.model, run.sentences, points: [.residualPre(.blocks, 0)])
    ) { XCTAssertTrue("\($0)".contains("does not keep"), "\($0)") }
    let other = folder.appending(path: "shard-00000.safetensors")
    XCTAssertThrowsError(try Cage.fill(other, with: run))
    XCTAssertThrowsError(
      try Cage(folder.appending(path: "none"), of: run.model, run.sentences))
  }

  func testWhatWasInterruptedIsGoneOnWith() throws {
    let run = try spanRun(count: 600)
    XCTAssertThrowsError(try Cage.fill(folder, with: run) { $0 < 300 }) {
      XCTAssertTrue($0 is CancellationError)
    }
    let first = folder.appending(path: "shard-00000.safetensors")
    let date = try FileManager.default.attributesOfItem(atPath: first.path)[.modificationDate]
    var steps: [Int] = []
    let cage = try Cage.fill(folder, with: run) {
      steps.append($0)
      return true
    }
    XCTAssertEqual(steps, [256, 512, 600])
    XCTAssertEqual(
      try FileManager.default.attributesOfItem(atPath: first.path)[.modificationDate] as? Date,
      date as? Date)
    var count = 0
    try cage.forEachBatch { count += $0.places.count }
    XCTAssertEqual(count, 600)
  }
}
