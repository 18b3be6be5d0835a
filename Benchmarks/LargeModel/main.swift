// A model of a published shape with random BF16 weights: written to a temporary folder, loaded, run
// on 16 tokens with every activation kept. Prints the peak of memory beside the file's size.
//
// usage: LargeModel [neox-1.4b | gptj-6b | llama-7b] [sparse]
//
// With `sparse` the weights are zeros that take no room on the disk, for the peak alone: zeros that are
// read take the memory that others do, and nothing waits for the disk.
//
// Weights are read where they lie in the file. What of it is in memory counts, although the system
// drops it when another program needs the room. At most, in MiB, the peak may be
//
//   neox-1.4b    1.05 × the file
//   gptj-6b      14 × 1024
//   llama-7b     16 × 1024

import Checkpoints
import Foundation
import Tensors
import Transformers

let name = CommandLine.arguments.dropFirst().first ?? "neox-1.4b"
guard let shape = PublishedShape.all[name] else {
  let names = PublishedShape.all.keys.sorted().joined(separator: " | ")
  fatalError("usage: LargeModel [\(names)] [sparse]")
}

let isSparse = CommandLine.arguments.dropFirst(2).first == "sparse"
let folder = FileManager.default.temporaryDirectory
  .appendingPathComponent("headlight-large-\(ProcessInfo.processInfo.processIdentifier)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

do {
  defer { try? FileManager.default.removeItem(at: folder) }
  let clock = ContinuousClock()
  var count = 0
  let writing = try clock.measure { count = try shape.write(to: folder, isSparse: isSparse) }
  let before = peakMemory()
  var model: Transformer?
  let loading = try clock.measure { model = try Transformer(directory: folder) }
  let loaded = peakMemory()
  let input = ModelInput((0..<16).map { 1 + 1900 * $0 })
  for pass in ["first", "second"] {
    var run: Transformer.Run?
    let time = try clock.measure { run = try model?.run(input, capturing: .everything) }
    precondition(
      run?.logits.shape == [1, 16, shape.tokens] && run?.logits.sum().scalar.isFinite == true,
      "the model returned no logits")
    print("\(pass) trace of 16 tokens in \(time)")
  }

  let size = Double(2 * count)
  func show(_ name: String, _ bytes: Int) {
    let ratio = String(format: "%.3f", Double(bytes) / size)
    print("\(name): \(bytes >> 20) MiB, \(ratio) × the file")
  }
  print("\(count) weights, \(Int(size) >> 20) MiB in BF16")
  print("written in \(writing), loaded in \(loading)")
  show("peak before loading", before)
  show("peak after loading", loaded)
  show("peak after a trace", peakMemory())
}

/// The most memory this process has held at once, in bytes.
func peakMemory() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  return (Int(line.filter(\.isNumber)) ?? 0) << 10
}
