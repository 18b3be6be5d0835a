import Files
import Foundation

/// Where the results of a sweep lie: one file an input, a manifest, the table at the end.
struct SweepFolder {
  let url: URL

  /// What the results are of; a folder takes no others.
  struct Manifest: Codable, Equatable {
    var version = 1
    /// The command and the options that all inputs share.
    var command: [String]
    /// What tells the file of inputs, and files that options name, from others.
    var data: [String: String]
    /// What tells each model from others.
    var models: [String: String]
    /// What tells this program from others.
    var program: String
    /// How many inputs there are.
    var inputs: Int
  }

  var manifest: URL { url.appending(path: "manifest.json") }
  var table: URL { url.appending(path: "table.csv") }
  var tableOfAll: URL { url.appending(path: "table.json") }
  var cluster: URL { url.appending(path: "slurm") }
  var logs: URL { url.appending(path: "logs") }

  /// The result of the input on a line; a thousand share a folder.
  func result(ofLine line: Int) -> URL {
    url.appending(path: "results/\(line / 1_000)/\(line).json")
  }

  func isDone(line: Int) -> Bool {
    access(result(ofLine: line).path, F_OK) == 0
  }

  /// Makes the folder this sweep's, or sees that it is.
  ///
  /// - Throws: ``CommandError`` when it is another's, with what differs.
  func claim(_ wanted: Manifest) throws {
    let manager = FileManager.default
    do {
      try makeFolder(url)
    } catch {
      throw CommandError("the folder \(error.path) cannot be made: \(error.reason); name another")
    }
    if let data = manager.contents(atPath: manifest.path) {
      guard let found = try? JSONDecoder().decode(Manifest.self, from: data) else {
        throw CommandError(
          "\(manifest.path) is not the manifest of a sweep; name another folder")
      }
      try check(found, against: wanted)
      return
    }
    let others = try manager.contentsOfDirectory(atPath: url.path).filter { !$0.hasPrefix(".") }
    guard others.isEmpty else {
      throw CommandError(
        "\(url.path) holds \(others.sorted()[0]) and no sweep; name a new or empty folder")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try Self.write(try encoder.encode(wanted), to: manifest)
  }

  private func check(_ found: Manifest, against wanted: Manifest) throws(CommandError) {
    let ends = "name another folder, or go back to what it was"
    func refuse(_ what: String) -> CommandError {
      CommandError("\(url.path) holds a sweep \(what); \(ends)")
    }
    if found.command != wanted.command {
      throw refuse(
        "of “\(found.command.joined(separator: " "))”, and this is “"
          + "\(wanted.command.joined(separator: " "))”")
    }
    for (file, sum) in wanted.data.sorted(by: { $0.key < $1.key }) where found.data[file] != sum {
      throw refuse("over other data: \(file) has changed since")
    }
    if found.data.count != wanted.data.count || found.inputs != wanted.inputs {
      throw refuse("over other data")
    }
    for (model, sum) in wanted.models.sorted(by: { $0.key < $1.key })
    where found.models[model] != sum {
      throw refuse("of another model: \(model) has changed since")
    }
    if found.program != wanted.program || found.version != wanted.version {
      throw CommandError(
        "\(url.path) holds a sweep of another build of this program, whose numbers may differ; name "
          + "another folder")
    }
  }

  /// Keeps others from sweeping into the folder as long as the lock is there.
  ///
  /// Some network disks have no locks; there nothing keeps two sweeps apart but whoever starts them.
  ///
  /// - Throws: ``CommandError`` when another process does, or nothing can be written there.
  func lock() throws(CommandError) -> FileLock {
    let lock: FileLock?
    do throws(FileError) { lock = try FileLock.take(url.appending(path: ".lock")) } catch {
      throw CommandError("\(error)")
    }
    guard let lock else {
      throw CommandError(
        "another process sweeps into \(url.path); wait for its end, or name another folder")
    }
    if let weakness = lock.weakness {
      note("\(url.path) cannot be locked (\(weakness)): let no other sweep write into it")
    }
    return lock
  }

  /// Writes a file that appears whole or not at all.
  static func write(_ data: Data, to file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try AtomicFile.write(data, to: file)
  }
}

/// What an input came to, as its file holds it.
///
/// Input and result are JSON as they were given; the rest is put around them.
struct SweepRow {
  let line: Int
  let input: Data
  let outcome: Outcome

  enum Outcome {
    case result(Data)
    case error(String)
  }

  /// One line of JSON.
  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.withoutEscapingSlashes]
      var data = Data("{\"line\":\(line),\"input\":".utf8)
      if (try? JSONSerialization.jsonObject(with: input, options: .fragmentsAllowed)) != nil {
        data += input
      } else {
        data += try encoder.encode(String(decoding: input, as: UTF8.self))
      }
      switch outcome {
      case .result(let result): data += Data(",\"result\":".utf8) + result
      case .error(let error): data += Data(",\"error\":".utf8) + (try encoder.encode(error))
      }
      return data + Data("}\n".utf8)
    }
  }
}
