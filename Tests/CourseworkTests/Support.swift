import Coursework
import CourseworkFixture
import Foundation
import Synchronization
import XCTest

/// The practice sheet's program, with the answers of somebody.
func practiceProgram(_ whose: String) -> [String] {
  return ["/usr/bin/env", "PRACTICE=\(whose)", ThisProgram.sibling("CourseworkFixture").path]
}

extension XCTestCase {
  /// A folder that is gone after the test.
  func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "coursework-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }
}

/// A terminal that keeps what is written to it.
final class Recorder: Sendable {
  private let kept = Mutex("")

  var text: String { kept.withLock { $0 } }

  func terminal(
    width: Int = 80, isInteractive: Bool = false, hasColours: Bool = false
  ) -> Terminal {
    Terminal(width: width, isInteractive: isInteractive, hasColours: hasColours) { text in
      self.kept.withLock { $0 += text }
    }
  }
}
