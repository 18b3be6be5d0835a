import Synchronization

/// The cache that the texts of one tokenizer share, one after another.
final class SharedWordCache: Sendable {
  private let cache = Mutex<WordCache?>(nil)

  /// Takes the cache for a text; another text at the same time gets a new one.
  func take() -> WordCache {
    cache.withLock { cache in
      defer { cache = nil }
      return cache ?? WordCache()
    }
  }

  /// Gives a cache back.
  func give(_ used: WordCache) { cache.withLock { $0 = used } }
}

/// The ids of the words there have been so far: what a model makes of a word depends on it alone.
struct WordCache {
  private var words = WordTable(capacity: 256)
  private var ranges: [Range<Int>] = []
  private var ids: [Int] = []

  /// Longer words seldom come twice.
  private static let longest = 64
  private static let most = 1 << 16

  /// Appends the ids of the word in a range of the bytes, asking the model the first time.
  @inline(__always)
  mutating func encode(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, with model: borrowing Model,
    into result: inout [Int]
  ) throws(TokenizerError) {
    guard range.count <= Self.longest else {
      try model.encode(bytes.extracting(range), into: &result)
      return
    }
    let hash = WordTable.hash(bytes, range)
    if let known = words.value(of: bytes, range, hash: hash) {
      for index in ranges[known] { result.append(ids[index]) }
      return
    }
    let before = result.count
    try model.encode(bytes.extracting(range), into: &result)
    guard words.count < Self.most else { return }
    words.insert(bytes, range, hash: hash, value: ranges.count)
    ranges.append(ids.count..<(ids.count + result.count - before))
    ids += result[before...]
  }
}
