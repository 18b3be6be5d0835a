import Foundation
import XCTest

/// Answers are written with the vocabulary alone: neither methods nor oracles are within their reach.
final class WhatAnswersImportTests: XCTestCase {
  /// What a student's file may import.
  private static let allowed = [
    "Answering", "Foundation", "Tensors", "Transformers",
  ]

  func testAnswersImportTheVocabularyAlone() throws {
    let files = try Self.answers("Sheets") + Self.answers("Solutions")
    XCTAssertGreaterThanOrEqual(files.count, 10)
    for file in files {
      let title = file.deletingLastPathComponent().lastPathComponent.drop { $0 != "-" }.dropFirst()
      let stray = Set(try Self.imports(of: file)).subtracting(Self.allowed + ["\(title)Vocabulary"])
      XCTAssertEqual(stray.sorted(), [], file.path)
    }
  }

  /// A stub has the imports that its solution needs, so that nobody has to guess them.
  func testStubsImportWhatSolutionsDo() throws {
    for (stub, solution) in zip(try Self.answers("Sheets"), try Self.answers("Solutions")) {
      XCTAssertEqual(try Self.imports(of: stub), try Self.imports(of: solution), stub.path)
    }
  }

  private static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"),
        words[..<place].allSatisfy({ $0.hasPrefix("@") || $0 == "public" })
      else { return nil }
      return words.last.map(String.init)
    }
  }

  private static func answers(_ folder: String) throws -> [URL] {
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try FileManager.default.contentsOfDirectory(
      at: package.appending(path: folder), includingPropertiesForKeys: nil
    )
    .map { $0.appending(path: "Answers.swift") }
    .filter { FileManager.default.fileExists(atPath: $0.path) }
    .sorted { $0.path < $1.path }
  }
}
