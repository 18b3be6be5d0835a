import Checkpoints
import Foundation
import Interventions
import Tensors
import Transformers

/// One file of a cage: safetensors, mapped into memory, with a checksum of its data.
///
/// Batch `b` has the tensors `b/sentences`, `b/last-words` and one a point, such as
/// `0/blocks.3.attn.hook_pattern`.
struct CageShard {
  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// What a header holds: tensors, and one entry of words.
  private enum Item: Codable {
    case tensor(Entry)
    case words([String: String])

    init(from decoder: any Decoder) throws {
      if let entry = try? Entry(from: decoder) {
        self = .tensor(entry)
      } else {
        self = .words(try [String: String](from: decoder))
      }
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .tensor(let entry): try entry.encode(to: encoder)
      case .words(let words): try words.encode(to: encoder)
      }
    }
  }

  private let data: Data
  private let begin: Int
  private var entries: [String: Entry] = [:]

  /// Maps a file and checks every byte of it.
  init(contentsOf url: URL) throws(SpanError) {
    guard let data = try? Data(contentsOf: url, options: .alwaysMapped), data.count >= 8 else {
      throw SpanError(
        FileManager.default.fileExists(atPath: url.path) ? "it cannot be read" : "it is missing")
    }
    let length = data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    guard length <= UInt64(data.count - 8),
      let items = try? JSONDecoder().decode(
        [String: Item].self, from: data[8..<(8 + Int(length))])
    else { throw SpanError("its header is damaged") }
    begin = 8 + Int(length)
    self.data = data
    var sum: String?
    for (name, item) in items {
      switch item {
      case .tensor(let entry):
        guard let type = ElementType(rawValue: entry.dtype), entry.data_offsets.count == 2,
          entry.data_offsets[0] >= 0, entry.data_offsets[1] <= data.count - begin,
          entry.shape.allSatisfy({ $0 >= 0 }),
          entry.shape.reduce(type.byteCount, *)
            == entry.data_offsets[1] - entry.data_offsets[0]
        else { throw SpanError("its header is damaged") }
        entries[name] = entry
      case .words(let words): sum = words["checksum"]
      }
    }
    var found = Self.checksum(of: entries)
    data.withUnsafeBytes { found.add(UnsafeRawBufferPointer(rebasing: $0[begin...])) }
    guard found.text == sum else { throw SpanError("its data are damaged") }
  }

  /// The checksum as far as the header goes; the data come after.
  private static func checksum(of entries: [String: Entry]) -> Checksum {
    var sum = Checksum()
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      sum.add("\(name) \(entry.dtype) \(entry.shape) \(entry.data_offsets)")
    }
    return sum
  }

  /// How many batches there are.
  private var batchCount: Int { entries.keys.count { $0.hasSuffix("/sentences") } }

  /// Whether it holds these sentences and no others.
  func holds(_ places: [Int]) throws(SpanError) -> Bool {
    var found: [Int] = []
    for batch in 0..<batchCount { found += try integers("\(batch)/sentences") }
    return found.sorted() == places
  }

  func forEachBatch(of sentences: [SpanTokens], _ body: (SpanBatch) throws -> Void) throws {
    for batch in 0..<batchCount {
      let places = try integers("\(batch)/sentences")
      let last = try tensor("\(batch)/last-words")
      var activations: [HookPoint: Tensor] = [:]
      for name in entries.keys where name.hasPrefix("\(batch)/") {
        guard let point = HookPoint(String(name.drop { $0 != "/" }.dropFirst())) else { continue }
        activations[point] = try tensor(name)
      }
      try body(
        SpanBatch(
          places: places, sentences: places.map { sentences[$0] }, activations: activations,
          lastWords: places.indices.map { (last[$0, 0], last[$0, 1] > 0) }))
    }
  }

  private func entry(_ name: String) throws(SpanError) -> Entry {
    if let entry = entries[name] { return entry }
    throw SpanError("\(name) is missing in it")
  }

  private func integers(_ name: String) throws(SpanError) -> [Int] {
    let entry = try entry(name)
    return data.withUnsafeBytes { bytes in
      stride(from: entry.data_offsets[0], to: entry.data_offsets[1], by: 8).map {
        Int(bytes.loadUnaligned(fromByteOffset: begin + $0, as: Int64.self))
      }
    }
  }

  private func tensor(_ name: String) throws(SpanError) -> Tensor {
    let entry = try entry(name)
    let start = begin + entry.data_offsets[0]
    var tensor = Tensor(uninitialized: entry.shape)
    data.withUnsafeBytes { bytes in
      tensor.withUnsafeMutableValues { values in
        if entry.dtype == "F16" {
          for index in 0..<values.count {
            values[index] = float(
              half: bytes.loadUnaligned(fromByteOffset: start + 2 * index, as: UInt16.self))
          }
        } else {
          let source = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 4 * values.count)])
          UnsafeMutableRawBufferPointer(values).copyMemory(from: source)
        }
      }
    }
    return tensor
  }
}

