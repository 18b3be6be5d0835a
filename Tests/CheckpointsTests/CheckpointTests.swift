import Checkpoints
import Foundation
import Tensors
import XCTest

final class CheckpointTests: XCTestCase {
  func testShardsReadAsOneCheckpoint() throws {
    let checkpoint = try Checkpoint(directory: fixture("safetensors/sharded"))
    XCTAssertEqual(checkpoint.names, ["layer.0.weight", "layer.1.weight", "layer.2.weight"])
    for layer in 0..<3 {
      let name = "layer.\(layer).weight"
      XCTAssertEqual(try checkpoint.shape(of: name), [2, 3])
      XCTAssertEqual(try checkpoint.elementType(of: name), .float32)
      XCTAssertEqual(try checkpoint.tensor(name).values, (0..<6).map { Float($0 + 10 * layer) })
    }
    XCTAssertTrue(checkpoint.contains("layer.2.weight"))
    XCTAssertFalse(checkpoint.contains("layer.3.weight"))
    XCTAssertEqual(
      sentence(try checkpoint.tensor("layers.2.weight")),
      "\(checkpoint.directory.path) has no tensor “layers.2.weight”; the nearest are "
        + "“layer.2.weight”, “layer.0.weight”, “layer.1.weight”.")
  }

  func testASingleFileIsACheckpoint() throws {
    let checkpoint = try Checkpoint(directory: fixture("t5-v1.0"))
    XCTAssertEqual(checkpoint.names.count, 55)
    XCTAssertEqual(try checkpoint.tensor("shared.weight").shape, [53, 20])
  }

  private func folder(
    index: String, shards: [String: [String]] = ["a.safetensors": ["x"]]
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder(self)
    try Data(index.utf8).write(to: folder.file("model.safetensors.index.json"))
    for (shard, names) in shards {
      var writer = SafetensorsWriter()
      for name in names { writer.add(name, Tensor([1])) }
      try writer.write(to: folder.file(shard))
    }
    return folder
  }

  private func problem(_ folder: TemporaryFolder) -> String {
    sentence(try Checkpoint(directory: folder.url))
      .replacing("\(folder.url.path)/model.safetensors.index.json ", with: "")
  }

  func testShardsMustBePlainNamesInTheFolder() throws {
    for shard in ["../a.safetensors", "/etc/passwd", "..", "", "sub/a.safetensors"] {
      let folder = try folder(index: "{\"weight_map\":{\"x\":\"\(shard)\"}}")
      XCTAssertEqual(
        problem(folder),
        "names the shard “\(shard)”, and only a file in its own folder is allowed.")
    }
  }

  func testLinkedShardsAreReadAsDownloadCachesHoldThem() throws {
    let folder = try folder(
      index: "{\"weight_map\":{\"x\":\"b.safetensors\"}}")
    try FileManager.default.createSymbolicLink(
      at: folder.file("b.safetensors"), withDestinationURL: folder.file("a.safetensors"))
    XCTAssertEqual(try Checkpoint(directory: folder.url).tensor("x").values, [1])
  }

  func testIndexMustAgreeWithTheShards() throws {
    XCTAssertEqual(
      problem(try folder(index: "{\"weight_map\":{\"x\":\"b.safetensors\"}}")),
      "names the shard “b.safetensors”, which is not in the folder; fetch it.")
    XCTAssertEqual(
      problem(
        try folder(index: "{\"weight_map\":{\"x\":\"a.safetensors\",\"y\":\"a.safetensors\"}}")),
      "says that “y” is in a.safetensors, which does not hold it; fetch the index and the shards "
        + "again.")
  }

  func testIndexMustBeAnIndex() throws {
    func expect(_ reason: String, _ index: String, line: UInt = #line) throws {
      XCTAssertEqual(
        problem(try folder(index: index)),
        "is not a valid index of shards: \(reason); fetch it again.", line: line)
    }
    try expect("it has no weight_map", "{\"metadata\":{\"total_size\":4}}")
    try expect("it has no weight_map", "{\"weight_map\":{}}")
    try expect("its text ends where a comma or } should be", "{\"weight_map\":{\"x\":\"a\"")
    try expect("its text ends where an object should be", "")
    try expect("its text lacks a text at byte 19", "{\"weight_map\":{\"x\":3}}")
    try expect(
      "its text names “x” twice", "{\"weight_map\":{\"x\":\"a\",\"x\":\"a\"}}")
  }

  func testFoldersWithoutWeightsSayWhatIsMissing() throws {
    let folder = try TemporaryFolder(self)
    let path = folder.url.path
    XCTAssertEqual(
      sentence(try Checkpoint(directory: folder.url)),
      "\(path) holds neither model.safetensors nor model.safetensors.index.json.")
    try Data().write(to: folder.file("pytorch_model.bin"))
    XCTAssertEqual(
      sentence(try Checkpoint(directory: folder.url)),
      "\(path) holds pytorch_model.bin alone, which can run code when it is read; convert it to "
        + "model.safetensors.")
    XCTAssertEqual(
      sentence(try Checkpoint(directory: folder.file("pytorch_model.bin"))),
      "\(path)/pytorch_model.bin is a file, and a folder with model.safetensors was expected.")
    XCTAssertEqual(
      sentence(try Checkpoint(directory: folder.file("absent"))),
      "\(path)/absent is not there, and a folder with model.safetensors was expected.")
  }
}
