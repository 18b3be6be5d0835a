import Foundation

/// Unicode's normal forms, as the `tokenizers` library's version of Unicode has them.
enum NormalForm: Sendable {
  case canonicalComposition
  case canonicalDecomposition
  case compatibilityComposition
  case compatibilityDecomposition

  /// The text in this form, in time linear in its length.
  ///
  /// Only runs of other scalars than ASCII are looked at, each with the ASCII character before it,
  /// which its marks may join. Scalars the library does not know are kept, and keep their
  /// neighbours apart.
  func apply(to bytes: [UInt8]) -> [UInt8] {
    guard var position = bytes.firstIndex(where: { $0 >= 0x80 }) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 8)
    var taken = 0
    while position < bytes.count {
      var start = max(taken, position - 1)
      result += bytes[taken..<start]
      while position < bytes.count, bytes[position] >= 0x80 {
        let (scalar, end) = Scalars.scalar(in: bytes.span, at: position)
        if scalar.classes.contains(.late) {
          append(bytes[start..<position], to: &result)
          result += bytes[position..<end]
          start = end
        }
        position = end
      }
      append(bytes[start..<position], to: &result)
      taken = position
      position = bytes[taken...].firstIndex { $0 >= 0x80 } ?? bytes.count
    }
    return result + bytes[taken...]
  }

  private func append(_ run: ArraySlice<UInt8>, to result: inout [UInt8]) {
    guard !run.isEmpty else { return }
    let text = String(decoding: run, as: UTF8.self)
    let formed =
      switch self {
      case .canonicalDecomposition: Self.decomposed(text)
      case .compatibilityDecomposition:
        Self.decomposed(text.decomposedStringWithCompatibilityMapping)
      case .canonicalComposition: Self.decomposed(text).precomposedStringWithCanonicalMapping
      case .compatibilityComposition:
        Self.decomposed(text.decomposedStringWithCompatibilityMapping)
          .precomposedStringWithCanonicalMapping
      }
    result += formed.utf8
  }

  /// Decomposed twice: the first time Foundation leaves the marks that some characters decompose
  /// into out of their canonical order (U+0F81 after U+0733); the second time puts them right.
  private static func decomposed(_ text: String) -> String {
    text.decomposedStringWithCanonicalMapping.decomposedStringWithCanonicalMapping
  }
}
