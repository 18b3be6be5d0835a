import Checkpoints
import Foundation
import XCTest

@testable import Hub

/// Downloads that fail: with one sentence, and with nothing wrong left in the cache.
final class RefusalTests: XCTestCase {
  /// A hub whose large file is answered in one way every time.
  private func hub(large steps: [LoopbackServer.Step]) throws -> FakeHub {
    try FakeHub(self) { request, _ in request.path.hasPrefix("/large/") ? steps : nil }
  }

  /// A hub whose description of the model is answered in one way every time.
  private func hub(description step: LoopbackServer.Step) throws -> FakeHub {
    try FakeHub(self) { request, _ in request.path.hasPrefix("/api/") ? [step] : nil }
  }

  private func assertNothingIsThere(
    _ hub: FakeHub, file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertFalse(hub.tree().contains("blobs/\(HubFile.weights.hash)"), file: file, line: line)
    XCTAssertFalse(hub.tree().contains("refs/main"), file: file, line: line)
    XCTAssertThrowsError(
      try hub.cache.directory(of: hub.name, needsWeights: true), file: file, line: line)
  }

  func testAnotherContentThanTheHashSaysIsThrownAway() throws {
    let hub = try hub(large: [.reply(200, [:], [UInt8](repeating: 7, count: 300_000))])
    XCTAssertEqual(
      failure(of: try hub.fetch()),
      "127.0.0.1 sent model.safetensors with another content than its hash d08928a16895… says; it "
        + "was thrown away; try again later")
    XCTAssertEqual(try Data(contentsOf: hub.partial).count, 0)
    assertNothingIsThere(hub)
    XCTAssertEqual(hub.weightRequests.count, 1)
  }

  func testASmallFileIsCheckedToo() throws {
    let hub = try FakeHub(self) { request, _ in
      request.method == "GET" && request.path.hasSuffix("/config.json")
        ? [.reply(200, [:], Array("{\"model_type\": \"t6\"}\n".utf8))] : nil
    }
    XCTAssertEqual(
      failure(of: try hub.fetch()),
      "127.0.0.1 sent config.json with another content than its hash d2d94a515361… says; it was "
        + "thrown away; try again later")
    assertNothingIsThere(hub)
  }

  func testASilentServerIsGivenUp() throws {
    let hub = try hub(large: [.send(Array("HTTP/1.1 200 OK\r\n".utf8)), .stall])
    XCTAssertEqual(
      failure(of: try hub.fetch(stall: 0.15)),
      "localhost has sent nothing for 1 s; try again later")
    XCTAssertEqual(hub.weightRequests.count, Patience().attempts)
    assertNothingIsThere(hub)
  }

  func testEveryAttemptThatBringsSomethingIsFollowedByAnother() throws {
    let hub = try FakeHub(self) { request, earlier in
      guard request.path.hasPrefix("/large/") else { return nil }
      let start = request.rangeStart ?? 0
      let end = min(start + 40_000, 300_000)
      let fields = ["Content-Length": "\(300_000 - start)"]
      return start == 0
        ? [.reply(200, fields, Array(HubFile.pattern[..<end])), .hangUp]
        : [
          .reply(
            206, fields.merging(["Content-Range": "bytes \(start)-299999/300000"]) { $1 },
            Array(HubFile.pattern[start..<end])), .hangUp,
        ]
    }
    _ = try hub.fetch().run()
    XCTAssertEqual(hub.weightRequests.count, 8)
    try hub.assertIsWhole()
  }

  func testATooShortFileIsNotTakenForWhole() throws {
    let hub = try FakeHub(self) { request, _ in
      guard request.path.hasPrefix("/large/") else { return nil }
      guard let start = request.rangeStart else {
        return [.reply(200, [:], Array(HubFile.pattern[..<1_000]))]
      }
      return [.reply(206, ["Content-Range": "bytes \(start)-\(start)/1000"])]
    }
    XCTAssertEqual(
      failure(of: try hub.fetch()),
      "127.0.0.1 sent only 1000 of the 300000 bytes of model.safetensors; run the same command "
        + "again")
    assertNothingIsThere(hub)
  }

