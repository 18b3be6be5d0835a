import Foundation

/// The letters that no installed font could draw, for the one note about them.
package final class MissingLetters: @unchecked Sendable {
  static let shared = MissingLetters()

  // A lock guards both, which is what makes the class safe to send.
  private let lock = NSLock()
  private var scalars: Set<Unicode.Scalar> = []
  private var isSaid = false

  init() {}

  func add(_ scalar: Unicode.Scalar) { lock.withLock { _ = scalars.insert(scalar) } }

  /// What to install for the letters that are missing; nil if there are none, or it was said.
  func takeNote() -> String? {
    lock.withLock {
      guard !isSaid, !scalars.isEmpty else { return nil }
      isSaid = true
      return Self.note(about: scalars, hasPango: Pango.shared != nil)
    }
  }

  /// The note about some letters.
  ///
  /// - Parameter hasPango: Whether letters that join or run from right to left can be drawn, where a
  ///   font has them.
  package static func note(about scalars: Set<Unicode.Scalar>, hasPango: Bool) -> String {
    let sorted = scalars.sorted()
    let list =
      sorted.prefix(5).map { "\($0) (\(Script.codePoint($0)))" }.joined(separator: ", ")
      + (sorted.count > 5 ? " and \(sorted.count - 5) more" : "")
    var packages = Set(sorted.map(Script.fontPackage))
    if !hasPango, sorted.contains(where: { !Script.standsAlone($0) }) {
      packages.insert("libpangocairo-1.0-0")
    }
    return "Note: the fonts of this machine cannot draw \(list), which stand in figures as code "
      + "points; install what can: apt install \(packages.sorted().joined(separator: " "))"
  }
}
