public import ArgumentParser
import Figures
import Foundation
import Interpretability
public import Interventions
import Laboratory
import Models
import Tensors
import Transformers

extension AblationKind: ExpressibleByArgument {}

struct AblateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract: "Take heads away, and see what the model loses on texts.",
    discussion: """
      In the place of what a head mixes stands zero, its mean over all tokens of all texts, or what it \
      mixes at the same positions of another text. The loss is in nats a predicted token; `changed` is the \
      share of predictions that are other than without ablation.

      Every head is taken away by itself, or all that are listed at once with --together.

      Example:
        headlight ablate --model reader --texts texts.jsonl --kind mean --output ablation.png
      """)

  @OptionGroup var model: ModelOption
  @Option(help: ArgumentHelp("A file of JSON lines, a text each.", valueName: "file"))
  var texts: String
  @Option(
    help: ArgumentHelp("Heads, by commas, as in 9.1,10.7. (default: all)", valueName: "heads"))
  var heads: String?
  @Option(help: "What stands in the place of a head.")
  var kind = AblationKind.zero
  @Flag(help: "Take all of the heads away at once.")
  var together = false
  @Option(help: ArgumentHelp("Decides whose activations are taken with resample.", valueName: "n"))
  var seed: UInt64 = 0
  @OptionGroup var result: ResultOptions

  func validate() throws { _ = try heads.map(HeadName.list) }

  func run() throws {
    let work = Work("Ablating heads")
    try result.deliver {
      try ablation(of: model.load(), work)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func ablation(of loaded: LoadedModel, _ work: Work) throws -> AblationResult {
    let texts = try HeadTexts(self.texts, for: loaded)
    if kind == .resample, texts.texts.count < 2 {
      throw CommandError(
        "--kind resample takes activations from another text, and \(self.texts) has one; give more")
    }
    let chosen =
      try heads.map { try HeadName.list($0).map { try $0.address(in: loaded) } }
      ?? loaded.model.configuration.heads
    let groups = together ? [chosen] : chosen.map { [$0] }
    do {
      let found = try HeadAblation(loaded.model, texts.input, kind: kind, seed: seed)
        .effects(of: groups, progress: work.goesOn)
      work.finish()
      try CommandError.check([Float(found.clean.loss)], "the loss")
      return AblationResult(
        modelName: loaded.shortName, kind: kind, clean: found.clean, effects: found.effects,
        stack: loaded.model.configuration.stacks[0].stack)
    } catch let error as SweepError {
      // A sweep that was stopped has no mean over all texts yet.
      if case .partial = error { try work.end() }
      throw error
    }
  }
}

/// What ablations did.
struct AblationResult {
  let modelName: String
  let kind: AblationKind
  let clean: HeadAblation.Score
  let effects: [HeadAblation.Effect]
  let stack: TransformerConfiguration.Stack

  var report: AblationReport {
    AblationReport(
      loss: clean.loss, accuracy: clean.accuracy,
      heads: effects.map {
        .init(
          head: Self.name($0), loss: $0.score.loss, lossChange: $0.score.loss - clean.loss,
          accuracy: $0.score.accuracy, changed: $0.score.changed)
      })
  }

  private static func name(_ effect: HeadAblation.Effect) -> String {
    effect.heads.map { HeadName($0).description }.joined(separator: ",")
  }

  func figure(title: String?) -> any Figure {
    let title = title ?? "\(modelName): loss change under \(kind.rawValue) ablation"
    let isMap = effects.count == stack.layerCount * stack.headCount && effects.count > 1
    guard isMap else {
      return BarPlot(
        groups: effects.map(Self.name),
        [.init("loss change", effects.map { $0.score.loss - clean.loss })], title: title,
        groupTitle: "head", y: Axis("loss change", unit: "nats"))
    }
    var rows = Array(
      repeating: [Float](repeating: .nan, count: stack.headCount), count: stack.layerCount)
    for effect in effects {
      rows[effect.heads[0].layer][effect.heads[0].head] = Float(effect.score.loss - clean.loss)
    }
    var map = HeatMap(
      Tensor(rows: rows), rows: rows.indices.map(String.init),
      columns: (0..<stack.headCount).map(String.init), title: title)
    (map.rowTitle, map.columnTitle) = ("layer", "head")
    map.valueTitle = "loss change (nats a token)"
    map.scale = .diverging
    return map
  }
}

/// What ablations did, as it is printed.
struct AblationReport: Codable, Equatable {
  struct Row: Codable, Equatable {
    let head: String
    let loss: Double
    let lossChange: Double
    let accuracy: Double
    let changed: Double

    enum CodingKeys: String, CodingKey {
      case head, loss, accuracy, changed
      case lossChange = "loss-change"
    }
  }

  let loss: Double
  let accuracy: Double
  let heads: [Row]
}
