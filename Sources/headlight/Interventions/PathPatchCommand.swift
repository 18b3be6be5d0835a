import ArgumentParser
import Circuits
import Figures
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

struct PathPatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path-patch",
    abstract: "Ask what each head and MLP tells others along direct paths.",
    discussion: """
      The clean run is the base. A sender's output, at all positions, is the corrupted run's; all \
      other heads stay as in the clean run, and all MLPs too with --freeze heads-and-mlps. What the \
      receivers then read is put into a clean run, from which the metric is taken.

      The effect is (patched − clean) / (clean − corrupted): 0 is no effect and −1 all of it. Several \
      receivers are patched together; a sender that cannot reach them has no effect. A receiver is a \
      head's queries, 10.7.q, a key head's keys or values, 10.7.k and 10.7.v, or what an MLP reads, \
      mlp.9. Of an encoder–decoder senders and receivers are the decoder's own.

      Example:
        headlight path-patch --model reader --clean "The capital of France is" \\
          --corrupted "The capital of Italy is" --answer Paris --foil Rome \\
          --output paths.png
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var texts: PairOptions
  @OptionGroup var measure: MetricOptions
  @Option(
    help: ArgumentHelp(
      "Who listens: logits, or a list of heads' inputs and MLPs, as in 10.7.q,10.7.k,mlp.9.",
      valueName: "list"))
  var receivers = "logits"
  @Option(help: "What stays as in the clean run beside the sender.")
  var freeze = PathPatching.Freeze.heads
  @OptionGroup var result: ResultOptions

  func run() throws {
    let receivers = try names(
      receivers, called: "receiver", as: "logits or 10.7.q,10.7.k,mlp.9",
      PathPatching.Receiver.init(name:))
    let work = Work("Patching paths")
    try result.deliver(watching: work) {
      try paths(of: model.load(), to: receivers, work)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func paths(
    of loaded: LoadedModel, to receivers: [PathPatching.Receiver], _ work: Work
  ) throws -> PathPatchResult {
    let pair = try texts.texts(for: loaded)
    let measure = try measure.measure(on: pair.clean)
    try loaded.check(receivers)
    let patching = try PathPatching(
      loaded.model, clean: pair.clean.input, corrupted: pair.corrupted.input,
      metric: measure.metric, freeze: freeze)
    var options = SweepOptions()
    options.keepsPartial = true
    let outcome = try patching.outcome(to: receivers, options: options, progress: work.goesOn)
    let name = self.measure.metric.caption
    try CommandError.check(outcome.clean, "the \(name) of the clean run")
    try CommandError.check(outcome.corrupted, "the \(name) of the corrupted run")
    let effects = outcome.effects
    if work.partial == nil {
      try CommandError.check(effects, "the effect of a sender on the \(name)")
    }
    let isPartial = work.partial != nil
    let stack = loaded.model.configuration.stacks.last!.stack
    var heads = Array(
      repeating: [Float?](repeating: nil, count: stack.headCount), count: stack.layerCount)
    var mlps = [Float?](
      repeating: nil, count: stack.isAttentionOnly ? 0 : stack.layerCount)
    for (sender, effect) in zip(patching.senders, effects) {
      let value = isPartial && effect.isNaN ? nil : effect
      switch sender {
      case .head(let layer, let head): heads[layer][head] = value
      case .mlp(let layer): mlps[layer] = value
      case .embedding: break
      }
    }
    return PathPatchResult(
      modelName: loaded.shortName, caption: measure.caption, receivers: self.receivers,
      report: PathPatchReport(
        clean: outcome.clean[0], corrupted: outcome.corrupted[0], heads: heads, mlps: mlps,
        partial: work.partial))
  }
}

extension LoadedModel {
  /// Refuses receivers that the last stack does not have.
  func check(_ receivers: [PathPatching.Receiver]) throws(CommandError) {
    let stack = model.configuration.stacks.last!.stack
    func check(_ layer: Int, _ head: Int?, _ count: Int, _ kind: String) throws(CommandError) {
      guard layer < stack.layerCount else {
        throw CommandError(
          "--receivers: there is no layer \(layer): \(shortName) has layers 0 to "
            + "\(stack.layerCount - 1)")
      }
      guard let head, head >= count else { return }
      throw CommandError(
        "--receivers: there is no \(kind) \(layer).\(head): a layer of \(shortName) has "
          + "\(counted(count, kind)), 0 to \(count - 1)")
    }
    for receiver in receivers {
      switch receiver {
      case .logits: break
      case .query(let layer, let head): try check(layer, head, stack.headCount, "head")
      case .key(let layer, let head), .value(let layer, let head):
        try check(layer, head, stack.keyHeadCount, "key head")
      case .mlp(let layer):
        try check(layer, nil, 0, "")
        guard !stack.isAttentionOnly else {
          throw CommandError("--receivers: \(shortName) has no MLPs; name heads alone")
        }
      }
    }
  }
}

/// What path patching found.
struct PathPatchResult {
  let modelName: String
  let caption: String
  let receivers: String
  let report: PathPatchReport

  func figure(title: String?) -> any Figure {
    let hasMLPs = !report.mlps.isEmpty
    let values = report.heads.enumerated().map { layer, heads in
      (heads + (hasMLPs ? [report.mlps[layer]] : [])).map { $0 ?? .nan }
    }
    let columns = report.heads[0].indices.map(String.init) + (hasMLPs ? ["MLP"] : [])
    var map = HeatMap(
      Tensor(rows: values), rows: report.heads.indices.map(String.init), columns: columns,
      title: title
        ?? "\(modelName): direct effect of each sender on \(receivers)"
        + (report.partial == nil ? "" : " (partial)"))
    map.rowTitle = "layer"
    map.columnTitle = "head"
    map.valueTitle = "effect on \(caption) (share, −1 is all)"
    map.scale = .diverging
    return map
  }
}

/// The numbers of path patching, as they are printed.
struct PathPatchReport: Codable, Equatable {
  var clean: Float
  var corrupted: Float
  /// `[layer][head]`.
  var heads: [[Float?]]
  /// By layer.
  var mlps: [Float?]
  var partial: Partial?
}
