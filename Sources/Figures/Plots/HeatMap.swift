public import Tensors

/// A matrix as coloured cells, with labels and a colour bar.
///
/// A value that is not a number, or infinite, is a hatched grey cell.
public struct HeatMap: Figure {
  /// The values, `[row, column]`.
  public var values: Tensor
  /// A label for each row, or nil to count rows from 0.
  public var rowLabels: [String]?
  /// A label for each column, or nil to count columns from 0.
  public var columnLabels: [String]?
  /// What the figure shows.
  public var title: String
  /// What the rows are, such as "query".
  public var rowTitle = ""
  /// What the columns are, such as "key".
  public var columnTitle = ""
  /// What the colours measure, with its unit, beside the colour bar.
  public var valueTitle = ""
  /// Sequential for amounts, diverging for signed values.
  public var scale = ColourScale.sequential
  /// What the ends of the scale stand for, or nil for what the values need.
  ///
  /// On the diverging scale the larger end counts, so that 0 stays in the middle.
  public var range: ClosedRange<Double>?
  /// The number of decimals to print in each cell, or nil to print none.
  public var annotationDecimals: Int?
  /// Whether the colour bar is drawn.
  public var showsColourBar = true

  /// A heat map of a matrix `[row, column]`.
  public init(
    _ values: Tensor, rows: [String]? = nil, columns: [String]? = nil, title: String = ""
  ) {
    self.values = values
    rowLabels = rows
    columnLabels = columns
    self.title = title
  }

  /// Checks the values and the labels, and lays the map out.
  ///
  /// - Throws: ``FigureError`` unless the values are a matrix and each row and column has a label.
  public func picture() throws -> Picture {
    try CellGrid.check(values, of: "A heat map")
    try CellGrid.check(rowLabels, count: values.shape[0], kind: "row", of: "The heat map")
    try CellGrid.check(columnLabels, count: values.shape[1], kind: "column", of: "The heat map")
    try ValueScale.check(range, of: "a heat map's colours")
    let grid = cells()
    let rows = rowRun(grid)
    let columns = columnRun(grid)
    let scale = ValueScale(scale, range: range, values: values.values)
    let bar = ColourBar(scale, title: valueTitle, length: min(max(grid.height, 60), 160))

    let margin = Margin.page
    let rowTitle = TextBlock(rowTitle, style: .axis, width: max(grid.height, 60))
    let columnTitle = TextBlock(columnTitle, style: .axis, width: max(grid.width, 120))
    let rowTitleWidth = rowTitle.lines.isEmpty ? 0 : rowTitle.height + 4
    let left = max(
      rowTitleWidth + rows.rowDepth, columns.overhangBefore,
      (columnTitle.width - grid.width) / 2)
    let overhang = max(
      columns.overhang(after: grid.width), (columnTitle.width - grid.width) / 2)
    // A bar that is higher than the map stands beside what is written below the map.
    let barLeft = grid.width + 12 + (max(bar.length, bar.title.width) > grid.height ? overhang : 0)
    let right = max(showsColourBar ? barLeft + bar.width - grid.width : 0, overhang)
    let content = left + grid.width + right
    let heading = TextBlock(title, style: .title, width: max(content, 180))
    let width = max(content, heading.width) + 2 * margin
    let barOverhang = showsColourBar ? TextStyle.label.height / 2 : 0
    let titleOverhang = max(0, (rowTitle.width - grid.height) / 2)
    let top = margin + (heading.lines.isEmpty ? 0 : heading.height + 6)
    // The numbers at the ends of the bar reach half a line beyond it, and so may long titles.
    let above = max(barOverhang, titleOverhang)
    let titleBelow = columnTitle.lines.isEmpty ? 0 : 4 + columnTitle.height
    let barBelow =
      showsColourBar
      ? max(bar.length, (bar.length + bar.title.width) / 2) - grid.height + barOverhang : 0
    let below = max(columns.columnDepth + titleBelow, barBelow, titleOverhang)
    let barTitleOverhang = showsColourBar ? max(0, (bar.title.width - bar.length) / 2) : 0
    let origin = Point(margin + left, top + max(above, barTitleOverhang))
    let size = FigureSize(width: width, height: origin.y + grid.height + below + margin)

    let decimals = annotationDecimals
    let showsBar = showsColourBar
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      grid.draw(on: canvas, at: origin, scale: scale, decimals: decimals)
      rows.drawRows(on: canvas, from: origin)
      columns.drawColumns(on: canvas, from: Point(origin.x, origin.y + grid.height))
      rowTitle.drawUpwards(
        on: canvas,
        centredAt: Point(
          origin.x - rows.rowDepth - 4 - rowTitle.height / 2, origin.y + grid.height / 2))
      columnTitle.drawCentred(
        on: canvas,
        at: Point(
          origin.x + grid.width / 2, origin.y + grid.height + columns.columnDepth + 4))
      if showsBar { bar.draw(on: canvas, at: Point(origin.x + barLeft, origin.y)) }
    }
  }

  /// Square cells that make a plot of about 280 points, and never smaller than their labels.
  private func cells() -> CellGrid {
    let count = Double(max(values.shape[0], values.shape[1]))
    let hasLabels = rowLabels != nil || columnLabels != nil || annotationDecimals != nil
    let smallest = hasLabels ? LabelRun.minimumPitch : min(2, max(0.5, 1500 / count))
    // A few columns are widened until their labels are level.
    let level =
      (columnLabels ?? []).map {
        TextStyle.label.width(of: VisibleText.token($0, style: .label, maximumWidth: 110)) + 5
      }.max() ?? 0
    let largest = level <= 44 ? max(24, level) : 24
    let side = max(smallest, min(largest, 280 / count))
    let number = CellGrid.annotationWidth(of: values, decimals: annotationDecimals)
    let height = annotationDecimals == nil ? side : max(side, 7 * Typography.lineHeight + 2)
    return CellGrid(values: values, cellWidth: max(side, number), cellHeight: height)
  }

  private func rowRun(_ grid: CellGrid) -> LabelRun {
    if let rowLabels {
      return .rows(rowLabels, at: grid.rowCentres, pitch: grid.cellHeight)
    }
    let (labels, places) = Self.counted(grid.rows, pitch: grid.cellHeight, room: 14)
    return .rows(labels, at: places.map { grid.rowCentres[$0] }, pitch: 14)
  }

  private func columnRun(_ grid: CellGrid) -> LabelRun {
    if let columnLabels {
      return .columns(columnLabels, at: grid.columnCentres, pitch: grid.cellWidth)
    }
    let room = TextStyle.label.width(of: String(grid.columns)) + 6
    let (labels, places) = Self.counted(grid.columns, pitch: grid.cellWidth, room: room)
    return .columns(labels, at: places.map { grid.columnCentres[$0] }, pitch: room)
  }

  /// Numbers from 0, only as many as there is room for.
  static func counted(_ count: Int, pitch: Double, room: Double) -> ([String], [Int]) {
    let strides = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    let step = strides.first { Double($0) * pitch >= room } ?? count
    let places = Array(stride(from: 0, to: count, by: step))
    return (places.map { String($0) }, places)
  }
}
