import ArgumentParser
import Figures
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

struct CausalTraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "causal-trace",
    abstract: "Spoil a subject with noise, put one clean state back, and read the answer.",
    discussion: """
      Causal tracing: noise of --noise standard deviations of all embedding entries is added to the \
      embeddings of the subject's tokens, once a sample and the same in every restoration of that \
      sample. Then one clean activation is put back, at every layer and position, and the answer's \
      probability at the last position is the mean over samples.

      --site residual puts back the residual stream before a block; attention and mlp put back what \
      these add in a window of blocks around each layer. Of an encoder–decoder the subject is in the \
      source, and --stack says where states are put back.

      Example:
        headlight causal-trace --model reader --text "The capital of France is" \\
          --subject France --answer Paris --output trace.png
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var texts: ReadingOptions
  @Option(parsing: .unconditional, help: "The words that are spoilt, which stand once in the text.")
  var subject: String?
  @Option(help: .ids(insteadOf: "--subject"), transform: tokenIDs)
  var subjectIds: [Int]?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The token whose probability is read: its text with the space before it, or #123 for an id.",
      valueName: "token"))
  var answer: TokenName
  @Option(
    help: ArgumentHelp("The noise in deviations of all embedding entries.", valueName: "x"))
  var noise: Float = 3
  @Option(help: ArgumentHelp("How many times noise is drawn.", valueName: "n"))
  var samples = 10
  @Option(help: ArgumentHelp("Decides the noise.", valueName: "n"))
  var seed: UInt64 = 0
  @Option(help: "What is put back.")
  var site = CausalTracing.Part.residual
  @Option(
    help: ArgumentHelp("In how many blocks at once, for attention and mlp.", valueName: "n"))
  var window = 1
  @Option(
    help: ArgumentHelp(
      "Where states are put back in an encoder–decoder, encoder or decoder: the encoder when left "
        + "out."))
  var stack: StackChoice?
  @OptionGroup var result: ResultOptions

  private var choice: TextChoice {
    TextChoice(option: "--subject", name: "the subject", text: subject, ids: subjectIds)
  }

  func validate() throws {
    try choice.check()
    guard samples >= 1 else {
      throw ValidationError("--samples is \(samples), and a mean needs at least one")
    }
    guard noise.isFinite, noise >= 0 else {
      throw ValidationError("--noise is \(noise), and must be a number from 0")
    }
    guard window >= 1 else {
      throw ValidationError("--window is \(window), and a window has at least one block")
    }
    guard site != .residual || window == 1 else {
      throw ValidationError(
        "the residual stream holds what all blocks before wrote, so it has no window: leave --window "
          + "out, or take --site attention or mlp")
    }
    guard stack != .cross else {
      throw ValidationError("--stack is encoder or decoder here: states are put back in a stack")
    }
  }

  func run() throws {
    let work = Work("Tracing")
    try result.deliver(watching: work) {
      try trace(of: model.load(), work)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func trace(of loaded: LoadedModel, _ work: Work) throws -> CausalTraceResult {
    let reading = try texts.reading(for: loaded)
    let subject = try reading.source.span(of: choice)
    let (id, remarks) = try TokenNames(of: loaded).resolve(answer, option: "--answer")
    remarks.forEach(note)
    let isPair = loaded.model.configuration.isEncoderDecoder
    let stack = try loaded.stack(
      self.stack ?? (isPair ? .encoder : nil), option: "--stack"
    ).stack
    let tracing = CausalTracing(
      loaded.model, reading.input, subject: Array(subject), answer: id, noise: noise,
      samples: samples, seed: seed)
    var options = SweepOptions()
    options.keepsPartial = true
    let outcome = try tracing.outcome(
      of: site, window: window, in: stack, options: options, progress: work.goesOn)
    let partial = work.partial
    try CommandError.check([outcome.clean] + outcome.corrupted, "the answer's probability")
    if partial == nil {
      try CommandError.check(outcome.probability.values, "the answer's probability in a run")
    }
    let corrupted = outcome.corrupted.reduce(0.0) { $0 + Double($1) } / Double(samples)
    return CausalTraceResult(
      modelName: loaded.shortName, answer: loaded.names(id).token, site: site, window: window,
      subject: stack == .decoder ? nil : subject, probability: outcome.probability,
      report: CausalTraceReport(
        clean: outcome.clean, corrupted: Float(corrupted),
        tokens: reading.tokens(of: stack).labels,
        probability: outcome.probability.numbers(isPartial: partial != nil), partial: partial))
  }
}

/// What causal tracing found.
struct CausalTraceResult {
  let modelName: String
  let answer: String
  let site: CausalTracing.Part
  let window: Int
  /// The spoilt positions, where the map's columns are those of the source.
  let subject: Range<Int>?
  let probability: Tensor
  let report: CausalTraceReport

  func figure(title: String?) -> any Figure {
    let what =
      switch site {
      case .residual: "one state put back"
      case .attention: "attention outputs put back"
      case .mlp: "MLP outputs put back"
      }
    var map = HeatMap(
      probability, rows: (0..<probability.shape[0]).map(String.init),
      columns: report.tokens.enumerated().map {
        $1.word + (subject?.contains($0) ?? false ? "*" : "")
      },
      title: title
        ?? "\(modelName): \(what)\(window > 1 ? " in \(window) blocks" : "")"
        + (report.partial == nil ? "" : " (partial)"))
    map.rowTitle = window > 1 ? "layer, middle of the window" : "layer"
    map.columnTitle = subject == nil ? "position" : "position (* spoilt by noise)"
    let (clean, corrupted) = (short(report.clean), short(report.corrupted))
    map.valueTitle = "p(\(answer)); clean \(clean), spoilt \(corrupted)"
    let values = probability.values.filter(\.isFinite) + [report.clean]
    map.range = 0...Double(values.max() ?? 1)
    return map
  }

  private func short(_ value: Float) -> String { String(format: "%.2f", value) }
}

/// The numbers of causal tracing, as they are printed.
struct CausalTraceReport: Codable, Equatable {
  var clean: Float
  /// With noise and nothing put back, the mean over samples.
  var corrupted: Float
  var tokens: [String]
  /// `[layer][position]`.
  var probability: [[Float?]]
  var partial: Partial?
}
