package import Foundation
import Laboratory

/// A training that can be stopped after any step and taken up again.
package protocol ResumableTrainer: Sendable {
  /// What is trained, for messages and the figure, such as "the translator, seed 2".
  var subject: String { get }
  /// How many steps the recipe has.
  var totalSteps: Int { get }
  /// The mean loss of every step so far, in nats a token.
  var losses: [Float] { get }
  /// Losses of parts of the corpus over the steps, where the recipe keeps any.
  var lossCurves: [LossCurve] { get }
  /// A step after which the model is kept beside the final one, or nil.
  var keptStep: Int? { get }

  /// Makes one step.
  mutating func advance()
  /// Writes everything that the next step depends on.
  func save(to url: URL) throws
  /// Takes up a training where a file left it.
  mutating func resume(from url: URL) throws
  /// Writes the model as it is, with its tokenizer, in the Hugging Face layout.
  func write(to directory: URL) throws
}

extension ResumableTrainer {
  /// How many steps have been made.
  package var step: Int { losses.count }
  package var isFinished: Bool { step >= totalSteps }
}

/// A loss over the course of a training.
package struct LossCurve: Sendable, Equatable {
  package var name: String
  /// After how many steps it was measured.
  package var steps: [Int]
  /// In nats a token.
  package var losses: [Float]
}
