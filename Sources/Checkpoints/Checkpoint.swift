import Files
public import Foundation
public import Tensors

/// The weights in a folder of the Hugging Face layout, in one file or in shards.
///
/// One file is called `model.safetensors`. Shards are listed in `model.safetensors.index.json`,
/// whose `weight_map` says which file holds which tensor.
public struct Checkpoint: Sendable {
  /// The folder.
  public let directory: URL
  /// The names of all tensors.
  public let names: [String]
  private let files: [String: SafetensorsFile]
  /// Names of tensors that share their values with another, to the name the file kept of the two.
  ///
  /// `safetensors.torch.save_model` writes a shared tensor once, and the names it dropped into the
  /// file's metadata.
  private let keptNames: [String: String]

  /// What weights in one file are called.
  package static let fileName = "model.safetensors"
  /// What the list of shards is called.
  package static let indexName = "model.safetensors.index.json"

  /// Opens the weights and checks the header of every file.
  ///
  /// - Throws: a sentence when there are no weights, a shard is missing, outside the folder or
  ///   damaged, or a tensor is not where the index says.
  public init(directory: URL) throws(CheckpointError) {
    self.directory = directory
    let single = directory.appendingPathComponent(Self.fileName)
    let index = directory.appendingPathComponent(Self.indexName)
    let manager = FileManager.default
    let opened: [SafetensorsFile]
    if manager.fileExists(atPath: single.path) {
      let file = try SafetensorsFile(contentsOf: single)
      names = file.names
      files = Dictionary(uniqueKeysWithValues: file.names.map { ($0, file) })
      opened = [file]
    } else if manager.fileExists(atPath: index.path) {
      (names, files, opened) = try Self.openShards(index: index, in: directory)
    } else {
      throw Self.noWeights(in: directory)
    }
    var keptNames: [String: String] = [:]
    for (dropped, kept) in opened.flatMap(\.metadata)
    where files[dropped] == nil && files[kept] != nil { keptNames[dropped] = kept }
    self.keptNames = keptNames
  }

  /// Whether there is a tensor of this name, or another that shares its values.
  public func contains(_ name: String) -> Bool { files[keptName(name)] != nil }

  /// The name under which a tensor's values stand in the file.
  func keptName(_ name: String) -> String { keptNames[name] ?? name }

  /// Whether two tensors are stored alike, value by value.
  func areEqual(_ a: String, _ b: String) throws(CheckpointError) -> Bool {
    let (a, b) = (keptName(a), keptName(b))
    guard a != b else { return true }
    return try file(of: a).holds(a, equalTo: b, of: file(of: b))
  }

  /// The shape of a tensor.
  public func shape(of name: String) throws(CheckpointError) -> [Int] {
    try file(of: name).shape(of: keptName(name))
  }

  /// The type that a tensor's elements are stored as.
  public func elementType(of name: String) throws(CheckpointError) -> ElementType {
    try file(of: name).elementType(of: keptName(name))
  }

