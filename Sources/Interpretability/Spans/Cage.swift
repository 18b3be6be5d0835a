import Checkpoints
import Files
public import Foundation
import Interpretability
import Interventions
import Tensors
public import Transformers

/// Activations of sentences on the disk: one run a sentence, and later scores read them.
///
/// A folder of safetensors files, each of some sentences, and `manifest.json`, which says of which
/// model and which sentences they are. A file appears whole or not at all, so what was interrupted is
/// gone on with, and carries checksums. Files are read a batch at a time and never as a whole.
public struct Cage: SpanSource {
  /// The folder.
  public let folder: URL
  /// The sentences.
  public let sentences: [SpanTokens]
  /// What is kept of them.
  public let points: Set<HookPoint>
  /// How long the runs took that filled it, in seconds.
  public let fillingSeconds: Double
  private let window: Int

  /// How activations are stored.
  public enum Precision: String, Codable, Sendable {
    /// About three digits, half the room.
    case half = "F16"
    /// Exact.
    case single = "F32"
  }

  /// What a cage says of itself.
  struct Manifest: Codable {
    var version = 2
    var model: String
    var data: String
    var points: [String]
    var precision: Precision
    var sentences: Int
    /// How many sentences a file has.
    var window: Int
    /// How long the runs took so far.
    var seconds = 0.0
  }

  /// A file holds about so many bytes at most, however large the model.
  private static let shardBytes = 1 << 26

  /// Fills a cage, or what is missing of one: files that are not there or are damaged.
  ///
  /// - Parameters:
  ///   - folder: A new or empty folder, or a cage of the same model, sentences and points.
  ///   - progress: Told how many sentences are there; returns whether to go on. What is finished
  ///     stays, and the next call goes on from it.
  /// - Throws: ``SpanError`` for a cage of another model or of other sentences, a folder that holds
  ///   something else, a full disk, or `CancellationError` when stopped; and what running throws.
  public static func fill(
    _ folder: URL, with run: SpanRun, precision: Precision = .half,
    progress: (_ finished: Int) -> Bool = { _ in true }
  ) throws -> Cage {
    var run = run
    var manifest = Manifest(
      model: run.model.checksum, data: run.sentences.checksum,
      points: run.points.map(\.description).sorted(), precision: precision,
      sentences: run.sentences.count, window: SpanRun.defaultWindow)
    if let old = try self.manifest(in: folder) {
      try check(old, against: manifest, in: folder, exactly: true)
      (manifest.seconds, manifest.window) = (old.seconds, old.window)
    } else {
      try prepare(folder)
      manifest.window = try window(of: run)
      try write(manifest, to: folder)
    }
    run.window = manifest.window
    var start = ContinuousClock.now
    for (number, window) in run.windows.enumerated() {
      let url = shardURL(number, in: folder)
      let isThere = (try? isWhole(url, Array(window), of: run.sentences)) ?? false
      if !isThere {
        let batches = try run.batches(window).map { try run.batch($0) }
        do throws(CheckpointError) {
          try CageShard.write(batches, to: url, precision: precision)
        } catch { throw SpanError("the cage cannot be filled: \(error)") }
        manifest.seconds += (ContinuousClock.now - start) / .seconds(1)
        try write(manifest, to: folder)
      }
      start = .now
      guard progress(window.upperBound) else { throw CancellationError() }
    }
    return Cage(
      folder: folder, sentences: run.sentences, points: run.points,
      fillingSeconds: manifest.seconds, window: manifest.window)
  }

  private init(
    folder: URL, sentences: [SpanTokens], points: Set<HookPoint>, fillingSeconds: Double,
    window: Int
  ) {
    self.folder = folder
    self.sentences = sentences
    self.points = points
    self.fillingSeconds = fillingSeconds
    self.window = window
  }

  /// Opens a cage that was filled.
  ///
  /// - Throws: ``SpanError`` when there is none, when it is of another model or of other sentences, or
  ///   when points are missing in it.
  public init(
    _ folder: URL, of model: Transformer, _ sentences: [SpanTokens], points: Set<HookPoint> = []
  ) throws {
    guard let found = try Self.manifest(in: folder) else {
      throw SpanError("\(folder.path) is no cage: it has no manifest.json; fill one there")
    }
    try Self.check(
      found,
      against: Manifest(
        model: model.checksum, data: sentences.checksum, points: points.map(\.description),
        precision: found.precision, sentences: sentences.count, window: found.window),
      in: folder, exactly: false)
    self.init(
      folder: folder, sentences: sentences, points: Set(found.points.compactMap(HookPoint.init)),
      fillingSeconds: found.seconds, window: found.window)
  }

