import Foundation

/// A figure of the student's answers, beside the expected one.
struct FigurePair {
  let name: String
  let caption: String
  /// Why the student's is not there.
  let missing: String?
  let own: Data?
  let expected: Data?

  /// The largest picture that is put into a page, in bytes.
  static let largestFile = 3_000_000
  /// The longest side of one, in pixels: some few bytes can hold a picture of many gigabytes.
  static let longestSide = 8_000

  /// The pair of a figure, from the student's folder of figures and that of the expected ones.
  init(_ outcome: FigureOutcome, own folder: URL, expected: URL?) {
    name = outcome.name
    caption = outcome.caption
    let picture = Self.picture(outcome.name, in: folder)
    own = outcome.missing == nil ? picture : nil
    missing = outcome.missing ?? (picture == nil ? "the file is no picture that can be shown" : nil)
    self.expected = expected.flatMap { Self.picture(outcome.name, in: $0) }
  }

  /// The bytes of a PNG file that may be shown, or nil.
  static func picture(_ name: String, in folder: URL) -> Data? {
    guard !name.contains("/"), !name.hasPrefix("."),
      let data = regularFile(folder.appending(path: name), atMost: largestFile), data.count > 33,
      Array(data.prefix(16)) == [137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13] + Array("IHDR".utf8)
    else { return nil }
    let sides = [16, 20].map { start in data[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    return sides.allSatisfy { (1...longestSide).contains($0) } ? data : nil
  }

  var section: Markup {
    """
    <h3>\(caption)</h3>
    <div class="pair">
    \(side("Yours", own, otherwise: missing))\(side("Expected", expected, otherwise: "not available"))\
    </div>

    """
  }

  private func side(_ title: String, _ picture: Data?, otherwise: String?) -> Markup {
    guard let picture else {
      return """
        <figure><div class="missing">\(otherwise ?? "not drawn")</div>\
        <figcaption>\(title)</figcaption></figure>

        """
    }
    return """
      <figure><img alt="\("\(title): \(caption)")" \
      src="data:image/png;base64,\(Markup(stringLiteral: picture.base64EncodedString()))"/>\
      <figcaption>\(title)</figcaption></figure>

      """
  }
}
