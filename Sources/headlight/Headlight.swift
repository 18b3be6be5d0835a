import ArgumentParser
import Foundation

/// The command-line tool.
@main struct Headlight: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "headlight",
    abstract: "Look inside transformers: run, trace and draw models; check answers; train.",
    discussion: """
      With a model: models, fetch, tokenize, generate, trace, figure, attribute, lens, probe.
      With a model that is changed: patch, path-patch, attribute-logit, knockout, causal-trace, \
      patchscope, relation, circuit.
      With a model's heads: heads, ablate, suppression, browse.
      With many sentences or inputs: idioms, sweep.
      With what was published: evidence.
      With a sheet: watch, check, hint, status.\(instructorHelp)
      Every command explains itself, as in: headlight help trace
      """,
    subcommands: [
      Models.self, FetchCommand.self, Tokenize.self, Generate.self, TraceCommand.self,
      FigureCommand.self, AttributeCommand.self, LensCommand.self, ProbeCommand.self,
      PatchCommand.self, PathPatchCommand.self, AttributeLogitCommand.self, KnockoutCommand.self,
      CausalTraceCommand.self, PatchscopeCommand.self, RelationCommand.self, CircuitCommand.self,
      HeadsCommand.self, AblateCommand.self, SuppressionCommand.self, BrowseCommand.self,
      IdiomsCommand.self, SweepCommand.self, SweepWorkerCommand.self, EvidenceCommand.self,
      Watch.self, Check.self, Hint.self, Status.self, Train.self,
    ] + instructorCommands)

  static func main() async {
    let arguments = TextArguments.prepared(Array(CommandLine.arguments.dropFirst()), for: self)
    var command: any ParsableCommand
    do { command = try parseAsRoot(arguments) } catch {
      if let refusal = TextArguments.refusal(for: error, of: arguments, by: self) {
        FileHandle.standardError.write(Data("\(refusal)\n".utf8))
        Foundation.exit(ExitCode.validationFailure.rawValue)
      }
      exit(withError: error)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch { exit(withError: error) }
  }

  // What an instructor's package has, and a student's has not.
  #if canImport(Grading)
    private static let instructorHelp = "\nWith a class: release, grade, report, gradescope."
    private static var instructorCommands: [any ParsableCommand.Type] {
      [Release.self, GradeCommand.self, Report.self, GradescopeCommand.self, DrawCommand.self]
    }
  #else
    private static let instructorHelp = ""
    private static var instructorCommands: [any ParsableCommand.Type] { [] }
  #endif
}

/// What went wrong, in one sentence for the person at the terminal.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Says something beside the result, which may be read by a program.
func note(_ remark: String) {
  FileHandle.standardError.write(Data("Note: \(remark).\n".utf8))
}
