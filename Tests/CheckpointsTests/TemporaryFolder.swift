import Checkpoints
import Foundation
import XCTest

/// A folder of its own for one test, removed when the test ends.
struct TemporaryFolder {
  let url: URL

  init(_ test: XCTestCase) throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    test.addTeardownBlock { try FileManager.default.removeItem(at: url) }
    self.url = url
  }

  func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// Writes a safetensors file of any header and any data, right or wrong.
  func safetensors(_ name: String, header: String, data: Int, length: UInt64? = nil) throws -> URL {
    let header = Array(header.utf8)
    let length = length ?? UInt64(header.count)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
    try Data(prefix + header + [UInt8](repeating: 0, count: data)).write(to: file(name))
    return file(name)
  }

  /// The names of everything in the folder, hidden files too.
  func contents() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
  }
}

/// A committed fixture by its path under `Tests/Fixtures`.
func fixture(_ path: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/\(path)")
}

/// The sentence that an expression fails with; the test fails when it does not, or says more.
func sentence<T>(
  _ body: @autoclosure () throws -> T, file: StaticString = #filePath, line: UInt = #line
) -> String {
  do {
    _ = try body()
    XCTFail("no error was thrown", file: file, line: line)
    return ""
  } catch let error as CheckpointError {
    let text = error.description
    XCTAssertTrue(text.hasSuffix(".") && !text.contains("\n"), text, file: file, line: line)
    return text
  } catch {
    XCTFail("not a CheckpointError: \(error)", file: file, line: line)
    return ""
  }
}
