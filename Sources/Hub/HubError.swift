import Files

/// Why a model could not be downloaded, in one sentence: what was expected, what was found and what
/// to do.
package struct HubError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
  /// Whether the same request may well succeed a little later.
  let isPassing: Bool
  /// Whether the server has no such part of the file as was asked for.
  let refusesRange: Bool

  init(_ description: String, isPassing: Bool = false, refusesRange: Bool = false) {
    self.description = plainLine(description)
    self.isPassing = isPassing
    self.refusesRange = refusesRange
  }

  init(_ error: FileError) {
    self.init(
      error.number == 0
        ? "\(error)" : systemError("\(error.path) cannot be written", error.number))
  }

  /// What is thrown when the user asked for an end; no fault of anything.
  static let stopped = HubError("the download was stopped")

  /// Whether the user asked for the end.
  package var isStop: Bool { self == .stopped }
}
