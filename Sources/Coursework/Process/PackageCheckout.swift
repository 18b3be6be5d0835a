package import Foundation

/// The checkout of the package that this program was built in.
package struct PackageCheckout: Sendable {
  /// The folder of `Package.swift` and `Sheets`.
  package let folder: URL
  /// SwiftPM's folder, most often `.build`.
  package let scratch: URL
  /// `debug` or `release`.
  package let configuration: String
  /// The folder that the build's programs and modules lie in.
  package let products: URL

  /// The checkout that a program lies in as SwiftPM builds it, `…/.build/TRIPLE/debug/headlight`,
  /// or nil when it lies elsewhere.
  package init?(of program: URL) {
    products = program.deletingLastPathComponent()
    scratch = products.deletingLastPathComponent().deletingLastPathComponent()
    configuration = products.lastPathComponent
    let candidates = [
      scratch.deletingLastPathComponent(),
      URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
    ]
    guard ["debug", "release"].contains(configuration),
      let folder = candidates.first(where: Self.holdsCourse)
    else { return nil }
    self.folder = folder
  }

  /// Where progress and sheets are: the checkout, or the nearest folder upwards that holds the
  /// course, or the current folder.
  package static func courseFolder(of program: URL = ThisProgram.url) -> URL {
    if let checkout = PackageCheckout(of: program) { return checkout.folder }
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL
    var candidate = here
    while !holdsCourse(candidate) {
      guard candidate.path != "/" else { return here }
      candidate = candidate.deletingLastPathComponent().standardizedFileURL
    }
    return candidate
  }

  private static func holdsCourse(_ folder: URL) -> Bool {
    ["Package.swift", "Sheets"].allSatisfy {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
    }
  }
}
