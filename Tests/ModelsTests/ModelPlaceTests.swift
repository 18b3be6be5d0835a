import Checkpoints
import Foundation
import XCTest

@testable import Models

final class ModelPlaceTests: XCTestCase {
  private func emptyCache() throws -> HubCache {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try FileManager.default.removeItem(at: folder) }
    return HubCache(folder: folder)
  }

  private func sentence(_ value: String, _ cache: HubCache) -> String {
    do { return "\(try ModelPlace(value, needsWeights: true, cache: cache))" } catch {
      return "\(error)"
    }
  }

  func testAnEmbeddedNameADirectoryAndAHubNameAreFound() throws {
    let cache = try emptyCache()
    let embedded = try ModelPlace("translator", needsWeights: true, cache: cache)
    XCTAssertEqual(embedded.directory, EmbeddedModel.translator.directory)

    let directory = try ModelPlace(embedded.directory.path + "/", needsWeights: true, cache: cache)
    XCTAssertEqual(directory.directory.path, embedded.directory.path)
    XCTAssertEqual(directory.shortName, "translator")

    let commit = String(repeating: "a", count: 40)
    let folder = cache.folder.appendingPathComponent("models--ada--tiny")
    for part in ["refs", "snapshots"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
    }
    try commit.write(
      to: folder.appendingPathComponent("refs/v1"), atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("snapshots/\(commit)"),
      withDestinationURL: embedded.directory)
    let hub = try ModelPlace("ada/tiny@v1", needsWeights: true, cache: cache)
    XCTAssertEqual(hub.directory.path, "\(folder.path)/snapshots/\(commit)")
    XCTAssertEqual(hub.shortName, "tiny")
  }

  func testWhatFitsNothingIsToldWhatWasLookedForWhere() throws {
    let cache = try emptyCache()
    let place = cache.folder.path
    XCTAssertEqual(
      sentence("translater", cache),
      "“translater” is neither an embedded model (\(EmbeddedModel.names)) nor a "
        + "directory, and not in the hub cache \(place); download a model: headlight fetch OWNER/NAME"
    )
    XCTAssertEqual(
      sentence("google/flan-t5-small@v1", cache),
      "“google/flan-t5-small@v1” is no directory, and not in the hub cache \(place); if it is a model "
        + "on the hub, download it: headlight fetch google/flan-t5-small --revision v1")
    XCTAssertEqual(
      sentence("/no/such/folder", cache),
      "“/no/such/folder” is not there; a model is an embedded model (\(EmbeddedModel.names)), "
        + "a directory, or OWNER/NAME on the hub")
    let file = cache.folder.appendingPathComponent("file")
    try Data().write(to: file)
    XCTAssertEqual(
      sentence(file.path, cache),
      "“\(file.path)” is a file; a model is an embedded model (\(EmbeddedModel.names)), "
        + "a directory, or OWNER/NAME on the hub")
  }
}
