import Answering
import Coursework
import Figures
import Foundation

/// Text with tags, for HTML and XML alike.
///
/// A literal is markup; whatever text is put into one is escaped, so that no page can forget to:
/// ```swift
/// let line: Markup = "<p>\(student) earned \(points)</p>"
/// ```
/// Pages are written as XHTML (every element closed, every attribute quoted), so that a parser of
/// XML reads them too.
package struct Markup: ExpressibleByStringInterpolation, Sendable {
  /// The markup as it is written to a file.
  package private(set) var source: String

  package init(stringLiteral source: String) { self.source = source }

  package init(stringInterpolation interpolation: Interpolation) { source = interpolation.source }

  /// A text as markup that shows it.
  init(text: String) { source = Self.escaped(text) }

  /// What is markup already.
  init(trusted source: String) { self.source = source }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var source = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      source.reserveCapacity(literalCapacity * 2)
    }

    package mutating func appendLiteral(_ literal: String) { source += literal }
    package mutating func appendInterpolation(_ text: String) { source += Markup.escaped(text) }
    package mutating func appendInterpolation(_ number: Int) { source += String(number) }
    package mutating func appendInterpolation(_ markup: Markup) { source += markup.source }
    package mutating func appendInterpolation(_ parts: [Markup]) {
      for part in parts { source += part.source }
    }
  }

  static func + (left: Markup, right: Markup) -> Markup { "\(left)\(right)" }
  static func += (left: inout Markup, right: Markup) { left.source += right.source }

  /// A text in which nothing is a tag, an entity or the end of an attribute.
  ///
  /// Control characters and terminal escapes are gone, and with them all that XML 1.0 forbids.
  static func escaped(_ text: String) -> String {
    HTMLPage.escaped(printable(text, limit: 100_000, keepingLines: true))
  }
}
