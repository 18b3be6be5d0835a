import Files
import Transformers

/// What is wrong with a file of weights, in one sentence for the person who chose it.
///
/// The sentence names the file, what was expected, what was found and what to do.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  package init(_ description: String) { self.description = plainLine(description) }

  init(_ error: FileError) { self.init("Cannot write \(error.path): \(error.reason).") }
}

/// The error for a tensor that is not there.
func missing(_ name: String, from names: [String], in place: String) -> CheckpointError {
  guard !names.isEmpty else {
    return CheckpointError("\(place) has no tensor \(quoted(name)): it holds none at all.")
  }
  let candidates = nearestNames(to: name, in: names).map(quoted).joined(separator: ", ")
  return CheckpointError("\(place) has no tensor \(quoted(name)); the nearest are \(candidates).")
}
