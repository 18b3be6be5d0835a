package import Tensors

/// A question that is drawn again until every usual mistake shows in its answer.
///
/// - Parameter draw: Gives nil for one of which it is known at once that none would.
package func drawn<Question>(
  using generator: inout SeededGenerator, _ draw: (inout SeededGenerator) throws -> Question?,
  until isDecided: (Question) throws -> Bool
) rethrows -> Question {
  while true {
    if let question = try draw(&generator), try isDecided(question) { return question }
  }
}
