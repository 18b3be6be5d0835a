import Checkpoints
import Foundation
import Tensors

/// Opens a safetensors file and reads every tensor in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let url = Scratch.write(UnsafeRawBufferPointer(start: bytes, count: count), to: "x.safetensors")
  do throws(CheckpointError) {
    let file = try SafetensorsFile(contentsOf: url)
    for name in file.names {
      let elements = try file.tensor(name).count
      guard elements <= count else { fatalError("\(elements) elements in \(count) bytes") }
      if try file.elementType(of: name).isInteger {
        do throws(CheckpointError) { _ = try file.integers(name) } catch { requireSentence(error) }
      }
    }
  } catch { requireSentence(error) }
  return 0
}
