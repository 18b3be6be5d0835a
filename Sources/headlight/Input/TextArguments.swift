import ArgumentParser
import Foundation

/// Arguments on their way to the parser, so that a text that begins with a dash stays a text.
///
/// The parser takes `- The dog` for a cluster of short options, of which `h` asks for help, and ends
/// the options at `--`, also where that is an option's value. What each command takes is asked of the
/// parser itself.
enum TextArguments {
  /// The arguments with texts where the parser takes them as they stand: behind `=` as values of
  /// options, and behind `--` as what stands alone.
  ///
  /// Anything may follow an option that is declared `parsing: .unconditional`. Elsewhere what looks
  /// like an option is one, so that a misspelt option is not taken for a text.
  static func prepared(
    _ arguments: [String], for command: any ParsableCommand.Type
  ) -> [String] {
    guard arguments.contains(where: { $0.first == "-" && !looksLikeOption($0) }),
      let tool = try? JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8))
    else { return arguments }
    var (command, rest) = (tool.command, arguments[...])
    while let name = rest.first,
      let next = command.subcommands?.first(where: { $0.commandName == name })
    {
      command = next
      rest.removeFirst()
    }
    let known = command.arguments ?? []
    let alone = known.filter { $0.kind == "positional" }
    guard alone.allSatisfy({ $0.parsingStrategy == "default" }), command.commandName != "help"
    else { return arguments }

    var result = Array(arguments[..<rest.startIndex])
    var texts: [String] = []
    while let argument = rest.popFirst() {
      if argument == "--" {
        texts += rest
        break
      }
      let option = known.first { $0.isNamed(argument) }
      if let option, option.kind == "option", let value = rest.first {
        let isText = option.parsingStrategy == "unconditional"
        if value.first == "-", isText || !looksLikeOption(value) && value != "--" {
          result.append("\(argument)=\(value)")
          rest.removeFirst()
        } else if value == "--" || known.contains(where: { $0.isNamed(value) }) {
          result.append(argument)
        } else {
          result += [argument, value]
          rest.removeFirst()
        }
      } else if option != nil || argument.hasPrefix("--") && looksLikeOption(argument) {
        result.append(argument)
      } else if looksLikeOption(argument), !alone.contains(where: \.isRepeating) {
        result.append(argument)
      } else if alone.isEmpty {
        result.append(argument)
      } else {
        texts.append(argument)
      }
    }
    return texts.isEmpty ? result : result + ["--"] + texts
  }

  /// `-x`, `--name` and `--name=value` do; `-5`, `- a`, `-> b`, `--` and `--- a` do not.
  private static func looksLikeOption(_ argument: String) -> Bool {
    argument.wholeMatch(of: /-[A-Za-z]|--[A-Za-z][A-Za-z0-9-]*(=(?s:.*))?/) != nil
  }

  /// The parts of the parser's own description of a command that matter here.
  private struct Tool: Decodable {
    var command: Command
  }

  private struct Command: Decodable {
    var commandName: String
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  private struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }

    var kind: String
    var names: [Name]?
    var parsingStrategy: String
    var isRepeating: Bool

    func isNamed(_ argument: String) -> Bool {
      names?.contains { ($0.kind == "long" ? "--" : "-") + $0.name == argument } ?? false
    }
  }
}
