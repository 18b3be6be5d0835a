/// One map of a grid, with the room it takes on each side of its cells' top left corner.
struct PlacedPanel {
  let row: Int
  let column: Int
  private let grid: CellGrid
  private let title: String
  private let rows: LabelRun
  private let columns: LabelRun

  init(
    _ panel: HeatMapGrid.Panel, row: Int, column: Int, side: Double, rowLabels: [String],
    columnLabels: [String]
  ) {
    self.row = row
    self.column = column
    grid = CellGrid(values: panel.values, cellWidth: side, cellHeight: side)
    title = VisibleText.shortened(
      VisibleText.plain(panel.title), style: .label, maximumWidth: max(grid.width, 60))
    rows = .rows(rowLabels, at: grid.rowCentres, pitch: side, maximumWidth: 80)
    columns = .columns(columnLabels, at: grid.columnCentres, pitch: side, maximumLength: 80)
  }

  var left: Double { max(rows.rowDepth, columns.overhangBefore) }
  var rightOfOrigin: Double {
    max(grid.width + columns.overhang(after: grid.width), TextStyle.label.width(of: title))
  }
  var above: Double { title.isEmpty ? 0 : TextStyle.label.height + 2 }
  var below: Double { grid.height + columns.columnDepth }

  func draw(on canvas: Canvas, at origin: Point, scale: ValueScale) {
    canvas.text(
      title, at: Point(origin.x, origin.y - 2 - TextStyle.label.height / 2), .label)
    grid.draw(on: canvas, at: origin, scale: scale)
    rows.drawRows(on: canvas, from: origin)
    columns.drawColumns(on: canvas, from: Point(origin.x, origin.y + grid.height))
  }
}