  /// Reads all sentences, file after file; every byte is checked.
  ///
  /// - Throws: ``SpanError`` when a file is missing or damaged.
  public func forEachBatch(_ body: (SpanBatch) throws -> Void) throws {
    for (number, start) in stride(from: 0, to: sentences.count, by: window).enumerated() {
      let places = Array(start..<min(start + window, sentences.count))
      let url = Self.shardURL(number, in: folder)
      func whole<Result>(_ read: () throws -> Result) throws(SpanError) -> Result {
        do { return try read() } catch {
          throw SpanError(
            "the cage \(folder.path) is not whole; fill it again, which mends it "
              + "(\(url.lastPathComponent): \(error))")
        }
      }
      let shard = try whole {
        let shard = try CageShard(contentsOf: url)
        guard shard.places == places else { throw SpanError("it holds other sentences") }
        return shard
      }
      for batch in 0..<shard.batchCount {
        try body(whole { try shard.batch(batch, of: sentences) })
      }
    }
  }

  // MARK: - The folder

  /// Whether a file holds these sentences, undamaged.
  private static func isWhole(_ url: URL, _ places: [Int], of sentences: [SpanTokens]) throws
    -> Bool
  {
    let shard = try CageShard(contentsOf: url)
    guard shard.places == places else { return false }
    for batch in 0..<shard.batchCount { _ = try shard.batch(batch, of: sentences) }
    return true
  }

  private static func shardURL(_ number: Int, in folder: URL) -> URL {
    let digits = String(number)
    return folder.appending(
      path: "shard-\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).safetensors")
  }

  /// How many sentences make a file, after what the longest would take.
  private static func window(of run: SpanRun) throws -> Int {
    let longest = run.sentences.indices.max {
      run.sentences[$0].tokens.count < run.sentences[$1].tokens.count
    }!
    let bytes = try run.batch([longest]).activations.values.reduce(1) { $0 + 2 * $1.count }
    return min(max(shardBytes / bytes, 1), SpanRun.defaultWindow)
  }

  private static func manifest(in folder: URL) throws -> Manifest? {
    let url = folder.appending(path: "manifest.json")
    guard let data = FileManager.default.contents(atPath: url.path) else { return nil }
    guard let found = try? JSONDecoder().decode(Manifest.self, from: data), found.window > 0 else {
      throw SpanError(
        "\(url.path) is not the manifest of a cage; remove the folder, or name another")
    }
    return found
  }

  private static func prepare(_ folder: URL) throws {
    do {
      try makeFolder(folder)
      let others = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { !AtomicFile.isHidden($0) }
      guard others.isEmpty else {
        throw SpanError(
          "\(folder.path) holds \(others.sorted()[0]) and is no cage; name a new or empty folder")
      }
    } catch let error as SpanError { throw error } catch let error as FileError {
      throw SpanError("the folder \(error.path) cannot be made: \(error.reason)")
    } catch {
      throw SpanError("the folder \(folder.path) cannot be read: \(error.localizedDescription)")
    }
  }

  private static func write(_ manifest: Manifest, to folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data = try encoder.encode(manifest)
    do throws(FileError) {
      try AtomicFile.write(data, to: folder.appending(path: "manifest.json"))
    } catch { throw SpanError("the cage cannot be filled: \(error)") }
  }

  private static func check(
    _ found: Manifest, against wanted: Manifest, in folder: URL, exactly: Bool
  ) throws(SpanError) {
    let path = folder.path
    guard found.version == wanted.version else {
      throw SpanError(
        "the cage \(path) was written by another version of this program; fill another")
    }
    guard found.model == wanted.model else {
      throw SpanError(
        "the cage \(path) is of another model: weights or configuration are not those it was filled "
          + "with; name another folder, or that model")
    }
    guard found.data == wanted.data, found.sentences == wanted.sentences else {
      throw SpanError(
        "the cage \(path) is of \(counted(found.sentences, "sentence")) other than these "
          + "\(wanted.sentences); name another folder, or those sentences")
    }
    if let missing = Set(wanted.points).subtracting(found.points).sorted().first {
      throw SpanError("the cage \(path) does not keep \(missing); fill another with it")
    }
    guard !exactly || found.points == wanted.points && found.precision == wanted.precision else {
      throw SpanError(
        "the cage \(path) keeps \(counted(found.points.count, "point")) as \(found.precision.rawValue), "
          + "and \(wanted.points.count) as \(wanted.precision.rawValue) are wanted; name another "
          + "folder")
    }
  }
}
