import ArgumentParser

/// The command-line tool.
@main struct Headlight: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "headlight",
    abstract: "Look inside transformers: run, trace and draw models; check answers; train.",
    discussion: """
      With a model: models, fetch, tokenize, generate, trace, figure, attribute, probe.
      With a sheet: watch, check, hint, status.
      Every command explains itself, as in: headlight help trace
      """,
    subcommands: [
      Models.self, FetchCommand.self, Tokenize.self, Generate.self, TraceCommand.self,
      FigureCommand.self, AttributeCommand.self, ProbeCommand.self, Watch.self, Check.self,
      Hint.self, Status.self, Train.self,
    ] + instructorCommands)

  /// What an instructor's package has, and a student's has not.
  private static var instructorCommands: [any ParsableCommand.Type] {
    #if canImport(Grading)
      [Report.self, Release.self, GradescopeCommand.self]
    #else
      []
    #endif
  }
}

/// What went wrong, in one sentence for the person at the terminal.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
