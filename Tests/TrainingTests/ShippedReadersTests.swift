import Checkpoints
import Foundation
import Models
import Tokenizers
import XCTest

@testable import Laboratory
@testable import Training

/// The readers that come with the package do what their cards say.
final class ShippedReadersTests: XCTestCase {
  private func assertCard(
    of embedded: EmbeddedModel, holdsFor kinds: [ReaderKind], line: UInt = #line
  ) throws {
    let loaded = try LoadedModel(embedded.name)
    XCTAssertEqual(
      loaded.tokenizer?.vocabularySize, ReaderVocabulary.words.count, embedded.name)
    let card = try JSONDecoder().decode(
      ReaderMeasures.self,
      from: Data(contentsOf: embedded.directory.appendingPathComponent("measures.json")))
    let rows = try ReaderMeasures.rows(of: loaded.model, kinds: kinds, count: 200)
    XCTAssertGreaterThanOrEqual(rows.count, kinds.count)
    for row in rows {
      let said = try XCTUnwrap(
        card.rows.first { $0.kind == row.kind && $0.name == row.name }, row.name)
      // Fewer questions than the card's, and of its own: three deviations of their share.
      let deviation = (max(said.value * (1 - said.value), 0.01) / Double(row.count)).squareRoot()
      XCTAssertEqual(
        row.value, said.value, accuracy: 3 * deviation + 0.01,
        "\(embedded.name), \(row.kind), \(row.name), \(row.count) questions", line: line)
    }
  }

  func testTheReadersDoWhatTheirCardsSay() throws {
    for reader in [EmbeddedModel.reader, .earlyReader, .otherReader, .wideReader] {
      try assertCard(of: reader, holdsFor: [.facts, .identity, .indirectObjects, .repeats])
    }
    try assertCard(of: .toursReader, holdsFor: [.tours])
  }

  func testAllTheirWeightsTakeAtMostSixteenMegabytes() throws {
    let files = try EmbeddedModel.all.filter { $0.name.hasPrefix("reader") }.map {
      try FileManager.default.attributesOfItem(
        atPath: $0.directory.appendingPathComponent("model.safetensors").path)[.size] as! Int
    }
    XCTAssertEqual(files.count, 5)
    XCTAssertLessThanOrEqual(files.reduce(0, +), 16_000_000)
  }
}
