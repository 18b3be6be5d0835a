import ArgumentParser
import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import Models
import Tensors
import Tokenizers
import Transformers

struct LensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lens",
    abstract: "Say what a model would predict if it had to stop at an earlier layer.",
    discussion: """
      The logit lens: the residual stream of every layer and position through the model's own final norm, \
      with that layer's statistics, and its unembedding. Each cell of the grid is the most probable \
      token, coloured by its probability; where several share the greatest logit it says how many.

      With --json also entropy, KL from the final distribution, and the model's own surprise at the \
      lens's token, in nats.

      --tuned-on F trains a tuned lens on the texts of a file and shows its grid below the logit lens's: a \
      layer's states first go through a map that brings them closest to the final distribution. A few \
      thousand tokens are needed before the maps say more of the layer than of the texts.

      --answer shows at every layer how many tokens the lens puts before that one, at the text's last \
      position.

      Examples:
        headlight lens --model reader --text "Italy -> Rome ; France ->" --output lens.png
        headlight lens --model reader --text "Italy -> Rome ; France ->" \
          --answer Paris --tuned-on texts.jsonl --output lens.html
      """)

  @OptionGroup var model: ModelOption
  @Option(
    name: [.long, .customLong("source")], parsing: .unconditional,
    help: "The text the model reads; --source is the same.")
  var text: String
  @Option(
    parsing: .unconditional,
    help: "What an encoder–decoder should produce; its own output when left out.")
  var target: String?
  @Flag(help: "Put the model's start token in front of a text that has none.")
  var startToken = false
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A token whose rank is shown by layer: its text with the space before it, or #123 for an id.",
      valueName: "token"))
  var answer: TokenName?
  @Option(
    help: ArgumentHelp(
      "Texts that a tuned lens is trained on: a JSON line each, a string or {\"text\": …}.",
      valueName: "texts.jsonl"))
  var tunedOn: String?
  @OptionGroup var result: ResultOptions

  func run() throws {
    try result.deliver {
      let loaded = try model.load()
      let answer = try answer.map { try TokenNames(of: loaded).id(of: $0, option: "--answer") }
      return try LensReport(
        loaded, source: text, target: target, startToken: startToken, answer: answer,
        tuned: tunedOn.map { try TunedLens(on: $0, for: loaded) })
    } figure: { report, title in
      report.figure(title: title)
    } report: {
      $0
    }
  }
}

extension TunedLens {
  /// How many texts run at a time.
  private static let batch = 16

  /// A lens trained on the texts of a file, with progress.
  ///
  /// - Throws: ``CommandError`` that names the line of a text that the model cannot read.
  fileprivate init(on path: String, for loaded: LoadedModel) throws {
    guard !loaded.model.configuration.isEncoderDecoder else {
      throw CommandError(
        "\(loaded.shortName) has an encoder and a decoder, and a tuned lens is trained on texts that one "
          + "stack reads: leave --tuned-on out, or take another model")
    }
    let texts = try HeadTexts(path, for: loaded, minimum: 1).texts.map(\.ids)
    let parts = try stride(from: 0, to: texts.count, by: Self.batch).map { first in
      let rows = ModelInput.padding(
        Array(texts[first..<min(first + Self.batch, texts.count)]),
        with: loaded.model.configuration.padToken)
      return try loaded.model.residualStates(of: ModelInput(tokens: rows.tokens, mask: rows.mask))
    }
    let states = ResidualStates(
      .concatenation(parts.map(\.values), axis: 1), lastIsNormed: parts[0].lastIsNormed)
    let width = loaded.model.configuration.width
    if states.positionCount < width {
      note(
        "the tuned lens is trained on \(counted(states.positionCount, "token")), fewer than a state has "
          + "numbers, \(width): it knows them by heart; give it thousands")
    }
    let bar = ProgressBar("Tuning", total: states.layerCount - 1, unit: "layers")
    self.init(training: states, of: loaded.model, seed: 1) { bar.advance() }
    bar.finish()
  }
}
