// A GPT-NeoX of 1.4 thousand million random BF16 weights: written to a temporary folder, loaded, run
// on 16 tokens. Prints the peak of memory beside the weights' size in Float32, which it shall not
// pass by more than 15 %.
//
// usage: LargeModel

import Checkpoints
import Foundation
import Tensors
import Transformers

let shape = (width: 2048, layers: 24, heads: 16, hidden: 8192, tokens: 50_304)

let folder = FileManager.default.temporaryDirectory
  .appendingPathComponent("headlight-large-\(ProcessInfo.processInfo.processIdentifier)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

do {
  defer { try? FileManager.default.removeItem(at: folder) }
  let clock = ContinuousClock()
  var count = 0
  let writing = try clock.measure { count = try writeCheckpoint(to: folder) }
  let before = peakMemory()
  var model: Transformer?
  let loading = try clock.measure { model = try Transformer(directory: folder) }
  let loaded = peakMemory()
  let input = ModelInput((0..<16).map { 1 + 3000 * $0 })
  var logits: Tensor?
  let running = try clock.measure { logits = try model?(input) }
  precondition(
    logits?.shape == [1, 16, shape.tokens] && logits?.sum().scalar.isFinite == true,
    "the model returned no logits")

  let size = Double(4 * count)
  func show(_ name: String, _ bytes: Int) {
    let ratio = String(format: "%.3f", Double(bytes) / size)
    print("\(name): \(bytes >> 20) MiB, \(ratio) × the weights in Float32")
  }
  print("\(count) weights, \(Int(size) >> 20) MiB in Float32")
  print("written in \(writing), loaded in \(loading), 16 tokens in \(running)")
  show("peak before loading", before)
  show("peak after loading", loaded)
  show("peak after a run", peakMemory())
}

/// The most memory this process has held at once, in bytes.
func peakMemory() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  return (Int(line.filter(\.isNumber)) ?? 0) << 10
}

/// Writes configuration and weights, and returns how many weights there are.
func writeCheckpoint(to folder: URL) throws -> Int {
  let configuration: [String: Any] = [
    "model_type": "gpt_neox", "hidden_size": shape.width, "num_hidden_layers": shape.layers,
    "num_attention_heads": shape.heads, "intermediate_size": shape.hidden,
    "vocab_size": shape.tokens, "rotary_pct": 0.25, "rotary_emb_base": 10_000,
    "bos_token_id": 0, "eos_token_id": 0, "tie_word_embeddings": false,
  ]
  try JSONSerialization.data(withJSONObject: configuration)
    .write(to: folder.appendingPathComponent("config.json"))

  var tensors: [(name: String, shape: [Int])] = [
    ("gpt_neox.embed_in.weight", [shape.tokens, shape.width]),
    ("embed_out.weight", [shape.tokens, shape.width]),
    ("gpt_neox.final_layer_norm.weight", [shape.width]),
    ("gpt_neox.final_layer_norm.bias", [shape.width]),
  ]
  for layer in 0..<shape.layers {
    let linear = [
      ("attention.query_key_value", 3 * shape.width, shape.width),
      ("attention.dense", shape.width, shape.width),
      ("mlp.dense_h_to_4h", shape.hidden, shape.width),
      ("mlp.dense_4h_to_h", shape.width, shape.hidden),
    ]
    for (name, output, input) in linear {
      tensors.append(("gpt_neox.layers.\(layer).\(name).weight", [output, input]))
      tensors.append(("gpt_neox.layers.\(layer).\(name).bias", [output]))
    }
    for norm in ["input_layernorm", "post_attention_layernorm"] {
      tensors.append(("gpt_neox.layers.\(layer).\(norm).weight", [shape.width]))
      tensors.append(("gpt_neox.layers.\(layer).\(norm).bias", [shape.width]))
    }
  }
  var (entries, end): ([String], Int) = ([], 0)
  for (name, shape) in tensors {
    let begin = end
    end += 2 * shape.reduce(1, *)
    entries.append(
      "\"\(name)\":{\"dtype\":\"BF16\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}")
  }
  let header = Data("{\(entries.joined(separator: ","))}".utf8)
  let url = folder.appendingPathComponent("model.safetensors")
  try Data().write(to: url)
  let file = try FileHandle(forWritingTo: url)
  defer { try? file.close() }
  try file.write(contentsOf: withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) })
  try file.write(contentsOf: header)

  var generator = SeededGenerator(seed: 0)
  var chunk = [UInt64](repeating: 0, count: 1 << 17)
  var left = end
  while left > 0 {
    // Four weights a word: a sign, an exponent of 2⁻⁷ or 2⁻⁸ and a fraction.
    for index in chunk.indices {
      chunk[index] = generator.next() & 0x80FF_80FF_80FF_80FF | 0x3C00_3C00_3C00_3C00
    }
    let part = chunk.withUnsafeBytes { Data($0.prefix(min(left, $0.count))) }
    try file.write(contentsOf: part)
    left -= part.count
  }
  return end / 2
}
