import Coursework
import Foundation
import Tensors

/// A right tensor with what the usual mistakes make of the question.
struct TensorKey {
  let right: Tensor
  let name: String
  let axes: [String]
  let tolerance: Float
  let mistakes: () throws -> [Mistake<Tensor>]

  init(
    _ right: Tensor, named name: String, axes: [String], tolerance: Float = 1e-3,
    mistakes: @escaping () throws -> [Mistake<Tensor>]
  ) {
    self.right = right
    self.name = name
    self.axes = axes
    self.tolerance = tolerance
    self.mistakes = mistakes
  }

  var judge: Expected<Tensor> {
    Expected(right, tolerance: tolerance, named: name, axes: axes, mistakes: mistakes)
  }

  /// Whether each mistake lies far from what is right, somewhere.
  func isDecided() throws -> Bool {
    let wanted = right.values
    return try mistakes().allSatisfy { mistake in
      let found = mistake.answer.values
      guard found.count == wanted.count else { return true }
      return zip(found, wanted).contains {
        !$0.isFinite || abs($0 - $1) > 8 * tolerance * max(1, abs($1), abs($0))
      }
    }
  }
}

/// A question that is drawn again until every usual mistake shows in its answer.
///
/// - Parameters:
///   - draw: Gives nil for one of which that is known at once.
///   - isDecided: Is given the number of the try, to ask for less when much was asked in vain.
func drawn<Question>(
  using generator: inout SeededGenerator, _ draw: (inout SeededGenerator) throws -> Question?,
  until isDecided: (Question, Int) throws -> Bool
) rethrows -> Question {
  var number = 0
  while true {
    number += 1
    if let question = try draw(&generator), try isDecided(question, number) { return question }
  }
}

/// A question that is drawn again until every usual mistake shows in its answer.
func drawn<Question>(
  using generator: inout SeededGenerator, _ draw: (inout SeededGenerator) throws -> Question?,
  until isDecided: (Question) throws -> Bool
) rethrows -> Question {
  try drawn(using: &generator, draw) { question, _ in try isDecided(question) }
}

extension Tensor {
  /// A matrix from numbers of rows and columns.
  init(_ rows: Int, _ columns: Int, _ value: (_ row: Int, _ column: Int) throws -> Double) rethrows
  {
    var values: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns { values.append(Float(try value(row, column))) }
    }
    self.init(values, shape: [rows, columns])
  }
}

extension Double {
  var exponential: Double { Foundation.exp(self) }
  var logarithm: Double { Foundation.log(self) }
}
