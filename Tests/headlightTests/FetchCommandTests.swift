import Checkpoints
import Foundation
@testable import Hub
import XCTest

@testable import headlight

final class FetchCommandTests: XCTestCase {
  func testNamesAndRevisionsAreCheckedFirst() throws {
    try assertFails(
      ["fetch", "a/b/c"],
      "“a/b/c” is no name of a model on the hub; one is written OWNER/NAME, as in "
        + "google/flan-t5-small, in letters, digits, “-”, “_” and “.”.")
    try assertFails(
      ["fetch", "a/b", "--revision", "../c"],
      "“../c” is no revision; one is a branch, a tag or a commit, as in main.")
    try assertFails(
      ["fetch", "a/b@c", "--revision", "d"], code: 64,
      "the revision is named twice; give it after @ or with --revision")
  }

  func testWhatWasFetchedIsToldInTwoLines() throws {
    let folder = URL(fileURLWithPath: "/hub/models--ada--tiny/snapshots/c")
    func text(kept: Int) throws -> String {
      FetchView.text(
        of: Fetch.Summary(
          commit: "c", directory: folder, files: 3, filesKept: kept, bytes: 308_440_000),
        try HubName("ada/tiny@v2"))
    }
    XCTAssertEqual(
      try text(kept: 0),
      """
      ada/tiny@v2 is in \(folder.path): 3 files, 308.4 MB.
      Use it as --model ada/tiny@v2
      """)
    XCTAssertTrue(try text(kept: 1).contains("308.4 MB, 1 of them there already.\n"))
    XCTAssertTrue(try text(kept: 3).contains("308.4 MB, all of them there already.\n"))
  }

  func testSizesAreForPeople() {
    XCTAssertEqual(
      [0, 999, 1_000, 999_949, 999_950, 308_440_000, 2_840_000_000, 5_000_000_000_000].map(
        sizeText),
      ["0 bytes", "999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "308.4 MB", "2.8 GB", "5.0 TB"])
  }

  func testWaitingAndProgressAreLines() {
    let recorder = Recorder()
    let view = FetchView(terminal: recorder.terminal())
    view.show(.waits(file: "model.safetensors"))
    view.show(.progress(done: 1, total: 300_000_000, file: "model.safetensors"))
    view.finish()
    // What takes less than two seconds has no bar.
    XCTAssertEqual(
      recorder.text, "Another process is downloading model.safetensors; waiting for it.\n")
  }
}
