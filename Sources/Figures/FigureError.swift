public import Foundation

/// What is wrong with a figure's input, or why its file cannot be written, in one sentence.
public struct FigureError: Error, Equatable, CustomStringConvertible, LocalizedError {
  /// What was expected, what was found and what to do.
  public let description: String

  package init(_ description: String) { self.description = description }

  /// The same sentence as ``description``.
  public var errorDescription: String? { description }
}
