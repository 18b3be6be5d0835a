import Models
package import Transformers

/// The embedded decoder that a question is about.
package enum LensModel: String, Codable, Sendable, CaseIterable {
  case reader
  /// Of other first weights and texts.
  case otherReader = "reader-seed-1"
  /// One and a half times as wide.
  case wideReader = "reader-wide"
  /// Before half of its training.
  case earlyReader = "reader-early"

  /// - Throws: `ModelError` or what loading throws, when the model is not where it should be.
  package func made() throws -> Transformer { try LoadedModel.kept(rawValue).model }
}
