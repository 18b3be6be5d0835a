import Checkpoints
import Files
import Foundation
import Synchronization
import XCTest

@testable import Hub

/// Downloads that succeed, at once or in the end.
final class FetchTests: XCTestCase {
  func testTheCacheIsLaidOutAsOtherToolsDo() throws {
    let hub = try FakeHub(self)
    let summary = try hub.fetch().run()
    let snapshot = "snapshots/\(FakeHub.commit)"
    XCTAssertEqual(
      hub.tree(),
      [
        "blobs/92bdb0aff34a95a7c00546c3d608c984294164ed",
        "blobs/d08928a168952dcd1f23061570816ee3b9d5c5c01ec65e00adbda68d328f4dbb",
        "blobs/d2d94a51536129ddc3c5cf32a7df62c6202a637e", "refs/main", "\(snapshot)/config.json",
        "\(snapshot)/model.safetensors", "\(snapshot)/tokenizer.json",
      ])
    XCTAssertEqual(
      try String(contentsOf: hub.folder.appendingPathComponent("refs/main"), encoding: .utf8),
      FakeHub.commit)
    XCTAssertEqual(
      try FileManager.default.destinationOfSymbolicLink(
        atPath: hub.folder.appendingPathComponent("\(snapshot)/config.json").path),
      "../../blobs/d2d94a51536129ddc3c5cf32a7df62c6202a637e")
    XCTAssertEqual(
      summary,
      Fetch.Summary(
        commit: FakeHub.commit, directory: hub.cache.snapshot(FakeHub.commit, of: hub.name),
        files: 3, filesKept: 0, bytes: 300_040))
    try hub.assertIsWhole()
  }

  func testWhatIsThereIsNotDownloadedAgain() throws {
    let hub = try FakeHub(self)
    _ = try hub.fetch().run()
    let before = hub.server.requests.count
    let summary = try hub.fetch().run()
    XCTAssertEqual(summary.filesKept, 3)
    let later = hub.server.requests.dropFirst(before)
    XCTAssertEqual(later.map(\.method), ["GET", "HEAD", "HEAD", "HEAD"])
  }

  func testARevisionIsAskedForAndNamed() throws {
    let hub = try FakeHub(self)
    _ = try hub.fetch("ada/tiny@refs/pr/1").run()
    XCTAssertEqual(hub.server.requests[0].path, "/api/models/ada/tiny/revision/refs%2Fpr%2F1")
    XCTAssertTrue(hub.tree().contains("refs/refs/pr/1"))
    XCTAssertNoThrow(try hub.cache.directory(of: HubName("ada/tiny@refs/pr/1"), needsWeights: true))
    _ = try hub.fetch("ada/tiny@\(FakeHub.commit)").run()
    XCTAssertNoThrow(
      try hub.cache.directory(of: HubName("ada/tiny@\(FakeHub.commit)"), needsWeights: true))
    XCTAssertThrowsError(try hub.cache.directory(of: HubName("ada/tiny"), needsWeights: true))
  }

  func testShardsAreThoseOfTheIndex() throws {
    let index = HubFile(
      name: "model.safetensors.index.json",
      bytes: Array(
        #"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#.utf8),
      hash: "0c131e9e9e7a03c850a86d0acc9f5177effab8d8")
    let shards = [
      HubFile(
        name: "model-1.safetensors", bytes: Array(HubFile.pattern[..<1_000]),
        hash: "c85a431e0fe575b2609289d3a4042414715f400612575a125d2ce5573d608732"),
      HubFile(
        name: "model-2.safetensors", bytes: Array(HubFile.pattern[1_000..<3_000]),
        hash: "e0109348c3c352714b8635f1fd0786ad7253ce1c24018878fa670b4247ecc92e"),
    ]
    let hub = try FakeHub(self, files: [.configuration, index] + shards)
    let summary = try hub.fetch().run()
    XCTAssertEqual(summary.files, 4)
    let folder = try hub.cache.directory(of: HubName("ada/tiny"), needsWeights: true)
    XCTAssertEqual(
      try Data(contentsOf: folder.appendingPathComponent("model-2.safetensors")),
      Data(HubFile.pattern[1_000..<3_000]))

    let lacking = try FakeHub(self, files: [.configuration, index, shards[0]])
    XCTAssertEqual(
      failure(of: try lacking.fetch()),
      "the index of ada/tiny names the shard “model-2.safetensors”, which 127.0.0.1 does not have; "
        + "the model is damaged there")
  }

  func testABrokenDownloadGoesOnWhereItEnded() throws {
    let hub = try FakeHub(self) { request, earlier in
      guard request.path.hasPrefix("/large/"), earlier == 0 else { return nil }
      let rest = Array(HubFile.pattern[request.rangeStart!...])
      let range = "bytes 50000-299999/300000"
      return [
        .reply(206, ["Content-Range": range, "Content-Length": "250000"], Array(rest[..<100_000])),
        .hangUp,
      ]
    }
    try hub.leavePartial(Array(HubFile.pattern[..<50_000]))
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests.map(\.rangeStart), [50_000, 150_000])
    try hub.assertIsWhole()
  }

