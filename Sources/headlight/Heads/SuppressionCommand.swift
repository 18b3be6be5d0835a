import ArgumentParser
import Figures
import Foundation
import Heads
import Laboratory
import Models
import Transformers

struct SuppressionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suppression",
    abstract: "Keep of a head only what is copy suppression, and see how much of it remains.",
    discussion: """
      The copy-suppression-preserving ablation. Of what the head moves from a source s to a destination d \
      only this is kept: the part along the unembeddings of tokens that are among the --keys that the head \
      writes against most when it reads s, and among the --unembeddings likeliest predictions at d before \
      the head. All else is mean-ablated; only the direct effect on the logits counts. `cspa` is the mean \
      KL of what is kept from the model, `ablated` that of the mean-ablated head, and `recovered` is \
      1 − cspa / ablated: 1 for a head that does nothing else.

      A figure shows `recovered` by both numbers.

      Example:
        headlight suppression --model reader-tours --head 1.0 --texts tours.jsonl --json
      """)

  @OptionGroup var model: ModelOption
  @Option(help: ArgumentHelp("The head, as in 10.7.", valueName: "L.H"))
  var head: HeadName
  @Option(help: ArgumentHelp("A file of JSON lines, a text each.", valueName: "file"))
  var texts: String
  @Option(
    help: ArgumentHelp(
      "How many suppressed neighbours of a source count.", valueName: "K"))
  var keys = 10
  @Option(
    help: ArgumentHelp(
      "How many predictions at a destination count. (default: 5 % of the vocabulary)",
      valueName: "K"))
  var unembeddings: Int?
  @Option(help: "What stands for a source in the OV circuit.")
  var effective = EffectiveEmbedding.mlp0
  @OptionGroup var result: ResultOptions

  func validate() throws {
    for (name, count) in [("--keys", keys), ("--unembeddings", unembeddings ?? 0)] where count < 0 {
      throw ValidationError("\(name) is \(count), and must be 0 or more")
    }
  }

  func run() throws {
    try result.deliver {
      try suppression(of: model.load())
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func suppression(of loaded: LoadedModel) throws -> SuppressionResult {
    let texts = try HeadTexts(self.texts, for: loaded, minimum: 1)
    let address = try head.address(in: loaded)
    let circuits = try HeadCircuits(loaded.model)
    let size = loaded.model.configuration.vocabularySize
    let own = unembeddings ?? max(1, (size + 19) / 20)
    for (name, count) in [("--keys", keys), ("--unembeddings", own)] where count > size {
      throw CommandError(
        "\(name) is \(count), and \(loaded.shortName) has \(size) tokens; give a number up to that")
    }
    var settings = [(keys: keys, unembeddings: own)]
    if result.output != nil {
      let counts = Set([1, 2, 5, 10, 20, 50, 100, keys].filter { $0 > 0 && $0 <= size }).sorted()
      for predictions in Set([own, min(10, size), size]).sorted() {
        settings += counts.map { (keys: $0, unembeddings: predictions) }
      }
    }
    let found = try circuits.copySuppressionAblation(
      of: address, on: texts.input, settings: settings,
      in: circuits.embedded(effective, over: texts.input))
    try CommandError.check([Float(found[0].preserved), Float(found[0].ablated)], "the divergence")
    return SuppressionResult(modelName: loaded.shortName, head: head, found: found)
  }
}

/// How much of a head is copy suppression.
struct SuppressionResult {
  let modelName: String
  let head: HeadName
  /// What was asked for, then all that is drawn.
  let found: [CopySuppressionAblation]

  var report: SuppressionReport {
    SuppressionReport(
      head: head.description, keys: found[0].keys, unembeddings: found[0].unembeddings,
      kl: .init(cspa: found[0].preserved, ablated: found[0].ablated),
      recovered: found[0].recovered)
  }

  func figure(title: String?) -> any Figure {
    let drawn = Dictionary(grouping: found.dropFirst(), by: \.unembeddings)
    return LinePlot(
      drawn.sorted { $0.key < $1.key }.map { predictions, points in
        LinePlot.Series(
          "\(predictions) predictions", x: points.map { Double($0.keys) },
          y: points.map { $0.recovered ?? .nan })
      },
      title: title ?? "\(modelName), head \(head): what copy suppression keeps of it",
      x: Axis("suppressed neighbours of a source", unit: "tokens"), y: Axis("recovered (share)"))
  }
}

/// How much of a head is copy suppression, as it is printed.
struct SuppressionReport: Codable, Equatable {
  struct Divergences: Codable, Equatable {
    let cspa: Double
    let ablated: Double
  }

  let head: String
  let keys: Int
  let unembeddings: Int
  let kl: Divergences
  let recovered: Double?
}