  /// Reads a tensor as Float32 values; see ``SafetensorsFile/tensor(_:)``.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    try file(of: name).tensor(keptName(name))
  }

  /// Reads the weights that a tensor holds; see
  /// ``SafetensorsFile/tensors(_:layout:shape:stayNarrow:)``.
  func tensors(
    _ name: String, layout: WeightLayout, shape: [Int], stayNarrow: Bool
  ) throws(CheckpointError) -> [Tensor] {
    try file(of: name).tensors(
      keptName(name), layout: layout, shape: shape, stayNarrow: stayNarrow)
  }

  /// Reads a tensor of whole numbers; see ``SafetensorsFile/integers(_:)``.
  public func integers(_ name: String) throws(CheckpointError) -> [Int] {
    try file(of: name).integers(keptName(name))
  }

  private func file(of name: String) throws(CheckpointError) -> SafetensorsFile {
    if let file = files[keptName(name)] { return file }
    throw missing(name, from: names, in: directory.path)
  }

  private static func openShards(
    index: URL, in directory: URL
  ) throws(CheckpointError) -> ([String], [String: SafetensorsFile], [SafetensorsFile]) {
    let map = try weightMap(index)
    var shards: [String: SafetensorsFile] = [:]
    for shard in try Self.shards(of: map, index) {
      let url = directory.appendingPathComponent(shard)
      guard FileManager.default.fileExists(atPath: url.path) else {
        throw CheckpointError(
          "\(index.path) names the shard \(quoted(shard)), which is not in the folder; fetch it.")
      }
      shards[shard] = try SafetensorsFile(contentsOf: url)
    }
    var files: [String: SafetensorsFile] = [:]
    for (name, shard) in map {
      guard let file = shards[shard], file.contains(name) else {
        throw CheckpointError(
          "\(index.path) says that \(quoted(name)) is in \(shard), which does not hold it; fetch "
            + "the index and the shards again.")
      }
      files[name] = file
    }
    return (map.keys.sorted(), files, Array(shards.values))
  }

  /// The names of the files that an index lists, each in the index's own folder.
  ///
  /// - Throws: a sentence when the index is damaged, or names a file elsewhere.
  package static func shards(inIndex index: URL) throws(CheckpointError) -> [String] {
    try shards(of: weightMap(index), index)
  }

  private static func shards(
    of map: [String: String], _ index: URL
  ) throws(CheckpointError) -> [String] {
    let shards = Set(map.values).sorted()
    for shard in shards {
      // A plain name cannot lead out of the folder. A link may: download caches are made of them.
      guard !shard.isEmpty, shard != ".", shard != "..",
        // Bytes and not characters: a mark after a slash makes one character of the two.
        !shard.unicodeScalars.contains(where: {
          $0 == "/" || $0.properties.generalCategory == .control
        })
      else {
        throw CheckpointError(
          "\(index.path) names the shard \(quoted(shard)), and only a file in its own folder is "
            + "allowed.")
      }
    }
    return shards
  }

  private static func weightMap(_ index: URL) throws(CheckpointError) -> [String: String] {
    let file = try RandomAccessFile(index)
    guard file.byteCount <= SafetensorsHeader.longest else {
      throw CheckpointError(
        "\(file.path) has \(file.byteCount) bytes, and an index of at most 100 MB was expected.")
    }
    let text = try file.bytes(0..<file.byteCount)
    var map: [String: String]?
    do throws(JSONReader.Problem) {
      try JSONReader.read(text, .standard) { (reader) throws(JSONReader.Problem) in
        try reader.readObject { (reader, key) throws(JSONReader.Problem) in
          guard key == "weight_map" else { return try reader.skipValue() }
          var found: [String: String] = [:]
          try reader.readObject { (reader, name) throws(JSONReader.Problem) in
            found[name] = try reader.readString()
          }
          map = found
        }
      }
    } catch {
      throw CheckpointError(
        "\(file.path) is not a valid index of shards: its text \(error.text); fetch it again.")
    }
    guard let map, !map.isEmpty else {
      throw CheckpointError(
        "\(file.path) is not a valid index of shards: it has no weight_map; fetch it again.")
    }
    return map
  }

  private static func noWeights(in directory: URL) -> CheckpointError {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: directory.path, isDirectory: &isFolder)
    guard exists, isFolder.boolValue else {
      return CheckpointError(
        "\(directory.path) is \(exists ? "a file" : "not there"), and a folder with "
          + "model.safetensors was expected.")
    }
    let pickle = directory.appendingPathComponent("pytorch_model.bin")
    guard !FileManager.default.fileExists(atPath: pickle.path) else {
      return CheckpointError(
        "\(directory.path) holds pytorch_model.bin alone, which can run code when it is read; "
          + "convert it to model.safetensors.")
    }
    return CheckpointError(
      "\(directory.path) holds neither model.safetensors nor model.safetensors.index.json.")
  }
}
