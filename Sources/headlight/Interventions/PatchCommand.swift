import ArgumentParser
import Figures
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

struct PatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch",
    abstract: "Put activations of one run into another, and see what becomes of the answer.",
    discussion: """
      Activation patching, at every layer and position or head. --direction restore puts the clean \
      run's activation into the corrupted run and asks what suffices; corrupt does the opposite and \
      asks what is needed. The effect is 0 where nothing changes and 1 where the whole difference \
      between the two runs is made up.

      Residual, attention and mlp have a column for each position; head, query and pattern one for \
      each head, at all positions at once; key and value one for each key head, which the query heads \
      of its group share. Of an encoder–decoder, --at names the stack too, as in encoder.mlp, \
      decoder.residual or cross.head; without one it is the decoder's own.

      Ctrl-C keeps what is done: what is missing is null.

      Example:
        headlight patch --model reader --clean "The capital of France is" \\
          --corrupted "The capital of Italy is" --answer Paris --foil Rome \\
          --output patch.png
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var texts: PairOptions
  @OptionGroup var measure: MetricOptions
  @Option(
    help: "What is patched at every layer; of an encoder–decoder with its stack, as in cross.head.")
  var at = SiteName(argument: "residual")!
  @Option(help: "Which run is patched.")
  var direction = ActivationPatching.Direction.restore
  @OptionGroup var result: ResultOptions

  func run() throws {
    let work = Work("Patching")
    try result.deliver(watching: work) {
      try patching(of: model.load(), work)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func patching(of loaded: LoadedModel, _ work: Work) throws -> PatchResult {
    let pair = try texts.texts(for: loaded)
    let measure = try measure.measure(on: pair.clean)
    let (stack, kind) = try at.place(in: loaded)
    let patching = try ActivationPatching(
      loaded.model, clean: pair.clean.input, corrupted: pair.corrupted.input,
      metric: measure.metric)
    var options = SweepOptions()
    options.keepsPartial = true
    let effects = try patching.effects(
      of: at.part, in: stack, kind, direction: direction, options: options, progress: work.goesOn)
    return try PatchResult(
      loaded: loaded, pair: pair, measure: measure, metric: self.measure.metric, at: at,
      stack: stack, effects: effects, partial: work.partial)
  }
}

/// What patching did, to be drawn and printed.
struct PatchResult {
  let loaded: LoadedModel
  let pair: TextPair
  let measure: Measure
  let metric: MetricName
  let at: SiteName
  let stack: StackName
  let effects: PatchingEffects
  let partial: Partial?
  /// `[layer, column]`.
  let effect: Tensor

  /// - Throws: ``CommandError`` where a number is none.
  init(
    loaded: LoadedModel, pair: TextPair, measure: Measure, metric: MetricName, at: SiteName,
    stack: StackName, effects: PatchingEffects, partial: Partial?
  ) throws(CommandError) {
    (self.loaded, self.pair, self.measure, self.metric) = (loaded, pair, measure, metric)
    (self.at, self.stack, self.effects, self.partial) = (at, stack, effects, partial)
    effect = effects.effect()
    let name = metric.caption
    try CommandError.check(effects.clean, "the \(name) of the clean run")
    try CommandError.check(effects.corrupted, "the \(name) of the corrupted run")
    if partial == nil { try CommandError.check(effect.values, "the \(name) of a patched run") }
  }

  var report: PatchReport {
    PatchReport(
      at: at.description, metric: metric, direction: effects.direction, clean: effects.clean[0],
      corrupted: effects.corrupted[0], tokens: pair.clean.tokens(of: stack).labels,
      effect: effect.numbers(isPartial: partial != nil), partial: partial)
  }

  func figure(title: String?) -> any Figure {
    let way =
      effects.direction == .restore
      ? "clean activations in the corrupted run" : "corrupted activations in the clean run"
    let heads = (0..<effect.shape[1]).map(String.init)
    let columns =
      at.part.isOfHeads
      ? heads : pair.labels(of: stack == .decoder ? \.read : \.source)
    var map = HeatMap(
      effect, rows: (0..<effect.shape[0]).map(String.init), columns: columns,
      title: title
        ?? "\(loaded.shortName): \(way), \(at.caption)\(partial == nil ? "" : " (partial)")")
    map.rowTitle = "layer"
    let isShared = at.part == .key || at.part == .value
    map.columnTitle =
      at.part.isOfHeads ? (isShared ? "key head" : "head") : "position (clean / corrupted)"
    map.valueTitle = "effect on \(measure.caption) (share)"
    map.scale = .diverging
    return map
  }
}

/// The numbers of a patching, as they are printed.
struct PatchReport: Codable, Equatable {
  var at: String
  var metric: MetricName
  var direction: ActivationPatching.Direction
  var clean: Float
  var corrupted: Float
  var tokens: [String]
  /// `[layer][column]`.
  var effect: [[Float?]]
  var partial: Partial?
}
