import Checkpoints
import Foundation
import Transformers

/// Folders with a fixture's weights and configuration, whose generation_config.json is the input.
private let folders: [URL] = {
  let fixtures = URL(
    fileURLWithPath: ProcessInfo.processInfo.environment["HEADLIGHT_FIXTURES"] ?? "Tests/Fixtures")
  return ["gpt2", "bart"].map { name in
    let folder = Scratch.folder.appendingPathComponent(name)
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in ["config.json", "model.safetensors"] {
      try! FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent(file),
        withDestinationURL: fixtures.appendingPathComponent("families/\(name)/\(file)"))
    }
    return folder
  }
}()

/// Loads a model whose generation the input decides, and writes a few tokens: all of them are in
/// the vocabulary, and those that are never chosen do not come.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  for folder in folders {
    _ = Scratch.write(
      UnsafeRawBufferPointer(start: bytes, count: count),
      to: "\(folder.lastPathComponent)/generation_config.json")
    do throws(CheckpointError) {
      let model = try Transformer(directory: folder)
      // What takes long is no fault.
      guard model.configuration.generation.beamWidth <= 8 else { continue }
      let written: [Int]
      do { written = try model.generate(from: [5, 9, 14], maximumNewTokens: 5) } catch {
        requireSentence(error)
        continue
      }
      precondition(written.allSatisfy { (0..<model.configuration.vocabularySize).contains($0) })
    } catch { requireSentence(error) }
  }
  return 0
}
