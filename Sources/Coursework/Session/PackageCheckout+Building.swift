import Answering
import Foundation

extension PackageCheckout {
  /// Whether a sheet's program is there and newer than everything it is made of.
  func isCurrent(_ program: URL, of sheet: Sheet) -> Bool {
    guard let built = Self.changed(program) else { return false }
    let places = ["Package.swift", "Sheets/\(sheet.folder)", "Sources"]
    for place in places.map(folder.appendingPathComponent) {
      let files = FileManager.default.enumerator(
        at: place, includingPropertiesForKeys: [.contentModificationDateKey])
      let all = [place] + (files?.compactMap { $0 as? URL } ?? [])
      for file in all where file.pathExtension == "swift" {
        if let changed = Self.changed(file), changed > built { return false }
      }
    }
    return true
  }

  private static func changed(_ file: URL) -> Date? {
    try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
  }

  /// Builds a program of the package.
  ///
  /// - Throws: ``BuildError`` with what the compiler said.
  func build(_ product: String) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "swift", "build", "--package-path", folder.path, "--scratch-path", scratch.path,
      "--configuration", configuration, "--product", product,
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    do { try process.run() } catch {
      throw BuildError("`swift build` could not be started: \(error.localizedDescription)")
    }
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus != 0 || process.terminationReason != .exit else { return }
    throw BuildError(
      Self.sentence(
        status: process.terminationStatus, said: said, product, folder: folder))
  }

  /// Why a build failed: every error the compiler found, a line each, paths from the package's
  /// folder; all it said when none can be told apart.
  static func sentence(status: Int32, said: Data, _ product: String, folder: URL) -> String {
    if status == 127 {
      return "\(product) is to be built, and there is no `swift` to build it with in your PATH"
    }
    let text = printable(
      String(decoding: said, as: UTF8.self), limit: 100_000, keepingLines: true)
    let lines = text.split(separator: "\n").map(String.init)
    var seen: Set<String> = []
    let errors = lines.filter { $0.hasPrefix("/") && $0.contains(": error: ") }
      .map { $0.replacingOccurrences(of: folder.path + "/", with: "") }
      .filter { seen.insert($0).inserted }
    let shown = errors.isEmpty ? lines.suffix(20) : errors.prefix(20)
    return "\(product) does not build, so nothing was checked:\n" + shown.joined(separator: "\n")
  }
}

/// Why a program could not be built, as the person at the terminal reads it.
package struct BuildError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
