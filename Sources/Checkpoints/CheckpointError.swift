/// What is wrong with a file of weights, in one sentence for the person who chose it.
///
/// The sentence names the file, what was expected, what was found and what to do.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  package init(_ description: String) { self.description = description }
}
