import ArgumentParser
import Foundation
import Transformers

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
      let (command, start) = asked(of: command, by: arguments)
    else { return arguments }
    var rest = start
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

  /// What is said of arguments that the parser refuses while one is an option that the command does
  /// not take; nil where the parser says so itself.
  ///
  /// The parser asks the command whether its options go together before it looks at what is left over.
  static func refusal(
    for error: any Error, of arguments: [String], by root: any ParsableCommand.Type
  ) -> String? {
    guard root.exitCode(for: error) == .validationFailure,
      !root.message(for: error).hasPrefix("Unknown option"),
      let unknown = unknownOption(in: arguments, of: root)
    else { return nil }
    let message = root.fullMessage(for: error)
    let usage = message.range(of: "\nUsage:").map { message[$0.lowerBound...] } ?? ""
    return "Error: \(unknown)\(usage)"
  }

  /// The first long option that a command does not take, in the parser's words.
  private static func unknownOption(
    in arguments: [String], of root: any ParsableCommand.Type
  ) -> String? {
    guard let (command, start) = asked(of: root, by: arguments) else { return nil }
    var rest = start
    let known = command.arguments ?? []
    guard known.allSatisfy({ $0.kind != "positional" || $0.parsingStrategy == "default" }) else {
      return nil
    }
    while let argument = rest.popFirst(), argument != "--" {
      let name = String(argument.prefix { $0 != "=" })
      if let option = known.first(where: { $0.isNamed(name) }) {
        if option.kind == "option", name == argument, let value = rest.first,
          option.parsingStrategy.hasPrefix("unconditional") || !looksLikeOption(value)
        {
          rest.removeFirst()
        }
      } else if name.hasPrefix("--"), looksLikeOption(argument) {
        let names = known.flatMap(\.longNames)
        let near = nearestNames(to: name, in: names, count: 1).first {
          name.difference(from: $0).count <= 4
        }
        return "Unknown option '\(name)'" + (near.map { ". Did you mean '\($0)'?" } ?? "")
      }
    }
    return nil
  }

  /// The subcommand that arguments ask for, and what is left of them.
  private static func asked(
    of root: any ParsableCommand.Type, by arguments: [String]
  ) -> (command: Command, rest: ArraySlice<String>)? {
    guard let tool = try? JSONDecoder().decode(Tool.self, from: Data(root._dumpHelp().utf8))
    else { return nil }
    var (command, rest) = (tool.command, arguments[...])
    while let name = rest.first,
      let next = command.subcommands?.first(where: { $0.commandName == name })
    {
      command = next
      rest.removeFirst()
    }
    return (command, rest)
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

    /// Its names that begin with two dashes.
    var longNames: [String] {
      (names ?? []).filter { $0.kind == "long" }.map { "--" + $0.name }
    }

    func isNamed(_ argument: String) -> Bool {
      names?.contains { ($0.kind == "long" ? "--" : "-") + $0.name == argument } ?? false
    }
  }
}
