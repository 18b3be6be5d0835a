import Checkpoints
import Foundation
import Interventions
import Tensors
import Transformers

/// One file of a cage: safetensors, with a checksum of every batch in its metadata.
///
/// Batch `b` has the tensors `b/sentences`, `b/last-words` and one a point, such as
/// `0/blocks.3.attn.hook_pattern`.
struct CageShard {
  private let file: SafetensorsFile
  /// The sentences of each batch.
  private let batches: [[Int]]

  var batchCount: Int { batches.count }

  /// All sentences it holds, in order.
  var places: [Int] { batches.joined().sorted() }

  /// Opens a file, and reads which sentences it holds.
  init(contentsOf url: URL) throws {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw SpanError("it is missing")
    }
    let file = try SafetensorsFile(contentsOf: url)
    let count = file.names.count { $0.hasSuffix("/sentences") }
    self.file = file
    batches = try (0..<count).map { try file.integers("\($0)/sentences") }
  }

  /// Reads a batch and checks every value of it.
  ///
  /// - Precondition: its sentences are among those given.
  /// - Throws: ``SpanError`` when it is damaged.
  func batch(_ number: Int, of sentences: [SpanTokens]) throws -> SpanBatch {
    let places = batches[number]
    let last = try file.tensor("\(number)/last-words")
    guard last.shape == [places.count, 2] else { throw SpanError("its header is damaged") }
    var activations: [HookPoint: Tensor] = [:]
    for name in file.names where name.hasPrefix("\(number)/") {
      guard let point = HookPoint(String(name.drop { $0 != "/" }.dropFirst())) else { continue }
      activations[point] = try file.tensor(name)
    }
    let sum = Self.checksum(places, last, activations)
    guard file.metadata[Self.key(number)] == sum else { throw SpanError("its data are damaged") }
    return SpanBatch(
      places: places, sentences: places.map { sentences[$0] }, activations: activations,
      lastWords: places.indices.map { (last[$0, 0], last[$0, 1] > 0) })
  }

  /// Where a batch's checksum stands.
  private static func key(_ number: Int) -> String { "checksum.\(number)" }

  /// Of the values as they are read back, with their names and shapes.
  private static func checksum(
    _ places: [Int], _ last: Tensor, _ activations: [HookPoint: Tensor]
  ) -> String {
    var sum = Checksum()
    func add(_ name: String, _ tensor: Tensor) {
      sum.add("\(name) \(tensor.shape)")
      tensor.withUnsafeValues { sum.add(UnsafeRawBufferPointer($0)) }
    }
    sum.add("\(places)")
    add("last-words", last)
    for (name, tensor) in named(activations) { add(name, tensor) }
    return sum.text
  }

  private static func named(_ activations: [HookPoint: Tensor]) -> [(name: String, value: Tensor)] {
    activations.map { (name: "\($0.key)", value: $0.value) }.sorted { $0.name < $1.name }
  }

  /// Writes batches as one file, which appears whole or not at all.
  ///
  /// - Throws: `CheckpointError` when the disk is full, or a value does not fit half precision.
  static func write(
    _ batches: [SpanBatch], to url: URL, precision: Cage.Precision
  ) throws(CheckpointError) {
    var writer = SafetensorsWriter()
    for (number, batch) in batches.enumerated() {
      let places = batch.places
      let last = Tensor(
        batch.lastWords.flatMap { [$0.logProbability, $0.isGreedy ? 1 : 0] },
        shape: [places.count, 2])
      writer.add("\(number)/sentences", integers: places, shape: [places.count])
      writer.add("\(number)/last-words", last)
      for (name, tensor) in named(batch.activations) {
        writer.add("\(number)/\(name)", tensor, as: precision == .half ? .float16 : .float32)
      }
      let stored =
        precision == .half ? batch.activations.mapValues(\.throughHalves) : batch.activations
      writer.metadata[key(number)] = checksum(places, last, stored)
    }
    try writer.write(to: url)
  }
}

extension Tensor {
  /// The values as half precision gives them back.
  fileprivate var throughHalves: Tensor {
    var result = self
    result.withUnsafeMutableValues { values in
      for index in values.indices { values[index] = float(half: half(values[index])) }
    }
    return result
  }
}