extension CageShard {
  /// Writes batches as one file, which appears whole or not at all.
  ///
  /// - Throws: `CheckpointError` when the disk is full, or a value does not fit half precision.
  static func write(
    _ batches: [SpanBatch], to url: URL, precision: Cage.Precision
  ) throws(CheckpointError) {
    var items: [String: Item] = [:]
    var bytes: [UInt8] = []
    func add(_ name: String, _ type: String, _ shape: [Int], _ body: (inout [UInt8]) -> Void) {
      let start = bytes.count
      body(&bytes)
      items[name] = .tensor(
        Entry(dtype: type, shape: shape, data_offsets: [start, bytes.count]))
    }
    for (number, batch) in batches.enumerated() {
      add("\(number)/sentences", "I64", [batch.places.count]) { bytes in
        batch.places.map(Int64.init).withUnsafeBytes { bytes += $0 }
      }
    }
    for (number, batch) in batches.enumerated() {
      add("\(number)/last-words", "F32", [batch.places.count, 2]) { bytes in
        batch.lastWords.flatMap { word -> [Float] in [word.logProbability, word.isGreedy ? 1 : 0] }
          .withUnsafeBytes { bytes += $0 }
      }
    }
    for (number, batch) in batches.enumerated() {
      for (point, tensor) in batch.activations.sorted(by: { "\($0.key)" < "\($1.key)" }) {
        if precision == .half,
          let large = tensor.withUnsafeValues({ values in
            values.first { !($0.magnitude < 65_520) && $0.isFinite }
          })
        {
          throw CheckpointError(
            "\(point) holds \(large), which half precision cannot; keep single precision.")
        }
        add("\(number)/\(point)", precision.rawValue, tensor.shape) { bytes in
          tensor.withUnsafeValues { values in
            switch precision {
            case .single: bytes += UnsafeRawBufferPointer(values)
            case .half:
              let halves = [UInt16](unsafeUninitializedCapacity: values.count) { halves, count in
                for index in 0..<values.count { halves[index] = half(values[index]) }
                count = values.count
              }
              halves.withUnsafeBytes { bytes += $0 }
            }
          }
        }
      }
    }
    var sum = checksum(
      of: items.compactMapValues { item in
        if case .tensor(let entry) = item { entry } else { nil }
      })
    bytes.withUnsafeBytes { sum.add($0) }
    items["__metadata__"] = .words(["checksum": sum.text])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // What JSON is made of here, words and whole numbers, can always be encoded.
    var header = Array((try? encoder.encode(items)) ?? Data())
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    try AtomicFile.write(to: url) { file throws(CheckpointError) in
      try file.write((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
      try file.write(header)
      try file.write(bytes)
    }
  }
}

/// A value in half precision, rounded to nearest, ties to even; without a call for each where the
/// processor does not convert.
@inline(__always)
private func half(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = bits & 0x7FFF_FFFF
  if magnitude >= 0x7F80_0000 { return sign | (magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00) }
  if magnitude < 113 << 23 {
    // Added to ½, the units of a subnormal stand at the end of the fraction, rounded.
    let sum = Float(bitPattern: magnitude) + 0.5
    return sign | UInt16(truncatingIfNeeded: sum.bitPattern &- Float(0.5).bitPattern)
  }
  let odd = (magnitude >> 13) & 1
  return sign | UInt16(truncatingIfNeeded: (magnitude &- (112 << 23) &+ 0xFFF &+ odd) >> 13)
}
