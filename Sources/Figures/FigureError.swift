import Files
public import Foundation

/// What is wrong with a figure's input, or why its file cannot be written, in one sentence.
public struct FigureError: Error, Equatable, CustomStringConvertible, LocalizedError {
  /// What was expected, what was found and what to do.
  public let description: String

  package init(_ description: String) { self.description = description }

  /// The same sentence as ``description``.
  public var errorDescription: String? { description }
}

/// Writes a finished figure whole or not at all.
func writeFigure(_ data: Data, to url: URL) throws(FigureError) {
  do throws(FileError) { try AtomicFile.write(data, to: url) } catch {
    throw FigureError(
      "The figure could not be written to \(error.path) (\(error.reason)); nothing was left behind."
    )
  }
}
