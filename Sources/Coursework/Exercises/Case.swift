package import Foundation

/// One question of an exercise, and the key that its answer is held against.
///
/// The name says what kind of case this is ("a padded batch"); students read it even where the
/// question is hidden, so it never holds the question's data.
public struct Case<Question: Codable & Sendable, Key: Codable & Sendable>: Sendable {
  /// What kind of case this is, in a few words.
  public let name: String
  /// What the student's code is given.
  public let question: Question
  /// What the verification is given besides the answer; the student's process never sees it.
  public let key: Key

  /// A case of an exercise.
  public init(_ name: String, question: Question, key: Key) {
    self.name = name
    self.question = question
    self.key = key
  }
}

/// A case whose types are erased: question and key as bytes.
package struct EncodedCase: Codable, Hashable, Sendable {
  /// What kind of case this is, in a few words.
  package let name: String
  /// The question, encoded: all that enters the student's process.
  package let question: Data
  /// The key, encoded: it stays with the one who checks.
  package let key: Data
}
