import ArgumentParser

/// The command-line tool.
@main struct Headlight: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "headlight",
    abstract: "Look inside transformers: run, trace and draw models; check answers; train.",
    discussion: """
      With a model: models, fetch, tokenize, generate, trace, figure, attribute, probe.
      With a sheet: check, hint, status. With a class: grade.
      Every command explains itself, as in: headlight help trace
      """,
    subcommands: [
      Models.self, FetchCommand.self, Tokenize.self, Generate.self, TraceCommand.self,
      FigureCommand.self, AttributeCommand.self, ProbeCommand.self, Check.self, Hint.self,
      Status.self, GradeCommand.self,
      Train.self,
    ])
}

/// What went wrong, in one sentence for the person at the terminal.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
