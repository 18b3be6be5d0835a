import ArgumentParser

/// The command-line tool.
@main struct Headlight: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "headlight",
    abstract: "Look inside transformers: run, trace and draw models; check answers; train.",
    discussion: """
<<<<<<< HEAD
      With a model: models, tokenize, generate, trace, figure.
=======
      With a model: models, generate, trace, probe, figure.
>>>>>>> bfc4e2f (headlight probe: probes on every layer of any model; dependency arcs; a benchmark beside scikit-learn)
      With a sheet: check, hint, status.
      Every command explains itself, as in: headlight help trace
      """,
    subcommands: [
<<<<<<< HEAD
      Models.self, Tokenize.self, Generate.self, TraceCommand.self, FigureCommand.self, Check.self,
      Hint.self, Status.self, Train.self,
=======
      Models.self, Generate.self, TraceCommand.self, ProbeCommand.self, FigureCommand.self,
      Check.self, Hint.self,
      Status.self, Train.self,
>>>>>>> bfc4e2f (headlight probe: probes on every layer of any model; dependency arcs; a benchmark beside scikit-learn)
    ])
}

/// What went wrong, in one sentence for the person at the terminal.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
