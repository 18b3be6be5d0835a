import Foundation
import XCTest

/// A browser that shows a page and says what became of it.
struct Browser {
  private let program: String

  /// - Throws: `XCTSkip` where there is none.
  init() throws {
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    guard let program = places.first(where: FileManager.default.isExecutableFile) else {
      throw XCTSkip("there is no Chromium here; apt-get install chromium")
    }
    self.program = program
  }

  /// The page after its script, as HTML, without what the script read.
  ///
  /// - Parameters:
  ///   - place: What follows # in its address.
  ///   - script: What is run in it at the end.
  func shown(_ file: URL, at place: String = "", then script: String = "") throws -> String {
    guard !script.isEmpty else { return try dumped(file, at: place) }
    let page = try String(contentsOf: file, encoding: .utf8)
    let played = file.deletingPathExtension().appendingPathExtension("played.html")
    let end =
      "<script>document.documentElement.dataset.focused = document.hasFocus();\(script)</script>\n"
      + "</body>"
    try page.replacingOccurrences(of: "</body>", with: end, options: [.literal, .backwards])
      .write(to: played, atomically: true, encoding: .utf8)
    // On a busy machine the script may run before the window has the focus, and then nothing has.
    var shown = ""
    for _ in 0..<10 {
      shown = try dumped(played, at: place)
      if !shown.contains("data-focused=\"false\"") { break }
    }
    return shown
  }

  private func dumped(_ file: URL, at place: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--user-data-dir=\(file.deletingLastPathComponent().path)/profile", "--dump-dom",
      "file://\(file.path)#\(place)",
    ]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let parts = String(decoding: data, as: UTF8.self)
      .components(separatedBy: "<script type=\"application/json\"")
    return parts[0]
      + parts.dropFirst().map { $0.components(separatedBy: "</script>").dropFirst().joined() }
      .joined()
  }

  /// The cells of the body of a table with an id, without what names its rows.
  static func rows(of id: String, in page: String) -> [[String]] {
    guard let table = page.components(separatedBy: "<table id=\"\(id)\">").dropFirst().first else {
      return []
    }
    let body =
      table.components(separatedBy: "</table>")[0]
      .components(separatedBy: "<tbody>").last ?? ""
    return body.components(separatedBy: "<tr").dropFirst().map { row in
      row.components(separatedBy: "<td").dropFirst().map { cell in
        let text = cell.drop { $0 != ">" }.dropFirst()
        return unescaped(String(text.prefix { $0 != "<" }))
      }
    }
  }

  /// The text of the first element with an id, without its tags.
  static func text(of id: String, in page: String) -> String {
    guard let rest = page.components(separatedBy: "id=\"\(id)\"").dropFirst().first else {
      return ""
    }
    let tag = rest.drop { $0 != ">" }.dropFirst()
    var text = ""
    var isTag = false
    // As far as the end of a heading or a preformatted text.
    for character in tag.components(separatedBy: "</h2>")[0].components(separatedBy: "</pre>")[0] {
      if character == "<" { isTag = true }
      if !isTag { text.append(character) }
      if character == ">" { isTag = false }
    }
    return unescaped(text)
  }

  static func unescaped(_ text: String) -> String {
    [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", "\u{A0}"),
      ("&amp;", "&"),
    ]
    .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1, options: .literal) }
  }
}
