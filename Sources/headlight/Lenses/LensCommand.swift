import ArgumentParser
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

      Example:
        headlight lens --model reader --text "Italy -> Rome ; France ->" --output lens.png
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
  @OptionGroup var result: ResultOptions

  func run() throws {
    try result.deliver {
      try LensReport(model.load(), source: text, target: target, startToken: startToken)
    } figure: { report, title in
      report.grid(title: title)
    } report: {
      $0
    }
  }
}

/// What a lens says of one text, as it is printed.
struct LensReport: Codable {
  /// One layer and position.
  struct Cell: Codable {
    var token: String
    var ties: Int
    var probability: Float
    var entropy: Float
    var divergence: Float
    var surprisal: Float
  }

  var model: String
  var tokens: [String]
  /// `[layer][position]`; layer 0 is what the first block reads.
  var layers: [[Cell]]

  init(
    _ loaded: LoadedModel, source: String, target: String?, startToken: Bool? = nil
  ) throws {
    let model = loaded.model
    guard model.configuration.head != .none else {
      throw CommandError("\(loaded.shortName) has no head, so it scores no tokens to read")
    }
    let prepared = try PreparedInput(
      source: source, target: target, startToken: startToken, for: loaded)
    try prepared.input.checkSize(for: model.configuration, keepsEverything: true)
    let states = try model.residualStates(of: prepared.input)
    let reading = model.reading(of: states)
    self.model = loaded.shortName
    let read = prepared.input.decoderTokens ?? prepared.input.tokens
    tokens = loaded.labels(of: read[0])
    layers = reading.cells.map { row in
      let names = loaded.labels(of: row.map(\.token))
      return zip(row, names).map { cell, name in
        Cell(
          token: name, ties: cell.ties, probability: cell.probability, entropy: cell.entropy,
          divergence: cell.divergence, surprisal: cell.surprisal)
      }
    }
  }

  func grid(title: String?) -> LensGrid {
    var grid = LensGrid(
      tokens: layers.map { $0.map(\.token) },
      probabilities: layers.map { $0.map(\.probability) }, text: tokens,
      title: title ?? "What \(model) would say next at every layer")
    grid.ties = layers.map { $0.map(\.ties) }
    grid.notes = layers.map { row in
      row.map { cell in
        func nats(_ value: Float) -> String { String(format: "%.2f nats", value) }
        return "entropy \(nats(cell.entropy)); KL from the end \(nats(cell.divergence)); "
          + "the model's surprise \(nats(cell.surprisal))"
      }
    }
    return grid
  }
}
