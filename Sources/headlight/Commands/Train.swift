import ArgumentParser

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train an embedded model from scratch, as it was made.",
    subcommands: [TrainReader.self, TrainTranslator.self])
}