  func testAPartialFileThatIsWholeIsOnlyChecked() throws {
    let hub = try FakeHub(self)
    try hub.leavePartial(HubFile.pattern)
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests, [])
    try hub.assertIsWhole()
  }

  func testAServerThatSendsTheWholeInsteadOfTheRestIsUnderstood() throws {
    let hub = try FakeHub(self) { request, _ in
      request.path.hasPrefix("/large/") ? [.reply(200, [:], HubFile.pattern)] : nil
    }
    try hub.leavePartial(Array(HubFile.pattern[..<50_000]))
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests.count, 1)
    try hub.assertIsWhole()
  }

  func testAServerThatRefusesRangesIsAskedForTheWhole() throws {
    let hub = try FakeHub(self) { request, _ in
      request.path.hasPrefix("/large/") && request.rangeStart != nil ? [.reply(416)] : nil
    }
    try hub.leavePartial(Array(HubFile.pattern[..<50_000]))
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests.map(\.rangeStart), [50_000, nil])
    try hub.assertIsWhole()
  }

  func testADamagedPartialFileIsDownloadedAgain() throws {
    let hub = try FakeHub(self)
    try hub.leavePartial([UInt8](repeating: 1, count: 50_000))
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests.map(\.rangeStart), [50_000, nil])
    try hub.assertIsWhole()

    try FileManager.default.removeItem(at: hub.home)
    try hub.leavePartial([UInt8](repeating: 1, count: 300_001))
    _ = try hub.fetch().run()
    try hub.assertIsWhole()
  }

  func testADamagedBlobIsReplaced() throws {
    let hub = try FakeHub(self)
    _ = try hub.fetch().run()
    let blob = hub.folder.appendingPathComponent("blobs/\(HubFile.weights.hash)")
    try Data(HubFile.pattern[..<10]).write(to: blob)
    XCTAssertEqual(try hub.fetch().run().filesKept, 2)
    try hub.assertIsWhole()
  }

  func testAServerInTroubleIsAskedAgain() throws {
    let hub = try FakeHub(self) { request, earlier in
      guard request.path != "/api/models/ada/tiny/revision/main", earlier < 2 else { return nil }
      return switch earlier {
      case 0: [.reply(503)]
      // The end of the header never comes.
      default: [.send(Array("HTTP/1.1 200 OK\r\nContent-Le".utf8)), .hangUp]
      }
    }
    _ = try hub.fetch().run()
    try hub.assertIsWhole()
  }

  func testTheTokenStaysWithTheHub() throws {
    let hub = try FakeHub(self)
    _ = try hub.fetch(token: "hf_secret").run()
    let requests = hub.server.requests
    for request in requests {
      let isHub = request.fields["host"]!.hasPrefix("127.0.0.1")
      XCTAssertEqual(isHub, !request.path.hasPrefix("/large/"))
      XCTAssertEqual(request.fields["authorization"], isHub ? "Bearer hf_secret" : nil)
    }
    XCTAssertEqual(requests.count { $0.path.hasPrefix("/large/") }, 1)
  }

  func testTwoAtOnceDownloadOnce() throws {
    let hub = try FakeHub(self)
    let fetches = try (0..<2).map { _ in try hub.fetch() }
    let problems = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      do { _ = try fetches[index].run() } catch { problems.withLock { $0.append("\(error)") } }
    }
    XCTAssertEqual(problems.withLock { $0 }, [])
    XCTAssertEqual(hub.weightRequests.count, 1)
    try hub.assertIsWhole()
  }

  func testWhatAnotherHoldsIsWaitedFor() throws {
    let hub = try FakeHub(self)
    let events = Mutex<[Fetch.Event]>([])
    let stops = Mutex(false)
    let place = hub.cache.lock(HubFile.weights.hash, of: hub.name)
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    let lock = try XCTUnwrap(FileLock.take(place))
    let fetch = try hub.fetch(
      isStopped: { stops.withLock { $0 } },
      report: { event in
        events.withLock { $0.append(event) }
        if case .waits = event { stops.withLock { $0 = true } }
      })
    XCTAssertThrowsError(try fetch.run()) { XCTAssertEqual($0 as? HubError, .stopped) }
    XCTAssertEqual(events.withLock { $0.last }, .waits(file: "model.safetensors"))
    XCTAssertEqual(hub.weightRequests, [])
    withExtendedLifetime(lock) {}
  }

  func testProgressCountsEveryByteOnce() throws {
    let hub = try FakeHub(self)
    try hub.leavePartial(Array(HubFile.pattern[..<50_000]))
    let events = Mutex<[Fetch.Event]>([])
    _ = try hub.fetch(report: { event in events.withLock { $0.append(event) } }).run()
    let done = events.withLock { $0 }.compactMap { event -> Int? in
      guard case .progress(let done, 300_040, _) = event else { return nil }
      return done
    }
    XCTAssertEqual(done, done.sorted())
    XCTAssertEqual(done.last, 300_040)
    XCTAssertTrue(done.contains(50_040))
  }

  func testStoppingKeepsWhatCameForTheNextTime() throws {
    let hub = try FakeHub(self) { request, earlier in
      guard request.path.hasPrefix("/large/"), earlier == 0 else { return nil }
      return [
        .reply(200, ["Content-Length": "300000"], Array(HubFile.pattern[..<100_000])), .stall,
      ]
    }
    let stops = Mutex(false)
    let fetch = try hub.fetch(
      isStopped: { stops.withLock { $0 } },
      report: { event in
        if case .progress(100_040, _, _) = event { stops.withLock { $0 = true } }
      })
    XCTAssertThrowsError(try fetch.run()) { XCTAssertEqual($0 as? HubError, .stopped) }
    XCTAssertEqual(try Data(contentsOf: hub.partial), Data(HubFile.pattern[..<100_000]))
    XCTAssertThrowsError(try hub.cache.directory(of: hub.name, needsWeights: true)) {
      XCTAssertEqual(
        "\($0)",
        "ada/tiny is only partly in the hub cache \(hub.home.path)/hub: its download did not end; "
          + "to download the rest, run: headlight fetch ada/tiny.")
    }
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests.map(\.rangeStart), [nil, 100_000])
    try hub.assertIsWhole()
  }
}

extension FakeHub {
  var name: HubName { try! HubName("ada/tiny") }
}
