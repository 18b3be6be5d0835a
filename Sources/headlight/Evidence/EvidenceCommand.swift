import ArgumentParser
import Coursework
import Curriculum
import Evidence
import Figures
import Files
import Foundation

struct EvidenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence",
    abstract: "Measure what the literature found, on the embedded models or on yours.",
    discussion: """
      Every published figure that the sheets treat is measured on the models it can be asked of, with \
      intervals, and judged by a rule that was written down with it: appears, in part, does not.

      Every result is a file in DIR, written as a whole; what is there already of the same model and \
      the same measure is not measured again, so the same command goes on after Ctrl-C. At the end \
      DIR/README.md has all results of DIR as tables, and DIR/Figures has a picture of each finding.

      Example:
        headlight evidence causal-tracing name-movers --output evidence
        headlight evidence --model path/to/a/model --output evidence
      """)

  @Argument(help: "The findings, by name; all of them unless named.")
  var names: [String] = []
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "A model instead of all that come with the package, as other commands take it; may be given "
        + "again. What it cannot be asked is skipped with a sentence.", valueName: "model"))
  var models: [String] = []
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of results.", valueName: "dir"))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "Where the page of all results goes, instead of DIR/README.md.", valueName: "file.md"))
  var page: String?
  @Option(
    help: ArgumentHelp(
      "The folder of sheets, whose tables of findings are written anew.", valueName: "dir"))
  var sheets: String?
  @Flag(inversion: .prefixedNo, help: "Draw a picture of each finding into DIR/Figures.")
  var figures = true
  @Flag(
    help: "List the findings: name, sheet, what was published, and what is asked of which models.")
  var list = false

  func validate() throws {
    for name in names where Finding.named(name) == nil {
      throw ValidationError(
        "there is no finding “\(name)”; there are \(Finding.all.map(\.name).joined(separator: ", "))"
      )
    }
    if output == nil, !list {
      throw ValidationError("give --output DIR for the results, or --list to see what there is")
    }
  }

  func run() throws {
    guard !list else {
      print(chosen.map(Self.entry).joined(separator: "\n\n"))
      return
    }
    let folder = EvidenceFolder(URL(fileURLWithPath: output!).standardizedFileURL)
    do {
      try makeFolder(folder.url)
    } catch {
      throw CommandError("the folder \(error.path) cannot be made: \(error.reason); name another")
    }
    let page = try page.map { try OutputFile.url($0, option: "--page") }
    let texts = try sheets.map(Self.texts) ?? []
    let failures = try measure(into: folder)
    let results = try folder.results().filter { Finding.named($0.finding) != nil }
    try AtomicFile.write(
      Data(EvidencePage(results).markdown.utf8),
      to: page ?? folder.url.appending(path: "README.md"))
    for (number, file, text) in texts {
      guard let new = EvidencePage(results).text(text, ofSheet: number), new != text
      else { continue }
      try AtomicFile.write(Data(new.utf8), to: file)
    }
    if figures { try draw(results, into: folder.url.appending(path: "Figures")) }
    let asked = results.filter { result in chosen.contains { $0.name == result.finding } }
    print(Self.table(of: asked))
    guard StopSignals.signal == nil else {
      Terminal.standardError.print(
        "Stopped: what is measured is kept; the same command goes on from here.")
      throw ExitCode(128 + (StopSignals.signal ?? SIGINT))
    }
    if failures > 0 { throw ExitCode(1) }
  }

  private var chosen: [Finding] {
    names.isEmpty ? Finding.all : Finding.all.filter { names.contains($0.name) }
  }

  /// Measures what is missing.
  ///
  /// - Returns: How many findings came to no result.
  private func measure(into folder: EvidenceFolder) throws -> Int {
    StopSignals.watch()
    let isOwn = !models.isEmpty
    let values = isOwn ? models : MeasuredModel.embedded
    let bar = ProgressBar("Measuring", total: values.count * chosen.count, unit: "findings")
    defer { bar.finish() }
    var failures = 0
    for value in values {
      let model = try MeasuredModel(value) { StopSignals.signal == nil }
      for finding in chosen {
        if StopSignals.signal != nil { return failures }
        defer { bar.advance(note: "\(finding.name) of \(model.name)") }
        let isAsked = finding.asks.contains(model.kind)
        // Of an embedded model it is known what it is for; of another, everything is tried.
        if !isAsked, !isOwn { continue }
        if let there = folder.result(finding.name, model.name),
          there.isCurrent(finding, model.fingerprint)
        {
          continue
        }
        do {
          try folder.write(Self.result(finding, model))
        } catch {
          // What was stopped half way has errors of its own.
          if StopSignals.signal != nil { return failures }
          failures += 1
          bar.clear()
          Terminal.standardError.print("\(finding.name) of \(model.name): \(error)")
        }
      }
    }
    return failures
  }

  /// The result, or why there is none.
  private static func result(_ finding: Finding, _ model: MeasuredModel) throws -> EvidenceResult {
    do { return try finding.result(of: model) } catch {
      guard StopSignals.signal == nil, let sentence = refusal(error) else { throw error }
      return EvidenceResult(finding, model, refusal: sentence)
    }
  }

  /// The texts of all sheets, which are there before anything is measured for them.
  private static func texts(
    below folder: String
  ) throws -> [(number: Int, file: URL, text: String)] {
    try Course.sheets.map { sheet in
      let file = URL(filePath: folder).appending(path: "\(sheet.folder)/README.md")
      guard let text = try? String(contentsOf: file, encoding: .utf8) else {
        throw CommandError(
          "--sheets \(folder) has no text \(sheet.folder)/README.md; name the folder Sheets of the "
            + "course")
      }
      return (sheet.number, file, text)
    }
  }

  private func draw(_ results: [EvidenceResult], into folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for finding in chosen {
      let own = results.filter { $0.finding == finding.name && $0.verdict != nil }
      guard let figure = EvidenceFigure.bars(finding, own) else { continue }
      try figure.write(to: folder.appending(path: "\(finding.name).png"))
    }
  }

  /// A finding in a few lines.
  private static func entry(_ finding: Finding) -> String {
    let figures = finding.published.map { "  published: \($0.text) (\($0.model))" }
    let kinds = MeasuredModel.Kind.allCases.filter(finding.asks.contains).map(\.rawValue)
    return """
      \(finding.name): \(finding.title)
        sheet \(finding.sheet); \(finding.paper.authors), \(finding.paper.year), \
      \(finding.paper.identifier)
      \(figures.joined(separator: "\n"))
        asked of: \(kinds.joined(separator: ", "))
      """
  }

  /// Results as aligned lines.
  private static func table(of results: [EvidenceResult]) -> String {
    let width = results.map { $0.finding.count + $0.model.count + 2 }.max() ?? 0
    return results.map { result in
      let name = "\(result.finding)  \(result.model)".padding(
        toLength: width, withPad: " ", startingAt: 0)
      guard let verdict = result.verdict else { return "\(name)  not asked" }
      let first = result.measurements.first.map { ": \($0.name) \($0.valueText)" } ?? ""
      return "\(name)  \(verdict.rawValue)\(first)"
    }.joined(separator: "\n")
  }
}
