import ArgumentParser
import Checkpoints
import Files
import Foundation
import Heads
import Interventions
import Laboratory
import Models
import Transformers

struct BrowseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "browse",
    abstract: "Write a page on which a head is read token by token.",
    discussion: """
      The page shows texts coloured by how much the loss of each token grows when the head is taken away. \
      Choose a token: the likeliest tokens with and without the head, what the head adds to each, its \
      pattern, the lens before it, other heads' direct effects, neighbours in its OV and QK circuits. The \
      tokens are also listed by what changes most.

      It is one file that needs nothing else, works with a keyboard and a screen reader, and prints.

      Example:
        headlight browse --model reader-tours --head 1.0 --texts tours.jsonl --output head.html
      """)

  @OptionGroup var model: ModelOption
  @Option(help: ArgumentHelp("The head, as in 10.7.", valueName: "L.H"))
  var head: HeadName
  @Option(help: ArgumentHelp("A file of JSON lines, a text each.", valueName: "file"))
  var texts: String?
  @Option(parsing: .unconditional, help: "One text instead of a file.")
  var text: String?
  @Option(help: .ids(insteadOf: "--text"), transform: tokenIDs)
  var textIds: [Int]?
  @Option(help: "What stands in the place of the head: zero, or its mean over the texts.")
  var kind = BrowsedAblation.mean
  @Option(help: "What stands for a token in the circuits.")
  var effective = EffectiveEmbedding.mlp0
  @Option(
    parsing: .unconditional,
    help: "The title of the page. (default: one that names the model and the head)")
  var title: String?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write the page.", valueName: "page.html"))
  var output: String

  func validate() throws {
    let given = [texts != nil, text != nil, textIds != nil].count { $0 }
    guard given == 1 else {
      throw ValidationError(
        given == 0
          ? "the texts are missing: give --texts, --text or --text-ids"
          : "the texts are given twice: give one of --texts, --text and --text-ids")
    }
    guard OutputFile.isPage(output) else {
      throw ValidationError("--output is “\(output)”, and a page's name ends in .html")
    }
  }

  func run() throws {
    let url = try OutputFile.url(output)
    let loaded = try model.load()
    let work = Work("Reading the head", unit: "texts")
    let page = try work.whole { try self.page(of: loaded, work) }
    work.finish()
    let data = Data(try page.html().utf8)
    try AtomicFile.write(data, to: url)
    print("Wrote \(output).")
  }

  private func page(of loaded: LoadedModel, _ work: Work) throws -> BrowsePage {
    let address = try head.address(in: loaded)
    let texts: HeadTexts
    if let path = self.texts {
      texts = try HeadTexts(path, for: loaded)
    } else {
      let choice = TextChoice(option: "--text", name: "the text", text: text, ids: textIds)
      let tokens = try choice.tokens(for: loaded)
      guard tokens.ids.count > 1 else {
        throw CommandError(
          "the text has one token, and none that follows it; give at least two tokens")
      }
      texts = try HeadTexts([tokens], for: loaded)
    }
    let circuits = try HeadCircuits(loaded.model)
    let examples = try circuits.examples(
      of: address, on: texts.input, kind: kind.kind, count: BrowsePage.listed
    ) { work.goesOn(finished: $0, of: texts.texts.count) }
    try CommandError.check(examples.map(\.lossChange), "a loss change")
    let tokens = Set(texts.texts.flatMap(\.ids)).sorted()
    let embedded = try circuits.embedded(effective, over: texts.input)
    let hasQueries = !loaded.model.configuration.normalizesQueriesAndKeys
    let neighbours =
      hasQueries
      ? try circuits.neighbours(of: tokens, address, in: embedded, count: BrowsePage.neighbours)
      : try circuits.outputNeighbours(
        of: tokens, address, in: embedded, count: BrowsePage.neighbours
      ).map { CircuitNeighbours(promoted: $0.promoted, suppressed: $0.suppressed) }
    return BrowsePage(
      title: title ?? "\(loaded.shortName), head \(head)", modelName: loaded.shortName, head: head,
      kind: kind, texts: texts.texts, examples: examples,
      neighbours: Dictionary(uniqueKeysWithValues: zip(tokens, neighbours)),
      heads: circuits.heads.map(HeadName.init),
      labels: { loaded.labels(of: [$0])[0] })
  }
}

/// What may stand in the place of a head that is browsed.
enum BrowsedAblation: String, CaseIterable, ExpressibleByArgument, Sendable {
  case mean, zero

  var kind: AblationKind { self == .mean ? .mean : .zero }
}
