import Tensors

/// How far a sweep has come.
public struct SweepProgress: Sendable {
  /// How many runs are finished.
  public let finished: Int
  /// How many there are.
  public let total: Int
  /// How long it took so far, in seconds.
  public let elapsed: Double
  /// How long the rest will take, in seconds, as far as that can be said.
  public let remaining: Double?
}

/// What has come of a sweep, perhaps of a part of it.
public struct SweepResults: Sendable {
  /// The metric of the run without changes: for every row, a value for every position that is read.
  public let clean: [[Float]]
  /// The values of the trials that are finished, by their place in the sweep.
  public internal(set) var finished: [Int: [Float]]
  /// How many trials there are.
  public let total: Int
  /// What tells this sweep from others.
  let fingerprint: UInt64

  init(clean: [[Float]], finished: [Int: [Float]], total: Int, fingerprint: UInt64) {
    self.clean = clean
    self.finished = finished
    self.total = total
    self.fingerprint = fingerprint
  }

  /// Whether every trial is finished.
  public var isComplete: Bool { finished.count == total }

  /// The values of all trials, each with a value for every position that is read.
  ///
  /// - Throws: ``SweepError/partial(finished:total:)`` when some are missing.
  public func values() throws(SweepError) -> [[Float]] {
    guard isComplete else { throw .partial(finished: finished.count, total: total) }
    return (0..<total).map { finished[$0]! }
  }

  /// The value of every trial, the mean where several positions are read.
  ///
  /// - Throws: ``SweepError/partial(finished:total:)`` when some are missing.
  public func numbers() throws(SweepError) -> [Float] { try values().map(\.average) }

  /// The same, or not a number for what is missing where options keep what is there.
  func numbers(_ options: SweepOptions) throws(SweepError) -> [Float] {
    guard options.keepsPartial else { return try numbers() }
    return (0..<total).map { finished[$0]?.average ?? .nan }
  }
}

extension [Float] {
  /// The mean, summed in Double; 0 of nothing.
  package var average: Float {
    isEmpty ? 0 : Float(reduce(0.0) { $0 + Double($1) } / Double(count))
  }
}

/// How a sweep is run.
public struct SweepOptions: Sendable {
  /// The most memory that activations of runs may take, in bytes.
  public var memory: Int
  /// How many threads share the work.
  public var threads: Int
  /// Whether what is not finished when a sweep is stopped is not a number in a method's result, where
  /// it otherwise throws ``SweepError/partial(finished:total:)``.
  public var keepsPartial = false

  /// By default half a gigabyte, and every core.
  public init(memory: Int = 1 << 29, threads: Int? = nil) {
    self.memory = memory
    self.threads = threads ?? Parallel.threads
  }

  /// The usual options, under which what is not finished is not a number.
  package static var keepingPartial: SweepOptions {
    var options = SweepOptions()
    options.keepsPartial = true
    return options
  }
}

/// Values are kept by their bits: a log-probability may be −∞, which JSON has no number for.
extension SweepResults: Codable {
  private struct Stored: Codable {
    let clean: [[UInt32]]
    let finished: [Int: [UInt32]]
    let total: Int
    let fingerprint: UInt64
  }

  /// Reads results that were encoded.
  public init(from decoder: any Decoder) throws {
    let stored = try Stored(from: decoder)
    clean = stored.clean.map { $0.map { Float(bitPattern: $0) } }
    finished = stored.finished.mapValues { $0.map { Float(bitPattern: $0) } }
    total = stored.total
    fingerprint = stored.fingerprint
  }

  /// Writes the results, whole or not.
  public func encode(to encoder: any Encoder) throws {
    try Stored(
      clean: clean.map { $0.map(\.bitPattern) },
      finished: finished.mapValues { $0.map(\.bitPattern) }, total: total,
      fingerprint: fingerprint
    ).encode(to: encoder)
  }
}
