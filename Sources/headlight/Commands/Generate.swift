import ArgumentParser
import Laboratory
import Models
import Tokenizers
import Transformers

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a model write: a translation, an answer, a continuation.",
    discussion: """
      Prints the new text alone, without special tokens; an encoder–decoder's whole output, or what \
      a single stack adds to the text. When ids go in, the new ids come out, comma-separated, with \
      the end token if the model produced it, as `generate` of transformers returns them.

      The model's generation_config.json decides how: end tokens, forced and forbidden tokens, \
      penalties, lengths, beams. An option given here wins. Nothing is drawn at random: a file that \
      asks for that, or for anything else that is not done, is named in a note.

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
  @Option(
    help: ArgumentHelp(
      "The most tokens to produce; as many as the model's settings say, or else 64, when left out.",
      valueName: "n"))
  var maxNewTokens: Int?
  @Option(
    help: ArgumentHelp(
      "How many continuations are kept side by side; 1 takes the most probable token each time. As "
        + "many as the model's settings say, or else 1, when left out.", valueName: "n"))
  var beams: Int?

  func validate() throws {
    guard (text == nil) != (inputIds == nil) else {
      throw ValidationError("give what the model reads: either --text or --input-ids")
    }
    if let maxNewTokens, maxNewTokens < 1 {
      throw ValidationError("--max-new-tokens is \(maxNewTokens), and must be at least 1")
    }
    if let beams, !(1...64).contains(beams) {
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
    loaded.noteUnsupportedSettings()
    let settings = configuration.generation
    let limit = settings.limit(afterTokens: configuration.isEncoderDecoder ? 1 : tokens.count)
    if maxNewTokens == nil, limit == 0 {
      throw CommandError(
        "the text has \(counted(tokens.count, "token")), and the model's settings allow no more than "
          + "\(settings.maximumLength ?? 0) (max_length); give --max-new-tokens")
    }
    let new = try loaded.model.generate(
      from: tokens, maximumNewTokens: maxNewTokens ?? limit ?? 64,
      search: beams.map { $0 == 1 ? .greedy : .beam(width: $0) })
    return text == nil ? new.idText : try loaded.text(of: new)
  }
}
