import Files
public import Foundation
public import Tensors

/// A safetensors file: named tensors that are read one at a time, when they are asked for.
///
/// Opening reads and checks the header alone. A tensor is read straight into its own memory, so
/// a checkpoint is never held twice.
public struct SafetensorsFile: Sendable {
  /// How much of a file is converted at a time, in bytes; it stays in the processor's cache.
  private static let chunk = 1 << 18

  /// The names of the tensors, in the order of their data.
  public let names: [String]
  /// What the file says about itself, such as `format`.
  public let metadata: [String: String]

  private let file: RandomAccessFile
  private let entries: [String: SafetensorsEntry]
  private let dataOffset: Int

  /// Opens a file and checks its header.
  ///
  /// - Throws: a sentence about the first thing that is wrong with the file.
  public init(contentsOf url: URL) throws(CheckpointError) {
    let file = try RandomAccessFile(url)
    func invalid(_ problem: String) -> CheckpointError {
      CheckpointError(
        "\(file.path) is not a valid safetensors file: \(problem); fetch or export it again.")
    }
    guard file.byteCount >= 8 else {
      throw invalid(
        "it has \(file.byteCount) bytes, and the length of the header alone takes 8")
    }
    let length = try file.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsHeader.longest else {
      throw invalid("its header claims \(length) bytes, and 100 MB is the limit")
    }
    dataOffset = 8 + Int(length)
    guard dataOffset <= file.byteCount else {
      throw invalid("its header claims \(length) bytes, and only \(file.byteCount - 8) follow")
    }
    let json = try file.bytes(8..<dataOffset)
    let header: SafetensorsHeader
    do throws(SafetensorsHeader.Problem) {
      header = try SafetensorsHeader(json: json, dataCount: file.byteCount - dataOffset)
    } catch { throw invalid("its header \(error.text)") }
    self.file = file
    names = header.entries.map(\.name)
    metadata = header.metadata
    entries = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { entries[name] != nil }

  /// The shape of a tensor.
  public func shape(of name: String) throws(CheckpointError) -> [Int] { try entry(name).shape }

  /// The type that a tensor's elements are stored as.
  public func elementType(of name: String) throws(CheckpointError) -> ElementType {
    try entry(name).type
  }

  /// Reads a tensor, whatever type it is stored as, as Float32 values.
  ///
  /// F16, BF16 and whole numbers below 2²⁴ become exactly what they are; F64 and larger numbers
  /// are rounded to nearest. Truth values become 0 and 1.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    let entry = try entry(name)
    let storage = TensorStorage.weights(count: entry.count)
    if entry.type == .float32 {
      let bytes = UnsafeMutableRawBufferPointer(start: storage.base, count: entry.bytes.count)
      try file.read(into: bytes, at: dataOffset + entry.bytes.lowerBound)
    } else {
      try forEachChunk(of: entry) { chunk, index in
        widen(chunk, entry.type, into: storage.base + index)
      }
    }
    return Tensor(storage: storage, shape: entry.shape)
  }

  /// The values of a tensor where they lie in the file, in sixteen bits.
  ///
  /// - Returns: Nil where they are of another type, or cannot be had without a copy.
  func valuesInPlace(_ name: String) throws(CheckpointError) -> NarrowValues? {
    let entry = try entry(name)
    let start = dataOffset + entry.bytes.lowerBound
    guard let format = entry.type.narrowFormat, start % 2 == 0, let mapping = try file.mapping()
    else { return nil }
    let values = (mapping.bytes.baseAddress! + start).assumingMemoryBound(to: UInt16.self)
    return NarrowValues(values, count: entry.count, format: format, owner: mapping)
  }

