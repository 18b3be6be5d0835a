package import Foundation

/// A page for a browser that needs no other file: figures, and the numbers below them.
///
/// Its policy forbids scripts and everything from elsewhere.
package struct FigurePage {
  /// What the page is called.
  package var title: String
  /// The figures, one below the other.
  package var figures: [any Figure]
  /// Numbers as text, folded away, or nil.
  package var numbers: String?

  package init(title: String, figures: [any Figure], numbers: String? = nil) {
    self.title = title
    self.figures = figures
    self.numbers = numbers
  }

  /// The page as the bytes of a file.
  ///
  /// - Throws: ``FigureError`` when a figure cannot be drawn.
  package func data() throws -> Data {
    let drawings = try figures.map { figure in
      let text = String(decoding: try figure.data(as: .svg), as: UTF8.self)
      // Within a page a drawing has no declaration of its own.
      return text.range(of: "<svg").map { String(text[$0.lowerBound...]) } ?? text
    }
    var body = drawings.map { "<figure>\n\($0)</figure>" }
    if let numbers {
      body.append(
        "<details><summary>Numbers</summary>\n<pre>\(HTMLPage.escaped(numbers))</pre>\n</details>")
    }
    let page = HTMLPage(title: title, style: Self.style)
    return Data(page.html(body.joined(separator: "\n")).utf8)
  }

  private static let style = """
    body { margin: 0 auto; padding: 1rem; max-width: 60rem; color: #1c2126; background: #fff;
      font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; }
    figure { margin: 0 0 1rem; overflow-x: auto; }
    figure svg { max-width: none; height: auto; }
    pre { overflow-x: auto; font-size: .8rem; background: #f5f7f9; padding: .6rem; }
    """

  /// Writes the page; it appears whole or not at all.
  ///
  /// - Throws: ``FigureError`` when a figure cannot be drawn or the file cannot be written.
  package func write(to url: URL) throws { try writeFigure(data(), to: url) }
}
