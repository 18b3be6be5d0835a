import Checkpoints
import Foundation
import XCTest

@testable import Hub

/// A file as the hub has it; hashes are from Python's hashlib.
struct HubFile: Sendable {
  var name: String
  var bytes: [UInt8]
  var hash: String

  /// Whether the bytes are on another host, to which the hub redirects.
  var isLarge: Bool { hash.utf8.count == 64 }

  static let configuration = HubFile(
    name: "config.json", bytes: Array("{\"model_type\": \"t5\"}\n".utf8),
    hash: "d2d94a51536129ddc3c5cf32a7df62c6202a637e")
  static let tokenizer = HubFile(
    name: "tokenizer.json", bytes: Array("{\"version\": \"1.0\"}\n".utf8),
    hash: "92bdb0aff34a95a7c00546c3d608c984294164ed")
  static let weights = HubFile(
    name: "model.safetensors", bytes: pattern[...].map { $0 },
    hash: "d08928a168952dcd1f23061570816ee3b9d5c5c01ec65e00adbda68d328f4dbb")

  /// 300,000 bytes that repeat only after 65,536.
  static let pattern = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
}

/// A hub on loopback with one model, `ada/tiny`, and the host of its large files.
///
/// Both are one server under two names: the hub is 127.0.0.1, the other host is localhost.
final class FakeHub {
  static let commit = "0123456789abcdef0123456789abcdef01234567"

  let server: LoopbackServer
  let home: URL

  /// - Parameter change: what to do instead on a request, or nil for what is right.
  init(
    _ test: XCTestCase, files: [HubFile] = [.configuration, .tokenizer, .weights],
    listed: [String]? = nil,
    change: @escaping @Sendable (LoopbackServer.Request, Int) -> [LoopbackServer.Step]? = { _, _ in
      nil
    }
  ) throws {
    let home = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    self.home = home
    let names = listed ?? files.map(\.name) + ["README.md"]
    let server = try LoopbackServer { request, earlier in
      if let steps = change(request, earlier) { return steps }
      return [Self.right(request, files, names)]
    }
    self.server = server
    test.addTeardownBlock {
      server.stop()
      try? FileManager.default.removeItem(at: home)
    }
  }

  private static func right(
    _ request: LoopbackServer.Request, _ files: [HubFile], _ names: [String]
  ) -> LoopbackServer.Step {
    let isHead = request.method == "HEAD"
    if request.path.hasPrefix("/api/models/ada/tiny/revision/") {
      let siblings = names.map { ["rfilename": $0] }
      let body: [String: Any] = ["id": "ada/tiny", "sha": commit, "siblings": siblings]
      let json = try! JSONSerialization.data(withJSONObject: body)
      return .reply(200, ["Content-Type": "application/json"], Array(json))
    }
    let resolve = "/ada/tiny/resolve/\(commit)/"
    if request.path.hasPrefix(resolve),
      let file = files.first(where: { resolve + $0.name == request.path })
    {
      guard file.isLarge else {
        let fields = [
          "ETag": "\"\(file.hash)\"", "X-Repo-Commit": commit,
          "Content-Length": "\(file.bytes.count)",
        ]
        return .reply(200, fields, file.bytes, isHead: isHead)
      }
      let port = request.fields["host"]!.split(separator: ":").last!
      let fields = [
        "X-Linked-Etag": "\"\(file.hash)\"", "X-Linked-Size": "\(file.bytes.count)",
        "X-Repo-Commit": commit, "ETag": "\"another\"",
        "Location": "http://localhost:\(port)/large/\(file.hash)",
      ]
      return .reply(302, fields, Array("Found".utf8), isHead: isHead)
    }
    if let file = files.first(where: { "/large/" + $0.hash == request.path }) {
      guard let start = request.rangeStart else {
        return .reply(200, ["ETag": "\"another\""], file.bytes)
      }
      let range = "bytes \(start)-\(file.bytes.count - 1)/\(file.bytes.count)"
      return .reply(206, ["Content-Range": range], Array(file.bytes[start...]))
    }
    return .reply(404, ["X-Error-Code": "EntryNotFound"])
  }

  var cache: HubCache { HubCache(environment: ["HF_HOME": home.path]) }
  /// The model's folder in the cache.
  var folder: URL { home.appendingPathComponent("hub/models--ada--tiny") }
  var partial: URL {
    folder.appendingPathComponent("blobs/\(HubFile.weights.hash).incomplete")
  }
  var weightRequests: [LoopbackServer.Request] {
    server.requests.filter { $0.path == "/large/\(HubFile.weights.hash)" }
  }

  /// The download of the model, with little patience.
  func fetch(
    _ name: String = "ada/tiny", token: String? = nil, stall: Double = 20,
    isStopped: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (Fetch.Event) -> Void = { _ in }
  ) throws -> Fetch {
    var patience = Patience()
    patience.stall = stall
    patience.pause = 0.001
    var environment = ["HF_ENDPOINT": "http://127.0.0.1:\(server.port)/"]
    environment["HF_TOKEN"] = token
    return Fetch(
      try HubName(name), from: try Endpoint(environment: environment), into: cache,
      patience: patience, isStopped: isStopped, report: report)
  }

  /// Puts bytes where a broken download leaves them.
  func leavePartial(_ bytes: [UInt8]) throws {
    try FileManager.default.createDirectory(
      at: partial.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: partial)
  }

  /// Everything below the model's folder.
  func tree() -> [String] {
    (FileManager.default.subpaths(atPath: folder.path) ?? [])
      .filter { path in
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(
          atPath: folder.appendingPathComponent(path).path, isDirectory: &isFolder)
        return !(exists && isFolder.boolValue)
      }.sorted()
  }

  func assertIsWhole(file: StaticString = #filePath, line: UInt = #line) throws {
    let weights = try cache.directory(of: HubName("ada/tiny"), needsWeights: true)
      .appendingPathComponent("model.safetensors")
    XCTAssertEqual(try Data(contentsOf: weights), Data(HubFile.pattern), file: file, line: line)
    XCTAssertFalse(
      tree().contains { $0.hasSuffix(".incomplete") || $0.hasSuffix(".new") }, file: file,
      line: line)
  }
}

extension XCTestCase {
  /// The sentence that a download fails with.
  func failure(
    of fetch: Fetch, file: StaticString = #filePath, line: UInt = #line
  ) -> String {
    do {
      let summary = try fetch.run()
      XCTFail("the download succeeded: \(summary)", file: file, line: line)
      return ""
    } catch {
      let text = "\(error)"
      XCTAssertFalse(text.contains("\n"), text, file: file, line: line)
      return text
    }
  }
}
