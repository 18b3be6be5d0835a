/// Bounds on what is read of a submission.
package struct CollectingLimits: Sendable {
  /// The largest answers file, in bytes.
  package var answersBytes = 1_000_000
  /// The largest archive, in bytes.
  package var archiveBytes = 200_000_000
  /// The most that an archive may hold when it is unpacked, in bytes.
  package var unpackedBytes = 1_000_000_000
  /// The most that archives inside of a submission may take together, in bytes.
  package var innerArchiveBytes = 50_000_000
  /// The most files and folders in one submission.
  package var entries = 20_000
  /// How many folders deep a file may lie.
  package var depth = 16

  package init() {}
}

/// Why a submission, or a part of it, cannot be read, in a sentence.
struct CollectingError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
