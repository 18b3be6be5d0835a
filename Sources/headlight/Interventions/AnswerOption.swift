import ArgumentParser
import Models

/// `--answer`: the token whose probability is read.
struct AnswerOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The token whose probability is read: its text with the space before it, or #123 for an id.",
      valueName: "token"))
  var answer: TokenName

  /// Its id, after what there is to say of it has been said.
  ///
  /// - Throws: ``CommandError`` when it is not one token.
  func id(in loaded: LoadedModel) throws(CommandError) -> Int {
    try TokenNames(of: loaded).id(of: answer, option: "--answer")
  }
}
