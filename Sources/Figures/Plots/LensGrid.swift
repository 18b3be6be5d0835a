import Tensors

/// What a lens reads at every layer and position: a token in each cell, coloured by its probability.
///
/// The first layer is at the bottom, so that the text is read below and what becomes of it above. A
/// cell whose greatest value several tokens share shows how many, and none of them: the first of them
/// would be no reading.
public struct LensGrid: Figure {
  /// The most probable token, `[layer][position]`.
  public var tokens: [[String]]
  /// Its probability, `[layer][position]`.
  public var probabilities: [[Float]]
  /// How many tokens share the greatest value, `[layer][position]`; nil when one has it everywhere.
  public var ties: [[Int]]?
  /// What a page says of each cell beside its probability, `[layer][position]`; nil for nothing.
  public var notes: [[String]]?
  /// The text that is read, a token a position.
  public var text: [String]
  /// A name for each layer, or nil to count them from 0.
  public var layers: [String]?
  /// What the figure shows.
  public var title: String
  /// What the rows are.
  public var rowTitle = "layer"
  /// What the columns are, where they are not a text.
  public var columnTitle = ""
  /// What the colours measure.
  public var valueTitle = "probability"
  /// The greatest width of a cell, in points; longer tokens are cut.
  public var cellWidth = 58.0

  /// A grid of tokens.
  public init(
    tokens: [[String]], probabilities: [[Float]], text: [String], title: String = ""
  ) {
    self.tokens = tokens
    self.probabilities = probabilities
    self.text = text
    self.title = title
  }

  /// Checks the grid and lays it out.
  ///
  /// - Throws: ``FigureError`` when there is no cell, or counts disagree.
  public func picture() throws -> Picture {
    try check()
    let style = TextStyle.label
    let texts = tokens.indices.map { layer in
      tokens[layer].indices.map { position in
        let shared = ties?[layer][position] ?? 1
        return shared > 1
          ? "\(shared) tie"
          : VisibleText.token(tokens[layer][position], style: style, maximumWidth: cellWidth - 6)
      }
    }
    let widest = texts.flatMap { $0 }.map { style.width(of: $0) }.max() ?? 0
    let (cell, height) = (max(24, widest + 6), 15.0)
    let grid = CellGrid(
      values: Tensor(rows: probabilities.reversed()), cellWidth: cell, cellHeight: height)
    let names = layers ?? tokens.indices.map { String($0) }
    let rows = LabelRun.rows(Array(names.reversed()), at: grid.rowCentres, pitch: height)
    let columns = LabelRun.columns(text, at: grid.columnCentres, pitch: cell)
    let scale = ValueScale(.sequential, range: 0...1, values: [])
    let bar = ColourBar(scale, title: valueTitle, length: min(max(grid.height, 60), 160))
    let axis = TextBlock(rowTitle, style: .axis, width: max(grid.height, 60))
    let below = TextBlock(columnTitle, style: .axis, width: max(grid.width, 120))
    // The title on the left reaches below a low grid, and the one below to the left of a narrow one.
    let labels = max(rows.rowDepth, (below.width - grid.width) / 2)
    let left = max(axis.height + 4 + labels, columns.overhangBefore)
    let overhang = max(columns.overhang(after: grid.width), (below.width - grid.width) / 2)
    let barLeft = grid.width + 12 + (bar.length > grid.height ? overhang : 0)
    let content = left + max(barLeft + bar.width, grid.width + overhang)
    let heading = TextBlock(title, style: .title, width: max(content, 180))
    let above = max(
      TextStyle.label.height / 2, (bar.title.width - bar.length) / 2,
      (axis.width - grid.height) / 2)
    let top =
      Margin.page + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle) + above
    let depth = max(
      columns.columnDepth + (below.lines.isEmpty ? 0 : 4 + below.height),
      max(bar.length, (bar.length + bar.title.width) / 2) - grid.height + above,
      (axis.width - grid.height) / 2)
    let origin = Point(Margin.page + left, top)
    let size = FigureSize(
      width: max(content, heading.width) + 2 * Margin.page,
      height: origin.y + grid.height + depth + Margin.page)
    let values = Array(probabilities.reversed())
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(Margin.page, Margin.page))
      grid.draw(on: canvas, at: origin, scale: scale)
      for (row, line) in texts.reversed().enumerated() {
        for (column, text) in line.enumerated() {
          let box = grid.box(row: row, column: column, from: origin)
          let ground = scale.colour(for: Double(values[row][column])) ?? .absent
          canvas.text(
            text, at: Point(box.midX, box.midY),
            TextStyle(size: style.size, colour: ValueScale.ink(on: ground)), anchor: .middle)
        }
      }
      rows.drawRows(on: canvas, from: origin)
      columns.drawColumns(on: canvas, from: Point(origin.x, origin.y + grid.height))
      axis.drawUpwards(
        on: canvas,
        centredAt: Point(
          origin.x - labels - 4 - axis.height / 2, origin.y + grid.height / 2))
      below.drawCentred(
        on: canvas,
        at: Point(
          origin.x + grid.width / 2, origin.y + grid.height + columns.columnDepth + 4))
      bar.draw(on: canvas, at: Point(origin.x + barLeft, origin.y))
    }
  }

  private func check() throws {
    guard let first = tokens.first, !first.isEmpty else {
      throw FigureError("A lens grid needs at least one layer and one position to draw.")
    }
    let cells: [Int] = tokens.map(\.count)
    let given: [(name: String, counts: [Int])] = [
      ("tokens", cells), ("probabilities", probabilities.map(\.count)),
      ("ties", ties?.map(\.count) ?? cells), ("notes", notes?.map(\.count) ?? cells),
    ]
    for (name, counts) in given
    where counts != Array(repeating: text.count, count: tokens.count) {
      throw FigureError(
        "A lens grid of \(tokens.count) layers and \(text.count) positions needs as many \(name); "
          + "give one for each cell.")
    }
    if let layers, layers.count != tokens.count {
      throw FigureError(
        "A lens grid of \(tokens.count) layers has \(layers.count) names for them; give one for each."
      )
    }
    guard cellWidth.isFinite, cellWidth >= 24 else {
      throw FigureError(
        "The cells of a lens grid must be at least 24 points wide, not \(cellWidth).")
    }
  }
}
