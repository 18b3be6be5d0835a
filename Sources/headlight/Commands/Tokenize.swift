import ArgumentParser
import Files
import Foundation
import Tokenizers

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the tokens of texts.",
    discussion: """
      Prints one JSON object a text: the ids, with the special tokens the model expects around a \
      text; the tokens they stand for; and the text the ids decode to, without special tokens. The \
      model's folder needs a tokenizer, and no weights.

      A file of texts holds one JSON text a line, or an object with "text". A text may begin with a \
      dash; one that reads like an option, as "--model", stands behind "--".

      Examples:
        headlight tokenize "Translate to French: The brown dog ran."
        headlight tokenize --model DIR --input texts.jsonl
      """)

  @OptionGroup var model: ModelOption
  @Option(help: ArgumentHelp("Read texts from this file, one JSON text a line.", valueName: "file"))
  var input: String?
  @Flag(
    help: ArgumentHelp(
      "Cut off and fill up each row as tokenizer.json asks, which running a model never does."))
  var padded = false
  @Argument(help: "The texts.")
  var texts: [String] = []

  func validate() throws {
    guard texts.isEmpty != (input == nil) else {
      throw ValidationError("give what to tokenize: either texts or --input")
    }
  }

  func run() throws {
    let tokenizer = try model.tokenizer()
    guard let input else {
      for text in texts { try printLine(text, tokenizer) }
      return
    }
    guard let data = FileManager.default.contents(atPath: input) else {
      throw CommandError("the file \(input) cannot be read; check its name")
    }
    for (index, line) in TextLines(data).enumerated() {
      guard let text = TextLines.text(of: line) else {
        throw CommandError(
          "line \(index + 1) of \(input) should be a JSON text, or an object with \"text\", as in "
            + "{\"text\": \"The dog ran.\"}")
      }
      try printLine(text, tokenizer)
    }
  }

  private func printLine(_ text: String, _ tokenizer: Tokenizer) throws {
    let line = try Self.line(of: text, tokenizer, padded: padded)
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  /// The JSON object of one text.
  static func line(of text: String, _ tokenizer: Tokenizer, padded: Bool) throws -> String {
    let ids =
      padded
      ? try tokenizer.paddedRow(of: text) : try tokenizer.encode(text, addingSpecialTokens: true)
    // Line ends of all kinds are escaped, so that one object stays one line everywhere.
    func quoted(_ text: String) -> String { JSON.spelling(of: text, isOneLine: true) }
    let tokens = try tokenizer.tokens(ids).map(quoted).joined(separator: ", ")
    let decoded = quoted(try tokenizer.decode(ids, skippingSpecialTokens: true))
    let numbers = ids.map(String.init).joined(separator: ", ")
    return "{\"ids\": [\(numbers)], \"tokens\": [\(tokens)], \"decoded\": \(decoded)}"
  }
}
