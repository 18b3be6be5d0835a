import Files
public import Foundation
public import Tensors

/// Collects named tensors and writes them as one safetensors file.
///
/// The bytes are those of the reference implementation: tensors ordered by type, the widest
/// first, then by name; the header padded with spaces so that data begins at a multiple of eight.
public struct SafetensorsWriter: Sendable {
  /// How a tensor's values are stored.
  public enum Precision: Sendable {
    /// F32, exact.
    case float32
    /// F16, rounded to the nearest of its values; up to 65,504 and about three digits.
    case float16
  }

  private enum Content {
    case floats(Tensor, Precision)
    case integers([Int], shape: [Int])

    var type: ElementType {
      switch self {
      case .floats(_, .float32): .float32
      case .floats(_, .float16): .float16
      case .integers: .int64
      }
    }

    var shape: [Int] {
      switch self {
      case .floats(let tensor, _): tensor.shape
      case .integers(_, let shape): shape
      }
    }

    var byteCount: Int { shape.reduce(type.byteCount, *) }
  }

  /// What the file says about itself, such as `format`.
  public var metadata: [String: String]
  private var contents: [(name: String, content: Content)] = []
  private var names: Set<String> = ["__metadata__"]

  /// A writer that holds nothing yet.
  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds a tensor.
  ///
  /// - Precondition: the name is new.
  public mutating func add(
    _ name: String, _ tensor: Tensor, as precision: Precision = .float32
  ) {
    insert(name, .floats(tensor, precision))
  }

  /// Adds whole numbers in row-major order, stored as I64.
  ///
  /// - Precondition: the name is new, and there are as many numbers as the shape holds.
  public mutating func add(_ name: String, integers: [Int], shape: [Int]) {
    precondition(
      integers.count == shape.reduce(1, *),
      "\(integers.count) integers do not fill the shape \(shape)")
    insert(name, .integers(integers, shape: shape))
  }

  private mutating func insert(_ name: String, _ content: Content) {
    precondition(names.insert(name).inserted, "the name \(quoted(name)) is taken")
    contents.append((name, content))
  }

  /// Writes the file: whole, or not at all.
  ///
  /// - Throws: a sentence when the file cannot be written, or a finite value is too large for F16.
  public func write(to url: URL) throws(CheckpointError) {
    let rank = Dictionary(
      uniqueKeysWithValues: ElementType.allCases.enumerated().map { ($1, $0) })
    let ordered = contents.sorted { a, b in
      let (first, second) = (rank[a.content.type]!, rank[b.content.type]!)
      return first == second
        ? a.name.utf8.lexicographicallyPrecedes(b.name.utf8) : first > second
    }
    for case (let name, .floats(let tensor, .float16)) in ordered {
      try Self.checkHalves(tensor, named: name)
    }
    do throws(FileError) {
      let file = try AtomicFile(url)
      let header = header(of: ordered)
      try file.write((0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) })
      try file.write(header)
      for (_, content) in ordered { try write(content, to: file) }
      try file.commit()
    } catch { throw CheckpointError(error) }
  }

  private static func checkHalves(_ tensor: Tensor, named name: String) throws(CheckpointError) {
    // From here on the nearest value is infinity.
    guard
      let large = tensor.withUnsafeValues({ values in
        values.first { $0.isFinite && $0.magnitude >= 65_520 }
      })
    else { return }
    throw CheckpointError(
      "\(quoted(name)) holds \(large), which half precision cannot: its largest value is 65504, so "
        + "store it as F32.")
  }

  private func write(_ content: Content, to file: AtomicFile) throws(FileError) {
    switch content {
    case .floats(let stored, let precision):
      let tensor = stored.widened()
      let values = UnsafeBufferPointer(start: tensor.storage.base, count: tensor.count)
      switch precision {
      case .float32: try file.write(UnsafeRawBufferPointer(values))
      case .float16: try writeChunks(of: values.count, to: file) { half(values[$0]) }
      }
      withExtendedLifetime(tensor) {}
    case .integers(let integers, _):
      try writeChunks(of: integers.count, to: file) { Int64(integers[$0]) }
    }
  }

  private func writeChunks<Element>(
    of count: Int, to file: AtomicFile, _ element: (Int) -> Element
  ) throws(FileError) {
    let chunk = 1 << 16
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: min(count, chunk))
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: count, by: chunk) {
      let length = min(chunk, count - start)
      for index in 0..<length { buffer.initializeElement(at: index, to: element(start + index)) }
      try file.write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[..<length])))
    }
  }

  private func header(of ordered: [(name: String, content: Content)]) -> [UInt8] {
    var members: [(key: String, value: JSON)] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      members.append(("__metadata__", .object(pairs.map { ($0.key, .string($0.value)) })))
    }
    var begin = 0
    for (name, content) in ordered {
      let end = begin + content.byteCount
      members.append(
        (
          name,
          [
            "dtype": .string(content.type.rawValue), "shape": .integers(content.shape),
            "data_offsets": .integers([begin, end]),
          ]
        ))
      begin = end
    }
    let json = Array("\(JSON.object(members))".utf8)
    return json + Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
  }
}

extension JSON {
  fileprivate static func integers(_ values: [Int]) -> JSON {
    .array(values.map { .number(Double($0)) })
  }
}
