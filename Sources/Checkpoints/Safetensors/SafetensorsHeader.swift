import Files

/// Where one tensor lies in a safetensors file.
struct SafetensorsEntry {
  let name: String
  let type: ElementType
  let shape: [Int]
  /// The first byte and the byte after the last, counted from the end of the header.
  let bytes: Range<Int>

  var count: Int { bytes.count / type.byteCount }
}

/// The header of a safetensors file, checked as strictly as the reference implementation does.
///
/// The data of the tensors must fill the file exactly: in range, without holes and without
/// overlap, each as long as its shape and type say. So no allocation that follows from a header
/// can be larger than the file times the widening of its elements.
struct SafetensorsHeader {
  /// The longest header the reference implementation reads, in bytes.
  static let longest = 100_000_000

  typealias Problem = JSONReader.Problem

  /// Ordered as their data is.
  private(set) var entries: [SafetensorsEntry] = []
  private(set) var metadata: [String: String] = [:]

  /// Parses the JSON of a header that is followed by `dataCount` bytes.
  init(json: [UInt8], dataCount: Int) throws(Problem) {
    var entries: [SafetensorsEntry] = []
    var metadata: [String: String] = [:]
    guard json.first == UInt8(ascii: "{") else {
      throw Problem(text: "does not begin with {")
    }
    try JSONReader.read(json, .standard) { (reader) throws(Problem) in
      try reader.readObject { (reader, name) throws(Problem) in
        if name == "__metadata__" {
          try reader.readObject { (reader, key) throws(Problem) in
            metadata[key] = try reader.readString()
          }
        } else {
          entries.append(try Self.readEntry(name, from: &reader))
        }
      }
    }
    entries.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    try Self.checkLayout(entries, dataCount: dataCount)
    self.entries = entries
    self.metadata = metadata
  }

  private static func readEntry(
    _ name: String, from reader: inout JSONReader
  ) throws(Problem) -> SafetensorsEntry {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.readObject { (reader, key) throws(Problem) in
      switch key {
      case "dtype": typeName = try reader.readString()
      case "shape": shape = try reader.readNaturals(limit: 32)
      case "data_offsets": offsets = try reader.readNaturals(limit: 2)
      default: try reader.skipValue()
      }
    }
    guard let typeName, let shape, let offsets else {
      throw Problem(text: "gives \(quoted(name)) no dtype, no shape or no data_offsets")
    }
    guard let type = ElementType(rawValue: typeName) else {
      throw Problem(
        text: "gives \(quoted(name)) the type \(quoted(typeName)), but only "
          + "\(ElementType.supported) can be read")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw Problem(text: "gives \(quoted(name)) the data_offsets \(offsets), not [begin, end]")
    }
    guard let size = byteCount(of: shape, type) else {
      throw Problem(text: "gives \(quoted(name)) the shape \(shape), too large for any memory")
    }
    guard size == offsets[1] - offsets[0] else {
      throw Problem(
        text: "gives \(quoted(name)) \(offsets[1] - offsets[0]) bytes, but the shape \(shape) of "
          + "\(typeName) takes \(size)")
    }
    return SafetensorsEntry(
      name: name, type: type, shape: shape, bytes: offsets[0]..<offsets[1])
  }

  /// The bytes that a shape takes, or nil if a product of its lengths, zeros aside, overflows.
  private static func byteCount(of shape: [Int], _ type: ElementType) -> Int? {
    // Widened to Float32, a tensor takes up to four bytes an element.
    var size = max(type.byteCount, 4)
    for length in shape where length > 0 {
      let (product, overflowed) = size.multipliedReportingOverflow(by: length)
      guard !overflowed else { return nil }
      size = product
    }
    return shape.contains(0) ? 0 : size / max(type.byteCount, 4) * type.byteCount
  }

  private static func checkLayout(
    _ entries: [SafetensorsEntry], dataCount: Int
  ) throws(Problem) {
    var end = 0
    for entry in entries {
      let begin = entry.bytes.lowerBound
      guard begin == end else {
        throw Problem(
          text: "lets \(quoted(entry.name)) begin at byte \(begin) of the data, but the tensor "
            + "before it ends at \(end), which leaves \(begin > end ? "a hole" : "an overlap")")
      }
      end = entry.bytes.upperBound
      guard end <= dataCount else {
        throw Problem(
          text: "lets \(quoted(entry.name)) end at byte \(end) of the data, of which there are "
            + "\(dataCount)")
      }
    }
    guard end == dataCount else {
      throw Problem(text: "describes \(end) bytes of data, but \(dataCount) follow")
    }
  }
}
