import Answering
import Foundation

extension SheetRunner {
  /// What a sheet's program is asked to do.
  enum Request {
    case walk([Exercise], drawsFigures: Bool, model: FigureModel?)
    case hint(Exercise, all: Bool)
    case watch
    case status
    case answer
    case draw(URL, model: FigureModel?)
    case help

    init(_ arguments: [String], sheet: Sheet) throws {
      switch arguments.first {
      case "hint":
        let rest = arguments.dropFirst()
        let ids = rest.filter { $0 != "--all" }
        guard ids.count == 1, !ids[0].hasPrefix("-") else {
          throw UsageError("hint takes one exercise, as in hint \(sheet.number).1")
        }
        self = .hint(try sheet.exercise(ids[0]), all: rest.contains("--all"))
        return
      case "watch", "status":
        guard arguments.count == 1 else {
          throw UsageError("\(arguments[0]) takes nothing else")
        }
        self = arguments[0] == "watch" ? .watch : .status
        return
      default: break
      }
      var rest = arguments[...]
      var exercises: [Exercise] = []
      var drawsFigures = true
      var model: FigureModel?
      var folder: URL?
      while let argument = rest.popFirst() {
        switch argument {
        case "--help", "-h":
          self = .help
          return
        case "--answer":
          guard arguments.count == 1 else {
            throw UsageError("--answer stands alone: every question says what it is about")
          }
          self = .answer
          return
        case "--draw":
          guard let path = rest.popFirst() else { throw UsageError("--draw needs a folder") }
          folder = URL(filePath: path, directoryHint: .isDirectory)
        case "--model":
          guard let value = rest.popFirst(), !value.isEmpty else {
            throw UsageError("--model needs a directory, or OWNER/NAME of a model on the hub")
          }
          model = try Self.model(value, for: sheet)
        case "--no-figures": drawsFigures = false
        case _ where argument.hasPrefix("-"):
          throw UsageError("there is no option \(printable(argument, limit: 60))")
        default:
          let exercise = try sheet.exercise(argument)
          if !exercises.contains(where: { $0.id == exercise.id }) { exercises.append(exercise) }
        }
      }
      if let folder {
        self = .draw(folder, model: model)
        return
      }
      guard model == nil || exercises.isEmpty && drawsFigures else {
        throw UsageError("--model says what figures are drawn of, and none are to be drawn")
      }
      self =
        exercises.isEmpty
        ? .walk(sheet.exercises, drawsFigures: drawsFigures, model: model)
        : .walk(exercises, drawsFigures: false, model: nil)
    }

    private static func model(_ value: String, for sheet: Sheet) throws -> FigureModel {
      guard let findModel = sheet.findModel else {
        throw UsageError(
          "the figures of sheet \(sheet.number) are of its own model alone"
            + (sheet.otherModels.isEmpty ? "" : "; \(sheet.otherModels)"))
      }
      do { return FigureModel(value: value, name: try findModel(value)) } catch {
        throw UsageError(printable("\(error)"))
      }
    }

    static func usage(_ sheet: Sheet) -> String {
      """
      Usage: swift run Sheet\(sheet.number) [EXERCISE …] [--no-figures]\(modelUsage(sheet))
      Or: swift run Sheet\(sheet.number) hint EXERCISE [--all] | watch | status

      Without arguments: checks every exercise of “\(sheet.title)” and draws its figures.
      With exercises, as in \(sheet.number).1: checks those alone.
      hint shows the next hint, watch checks whenever you save, status shows how far you \
      are.\(modelHelp(sheet))
      """
    }

    private static func modelUsage(_ sheet: Sheet) -> String {
      sheet.findModel == nil ? "" : " [--model MODEL]"
    }

    private static func modelHelp(_ sheet: Sheet) -> String {
      guard sheet.findModel != nil else { return "" }
      return """

        With --model, a directory or OWNER/NAME on the hub: draws the figures of that model, in a \
        folder of its own; what is checked stays with the sheet's.
        """
    }
  }
}

/// A command line that is not understood.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
