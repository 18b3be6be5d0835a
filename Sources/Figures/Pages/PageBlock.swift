import Foundation

/// A part of a page: what can be pointed at, or where a figure has nothing of the kind, its drawing.
enum PageBlock {
  case table(PageTable)
  case words(PageWords)
  case drawing(svg: String)

  /// The parts that stand for a figure.
  static func blocks(of figure: any Figure) throws -> [PageBlock] {
    if let figure = figure as? any PointedFigure { return try figure.blocks() }
    let text = String(decoding: try figure.data(as: .svg), as: UTF8.self)
    // Within a page a drawing has no declaration of its own.
    return [.drawing(svg: text.range(of: "<svg").map { String(text[$0.lowerBound...]) } ?? text)]
  }

  var html: String {
    switch self {
    case .table(let table): table.html
    case .words(let words): words.html
    case .drawing(let svg): "<figure>\n\(svg)</figure>"
    }
  }

  /// Takes away the title of a table, where the page has it above.
  mutating func removeTitle() {
    guard case .table(var table) = self else { return }
    table.title = ""
    self = .table(table)
  }

  /// How many numbers it holds.
  var count: Int {
    switch self {
    case .table(let table): table.cells.reduce(0) { $0 + $1.count }
    case .words(let words): words.lines.reduce(0) { $0 + $1.values.count }
    case .drawing: 0
    }
  }
}

/// A figure that a page shows as something to point at.
protocol PointedFigure: Figure {
  /// What it shows.
  var title: String { get }
  /// Its parts.
  ///
  /// - Throws: ``FigureError`` when it cannot be shown.
  func blocks() throws -> [PageBlock]
}

/// A table whose cells are coloured and say what they are.
struct PageTable {
  struct Cell {
    /// What is seen in the cell, if anything.
    var text: String?
    var value: Double
    /// What is said of the cell beside its value.
    var note = ""
    /// Whether the value is one of the scale's.
    var isColoured = true
  }

  var title: String
  var rowTitle: String
  var columnTitle: String
  var valueTitle: String
  var rows: [String]
  var columns: [String]
  var cells: [[Cell]]
  var scale: ValueScale

  var html: String {
    func escaped(_ text: String) -> String { HTMLPage.escaped(VisibleText.onPage(text)) }
    func label(_ text: String) -> String { "<bdi>\(escaped(text))</bdi>" }
    let showsText = cells.contains { $0.contains { $0.text != nil } }
    let axes =
      [
        rowTitle.isEmpty ? nil : "rows: \(rowTitle)",
        columnTitle.isEmpty ? nil : "columns: \(columnTitle)",
      ]
      .compactMap(\.self).joined(separator: "; ")
    let head = columns.map { "<th scope=\"col\" tabindex=\"-1\">\(label($0))</th>" }.joined()
    let body = zip(rows, cells).map { row, cells in
      "<tr><th scope=\"row\" tabindex=\"-1\">\(label(row))</th>"
        + cells.map { html(of: $0) }.joined() + "</tr>"
    }.joined(separator: "\n")
    return """
      <figure class="pointed\(showsText ? " texts" : "")">
      <figcaption>\(title.isEmpty ? "" : "<b>\(HTMLPage.escaped(title))</b> ")\(HTMLPage.escaped(axes))</figcaption>
      <div class="scroll"><table data-row="\(HTMLPage.escaped(rowTitle))" \
      data-column="\(HTMLPage.escaped(columnTitle))" data-value="\(HTMLPage.escaped(valueTitle))">
      <thead><tr><td></td>\(head)</tr></thead>
      <tbody>
      \(body)
      </tbody></table></div>
      \(scale.bar(valueTitle))
      </figure>
      """
  }

  private func html(of cell: Cell) -> String {
    let number = Numbers.significant(cell.value)
    let text = cell.text.map { "<bdi>\(HTMLPage.escaped(VisibleText.onPage($0)))</bdi>" } ?? ""
    let note = cell.note.isEmpty ? "" : "; " + HTMLPage.escaped(cell.note)
    let ground = cell.isColoured ? scale.ground(of: cell.value) : " class=\"plain\""
    return "<td\(ground)>\(text)<i>\(number)\(note)</i></td>"
  }
}

/// Words of texts on coloured grounds of one scale.
struct PageWords {
  struct Line {
    var name: String
    var tokens: [String]
    var values: [Double]
    /// What follows the text, such as a sum.
    var totals: [(name: String, value: Double)]
  }

  var lines: [Line]
  var valueTitle: String
  var scale: ValueScale

  var html: String {
    """
    <figure class="pointed">
    \(lines.map(html).joined(separator: "\n"))
    \(scale.bar(valueTitle))
    </figure>
    """
  }

  private func html(of line: Line) -> String {
    let words = zip(line.tokens, line.values).map { token, value in
      "<span role=\"listitem\" tabindex=\"-1\"\(scale.ground(of: value))><bdi>"
        + "\(HTMLPage.escaped(VisibleText.onPage(token)))</bdi><i>\(Numbers.significant(value))</i></span>"
    }
    let totals = line.totals.map {
      "\(HTMLPage.escaped($0.name)) \(Numbers.significant($0.value))"
    }
    let name = line.name.isEmpty ? "" : "<b>\(HTMLPage.escaped(line.name))</b> "
    return """
      <p class="name">\(name)\(totals.joined(separator: "; "))</p>
      <div class="words" role="list" data-value="\(HTMLPage.escaped(valueTitle))">
      \(words.joined(separator: "\n"))
      </div>
      """
  }
}

extension ValueScale {
  /// The ground and the ink of a value, as attributes.
  fileprivate func ground(of value: Double) -> String {
    guard let colour = colour(for: value) else { return " class=\"none\"" }
    // Dark grounds are told by a class, which is shorter.
    let isDark = colour.readableInk == .white
    return "\(isDark ? " class=\"d\"" : "") style=\"background:\(colour.html)\""
  }

  /// What the colours stand for.
  fileprivate func bar(_ title: String) -> String {
    let steps = (0...16).map { step in
      (colour(for: lower + (upper - lower) * Double(step) / 16) ?? .absent).html
    }
    let ends = [lower, upper].map { Numbers.fixed($0, decimals: 2) }
    return
      "<p class=\"bar\">\(HTMLPage.escaped(title)) <span class=\"scale\">\(ends[0])<span class=\"strip\" "
      + "style=\"background:linear-gradient(to right,\(steps.joined(separator: ",")))\"></span>"
      + "\(ends[1])</span></p>"
  }
}
