/// Why a probe cannot be made from what was given, in one sentence.
public struct ProbingError: Error, Equatable, CustomStringConvertible {
  /// What was expected, what was found and what to do.
  public let description: String

  package init(_ description: String) { self.description = description }
}