  /// Reads a tensor as rows of `width` values, some rows at a time.
  ///
  /// - Parameters:
  ///   - type: Float32, or for a tensor that is stored in sixteen bits, these.
  ///   - body: Is given values, row by row, and which rows they are.
  func forEachRows<Value>(
    of name: String, width: Int, as type: Value.Type,
    _ body: (UnsafePointer<Value>, Range<Int>) -> Void
  ) throws(CheckpointError) {
    let entry = try entry(name)
    let rowBytes = width * entry.type.byteCount
    guard entry.bytes.count > 0 else { return }
    precondition(
      entry.bytes.count % rowBytes == 0, "\(entry.shape) is not made of rows of \(width)")
    // So many that a transposed write fills a line of the processor's cache.
    let rowCount = entry.bytes.count / rowBytes
    let piece = min(max(Self.chunk / rowBytes, 16), rowCount)
    precondition(
      Value.self == Float.self || entry.type.narrowFormat != nil,
      "\(entry.type) is not read as \(Value.self)")
    let floats =
      Value.self == Float.self ? UnsafeMutablePointer<Float>.allocate(capacity: piece * width) : nil
    defer { floats?.deallocate() }
    try forEachChunk(of: entry, byteCount: piece * rowBytes) { bytes, index in
      if let floats { widen(bytes, entry.type, into: floats) }
      let values = floats.map { UnsafeRawPointer($0) } ?? bytes.baseAddress!
      let first = index / width
      body(
        values.assumingMemoryBound(to: Value.self), first..<(first + bytes.count / rowBytes))
    }
  }

  /// Reads a tensor of whole numbers exactly, in row-major order.
  public func integers(_ name: String) throws(CheckpointError) -> [Int] {
    let entry = try entry(name)
    guard entry.type.isInteger else {
      throw CheckpointError(
        "\(quoted(name)) in \(file.path) is stored as \(entry.type.rawValue), and whole numbers "
          + "were expected.")
    }
    var values: [Int] = []
    values.reserveCapacity(entry.count)
    var fits = true
    try forEachChunk(of: entry) { chunk, _ in
      fits = append(chunk, entry.type, to: &values) && fits
    }
    guard fits else {
      throw CheckpointError(
        "\(quoted(name)) in \(file.path) holds a number above \(Int.max), the largest that can be "
          + "used.")
    }
    return values
  }

  /// Whether a tensor is stored as another is: type, shape and every byte.
  func holds(
    _ name: String, equalTo other: String, of file: SafetensorsFile
  ) throws(CheckpointError) -> Bool {
    let (entry, theirs) = (try entry(name), try file.entry(other))
    guard entry.type == theirs.type, entry.shape == theirs.shape else { return false }
    var done = 0
    while done < entry.bytes.count {
      let end = min(done + Self.chunk, entry.bytes.count)
      let (start, otherStart) = (
        dataOffset + entry.bytes.lowerBound, file.dataOffset + theirs.bytes.lowerBound
      )
      guard
        try self.file.bytes((start + done)..<(start + end))
          == file.file.bytes((otherStart + done)..<(otherStart + end))
      else { return false }
      done = end
    }
    return true
  }

  private func entry(_ name: String) throws(CheckpointError) -> SafetensorsEntry {
    if let entry = entries[name] { return entry }
    throw missing(name, from: names, in: file.path)
  }

  /// Reads an entry piece by piece; the closure gets the bytes and the index of the first element.
  private func forEachChunk(
    of entry: SafetensorsEntry, byteCount: Int = chunk,
    _ body: (UnsafeRawBufferPointer, Int) -> Void
  ) throws(CheckpointError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(byteCount, entry.bytes.count), alignment: 64)
    defer { buffer.deallocate() }
    var done = 0
    while done < entry.bytes.count {
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, entry.bytes.count - done)])
      try file.read(into: piece, at: dataOffset + entry.bytes.lowerBound + done)
      body(UnsafeRawBufferPointer(piece), done / entry.type.byteCount)
      done += piece.count
    }
  }
}

/// Appends stored whole numbers; false when one does not fit.
private func append(
  _ source: UnsafeRawBufferPointer, _ type: ElementType, to values: inout [Int]
) -> Bool {
  switch type {
  case .bool: values += source.map { $0 == 0 ? 0 : 1 }
  case .uint8: values += source.map { Int($0) }
  case .int8: values += source.bindMemory(to: Int8.self).map { Int($0) }
  case .int16: values += source.bindMemory(to: Int16.self).map { Int($0) }
  case .uint16: values += source.bindMemory(to: UInt16.self).map { Int($0) }
  case .int32: values += source.bindMemory(to: Int32.self).map { Int($0) }
  case .uint32: values += source.bindMemory(to: UInt32.self).map { Int($0) }
  case .int64: values += source.bindMemory(to: Int64.self).map { Int($0) }
  case .uint64:
    let numbers = source.bindMemory(to: UInt64.self)
    values += numbers.map { Int(clamping: $0) }
    return numbers.allSatisfy { $0 <= UInt64(Int.max) }
  case .float16, .bfloat16, .float32, .float64: preconditionFailure("\(type) is not whole")
  }
  return true
}