  func testATooLongFileIsNotWritten() throws {
    for steps: [LoopbackServer.Step] in [
      [.reply(200, [:], HubFile.pattern + [1])],
      // Without a length the body ends with the connection.
      [.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + HubFile.pattern + HubFile.pattern), .hangUp],
    ] {
      let hub = try hub(large: steps)
      XCTAssertEqual(
        failure(of: try hub.fetch()), "127.0.0.1 sends more than the 300000 bytes that it promised")
      XCTAssertLessThanOrEqual(try Data(contentsOf: hub.partial).count, 300_000)
      assertNothingIsThere(hub)
    }
  }

  func testAWrongPartIsRefused() throws {
    let hub = try hub(
      large: [
        .reply(206, ["Content-Range": "bytes 0-9/300000"], Array(HubFile.pattern[..<10]))
      ])
    try hub.leavePartial(Array(HubFile.pattern[..<50_000]))
    XCTAssertEqual(
      failure(of: try hub.fetch()), "127.0.0.1 sent another part of a file than was asked for")
    XCTAssertEqual(try Data(contentsOf: hub.partial).count, 50_000)
  }

  func testHangingUpInTheHeaderIsASentence() throws {
    let hub = try hub(large: [.send(Array("HTTP/1.1 200 OK\r\nContent-Le".utf8)), .hangUp])
    XCTAssertEqual(
      failure(of: try hub.fetch()),
      "localhost hung up before its reply was whole; try again")
    assertNothingIsThere(hub)
  }

  func testWhatIsNoHTTPIsASentence() throws {
    let hub = try hub(large: [.send(Array("SSH-2.0-server\r\n\r\n".utf8)), .hangUp])
    let sentence = failure(of: try hub.fetch())
    XCTAssertTrue(sentence.hasPrefix("the connection to localhost broke ("), sentence)
  }

  func testTooManyRedirectsAreASentence() throws {
    let hub = try FakeHub(self) { request, _ in
      request.path.hasPrefix("/large/") ? [.reply(302, ["Location": request.path])] : nil
    }
    XCTAssertEqual(
      failure(of: try hub.fetch()), "localhost redirects again and again; try again later")
    let elsewhere = try self.hub(large: [.reply(302, ["Location": "file:///etc/passwd"])])
    XCTAssertEqual(
      failure(of: try elsewhere.fetch()),
      "localhost redirects to “file:///etc/passwd”, which is no web address")
  }

  func testRefusalsSayWhatToDo() throws {
    let gated = try hub(description: .reply(401, ["X-Error-Code": "GatedRepo"]))
    let page = "http://127.0.0.1:\(gated.server.port)/ada/tiny"
    XCTAssertEqual(
      failure(of: try gated.fetch()),
      "ada/tiny is gated (401); accept its terms at \(page), and set HF_TOKEN to a token of your "
        + "account")
    let forbidden = try hub(description: .reply(403))
    XCTAssertEqual(
      failure(of: try forbidden.fetch(token: "hf_secret")),
      "the account of HF_TOKEN may not read ada/tiny (403); accept its terms at "
        + "http://127.0.0.1:\(forbidden.server.port)/ada/tiny as that account, and see that the "
        + "token may read models")
    XCTAssertEqual(
      failure(of: try hub(description: .reply(401)).fetch()),
      "127.0.0.1 has no public model ada/tiny (401); check the name, and if the model is private or "
        + "gated, set HF_TOKEN to a token of an account that may read it")
    XCTAssertEqual(
      failure(of: try hub(description: .reply(401)).fetch(token: "hf_secret")),
      "127.0.0.1 has no model ada/tiny that the token in HF_TOKEN may read (401); check the name and "
        + "the token")
    XCTAssertEqual(
      failure(of: try hub(description: .reply(404)).fetch()),
      "127.0.0.1 has no model ada/tiny (404); check the name, which is written OWNER/NAME")
    let revision = try hub(description: .reply(404, ["X-Error-Code": "RevisionNotFound"]))
    XCTAssertEqual(
      failure(of: try revision.fetch("ada/tiny@v9")),
      "ada/tiny has no revision v9 on 127.0.0.1 (404); its branches and tags are listed at "
        + "http://127.0.0.1:\(revision.server.port)/ada/tiny")
    let broken = try hub(description: .reply(500))
    XCTAssertEqual(
      failure(of: try broken.fetch()),
      "127.0.0.1 is in trouble and answers with status 500; try again later")
    XCTAssertEqual(broken.server.requests.count, Patience().attempts)
  }

  func testWithoutANetworkTheSentenceComesAtOnce() throws {
    let hub = try FakeHub(self)
    hub.server.stop()
    let sentence = failure(of: try hub.fetch())
    XCTAssertTrue(sentence.hasPrefix("127.0.0.1 cannot be reached ("), sentence)
    XCTAssertTrue(sentence.hasSuffix("); is there a network?"), sentence)
  }

  func testNamesThatLeadOutOfTheFolderAreRefused() throws {
    for name in ["../config.json", "/etc/passwd", "a/../../b", "a//b", "a\\b", "", "a\n"] {
      let hub = try FakeHub(self, listed: ["config.json", "model.safetensors", name])
      let sentence = failure(of: try hub.fetch())
      XCTAssertTrue(sentence.hasPrefix("127.0.0.1 lists a file “"), sentence)
      XCTAssertTrue(
        sentence.hasSuffix("would be written outside the model's folder; nothing was downloaded"),
        sentence)
      XCTAssertEqual(hub.tree(), [])
    }
    let index = HubFile(
      name: "model.safetensors.index.json", bytes: Array(#"{"weight_map": {"a": "../a"}}"#.utf8),
      hash: "7c358eee9e34fc7050469805ca6ef23079db4ca0")
    let hub = try FakeHub(self, files: [.configuration, index])
    let sentence = failure(of: try hub.fetch())
    XCTAssertTrue(
      sentence.hasSuffix("names the shard “../a”, and only a file in its own folder is allowed."),
      sentence)
  }

  func testAModelWithoutSafetensorsIsRefusedBeforeAnythingIsDownloaded() throws {
    let hub = try FakeHub(self, listed: ["config.json", "pytorch_model.bin"])
    XCTAssertEqual(
      failure(of: try hub.fetch()),
      "ada/tiny has no safetensors on 127.0.0.1, only pytorch_model.bin, which can run code when it "
        + "is read; convert it: load the model in Python, write it with save_pretrained(\"DIR\"), and "
        + "give --model DIR")
    XCTAssertEqual(hub.tree(), [])
    XCTAssertEqual(
      failure(of: try FakeHub(self, listed: ["README.md"]).fetch()),
      "ada/tiny has no config.json on 127.0.0.1, so it is no model in the Hugging Face layout")
  }

  func testADescriptionThatIsNoneIsRefused() throws {
    let expected =
      "127.0.0.1 does not describe ada/tiny as the hub does: a JSON object with sha and siblings is "
      + "expected; is HF_ENDPOINT right?"
    for text in ["<html>", "[]", "{\"sha\": 5}", String(repeating: "[", count: 100_000)] {
      let hub = try hub(description: .reply(200, [:], Array(text.utf8)))
      XCTAssertEqual(failure(of: try hub.fetch()), expected)
    }
    let commit = try hub(
      description: .reply(200, [:], Array("{\"sha\": \"../..\", \"siblings\": []}".utf8)))
    XCTAssertEqual(
      failure(of: try commit.fetch()),
      "127.0.0.1 gives ada/tiny the commit “../..”, where 40 digits are expected")
  }

  func testAFileWithoutAHashOrALengthIsRefused() throws {
    func hub(_ fields: [String: String]) throws -> FakeHub {
      try FakeHub(self) { request, _ in
        guard request.method == "HEAD" else { return nil }
        let lines = fields.map { "\($0.key): \($0.value)\r\n" }.joined()
        return [.send(Array("HTTP/1.1 200 OK\r\n\(lines)\r\n".utf8)), .hangUp]
      }
    }
    XCTAssertEqual(
      failure(of: try hub(["ETag": "\"../../x\"", "Content-Length": "5"]).fetch()),
      "127.0.0.1 gives no hash of config.json in ada/tiny by which it could be checked; is "
        + "HF_ENDPOINT a hub?")
    let tag = "\"\(HubFile.configuration.hash)\""
    XCTAssertEqual(
      failure(of: try hub(["ETag": tag]).fetch()),
      "127.0.0.1 does not say how long config.json in ada/tiny is")
    let large = try hub(["ETag": tag, "Content-Length": "900000000000000000"])
    let sentence = failure(of: try large.fetch())
    XCTAssertTrue(
      sentence.hasPrefix("ada/tiny needs ") && sentence.contains(" more on the disk of "), sentence)
  }

  func testAFolderThatCannotBeMadeIsASentence() throws {
    let hub = try FakeHub(self)
    try Data().write(to: hub.home)
    XCTAssertEqual(
      failure(of: try hub.fetch()),
      "the folder \(hub.home.path)/hub/models--ada--tiny/blobs cannot be made: not a directory")
  }

  func testSettingsThatMakeNoSenseAreNamed() throws {
    func sentence(_ environment: [String: String]) -> String {
      do {
        _ = try Endpoint(environment: environment)
        return ""
      } catch { return "\(error)" }
    }
    XCTAssertEqual(sentence([:]), "")
    for address in ["ftp://hub", "hub.example", "http://", "https://hub.example?x"] {
      XCTAssertEqual(
        sentence(["HF_ENDPOINT": address]),
        "HF_ENDPOINT is “\(address)”, and an address such as https://huggingface.co is expected")
    }
    XCTAssertEqual(
      sentence(["HF_TOKEN": "a\r\nX-Evil: b"]),
      "HF_TOKEN holds a character that no token has; copy the token again")
  }

  func testAStepBackFromEncryptionIsRefused() throws {
    let endpoint = try Endpoint(environment: [:])
    let source = URL(string: "https://huggingface.co/a/b")!
    XCTAssertThrowsError(try endpoint.target(of: "http://huggingface.co/a/c", from: source))
    XCTAssertEqual(
      try endpoint.target(of: "/a/c?d=e", from: source).absoluteString,
      "https://huggingface.co/a/c?d=e")
  }

  func testPausesDoubleUpToTheLongest() {
    let patience = Patience()
    XCTAssertEqual(
      (1...7).map(patience.pause), [1, 2, 4, 8, 16, 30, 30])
  }
}
