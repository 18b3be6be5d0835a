public import Answering
package import Coursework
import Foundation
public import Tensors

/// What a student of the practice sheet, which exists for tests alone, promises.
public protocol PracticeAnswers: Sendable {
  /// The transpose of a matrix `[row, column]`.
  func transpose(_ matrix: Tensor) throws -> Tensor
  /// Every number doubled.
  func doubled(_ numbers: [Int]) throws -> [Int]
  /// A text in the student's words.
  func thoughts() throws -> String
}

/// How the methods of the practice sheet are asked.
public enum PracticeAsks: AskList {
  /// What a student promises.
  public typealias Answers = any PracticeAnswers

  /// One a method.
  public static let all = [EncodedAsk(transpose), EncodedAsk(doubled), EncodedAsk(thoughts)]

  package static let transpose = Ask("transpose") {
    (answers: any PracticeAnswers, matrix: Tensor) in
    try answers.transpose(matrix)
  }
  package static let doubled = Ask("doubled") { (answers: any PracticeAnswers, numbers: [Int]) in
    try answers.doubled(numbers)
  }
  package static let thoughts = Ask(inWords: "thoughts") { (answers: any PracticeAnswers) in
    try answers.thoughts()
  }
}

package let transposeExercise = Exercise(
  "9.1", "Transpose a matrix", points: 3, difficulty: 2, importance: 4, minutes: 10,
  hints: ["Which axis comes first?", "Swap the indices.", "result[j, i] = matrix[i, j]"],
  interpretation: "Rows became columns.",
  cases: { generator in
    [("a square matrix", 3, 3), ("a wide matrix", 2, 4)].map { name, rows, columns in
      let matrix = Tensor.randomNormal([rows, columns], using: &generator)
      var transpose = Tensor.zeros([columns, rows])
      for row in 0..<rows {
        for column in 0..<columns { transpose[column, row] = matrix[row, column] }
      }
      return Case(name, question: matrix, key: transpose)
    }
  },
  parts: [
    Part(PracticeAsks.transpose) {
      Expected($0, named: "the transpose", axes: ["row", "column"])
    }
  ])

package let doubleExercise = Exercise(
  "9.2", "Double the numbers", points: 3, difficulty: 1, importance: 2, minutes: 5, timeLimit: 2,
  hints: ["Twice is plus itself.", "Use map.", "numbers.map { $0 * 2 }"],
  interpretation: "Doubling is linear.",
  cases: { generator in
    (2...5).map { count in
      let numbers = (0..<count).map { $0 * 100 + Int.random(in: 1..<100, using: &generator) }
      return Case("\(count) numbers", question: numbers, key: numbers.map { $0 * 2 })
    }
  },
  parts: [Part(PracticeAsks.doubled) { Expected($0, named: "the list") }])

package let openExercise = Exercise(
  open: "9.3", "In words", points: 2, difficulty: 2, importance: 3, minutes: 10,
  hints: ["Think.", "Think of rows.", "Rows and columns."],
  interpretation: "There are many good answers.",
  prompt: "What does a transpose do?", rubric: ["one point for rows", "one point for columns"],
  text: PracticeAsks.thoughts)

package let practiceSheet = Sheet(
  number: 9, title: "Practice", summary: "A sheet to practise on, with little to learn.",
  goals: ["transpose a matrix", "double numbers"], asks: PracticeAsks.self,
  exercises: [transposeExercise, doubleExercise, openExercise],
  figures: [
    SheetFigure("1-numbers.txt", "the numbers one to three") { url in
      try Data("\(FigureModel.current?.value ?? "1 2 3")\n".utf8).write(to: url)
    },
    SheetFigure("2-doubled.txt", "what you make of them") { ask, url in
      try Data("\(try ask(PracticeAsks.doubled, [1, 2, 3]))\n".utf8).write(to: url)
    },
  ],
  findModel: { value in
    guard value.hasPrefix("ada/") else { throw NoModel(value: value) }
    return String(value.dropFirst(4))
  })

/// The practice sheet with a figure more, whose questions depend on answers.
package let drawnSheet = Sheet(
  number: 9, title: "Practice", summary: "", goals: [], asks: PracticeAsks.self, exercises: [],
  figures: practiceSheet.figures + [
    SheetFigure("3-chain.txt", "answers of which one asks for the next") { ask, url in
      let first = try ask(PracticeAsks.doubled, [1, 2])
      let both = try ask.all(PracticeAsks.doubled, [first, [first.count]])
      // What draws may stumble over an answer that no exercise accepts.
      try Data("\(first[0]) \(both)\n".utf8).write(to: url)
    }
  ])

/// A sheet whose one figure asks for something else whenever it is drawn.
package let endlessSheet = Sheet(
  number: 9, title: "Practice", summary: "", goals: [], asks: PracticeAsks.self, exercises: [],
  figures: [
    SheetFigure("1-endless.txt", "what is never known") { ask, url in
      let numbers = try ask(PracticeAsks.doubled, [Int.random(in: 0..<1_000_000_000)])
      try Data("\(numbers)\n".utf8).write(to: url)
    }
  ])

/// Says that there is no model of a name.
struct NoModel: Error, CustomStringConvertible {
  let value: String
  var description: String { "there is no model \(value)" }
}

/// Stubs as a student finds them.
package struct Untouched: PracticeAnswers {
  package init() {}
  package func transpose(_ matrix: Tensor) throws -> Tensor { throw Unanswered() }
  package func doubled(_ numbers: [Int]) throws -> [Int] { throw Unanswered() }
  package func thoughts() throws -> String { throw Unanswered() }
}

/// Right answers.
package struct Solved: PracticeAnswers {
  package init() {}
  package func transpose(_ matrix: Tensor) throws -> Tensor {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    var result = Tensor.zeros([columns, rows])
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = matrix[row, column] }
    }
    return result
  }
  package func doubled(_ numbers: [Int]) throws -> [Int] { numbers.map { $0 + $0 } }
  package func thoughts() throws -> String { "It swaps rows and columns." }
}
