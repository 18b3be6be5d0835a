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
      case .canonicalComposition: Self.composed(Self.decomposed(text))
      case .compatibilityComposition:
        Self.composed(Self.decomposed(text.decomposedStringWithCompatibilityMapping))
      }
    result += formed.utf8
  }

  /// A decomposed text, composed.
  ///
  /// Foundation takes U+10041 for U+0041, and lets it join a mark. No scalar above U+FFFF joins
  /// another but those listed, so it is kept out of what Foundation sees.
  private static func composed(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0xF0 }) else {
      return text.precomposedStringWithCanonicalMapping
    }
    var (result, part) = (String.UnicodeScalarView(), String.UnicodeScalarView())
    for scalar in text.unicodeScalars {
      if scalar.value > 0xFFFF, !joining.contains(scalar.value),
        scalar.properties.canonicalCombiningClass == .notReordered
      {
        result += String(part).precomposedStringWithCanonicalMapping.unicodeScalars
        result.append(scalar)
        part.removeAll()
      } else {
        part.append(scalar)
      }
    }
    result += String(part).precomposedStringWithCanonicalMapping.unicodeScalars
    return String(result)
  }

  /// Kaithi, Chakma, Grantha, Tirhuta and Siddham: letters and vowel signs that compose.
  private static let joining: Set<UInt32> = [
    0x11099, 0x1109B, 0x110A5, 0x11127, 0x11131, 0x11132, 0x1133E, 0x11347, 0x11357, 0x114B0,
    0x114B9, 0x114BA, 0x114BD, 0x115AF, 0x115B8, 0x115B9,
  ]

  /// Decomposed twice: the first time Foundation leaves the marks that some characters decompose
  /// into out of their canonical order (U+0F81 after U+0733); the second time puts them right.
  private static func decomposed(_ text: String) -> String {
    text.decomposedStringWithCanonicalMapping.decomposedStringWithCanonicalMapping
  }
}
