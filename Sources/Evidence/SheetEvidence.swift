package import Foundation

/// What the literature found and what is here, in the text of a sheet: a table between two marks, made
/// from results as the page of all of them is.
package struct SheetEvidence {
  private static let (first, last) = (
    "<!-- evidence: made by headlight evidence -->", "<!-- end of evidence -->"
  )
  private let page: EvidencePage

  package init(_ page: EvidencePage) { self.page = page }

  /// The texts of sheets below a folder that have the marks, with their tables made again.
  ///
  /// - Parameter sheets: The folder of all sheets, with a folder such as `6-Patchscopes` of each.
  /// - Throws: What reading throws, or ``NotAsked`` where a text has one mark without the other.
  package func texts(below sheets: URL) throws -> [(file: URL, text: String)] {
    try FileManager.default.contentsOfDirectory(atPath: sheets.path).sorted().compactMap { name in
      guard let number = name.split(separator: "-").first.flatMap({ Int($0) }) else { return nil }
      let file = sheets.appending(path: "\(name)/README.md")
      let text = try String(contentsOf: file, encoding: .utf8)
      guard let begin = text.range(of: Self.first) else { return nil }
      guard let end = text.range(of: Self.last, range: begin.upperBound..<text.endIndex) else {
        throw NotAsked("\(name)/README.md has “\(Self.first)” and no “\(Self.last)” behind it")
      }
      return (
        file,
        text.replacingCharacters(
          in: begin.upperBound..<end.lowerBound, with: "\n\(table(ofSheet: number))\n")
      )
    }
  }

  /// What a sheet's findings are, what was published, and for each model the number that the finding's
  /// rule asks for first.
  private func table(ofSheet number: Int) -> String {
    var rows = [
      ["found", "published", "model", "here, with 95 %", ""], Array(repeating: "---", count: 5),
    ]
    for finding in Finding.all where finding.sheet == number {
      let own = page.models.compactMap { page.result(finding, $0) }.filter { $0.verdict != nil }
      for (index, result) in own.enumerated() {
        let name = finding.rule.criteria.first?.measurement
        let measurement = result.measurements.first { $0.name == name } ?? result.measurements.first
        rows.append([
          index == 0
            ? "[\(finding.title)](../../Documentation/Evidence.md#\(finding.name))" : "",
          index == 0
            ? finding.published.map { "\($0.text) – \($0.model)" }.joined(separator: "; ") : "",
          result.model,
          measurement.map { "\($0.name): \($0.valueText), \($0.count) \($0.unit)" } ?? "",
          EvidencePage.mark(result),
        ])
      }
    }
    return rows.map(page.row).joined(separator: "\n")
      + "\n\n● appears, ◐ in part, ○ does not."
  }
}
