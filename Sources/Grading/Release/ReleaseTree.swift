import Answering
package import Coursework
package import Foundation

/// The part of the package that others get: students, who must find no solution in it, or a machine
/// that grades, which needs none.
package struct ReleaseTree: Sendable {
  /// Who gets it.
  package enum Purpose: Sendable {
    /// Nothing of the instructor's: no solutions, no grading, no tests of the course itself.
    case students
    /// The same with the room that grades and its commands.
    case grading
  }

  /// A file of the tree.
  package struct File: Sendable {
    /// The path from the tree's root, with slashes.
    package let path: String
    package let content: Data
    package let isExecutable: Bool
  }

  private let course: URL
  private let sheets: [Sheet]
  private let purpose: Purpose

  /// The tree of some sheets.
  ///
  /// - Parameter course: The folder of the instructor's package.
  package init(course: URL, sheets: [Sheet], purpose: Purpose) {
    self.course = course
    self.sheets = sheets
    self.purpose = purpose
  }

  /// The files in order of their paths, once it is proved that none holds a line of a solution.
  ///
  /// - Throws: ``ReportError`` when a file is missing, its markers are broken, or it leaks.
  package func files() throws -> [File] {
    var files: [File] = []
    var pictures: Set<String> = []
    for path in try paths() {
      let url = course.appending(path: path)
      guard let content = regularFile(url, atMost: 500_000_000) else {
        throw ReportError("\(path) is missing or no regular file, so nothing can be released")
      }
      let isExecutable = FileManager.default.isExecutableFile(atPath: url.path)
      files.append(
        File(
          path: path, content: try edited(path, content, &pictures), isExecutable: isExecutable))
    }
    for picture in pictures.sorted() {
      guard
        let content = regularFile(course.appending(path: "Solutions/\(picture)"), atMost: 9_000_000)
      else { throw ReportError("Solutions/\(picture) is shown in a text and is not there") }
      files.append(
        File(path: Self.released(picture: picture), content: content, isExecutable: false))
    }
    try checkForLeaks(files)
    return files.sorted { $0.path < $1.path }
  }

  /// Writes the tree into a folder that is new or empty.
  package func write(to folder: URL) throws {
    let files = try files()
    let manager = FileManager.default
    if let there = try? manager.contentsOfDirectory(atPath: folder.path), !there.isEmpty {
      throw ReportError("\(folder.path) is not empty; name a new folder, or delete it first")
    }
    for file in files {
      let url = folder.appending(path: file.path)
      do {
        try manager.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try file.content.write(to: url)
        if file.isExecutable {
          try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
        }
      } catch {
        throw ReportError("\(url.path) could not be written: \(error.localizedDescription)")
      }
    }
  }

  // MARK: What is in it

  /// Only what is named here is ever released, whatever else lies in the package's folder.
  private func paths() throws -> [String] {
    var paths = [
      "Package.swift", "README.md", "setup", ".gitignore", ".swift-format", "Sheets/README.md",
    ]
    for sheet in sheets {
      paths += try contents(of: "Sheets/\(sheet.folder)")
      paths += try contents(of: "Tests/Sheet\(sheet.number)Tests")
    }
    paths += try contents(of: "Sources").filter { path in
      purpose == .grading || !Self.instructorFolders.contains { path.hasPrefix($0) }
    }
    return paths
  }

  private static let instructorFolders = [
    "Sources/Grading/", "Sources/confine/", "Sources/headlight/Grading/",
  ]

  private func contents(of folder: String) throws -> [String] {
    let root = course.appending(path: folder, directoryHint: .isDirectory)
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: root.path) else {
      throw ReportError("\(folder) is not there, so it cannot be released")
    }
    return names.sorted().filter { name in
      var isFolder: ObjCBool = false
      let path = root.appending(path: name).path
      return !name.split(separator: "/").contains { $0.hasPrefix(".") }
        && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.map { "\(folder)/\($0)" }
  }

  // MARK: What is changed in it

  private func edited(_ path: String, _ content: Data, _ pictures: inout Set<String>) throws -> Data
  {
    let isText = path.hasSuffix(".swift") || path.hasSuffix(".md") || path == "setup"
    guard isText else { return content }
    guard var text = String(validating: content, as: UTF8.self) else {
      throw ReportError("\(path) is not text in UTF-8")
    }
    var kinds: Set<Markers.Kind> = [.solution, .hiddenTests]
    if purpose == .students { kinds.insert(.instructor) }
    let isSheet = path.hasPrefix("Sheets/") && path.hasSuffix(".swift")
    text = try Markers(kinds: kinds).strip(
      text, file: path, stub: isSheet ? "throw Unanswered()" : nil)
    if path == "Package.swift" { text = try withoutOtherSheets(text) }
    if path.hasSuffix(".md") {
      text = withPictures(text, in: path, &pictures)
      if path == "README.md" { text = withoutDeadRows(text) }
    }
    return Data(text.utf8)
  }

  /// The manifest with the released sheets in its list and no others.
  private func withoutOtherSheets(_ manifest: String) throws -> String {
    let entry = /[ \t]*\(number: ([0-9]+), title: "[^"]*"(?:, methods: \[[^\]]*\])?\),?[ \t]*\n?/
    let numbers = Set(sheets.map { String($0.number) })
    var found: Set<String> = []
    let text = manifest.replacing(entry) { match in
      guard numbers.contains(String(match.1)) else { return "" }
      found.insert(String(match.1))
      return String(match.0)
    }
    guard found == numbers else {
      let missing = numbers.subtracting(found).sorted().joined(separator: ", ")
      throw ReportError("Package.swift does not list sheet \(missing), so it cannot be released")
    }
    return text
  }

  /// The expected pictures that a text shows go along with it, from a place that is no solution's.
  private func withPictures(_ text: String, in path: String, _ pictures: inout Set<String>)
    -> String
  {
    let up = String(repeating: "../", count: path.split(separator: "/").count - 1)
    return text.replacing(/\((?:\.\.\/)*Solutions\/([0-9A-Za-z-]+\/Figures\/[0-9A-Za-z-]+\.png)\)/)
    {
      let picture = String($0.1)
      pictures.insert(picture)
      return "(\(up)\(Self.released(picture: picture)))"
    }
  }

  private static func released(picture: String) -> String {
    "Sheets/Expected/" + picture.replacing("/Figures/", with: "/")
  }

  /// The text without rows of tables that lead to a sheet or a section that is not there.
  private func withoutDeadRows(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let sections = lines.filter { $0.hasPrefix("#") }.map { line in
      String(line.drop { $0 == "#" }).trimmingCharacters(in: .whitespaces).lowercased()
        .replacing(" ", with: "-")
    }
    return lines.filter { line in
      guard line.hasPrefix("|") else { return true }
      if let match = line.firstMatch(of: /\]\(Sheets\/([^\/)]+)/) {
        return sheets.contains { $0.folder == match.1 }
      }
      if let match = line.firstMatch(of: /\]\(#([^)]+)\)/) {
        return sections.contains(String(match.1))
      }
      return true
    }.joined(separator: "\n")
  }

  // MARK: The proof

  /// - Throws: ``ReportError`` that lists what leaks.
  private func checkForLeaks(_ files: [File]) throws {
    let folders =
      (try? FileManager.default.contentsOfDirectory(
        atPath: course.appending(path: "Solutions").path)) ?? []
    let solutions = folders.sorted().compactMap { folder in
      try? (
        file: "Solutions/\(folder)/Answers.swift",
        text: String(
          contentsOf: course.appending(path: "Solutions/\(folder)/Answers.swift"), encoding: .utf8),
        sheet: String(
          contentsOf: course.appending(path: "Sheets/\(folder)/Answers.swift"), encoding: .utf8)
      )
    }
    let test = LeakTest(solutions: solutions)
    guard test.lineCount > 0 else {
      throw ReportError(
        "there are no solutions in \(course.path) to look for, so nothing would be proved; release "
          + "from the instructor's package")
    }
    let leaks = files.flatMap { test.leaks(in: $0.path, $0.content) }
    guard leaks.isEmpty else {
      let more = leaks.count > 10 ? "\nand \(leaks.count - 10) more" : ""
      throw ReportError(
        "nothing is released, because a solution would be:\n"
          + leaks.prefix(10).joined(separator: "\n") + more)
    }
  }
}
