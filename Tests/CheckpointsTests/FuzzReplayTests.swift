import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// What fuzzing found worth keeping (see `Tests/Fuzzing/run`), read again: nothing traps, every
/// refusal is a sentence, and no input takes much more memory than it has bytes.
final class FuzzReplayTests: XCTestCase {
  /// What the readers' own working memory may take, in bytes; the inputs are smaller than 2 kB.
  private static let slack = 48 << 20

  private func inputs(_ target: String) throws -> [URL] {
    let inputs = try FileManager.default.contentsOfDirectory(
      at: fixture("Fuzzing/\(target)"), includingPropertiesForKeys: nil)
    XCTAssertGreaterThan(inputs.count, 10)
    return inputs
  }

  /// The most memory that this process has had at once since it was last reset, in bytes.
  private func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try XCTUnwrap(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try XCTUnwrap(
      line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
      << 10
  }

  /// Reads every input of a target.
  private func replay(_ target: String, _ read: (URL) throws(CheckpointError) -> Void) throws {
    for input in try inputs(target) {
      // Lets the peak begin anew; where that is not allowed, the peak is of all tests so far.
      try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
      let before = try peak()
      do throws(CheckpointError) { try read(input) } catch {
        let text = error.description
        XCTAssertFalse(
          text.isEmpty || text.utf8.count > 8_000
            || text.unicodeScalars.contains { $0.properties.generalCategory == .control },
          "\(input.lastPathComponent): \(text)")
      }
      XCTAssertLessThan(try peak() - before, Self.slack, input.lastPathComponent)
    }
  }

  func testSafetensors() throws {
    try replay("Safetensors") { (input) throws(CheckpointError) in
      let file = try SafetensorsFile(contentsOf: input)
      for name in file.names {
        _ = try file.tensor(name)
        if try file.elementType(of: name).isInteger { _ = try file.integers(name) }
      }
    }
  }

  func testShardIndexes() throws {
    let folder = try TemporaryFolder(self)
    for (file, tensor) in [("a.safetensors", "x"), ("b.safetensors", "y")] {
      var writer = SafetensorsWriter()
      writer.add(tensor, integers: [1, 2], shape: [2])
      try writer.write(to: folder.file(file))
    }
    try replay("ShardIndex") { (input) throws(CheckpointError) in
      link(input, as: folder.file(Checkpoint.indexName))
      let checkpoint = try Checkpoint(directory: folder.url)
      for name in checkpoint.names { _ = try checkpoint.tensor(name) }
    }
  }

  func testConfigurations() throws {
    let bare = try TemporaryFolder(self)
    try SafetensorsWriter().write(to: bare.file("model.safetensors"))
    let real = try TemporaryFolder(self)
    let fixtures = FileManager.default.enumerator(at: fixture(""), includingPropertiesForKeys: nil)
    let weights = (fixtures?.compactMap { $0 as? URL } ?? [])
      .filter { $0.lastPathComponent == "model.safetensors" }
      .map {
        ($0, Self.type(at: $0.deletingLastPathComponent().appendingPathComponent("config.json")))
      }
    try replay("Configuration") { (input) throws(CheckpointError) in
      let type = Self.type(at: input)
      for (file, other) in weights where type != nil && other == type {
        link(file, as: real.file("model.safetensors"))
        link(input, as: real.file("config.json"))
        do throws(CheckpointError) { _ = try Transformer(directory: real.url) } catch {
          XCTAssertFalse(error.description.contains("\n"), error.description)
        }
      }
      link(input, as: bare.file("config.json"))
      _ = try Transformer(directory: bare.url)
    }
  }

  func testGenerationConfigurations() throws {
    let folder = try TemporaryFolder(self)
    for name in ["config.json", "model.safetensors"] {
      link(fixture("families/gpt2/\(name)"), as: folder.file(name))
    }
    try replay("Generation") { (input) throws(CheckpointError) in
      link(input, as: folder.file("generation_config.json"))
      let model = try Transformer(directory: folder.url)
      guard model.configuration.generation.beamWidth <= 8,
        let written = try? model.generate(from: [5, 9, 14], maximumNewTokens: 3)
      else { return }
      XCTAssertTrue(written.allSatisfy { (0..<model.configuration.vocabularySize).contains($0) })
    }
  }

  private func link(_ file: URL, as place: URL) {
    unlink(place.path)
    XCTAssertEqual(symlink(file.path, place.path), 0)
  }

  private static func type(at url: URL) -> String? {
    let data = try? Data(contentsOf: url)
    let values = data.flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any]
    return values?["model_type"] as? String
  }
}
