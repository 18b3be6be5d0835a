package import Coursework
import Crypto
import Files
package import Foundation

/// The course's secret, from which hidden cases are made.
///
/// It never leaves here: each exercise has a key of its own, from which neither the secret nor
/// another key can be found (HMAC-SHA256, RFC 2104).
package struct Seed: Sendable {
  private let secret: SymmetricKey
  /// By which two seeds can be told apart without telling either.
  package let fingerprint: String

  /// The seed that a text holds.
  ///
  /// Any text will do; what is around it, such as a line's end, does not count. Keys are made
  /// of the whole of it, so a long text cannot be guessed by trying numbers one after the other.
  package init(text: String) throws {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else { throw SeedError("the seed file is empty") }
    secret = SymmetricKey(
      data: SHA256.hash(data: Data("headlight seed ".utf8) + Data(text.utf8)))
    // From other bytes than the seed, which it must not tell.
    fingerprint = SHA256.hash(data: Data("headlight fingerprint ".utf8) + Data(text.utf8))
      .prefix(6).map { String(format: "%02x", $0) }.joined()
  }

  /// What the hidden cases of an exercise are drawn from, by its id.
  package func key(ofExercise id: String) -> CaseKey {
    CaseKey(
      HMAC<SHA256>.authenticationCode(
        for: Data("headlight hidden cases of exercise \(id)".utf8), using: secret))
  }

  /// The seed in a file.
  ///
  /// - Throws: ``SeedError`` in one sentence when there is none.
  package init(file: URL) throws {
    guard let data = try? Data(contentsOf: file), data.count <= 10_000,
      let text = String(data: data, encoding: .utf8)
    else { throw SeedError("\(file.path) cannot be read as a seed, a short text that you keep") }
    try self.init(text: text)
  }

  /// The seed of a folder of grades, made of the system's randomness if there is none yet.
  ///
  /// - Returns: the seed, and the file it was written to if it is new.
  static func kept(in grades: GradesFolder) throws -> (seed: Seed, written: URL?) {
    let file = grades.seedFile
    if FileManager.default.fileExists(atPath: file.path) { return (try Seed(file: file), nil) }
    var generator = SystemRandomNumberGenerator()
    let text = (0..<4).map { _ in String(generator.next(), radix: 36) }.joined(separator: "-")
    try AtomicFile.writeGrades(Data((text + "\n").utf8), to: file, mode: 0o600)
    return (try Seed(text: text), file)
  }
}

/// A seed that cannot be used.
package struct SeedError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
