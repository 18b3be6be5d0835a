package import Checkpoints
import Files
package import Foundation

/// The download of one model into the hub's cache.
package struct Fetch: Sendable {
  package let name: HubName
  package let cache: HubCache
  let endpoint: Endpoint
  let patience: Patience
  let isStopped: @Sendable () -> Bool
  let report: @Sendable (Event) -> Void

  /// What is told on the way.
  package enum Event: Equatable, Sendable {
    /// Of `total` bytes, `done` are on the disk; those of `file` come.
    case progress(done: Int, total: Int, file: String)
    /// Another process downloads this file, and is waited for.
    case waits(file: String)
  }

  /// What was downloaded.
  package struct Summary: Equatable, Sendable {
    /// The commit that the revision names.
    package let commit: String
    /// The folder of the model's files.
    package let directory: URL
    /// How many files the model has, and how many of them were already there.
    package let files: Int, filesKept: Int
    /// How many bytes the model has.
    package let bytes: Int
  }

  /// A download that has not begun.
  ///
  /// - Parameters:
  ///   - isStopped: asked about ten times a second whether to end; what has come is kept.
  ///   - report: called with what happens, on the thread that ``run()`` is called on.
  package init(
    _ name: HubName, from endpoint: Endpoint, into cache: HubCache, patience: Patience = Patience(),
    isStopped: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.name = name
    self.cache = cache
    self.endpoint = endpoint
    self.patience = patience
    self.isStopped = isStopped
    self.report = report
  }

  /// Downloads configuration, tokenizer and safetensors, as far as they are not there.
  ///
  /// A file gets its name once its size and hash are right; the revision names its commit once all
  /// files are there.
  package func run() throws(HubError) -> Summary {
    let client = try Client(endpoint, patience, isStopped: isStopped)
    let description = try client.document(
      endpoint.description(of: name), of: .init(name: name), limit: Listing.longest)
    let listing = try Listing(description, of: name, host: endpoint.host)
    try listing.checkWeights(of: name, host: endpoint.host)
    let store = BlobStore(name: name, commit: listing.commit, cache: cache)

    var files = listing.presentSmallFiles
    if listing.files.contains(Checkpoint.fileName) {
      files.append(Checkpoint.fileName)
    } else {
      files += [Checkpoint.indexName] + (try shards(listing, store, client))
    }
    var blobs: [Blob] = []
    for file in files { blobs.append(try blob(file, listing.commit, client)) }
    let kept = try download(blobs, store, client)
    try store.writeReference()
    return Summary(
      commit: listing.commit, directory: cache.snapshot(listing.commit, of: name),
      files: blobs.count, filesKept: kept, bytes: blobs.reduce(0) { $0 + $1.size })
  }

  /// The shards by the index, which is downloaded for it.
  private func shards(
    _ listing: Listing, _ store: BlobStore, _ client: Client
  ) throws(HubError) -> [String] {
    _ = try download([blob(Checkpoint.indexName, listing.commit, client)], store, client)
    let index = cache.snapshot(listing.commit, of: name)
      .appendingPathComponent(Checkpoint.indexName)
    let shards: [String]
    do throws(CheckpointError) {
      shards = try Checkpoint.shards(inIndex: index)
    } catch { throw HubError(error.description) }
    if let missing = shards.first(where: { !listing.files.contains($0) }) {
      throw HubError(
        "the index of \(name) names the shard \(quoted(missing)), which \(endpoint.host) does not "
          + "have; the model is damaged there")
    }
    return shards
  }

  /// Size and hash of a file, by what the hub says of it.
  private func blob(
    _ file: String, _ commit: String, _ client: Client
  ) throws(HubError) -> Blob {
    let url = endpoint.file(file, of: name, at: commit)
    let heads = try client.head(url, of: .init(name: name, file: file))
    func value(_ field: String) -> String? { heads.compactMap { $0[field] }.last }
    // The last reply may be another server's, whose own tag is no hash of the hub's.
    let tag = value("x-linked-etag") ?? heads[0]["etag"]
    guard let hash = tag.flatMap(ContentHash.init) else {
      throw HubError(
        "\(endpoint.host) gives no hash of \(file) in \(name) by which it could be checked; is "
          + "HF_ENDPOINT a hub?")
    }
    let size = value("x-linked-size").flatMap { Int($0) } ?? heads[0].length
    guard let size, size >= 0 else {
      throw HubError("\(endpoint.host) does not say how long \(file) in \(name) is")
    }
    if let other = value("x-repo-commit"), other != commit {
      throw HubError(
        "\(endpoint.host) has \(file) of commit \(quoted(other)) where \(commit) was asked for; try "
          + "again")
    }
    return Blob(file: file, hash: hash, size: size, url: url)
  }

  /// Downloads what is not there, and links all of it.
  ///
  /// - Returns: How many files were there.
  private func download(
    _ blobs: [Blob], _ store: BlobStore, _ client: Client
  ) throws(HubError) -> Int {
    var kept = 0
    let total = blobs.reduce(0) { $0 + $1.size }
    try store.checkSpace(for: blobs)
    let counter = Counter()
    for blob in blobs {
      let tell = { report(.progress(done: counter.done, total: total, file: blob.file)) }
      let was = counter.done
      let isKept = try BlobDownload(
        blob: blob, store: store, client: client, host: endpoint.host,
        advance: { bytes in
          counter.done += bytes
          tell()
        }, waits: { report(.waits(file: blob.file)) }
      ).run()
      if isKept {
        kept += 1
        counter.done = was + blob.size
        tell()
      }
      try store.link(blob)
    }
    return kept
  }

  /// A number that the closures of one thread count up.
  private final class Counter {
    var done = 0
  }
}
