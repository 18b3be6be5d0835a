import ArgumentParser
import Figures
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

struct KnockoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "knockout",
    abstract: "Forbid a position to attend to another in a window of blocks, and read the answer.",
    discussion: """
      Attention knockout: before the softmax, scores from the query --from to the key --to are −∞ in \
      blocks l to l + W − 1, or to the last, for every l. What is read is the answer's probability at \
      --position.

      --from and --to may be given several times; then every one of the queries is cut from every one \
      of the keys. Of an encoder–decoder --stack says whose attention is cut; under cross the keys \
      are the source's.

      Example:
        headlight knockout --model reader --text "The capital of France is" --answer Paris \\
          --from -1 --to France --window 2 --output knockout.png
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var texts: ReadingOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The token whose probability is read: its text with the space before it, or #123 for an id.",
      valueName: "token"))
  var answer: TokenName
  @Option(parsing: .unconditionalSingleValue, help: .position("The query, which reads"))
  var from: [String]
  @Option(parsing: .unconditionalSingleValue, help: .position("The key, which is not to be read"))
  var to: [String]
  @Option(help: ArgumentHelp("In how many blocks at once.", valueName: "n"))
  var window = 1
  @Option(
    help: "Whose attention is cut in an encoder–decoder: the decoder's own when left out.")
  var stack: StackChoice?
  @Option(parsing: .unconditional, help: .position("Where the answer is read", default: "-1"))
  var position: String?
  @OptionGroup var result: ResultOptions

  func validate() throws {
    guard !from.isEmpty, !to.isEmpty else {
      throw ValidationError("what is cut is missing: give --from and --to")
    }
    guard window >= 1 else {
      throw ValidationError("--window is \(window), and a window has at least one block")
    }
  }

  func run() throws {
    let work = Work("Cutting attention")
    try result.deliver(watching: work) {
      try knockout(of: model.load(), work)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func knockout(of loaded: LoadedModel, _ work: Work) throws -> KnockoutResult {
    let reading = try texts.reading(for: loaded)
    let (id, remarks) = try TokenNames(of: loaded).resolve(answer, option: "--answer")
    remarks.forEach(note)
    let (stack, kind) = try loaded.stack(self.stack, option: "--stack")
    let (reads, readable) = (
      reading.tokens(of: stack), kind == .cross ? reading.source : reading.tokens(of: stack)
    )
    let queries = try from.map { try reads.position($0, option: "--from") }
    let keys = try to.map { try readable.position($0, option: "--to") }
    let isCausal = kind == .own && stack != .encoder && loaded.model.configuration.decoder != nil
    for query in queries {
      let all = 0..<(isCausal ? query + 1 : readable.ids.count)
      guard !all.allSatisfy(keys.contains) else {
        throw CommandError(
          "position \(query) would have nothing left to attend to: it reads "
            + "\(all.count == 1 ? "position 0 alone" : "positions 0 to \(all.count - 1)"), and --to "
            + "forbids all of that; leave it a key")
      }
    }
    let place = try reading.read.position(position ?? "-1", option: "--position")
    var options = SweepOptions()
    options.keepsPartial = true
    let (clean, cut) = try AttentionKnockout(
      loaded.model, reading.input, metric: .probability(of: [id], at: .at(place))
    ).outcome(
      from: queries, to: keys, window: window, in: stack, kind, options: options,
      progress: work.goesOn)
    try CommandError.check(clean, "the answer's probability")
    let partial = work.partial
    if partial == nil { try CommandError.check(cut.values, "the answer's probability with a cut") }
    func shown(_ places: [Int], _ text: TokenizedText) -> String {
      places.map { "“\(text.labels[$0].word)”" }.joined(separator: ", ")
    }
    return KnockoutResult(
      report: KnockoutReport(
        clean: clean[0], probability: cut.numbers(isPartial: partial != nil)[0],
        partial: partial),
      title: "\(loaded.shortName): \(shown(queries, reads)) may not attend to "
        + shown(keys, readable),
      answer: loaded.names(id).token, window: window)
  }
}

/// What attention knockout found.
struct KnockoutResult {
  let report: KnockoutReport
  let title: String
  let answer: String
  let window: Int

  func figure(title: String?) -> any Figure {
    let layers = report.probability.indices
    var plot = LinePlot(
      [
        .init(
          window == 1 ? "cut in one block" : "cut in \(window) blocks",
          report.probability.map { Double($0 ?? .nan) })
      ],
      title: title ?? self.title + (report.partial == nil ? "" : " (partial)"),
      x: Axis(
        window == 1 ? "block that is cut" : "first block that is cut",
        labels: layers.map(String.init)),
      y: Axis("probability of \(answer)"))
    plot.reference = ("nothing cut", Double(report.clean))
    return plot
  }
}

/// The numbers of attention knockout, as they are printed.
struct KnockoutReport: Codable, Equatable {
  var clean: Float
  /// By the first block that is cut.
  var probability: [Float?]
  var partial: Partial?
}
