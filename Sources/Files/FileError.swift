import Foundation

/// Why a file cannot be written.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file.
  package let path: String
  /// What stands in the way and, where that is known, what to do.
  package let reason: String
  /// The system's number for it, or 0 for what the system did not say.
  package let number: CInt

  package init(_ path: String, reason: String) {
    self.path = plainLine(path)
    self.reason = plainLine(reason)
    number = 0
  }

  /// What the system said last.
  package init(_ path: String, number: CInt = errno) {
    self.path = plainLine(path)
    self.number = number
    reason = systemReason(number)
  }

  /// One sentence without its full stop.
  package var description: String { "\(path) cannot be written: \(reason)" }
}

/// What the system said last of a file, as the end of a sentence.
package func systemReason(_ number: CInt = errno) -> String {
  switch number {
  case ENOSPC, EDQUOT: "the disk is full; make room first"
  case EROFS: "the disk is read-only; name a place on another"
  default: String(cString: strerror(number)).lowercased()
  }
}
