package import Foundation

/// The program that runs, and those built beside it.
package enum ThisProgram {
  /// The file of the program that runs.
  package static var url: URL {
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: link ?? Bundle.main.executablePath ?? CommandLine.arguments[0])
  }

  /// Where a program of the same build lies, as `Sheet1` does beside `headlight`.
  package static func sibling(_ name: String) -> URL {
    url.deletingLastPathComponent().appending(path: name)
  }
}
