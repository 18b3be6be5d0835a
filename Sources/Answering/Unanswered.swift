/// What a stub throws until the student has written an answer.
public struct Unanswered: Error, Equatable, CustomStringConvertible {
  /// An answer that is yet to be written.
  public init() {}

  /// What the student reads.
  public var description: String { "not answered yet" }
}
