public import ArgumentParser
import Figures
import Foundation
public import Interpretability
import Laboratory
import Transformers

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Train probes on every layer: what can be read off a model's vectors?",
    discussion: """
      The words come from the generated corpus (--task) or from a treebank in the CoNLL-U format \
      (--treebank and --label). Three fifths of the sentences train the probes, one fifth chooses \
      the epoch and the layer, one fifth is reported, with an interval of 95 % that comes from \
      drawing again what --split keeps apart: whole sentences, or all words of a lemma.

      distance and depth train structural probes, which are held against the gold trees; every other \
      label trains classifiers. Layer 0 is the embedding, layer n the output of block n.

      --json prints one object with the settings and a finding for every layer.

      Examples:
        headlight probe --task gender --where word-class=noun --split lemma --control
        headlight probe --treebank en.conllu --label upos --model DIR --control \\
          --random-weights --output layers.pdf
        headlight probe --treebank en.conllu --label distance --model DIR --trees trees.svg
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var words: ProbeWords
  @Option(
    help: ArgumentHelp(
      "Which layers, 0 for the embedding; all when left out.", valueName: "list"),
    transform: layers)
  var layers: [Int]?
  @Option(help: "What stands for a word of several tokens.")
  var pooling = WordPooling.last
  @Option(help: "A linear probe, or one with a hidden layer.")
  var probe = ProbeChoice.linear
  @Option(help: "The width of the hidden layer.")
  var hidden = 64
  @Option(help: "The penalty λ of ½ λ ‖W‖².")
  var l2: Float = 1e-4
  @Option(help: "The most rows that a structural probe's matrix has; all when left out.")
  var rank: Int?
  @Option(help: "What is kept apart between training, development and test.")
  var split = SplitUnit.sentence
  @Flag(help: "Train on random classes of word types too, for the selectivity.")
  var control = false
  @Flag(help: "Train on the vectors of a model of the same shape with random weights too.")
  var randomWeights = false
  @Option(help: "Where everything random comes from.")
  var seed: UInt64 = 0
  @Flag(help: "Print JSON, for programs.")
  var json = false
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to draw the layers.", valueName: "file.png|svg|pdf"))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "Where to draw the best layer's confusions.", valueName: "file.png|svg|pdf"))
  var confusion: String?
  @Option(
    help: ArgumentHelp(
      "Where to draw the best layer's words in the plane of their greatest spread.",
      valueName: "file.png|svg|pdf"))
  var projection: String?
  @Option(
    help: ArgumentHelp(
      "Where to draw a test sentence's gold and predicted tree; with distance alone.",
      valueName: "file.png|svg|pdf"))
  var trees: String?

  func validate() throws {
    guard hidden > 0 else { throw ValidationError("--hidden is \(hidden); give at least 1") }
    guard l2.isFinite, l2 >= 0 else {
      throw ValidationError("--l2 is \(l2); give 0 or a positive number")
    }
    guard rank ?? 1 > 0 else { throw ValidationError("--rank is \(rank!); give at least 1") }
    let isStructural = words.quantity != nil
    if isStructural, control || probe == .mlp || confusion != nil || projection != nil {
      throw ValidationError(
        "\(words.labelName) trains structural probes, for which there is no --control, --probe mlp, "
          + "--confusion or --projection")
    }
    if !isStructural, trees != nil || rank != nil {
      throw ValidationError("--trees and --rank go with distance or depth alone")
    }
    if trees != nil, words.quantity != .distance {
      throw ValidationError("--trees goes with distance alone: depths make no edges")
    }
    for path in [output, confusion, projection, trees].compactMap({ $0 }) {
      do { _ = try FigureFormat(fileAt: URL(fileURLWithPath: path)) } catch {
        throw ValidationError("\(error)")
      }
    }
  }

  func run() throws {
    for path in [output, confusion, projection, trees].compactMap({ $0 }) {
      _ = try OutputFile.url(path)
    }
    let subject = try ProbeSubject(model: model.load(), words: words)
    if let quantity = words.quantity {
      try StructuralRun(self, subject, quantity).report()
    } else {
      try ClassifierRun(self, subject).report()
    }
  }

  private static func layers(_ text: String) throws -> [Int] {
    let rows = try TokenRows(text).rows
    guard rows.count == 1 else { throw CommandError("layers are one list, as in 0,1") }
    guard Set(rows[0]).count == rows[0].count else {
      throw CommandError("a layer is listed twice in \(text)")
    }
    return rows[0]
  }
}

/// Linear, or with a hidden layer.
enum ProbeChoice: String, CaseIterable, ExpressibleByArgument, Codable, Sendable {
  case linear, mlp
}

extension WordPooling: ExpressibleByArgument {}
extension SplitUnit: ExpressibleByArgument {}
