package import Answering

/// A sheet: exercises on one subject, and the figures that go with them.
public struct Sheet: Sendable {
  /// The sheet's place in the course.
  package let number: Int
  /// The sheet's subject.
  package let title: String
  /// What the sheet is about, in a sentence or two.
  package let summary: String
  /// What a student can do afterwards.
  package let goals: [String]
  /// The exercises in order.
  package let exercises: [Exercise]
  /// What the sheet's program answers for.
  package let asks: any AskList.Type
  /// The pictures that are drawn when the sheet runs.
  package let figures: [SheetFigure]
  /// The short name of the model that a `--model` value names, to draw figures of it; nil when they
  /// are of the sheet's own model alone.
  package let findModel: (@Sendable (String) throws -> String)?
  /// What shows the like of figures that are of the sheet's own model alone, of any model: a sentence
  /// with a command, or empty.
  package let otherModels: String

  /// A sheet of exercises.
  ///
  /// - Parameters:
  ///   - asks: every method that the exercises ask for, in their order.
  ///   - findModel: gives a model's short name by a `--model` value, which figures find in
  ///     `FigureModel.current`; nil when they are of the sheet's own model alone.
  ///   - otherModels: what shows the like of them of any model: a sentence with a command.
  /// - Precondition: every exercise's id begins with the sheet's number; ids, methods and names of
  ///   figures occur once; their methods are in `asks`.
  package init(
    number: Int, title: String, summary: String, goals: [String],
    asks: any AskList.Type, exercises: [Exercise], figures: [SheetFigure] = [],
    findModel: (@Sendable (String) throws -> String)? = nil, otherModels: String = ""
  ) {
    if let fault = Self.fault(number: number, exercises: exercises, figures: figures) {
      preconditionFailure("sheet \(number): \(fault)")
    }
    let methods = Set(asks.all.map(\.method))
    for method in exercises.flatMap(\.methods) where !methods.contains(method) {
      preconditionFailure("sheet \(number): \(asks) does not list `\(method)`")
    }
    self.number = number
    self.title = title
    self.summary = summary
    self.goals = goals
    self.asks = asks
    self.exercises = exercises
    self.figures = figures
    self.findModel = findModel
    self.otherModels = otherModels
  }

  /// The sheet's folder name below `Sheets`, `Solutions` and `Figures`, as in "1-Attention".
  package var folder: String {
    "\(number)-"
      + title.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).joined(separator: "-")
  }

  /// The sheet's points altogether.
  package var points: Int { exercises.reduce(0) { $0 + $1.points } }

  /// The points that the instructor gives by hand.
  package var openPoints: Int {
    exercises.reduce(0) { $0 + ($1.isOpen ? $1.points : 0) }
  }

  /// The file that a student edits, below the package's folder.
  package var answersFile: String { "Sheets/\(folder)/Answers.swift" }

  /// The name of the student's program, as in "Sheet1".
  package var program: String { "Sheet\(number)" }

  /// The module of the sheet's vocabulary, as in "SortingVocabulary", and the name of `asks` in
  /// it.
  package var vocabulary: (module: String, asks: String) {
    let names = String(reflecting: asks).split(separator: ".")
    return (String(names[0]), String(names[1]))
  }

  /// The exercise of an id.
  ///
  /// - Throws: ``UnknownExercise`` when the sheet has none of that id.
  package func exercise(_ id: String) throws(UnknownExercise) -> Exercise {
    guard let exercise = exercises.first(where: { $0.id == id }) else {
      throw UnknownExercise(id: id, sheet: number, known: exercises.map(\.id))
    }
    return exercise
  }

  /// What is wrong with a sheet's exercises and figures, or nil.
  package static func fault(
    number: Int, exercises: [Exercise], figures: [SheetFigure]
  ) -> String? {
    var ids: Set<String> = []
    for exercise in exercises {
      guard exercise.id.hasPrefix("\(number).") else {
        return "exercise \(exercise.id) belongs to another sheet"
      }
      guard ids.insert(exercise.id).inserted else {
        return "two exercises have the id \(exercise.id)"
      }
    }
    var methods: Set<String> = []
    for method in exercises.flatMap(\.methods) where !methods.insert(method).inserted {
      return "`\(method)` is asked for twice"
    }
    var names: Set<String> = []
    for figure in figures {
      guard !figure.name.contains("/"), !figure.name.hasPrefix("."), figure.name.contains(".")
      else {
        return "\(figure.name) is not a file name with an extension, as figures have"
      }
      guard names.insert(figure.name).inserted else {
        return "two figures have the name \(figure.name)"
      }
    }
    return nil
  }
}

/// An exercise was asked for that a sheet does not have.
package struct UnknownExercise: Error, Equatable, CustomStringConvertible {
  let id: String
  let sheet: Int
  let known: [String]

  /// One sentence that lists the exercises there are.
  package var description: String {
    "sheet \(sheet) has no exercise \(printable(id)); it has \(known.joined(separator: ", "))"
  }
}
