/// How far a student's code is held back, from the weakest to the strongest.
package enum SandboxLevel: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
  /// Limits on time, memory and size alone: files and the network are within reach.
  case limits
  /// Namespaces without network and without sight of other processes; files are within reach.
  case unshare
  /// Landlock: files and TCP are out of reach, other processes and UDP are not.
  case landlock
  /// Bubblewrap: nothing but the compiler, the libraries and a small temporary folder.
  case bubblewrap

  package static func < (left: SandboxLevel, right: SandboxLevel) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }
}
