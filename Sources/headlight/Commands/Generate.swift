import ArgumentParser
import Laboratory
import Tokenizers
import Transformers

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a model write: a translation, an answer, a continuation.",
    discussion: """
      Prints the new text alone, without special tokens; an encoder–decoder's whole output, or what \
      a single stack adds to the text. When ids go in, the new ids come out, comma-separated, with \
      the end token if the model produced it, as `generate` of transformers returns them.

      Examples:
        headlight generate --text "Translate to French: The brown dog ran."
        headlight generate --model DIR --input-ids "5,6,1" --max-new-tokens 10
      """)

  @OptionGroup var model: ModelOption
  @Option(parsing: .unconditional, help: "The text the model reads.")
  var text: String?
  @Option(
    help: ArgumentHelp(
      "The token ids the model reads, instead of a text: one row, as in 5,6.", valueName: "ids"),
    transform: TokenRows.init)
  var inputIds: TokenRows?
  @Option(help: ArgumentHelp("The most tokens to produce.", valueName: "n"))
  var maxNewTokens = 64
  @Option(
    help: ArgumentHelp(
      "How many continuations are kept side by side; 1 takes the most probable token each time.",
      valueName: "n"))
  var beams = 1

  func validate() throws {
    guard (text == nil) != (inputIds == nil) else {
      throw ValidationError("give what the model reads: either --text or --input-ids")
    }
    guard maxNewTokens >= 1 else {
      throw ValidationError("--max-new-tokens is \(maxNewTokens), and must be at least 1")
    }
    guard (1...64).contains(beams) else {
      throw ValidationError("--beams is \(beams), and must be from 1 to 64")
    }
    if let rows = inputIds?.rows.count, rows > 1 {
      throw ValidationError(
        "--input-ids has \(rows) rows, and generate continues one; call it once for each")
    }
  }

  func run() throws { print(try output()) }

  /// What is printed.
  func output() throws -> String {
    let loaded = try model.load()
    let configuration = loaded.model.configuration
    let tokens = try inputIds?.rows[0] ?? loaded.encodeText(text!)
    try ModelInput(tokens).checkSize(for: configuration, keepsEverything: false)
    if let maximum = configuration.maximumLength, !configuration.isEncoderDecoder,
      tokens.count == maximum
    {
      throw CommandError(
        "the text fills all \(maximum) positions of the model, so nothing can follow; shorten it")
    }
    let new = try loaded.model.generate(
      from: tokens, maximumNewTokens: maxNewTokens,
      search: beams == 1 ? .greedy : .beam(width: beams))
    guard text != nil, let tokenizer = loaded.tokenizer else { return new.idText }
    return try tokenizer.decode(new, skippingSpecialTokens: true)
  }
}
