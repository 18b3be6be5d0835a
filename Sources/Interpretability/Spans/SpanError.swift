/// Why a sentence with a span, a cage or a score cannot be had, in one sentence.
public struct SpanError: Error, Equatable, CustomStringConvertible {
  /// What was expected, what was found and what to do.
  public let description: String

  package init(_ description: String) { self.description = description }
}
