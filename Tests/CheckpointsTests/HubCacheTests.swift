import Checkpoints
import Foundation
import XCTest

/// The lookup of models in folders laid out by hand, as other tools lay them out.
final class HubCacheTests: XCTestCase {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"
  private let tiny = try! HubName("ada/tiny")

  /// A cache that holds files of a commit, each a link into `blobs`, and references to it.
  private func cache(
    files: [String: String] = ["config.json": "{}", "model.safetensors": ""],
    references: [String] = ["main"], commit: String = commit
  ) throws -> HubCache {
    let cache = HubCache(folder: try TemporaryFolder(self).url)
    let folder = cache.folder.appendingPathComponent("models--ada--tiny")
    func write(_ text: String, _ path: String) throws {
      let file = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    for (index, file) in files.sorted(by: { $0.key < $1.key }).enumerated() {
      try write(file.value, "blobs/\(index)")
      let link = folder.appendingPathComponent("snapshots/\(Self.commit)/\(file.key)")
      try FileManager.default.createDirectory(
        at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: link.path, withDestinationPath: "../../blobs/\(index)")
    }
    for reference in references { try write(commit, "refs/\(reference)") }
    return cache
  }

  func testAModelIsFoundByItsReference() throws {
    let cache = try cache(references: ["main", "refs/pr/1"])
    let expected = cache.folder.appendingPathComponent(
      "models--ada--tiny/snapshots/\(Self.commit)")
    for text in ["ada/tiny", "ada/tiny@main", "ada/tiny@refs/pr/1", "ada/tiny@\(Self.commit)"] {
      XCTAssertEqual(
        try cache.directory(of: HubName(text), needsWeights: true).path, expected.path, text)
    }
  }

  func testAReferenceMayEndInALineFeed() throws {
    let cache = try cache(commit: Self.commit + "\n")
    XCTAssertNoThrow(try cache.directory(of: tiny, needsWeights: true))
  }

  func testShardsMustAllBeThere() throws {
    var files = [
      "config.json": "{}", "a.safetensors": "",
      "model.safetensors.index.json": #"{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}"#,
    ]
    var cache = try cache(files: files)
    XCTAssertEqual(
      sentence(try cache.directory(of: tiny, needsWeights: true)),
      "ada/tiny is only partly in the hub cache \(cache.folder.path): b.safetensors is missing; to "
        + "download the rest, run: headlight fetch ada/tiny.")
    files["b.safetensors"] = ""
    cache = try self.cache(files: files)
    XCTAssertNoThrow(try cache.directory(of: tiny, needsWeights: true))
  }

  func testWhatIsMissingIsNamedWithTheCommandThatGetsIt() throws {
    let empty = HubCache(folder: try TemporaryFolder(self).url)
    let place = empty.folder.path
    XCTAssertEqual(
      sentence(try empty.directory(of: HubName("ada/tiny@v2"), needsWeights: true)),
      "ada/tiny@v2 is not in the hub cache \(place); to download it, run: headlight fetch ada/tiny "
        + "--revision v2.")
    let other = try cache()
    XCTAssertEqual(
      sentence(try other.directory(of: HubName("ada/tiny@v2"), needsWeights: true)),
      "the hub cache \(other.folder.path) holds ada/tiny at revision main and not at v2; to download "
        + "it, run: headlight fetch ada/tiny --revision v2.")
    let begun = try cache(references: [])
    XCTAssertEqual(
      sentence(try begun.directory(of: tiny, needsWeights: true)),
      "ada/tiny is only partly in the hub cache \(begun.folder.path): its download did not end; to "
        + "download the rest, run: headlight fetch ada/tiny.")
    for (missing, present) in [
      ("config.json", "model.safetensors"), ("model.safetensors", "config.json"),
    ] {
      let cache = try cache(files: [present: ""])
      XCTAssertEqual(
        sentence(try cache.directory(of: tiny, needsWeights: true)),
        "ada/tiny is only partly in the hub cache \(cache.folder.path): \(missing) is missing; to "
          + "download the rest, run: headlight fetch ada/tiny.")
    }
  }

  func testATokenizerNeedsNoWeights() throws {
    let cache = try cache(files: ["tokenizer.json": "{}"])
    XCTAssertNoThrow(try cache.directory(of: tiny, needsWeights: false))
    XCTAssertTrue(
      sentence(try cache.directory(of: HubName("ada/other"), needsWeights: false)).contains(
        "is not in the hub cache"))
  }

  func testALinkToNothingCountsAsMissing() throws {
    let cache = try cache()
    try FileManager.default.removeItem(
      at: cache.folder.appendingPathComponent("models--ada--tiny/blobs"))
    XCTAssertTrue(
      sentence(try cache.directory(of: tiny, needsWeights: true)).contains("config.json is missing")
    )
  }

  func testAReferenceThatLeadsOutOfTheFolderIsRefused() throws {
    let cache = try cache(commit: "../../../../etc")
    XCTAssertTrue(
      sentence(try cache.directory(of: tiny, needsWeights: true)).hasSuffix(
        "refs/main holds “../../../../etc” where the 40 digits of a commit are expected; to write it "
          + "anew, run: headlight fetch ada/tiny."))
  }

  func testTheEnvironmentNamesTheCache() {
    func folder(_ environment: [String: String]) -> String {
      HubCache(environment: environment).folder.path
    }
    let home = NSHomeDirectory()
    XCTAssertEqual(folder([:]), "\(home)/.cache/huggingface/hub")
    XCTAssertEqual(folder(["HF_HOME": ""]), "\(home)/.cache/huggingface/hub")
    XCTAssertEqual(folder(["XDG_CACHE_HOME": "/c"]), "/c/huggingface/hub")
    XCTAssertEqual(folder(["HF_HOME": "/h", "XDG_CACHE_HOME": "/c"]), "/h/hub")
    XCTAssertEqual(folder(["HF_HOME": "~/h"]), "\(home)/h/hub")
    XCTAssertEqual(folder(["HF_HUB_CACHE": "/k", "HF_HOME": "/h"]), "/k")
    XCTAssertEqual(folder(["HUGGINGFACE_HUB_CACHE": "/k", "HF_HOME": "/h"]), "/k")
  }

  func testNamesKeepTheHubsRules() throws {
    let name = try HubName("google/flan-t5-small@refs/pr/3")
    XCTAssertEqual(name.repository, "google/flan-t5-small")
    XCTAssertEqual(name.revision, "refs/pr/3")
    XCTAssertEqual(name.description, "google/flan-t5-small@refs/pr/3")
    XCTAssertEqual(try HubName("gpt2@main").description, "gpt2")
    for text in [
      "", "/", "a/", "/a", "a/b/c", "../a", "a/..", "a/.b", "-a/b", "a/b-", "a--b/c", "a b/c",
      "a/b\n", "ä/b", "a/" + String(repeating: "b", count: 96), "./a",
    ] {
      let bad = sentence(try HubName(text))
      XCTAssertTrue(bad.contains("no name of a model on the hub"), bad)
    }
    for revision in ["", "..", "a/../b", "/a", "a/", "a//b", ".a", "-a", "a b", "a\n", "a~1"] {
      let bad = sentence(try HubName("a/b@" + revision))
      XCTAssertTrue(bad.contains("is no revision"), bad)
    }
  }
}
