import Foundation

/// The frame of a page for a browser that needs no other file.
///
/// Its policy forbids everything from elsewhere.
package struct HTMLPage {
  /// What the page is called.
  package var title: String
  /// Its rules of style, as CSS.
  package var style: String
  /// Whether scripts within the page may run.
  package var runsScripts: Bool

  package init(title: String, style: String, runsScripts: Bool = false) {
    (self.title, self.style, self.runsScripts) = (title, style, runsScripts)
  }

  /// The page.
  ///
  /// - Parameter body: What it shows, as HTML.
  package func html(_ body: String) -> String {
    let scripts = runsScripts ? "; script-src 'unsafe-inline'" : ""
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; img-src data:\(scripts)"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="referrer" content="no-referrer"/>
      <title>\(Self.escaped(title))</title>
      <style>
      \(style)
      </style>
      </head>
      <body>
      \(body)
      </body>
      </html>

      """
  }

  /// Text without what means something in HTML, and without what no parser of XML takes.
  package static func escaped(_ text: String) -> String {
    var result = ""
    // By scalars: a bracket with an accent on it is another character, and still a bracket to HTML.
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A value as JSON within a script's element, where no text of it can end the element.
  ///
  /// - Throws: What an encoder throws, of a number that is none.
  package static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var result = ""
    // By scalars, as above. Brackets stand in strings alone, where a number names them as well.
    for scalar in String(decoding: try encoder.encode(value), as: UTF8.self).unicodeScalars {
      switch scalar {
      case "<", ">", "&", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// What scripts of pages begin with: they find elements, and make them.
  package static let helpers = #"""
    "use strict";
    const byId = name => document.getElementById(name);
    function make(name, properties, ...children) {
      const element = document.createElement(name);
      for (const [key, value] of Object.entries(properties || {})) {
        if (key in element) element[key] = value; else element.setAttribute(key, value);
      }
      element.append(...children);
      return element;
    }
    """#
}
