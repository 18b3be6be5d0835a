import Checkpoints
import Foundation

/// The shards that an index may name, each with one tensor.
private let shards: Void = {
  for (file, tensor) in [("a.safetensors", "x"), ("b.safetensors", "y")] {
    var writer = SafetensorsWriter()
    writer.add(tensor, integers: [1, 2], shape: [2])
    try! writer.write(to: Scratch.folder.appendingPathComponent(file))
  }
}()

/// Opens a checkpoint by its index and reads every tensor that the index names.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  _ = shards
  let index = Scratch.write(
    UnsafeRawBufferPointer(start: bytes, count: count), to: Checkpoint.indexName)
  do throws(CheckpointError) {
    let checkpoint = try Checkpoint(directory: index.deletingLastPathComponent())
    for name in checkpoint.names { _ = try checkpoint.tensor(name) }
  } catch { requireSentence(error) }
  return 0
}
