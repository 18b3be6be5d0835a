import ArgumentParser
import Laboratory
import Models
import Transformers

/// What a model reads: `--text`, or `--source` and `--target` of an encoder–decoder.
struct ReadingOptions: ParsableArguments {
  @Option(
    name: [.long, .customLong("source")], parsing: .unconditional,
    help: "The text the model reads; --source is the same.")
  var text: String?
  @Option(
    name: [.long, .customLong("source-ids")], help: .ids(insteadOf: "--text"),
    transform: tokenIDs)
  var textIds: [Int]?
  @OptionGroup var target: TargetOptions

  private var source: TextChoice {
    TextChoice(option: "--text", name: "the text", text: text, ids: textIds)
  }

  func validate() throws { try source.check() }

  /// The tokens that the model reads.
  func reading(for loaded: LoadedModel) throws -> Reading {
    try Reading(source: source, target: target.tokens(for: loaded), for: loaded)
  }
}

/// What the decoder of an encoder–decoder reads.
struct TargetOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What an encoder–decoder's decoder reads, shifted right behind its start token. (default: the "
        + "start token alone)"))
  var target: String?
  @Option(
    help: ArgumentHelp(
      "Token ids instead of --target; those that begin with the decoder's start token are read as "
        + "they stand.", valueName: "ids"),
    transform: tokenIDs)
  var targetIds: [Int]?

  fileprivate var choice: TextChoice {
    TextChoice(option: "--target", name: "the target", text: target, ids: targetIds)
  }

  func validate() throws { try choice.checkOnce() }

  /// What the decoder reads; nil where the model has a single stack.
  func tokens(for loaded: LoadedModel) throws -> TokenizedText? {
    let configuration = loaded.model.configuration
    guard configuration.isEncoderDecoder else {
      guard !choice.isGiven else {
        throw CommandError(
          "\(loaded.shortName) has a single stack, which reads one text: leave --target out")
      }
      return nil
    }
    let start = configuration.startToken
    guard choice.isGiven else {
      return try TokenizedText(ids: [start], named: "the target", for: loaded)
    }
    let given = try choice.tokens(for: loaded)
    if choice.ids != nil, given.ids.first == start { return given }
    let ids = [start] + given.ids.dropLast()
    guard let target else {
      note(
        "--target-ids do not begin with the decoder's start token \(start), so the decoder reads "
          + "them shifted right behind it: \(ids.idText)")
      return try TokenizedText(ids: ids, named: "the target", for: loaded)
    }
    return TokenizedText(target, ids: ids, for: loaded)
  }
}

/// The tokens of one run.
struct Reading {
  let loaded: LoadedModel
  /// What the encoder reads, or the only stack.
  let source: TokenizedText
  /// What the decoder of an encoder–decoder reads, its start token first.
  let target: TokenizedText?
  /// What goes into the model.
  let input: ModelInput

  init(source: TextChoice, target: TokenizedText?, for loaded: LoadedModel) throws {
    let configuration = loaded.model.configuration
    let tokens = try source.tokens(for: loaded)
    (self.loaded, self.source, self.target) = (loaded, tokens, target)
    var input = ModelInput(tokens.ids, decoderTokens: target?.ids)
    if configuration.decoder == nil, let text = source.text {
      input.tokenTypes = try loaded.encoderInput(text, tokens: tokens.ids, pair: nil).tokenTypes
    }
    try input.checkSize(for: configuration, keepsEverything: true)
    self.input = input
  }

  /// What the stack reads whose logits are read.
  var read: TokenizedText { target ?? source }

  /// What a stack reads.
  func tokens(of stack: StackName) -> TokenizedText { stack == .decoder ? read : source }
}

/// An option that names a position of a run.
///
/// A position counts from 0 over the tokens of the run, start token included, or from the end, where
/// -1 is the last; a word that stands once names its last token. Declared with
/// `parsing: .unconditional`, so that `--position -1` parses.
extension ArgumentHelp {
  static func position(_ what: String, default value: String? = nil) -> ArgumentHelp {
    ArgumentHelp(
      "\(what): a number from 0, -1 for the last, or a word that stands once."
        + (value.map { " (default: \($0))" } ?? ""), valueName: "word-or-index")
  }
}
