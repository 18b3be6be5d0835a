import Answering
package import Foundation

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
  /// The pictures that are drawn when the sheet runs.
  package let figures: [SheetFigure]
  /// The short name of the model that a `--model` value names, to draw figures of it; nil when they
  /// are of the sheet's own model alone.
  package let findModel: (@Sendable (String) throws -> String)?

  /// A sheet of exercises.
  ///
  /// - Parameter findModel: gives a model's short name by a `--model` value, which figures find in
  ///   `FigureModel.current`; nil when they are of the sheet's own model alone.
  /// - Precondition: every exercise's id begins with the sheet's number; ids, methods and names of
  ///   figures occur once.
  package init(
    number: Int, title: String, summary: String, goals: [String],
    exercises: [Exercise], figures: [SheetFigure] = [],
    findModel: (@Sendable (String) throws -> String)? = nil
  ) {
    if let fault = Self.fault(number: number, exercises: exercises, figures: figures) {
      preconditionFailure("sheet \(number): \(fault)")
    }
    self.number = number
    self.title = title
    self.summary = summary
    self.goals = goals
    self.exercises = exercises
    self.figures = figures
    self.findModel = findModel
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

  /// The name of the student's program, as in "Sheet1".
  package var program: String { "Sheet\(number)" }

  /// All that the sheet's exercises ask for.
  var asks: [EncodedAsk] { exercises.flatMap(\.asks) }

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

/// A picture of a sheet: a file name, a caption and how it is drawn.
package struct SheetFigure: Sendable {
  /// The file's name with its extension, as in "1-cross-attention.png".
  package let name: String
  /// What is to be seen in the picture, in a few words.
  package let caption: String
  private let drawing: @Sendable (any Sendable, URL) throws -> Void

  /// A picture that shows a student's answers.
  ///
  /// - Parameters:
  ///   - answers: the protocol that the student's struct conforms to.
  ///   - draw: draws the picture into a file; throws ``Unanswered`` when an answer is missing.
  package init<Answers: Sendable>(
    _ name: String, _ caption: String, of answers: Answers.Type,
    draw: @escaping @Sendable (Answers, URL) throws -> Void
  ) {
    self.name = name
    self.caption = caption
    drawing = { answers, file in
      guard let answers = answers as? Answers else {
        preconditionFailure("\(type(of: answers)) does not conform to \(Answers.self)")
      }
      try draw(answers, file)
    }
  }

  /// A picture that shows no answers.
  package init(_ name: String, _ caption: String, draw: @escaping @Sendable (URL) throws -> Void) {
    self.name = name
    self.caption = caption
    drawing = { _, file in try draw(file) }
  }

  /// Draws the picture into a file; throws ``Unanswered`` when it shows an answer not given yet.
  package func draw(_ answers: any Sendable, _ file: URL) throws { try drawing(answers, file) }
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
