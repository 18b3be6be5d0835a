import Files

/// The name of a model on the Hugging Face hub: `OWNER/NAME`, or `NAME` alone for the oldest ones,
/// and the revision wanted of it, as in `google/flan-t5-small@main`.
package struct HubName: Equatable, Sendable, CustomStringConvertible {
  /// `OWNER/NAME`, without the revision.
  package let repository: String
  /// A branch, a tag or a commit.
  package let revision: String

  /// What a model's revision is when none is named.
  package static let usualRevision = "main"

  /// Reads a name with or without `@REVISION`.
  ///
  /// - Throws: ``CheckpointError`` when it breaks the hub's rules; a name that keeps them cannot
  ///   lead out of a folder.
  package init(_ text: String) throws(CheckpointError) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    try self.init(
      repository: String(parts[0]),
      revision: parts.count == 2 ? String(parts[1]) : Self.usualRevision)
  }

  /// A model at a revision.
  ///
  /// - Throws: ``CheckpointError`` when either breaks the hub's rules.
  package init(repository: String, revision: String) throws(CheckpointError) {
    guard Self.isRepository(repository) else {
      throw CheckpointError(
        "\(quoted(repository)) is no name of a model on the hub; one is written OWNER/NAME, as in "
          + "google/flan-t5-small, in letters, digits, “-”, “_” and “.”.")
    }
    guard Self.isRevision(revision) else {
      throw CheckpointError(
        "\(quoted(revision)) is no revision; one is a branch, a tag or a commit, as in main.")
    }
    self.repository = repository
    self.revision = revision
  }

  /// The name as it is given to `--model`.
  package var description: String {
    revision == Self.usualRevision ? repository : "\(repository)@\(revision)"
  }

  /// The command that downloads it.
  package var fetchCommand: String {
    let option = revision == Self.usualRevision ? "" : " --revision \(revision)"
    return "headlight fetch \(repository)\(option)"
  }

  /// Whether the revision is a commit, which never changes.
  package var namesCommit: Bool { Self.isCommit(revision) }

  /// Whether a text is the full hash of a commit.
  package static func isCommit(_ text: String) -> Bool {
    text.utf8.count == 40 && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }

  private static func isRepository(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count <= 2 && text.utf8.count <= 96
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, let last = part.utf8.last else { return false }
        return !"-.".utf8.contains(first) && !"-.".utf8.contains(last)
          && part.utf8.allSatisfy(isNameByte)
      } && !text.contains("--") && !text.contains("..")
  }

  private static func isRevision(_ text: String) -> Bool {
    text.utf8.count <= 200 && !text.hasPrefix("-")
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".") && !part.contains("..")
          && part.utf8.allSatisfy { isNameByte($0) || "+=@".utf8.contains($0) }
      }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
