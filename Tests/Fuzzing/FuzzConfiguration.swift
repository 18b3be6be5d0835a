import Checkpoints
import Foundation
import Transformers

/// Folders to load by a `model_type`: the fixtures' weights, with the configuration left out.
private let folders: [String: [URL]] = {
  let fixtures = URL(
    fileURLWithPath: ProcessInfo.processInfo.environment["HEADLIGHT_FIXTURES"] ?? "Tests/Fixtures")
  var folders: [String: [URL]] = [:]
  for path in try! FileManager.default.subpathsOfDirectory(atPath: fixtures.path).sorted() {
    let fixture = fixtures.appendingPathComponent(path)
    let weights = fixture.appendingPathComponent("model.safetensors")
    guard FileManager.default.fileExists(atPath: weights.path),
      let data = try? Data(contentsOf: fixture.appendingPathComponent("config.json")),
      let values = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let type = values["model_type"] as? String
    else { continue }
    let folder = Scratch.folder.appendingPathComponent(fixture.lastPathComponent)
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try! FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("model.safetensors"), withDestinationURL: weights)
    folders[type, default: []].append(folder)
  }
  return folders
}()

/// A folder whose file of weights holds none.
private let bare: URL = {
  let folder = Scratch.folder.appendingPathComponent("bare")
  try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try! SafetensorsWriter().write(to: folder.appendingPathComponent("model.safetensors"))
  return folder
}()

/// Loads a model by a configuration, with the weights of every fixture of that type, and without.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: bytes, count: count)
  let values = try? JSONSerialization.jsonObject(with: Data(input)) as? [String: Any]
  let type = values?["model_type"] as? String ?? ""
  for folder in [bare] + (folders[type] ?? []) {
    _ = Scratch.write(input, to: "\(folder.lastPathComponent)/config.json")
    do throws(CheckpointError) { _ = try Transformer(directory: folder) } catch {
      requireSentence(error)
    }
  }
  return 0
}
