package import Foundation

/// A page for a browser that needs no other file: figures, and the numbers below them.
///
/// Cells and words can be pointed at and walked through with arrow keys; they are tables and lists, which
/// a browser without scripts and a screen reader show as well. Its policy forbids everything from
/// elsewhere.
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

  /// The most cells and words that a page may hold.
  package static let mostCells = 60_000

  /// The page as the bytes of a file.
  ///
  /// - Throws: ``FigureError`` when a figure cannot be drawn, or holds too much for a page.
  package func data() throws -> Data {
    var blocks = try figures.flatMap(PageBlock.blocks)
    let count = blocks.reduce(0) { $0 + $1.count }
    guard count <= Self.mostCells else {
      throw FigureError(
        "The page would hold \(count) cells, and a browser is quick with at most \(Self.mostCells)."
      )
    }
    let isPointed = blocks.contains { if case .drawing = $0 { false } else { true } }
    var heading = title
    if figures.count == 1, let own = (figures[0] as? any PointedFigure)?.title, !own.isEmpty {
      heading = own
      if blocks.count == 1 { blocks[0].removeTitle() }
    }
    var body: [String] = []
    if isPointed {
      body.append(
        """
        <header><h1>\(HTMLPage.escaped(VisibleText.onPage(heading)))</h1>
        <p class="how">Point at a cell for its value, at a name for the greatest of its row or column. \
        Arrow keys go from cell to cell.</p></header>
        """)
    }
    body.append("<div class=\"blocks\">")
    body += blocks.map(\.html)
    body.append("</div>")
    if let numbers {
      body.append(
        "<details><summary>Numbers</summary>\n<pre>\(HTMLPage.escaped(numbers))</pre>\n</details>")
    }
    if isPointed {
      body.append(
        "<div id=\"tip\" hidden></div>\n<script>\n\(HTMLPage.helpers)\n\(Self.script)\n</script>")
    }
    let page = HTMLPage(title: title, style: Self.style, runsScripts: isPointed)
    return Data(page.html(body.joined(separator: "\n")).utf8)
  }

  /// Writes the page; it appears whole or not at all.
  ///
  /// - Throws: ``FigureError`` when a figure cannot be drawn or the file cannot be written.
  package func write(to url: URL) throws { try writeFigure(data(), to: url) }
}
