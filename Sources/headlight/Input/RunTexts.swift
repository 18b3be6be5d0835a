import ArgumentParser

/// The texts of a run that is shown or explained: what a model reads, and what it says to that.
struct RunTexts: ParsableArguments {
  @Option(
    name: [.long, .customLong("text")], parsing: .unconditional,
    help: "The text the model reads; --text is the same.")
  var source: String
  @Option(
    parsing: .unconditional,
    help: "What an encoder–decoder should produce; its own output when left out.")
  var target: String?
}
