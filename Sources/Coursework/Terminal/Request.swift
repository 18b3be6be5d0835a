import Foundation

extension SheetRunner {
  /// What a sheet's program is asked to do.
  enum Request {
    case walk([Exercise<Answers>], drawsFigures: Bool)
    case answer(Exercise<Answers>)
    case draw(URL)
    case help

    init(_ arguments: [String], sheet: Sheet<Answers>) throws {
      var rest = arguments[...]
      var exercises: [Exercise<Answers>] = []
      var drawsFigures = true
      while let argument = rest.popFirst() {
        switch argument {
        case "--help", "-h":
          self = .help
          return
        case "--answer":
          guard let id = rest.popFirst() else {
            throw UsageError("--answer needs an exercise, as in --answer \(sheet.number).1")
          }
          self = .answer(try sheet.exercise(id))
          return
        case "--draw":
          guard let path = rest.popFirst() else { throw UsageError("--draw needs a folder") }
          self = .draw(URL(filePath: path, directoryHint: .isDirectory))
          return
        case "--no-figures": drawsFigures = false
        case _ where argument.hasPrefix("-"):
          throw UsageError("there is no option \(printable(argument, limit: 60))")
        default:
          let exercise = try sheet.exercise(argument)
          if !exercises.contains(where: { $0.id == exercise.id }) { exercises.append(exercise) }
        }
      }
      self =
        exercises.isEmpty
        ? .walk(sheet.exercises, drawsFigures: drawsFigures)
        : .walk(exercises, drawsFigures: false)
    }

    static func usage(_ sheet: Sheet<Answers>) -> String {
      """
      Usage: swift run Sheet\(sheet.number) [EXERCISE …] [--no-figures]

      Without arguments: checks every exercise of “\(sheet.title)” and draws its figures.
      With exercises, as in \(sheet.number).1: checks those alone.
      """
    }
  }
}

/// A command line that is not understood.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
