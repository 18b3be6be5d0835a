public import Tensors

/// Many small heat maps that share one colour scale: all heads of a layer, or encoder beside decoder.
public struct HeatMapGrid: Figure {
  /// One of the maps.
  public struct Panel: Sendable {
    /// What this map shows, such as "head 3".
    public var title: String
    /// The values, `[row, column]`.
    public var values: Tensor
    /// A label for each row, or nil for none.
    public var rowLabels: [String]?
    /// A label for each column, or nil for none.
    public var columnLabels: [String]?

    /// A map of a matrix `[row, column]`.
    public init(
      _ title: String, _ values: Tensor, rows: [String]? = nil, columns: [String]? = nil
    ) {
      self.title = title
      self.values = values
      rowLabels = rows
      columnLabels = columns
    }
  }

  /// The maps, filled in row by row.
  ///
  /// Labels that repeat the neighbour's are drawn once.
  public var panels: [Panel]
  /// How many maps stand side by side.
  public var columns: Int
  /// What the figure shows.
  public var title: String
  /// What the rows of every map are.
  public var rowTitle = ""
  /// What the columns of every map are.
  public var columnTitle = ""
  /// What the colours measure, with its unit.
  public var valueTitle = ""
  /// Sequential for amounts, diverging for signed values.
  public var scale = ColourScale.sequential
  /// What the ends of the scale stand for, or nil for what the values of all maps need.
  public var range: ClosedRange<Double>?

  /// Maps side by side, so many in a row.
  public init(_ panels: [Panel], columns: Int = 4, title: String = "") {
    self.panels = panels
    self.columns = columns
    self.title = title
  }

  /// A map for each head of an attention pattern `[head, query, key]`.
  ///
  /// - Precondition: the pattern has three axes.
  public static func heads(
    of pattern: Tensor, queries: [String]? = nil, keys: [String]? = nil, columns: Int = 4,
    title: String = ""
  ) -> HeatMapGrid {
    precondition(
      pattern.rank == 3, "a pattern is [head, query, key], but this has shape \(pattern.shape)")
    let size = pattern.shape[1] * pattern.shape[2]
    let values = pattern.values
    let panels = (0..<pattern.shape[0]).map { head in
      Panel(
        "head \(head)",
        Tensor(
          Array(values[head * size..<(head + 1) * size]), shape: Array(pattern.shape.dropFirst())),
        rows: queries, columns: keys)
    }
    var grid = HeatMapGrid(panels, columns: columns, title: title)
    grid.rowTitle = "query"
    grid.columnTitle = "key"
    grid.valueTitle = "attention"
    grid.range = 0...1
    return grid
  }

  /// Checks the maps and lays them out.
  ///
  /// - Throws: ``FigureError`` when there is no map, or one is no matrix or mislabelled.
  public func picture() throws -> Picture {
    try check()
    let placed = placedPanels()
    let scale = ValueScale(scale, range: range, values: panels.flatMap { $0.values.values })
    let gap = 12.0
    let columnWidths = (0..<min(columns, panels.count)).map { column in
      placed.filter { $0.column == column }.map(\.rightOfOrigin).reduce(0, max)
    }
    let lefts = columnWidths.indices.map { column in
      placed.filter { $0.column == column }.map(\.left).reduce(0, max)
    }
    let rowCount = (panels.count + columns - 1) / columns
    let above = (0..<rowCount).map { row in
      placed.filter { $0.row == row }.map(\.above).reduce(0, max)
    }
    let below = (0..<rowCount).map { row in
      placed.filter { $0.row == row }.map(\.below).reduce(0, max)
    }

    let bodyWidth =
      zip(lefts, columnWidths).reduce(0) { $0 + $1.0 + $1.1 } + gap * Double(lefts.count - 1)
    let bodyHeight = zip(above, below).reduce(0) { $0 + $1.0 + $1.1 } + gap * Double(rowCount - 1)
    let rowTitle = TextBlock(rowTitle, style: .axis, width: max(bodyHeight, 60))
    let columnTitle = TextBlock(columnTitle, style: .axis, width: max(bodyWidth, 60))
    let bar = ColourBar(scale, title: valueTitle, length: min(max(bodyHeight - 12, 60), 140))
    let titleWidth = rowTitle.lines.isEmpty ? 0 : rowTitle.height + 4
    let content = titleWidth + max(bodyWidth, columnTitle.width) + gap + bar.width
    let heading = TextBlock(title, style: .title, width: max(content, 180))
    let margin = Margin.page
    let body = Point(
      margin + titleWidth,
      margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle))
    let columnTitleHeight = columnTitle.lines.isEmpty ? 0 : columnTitle.height + 4
    let height = max(bodyHeight + columnTitleHeight, bar.height, rowTitle.width)
    let size = FigureSize(
      width: max(content, heading.width) + 2 * margin, height: body.y + height + margin)
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      for panel in placed {
        let x =
          body.x + lefts[...panel.column].reduce(0, +)
          + columnWidths[..<panel.column].reduce(0, +) + gap * Double(panel.column)
        let y =
          body.y + above[...panel.row].reduce(0, +) + below[..<panel.row].reduce(0, +)
          + gap * Double(panel.row)
        panel.draw(on: canvas, at: Point(x, y), scale: scale)
      }
      rowTitle.drawUpwards(
        on: canvas,
        centredAt: Point(margin + rowTitle.height / 2, body.y + max(bodyHeight, rowTitle.width) / 2)
      )
      columnTitle.drawCentred(
        on: canvas,
        at: Point(body.x + max(bodyWidth, columnTitle.width) / 2, body.y + bodyHeight + 4))
      bar.draw(
        on: canvas,
        at: Point(
          body.x + max(bodyWidth, columnTitle.width) + gap,
          body.y + max(above[0], (bar.height - bar.length) / 2)))
    }
  }

  private func check() throws {
    guard !panels.isEmpty else { throw FigureError("A grid of heat maps needs at least one map.") }
    guard columns > 0 else {
      throw FigureError("A grid of heat maps needs at least one column, not \(columns).")
    }
    try ValueScale.check(range, of: "a grid of heat maps")
    for panel in panels {
      let name = panel.title.isEmpty ? "A heat map" : "The heat map \"\(panel.title)\""
      try CellGrid.check(panel.values, of: name)
      try CellGrid.check(panel.rowLabels, count: panel.values.shape[0], kind: "row", of: name)
      try CellGrid.check(panel.columnLabels, count: panel.values.shape[1], kind: "column", of: name)
    }
  }

  private func placedPanels() -> [PlacedPanel] {
    let largest = panels.flatMap(\.values.shape).max() ?? 1
    let areLabelled = panels.contains { $0.rowLabels != nil || $0.columnLabels != nil }
    let target = min(150, max(54, 480 / Double(min(columns, panels.count))))
    let smallest = areLabelled ? LabelRun.minimumPitch : min(2, max(0.5, 300 / Double(largest)))
    let side = max(smallest, min(16, target / Double(largest)))
    return panels.enumerated().map { index, panel in
      let left = index % columns == 0 ? nil : panels[index - 1].rowLabels
      let under = index + columns < panels.count ? panels[index + columns].columnLabels : nil
      return PlacedPanel(
        panel, row: index / columns, column: index % columns, side: side,
        rowLabels: panel.rowLabels == left ? [] : panel.rowLabels ?? [],
        columnLabels: panel.columnLabels == under ? [] : panel.columnLabels ?? [])
    }
  }
}
