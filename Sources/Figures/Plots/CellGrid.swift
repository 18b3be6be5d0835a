import Tensors

/// The cells of one matrix: their size and place, without labels.
struct CellGrid {
  let values: Tensor
  let cellWidth: Double
  let cellHeight: Double

  var rows: Int { values.shape[0] }
  var columns: Int { values.shape[1] }
  var width: Double { Double(columns) * cellWidth }
  var height: Double { Double(rows) * cellHeight }
  var rowCentres: [Double] { (0..<rows).map { (Double($0) + 0.5) * cellHeight } }
  var columnCentres: [Double] { (0..<columns).map { (Double($0) + 0.5) * cellWidth } }

  func box(row: Int, column: Int, from origin: Point) -> Box {
    Box(
      x: origin.x + Double(column) * cellWidth, y: origin.y + Double(row) * cellHeight,
      width: cellWidth, height: cellHeight)
  }

  /// Draws the cells with hairlines of paper between them where they are large enough.
  func draw(on canvas: Canvas, at origin: Point, scale: ValueScale, decimals: Int? = nil) {
    let gap = min(cellWidth, cellHeight) >= 6 ? 0.5 : 0
    let frame = Box(x: origin.x, y: origin.y, width: width, height: height)
    for row in 0..<rows {
      for column in 0..<columns {
        let value = Double(values[row, column])
        var cell = box(row: row, column: column, from: origin)
        if gap > 0 { cell = cell.inset(by: gap / 2) }
        if let colour = scale.colour(for: value) {
          canvas.fill(cell, colour, crisp: true)
        } else {
          canvas.fill(cell, .absent, crisp: true)
          hatch(cell, on: canvas)
        }
        if let decimals {
          let colour = scale.colour(for: value) ?? .absent
          canvas.text(
            Numbers.fixed(value, decimals: decimals), at: Point(cell.midX, cell.midY),
            TextStyle(size: annotationSize, colour: ValueScale.ink(on: colour)), anchor: .middle)
        }
      }
    }
    canvas.stroke(frame, .hairline, width: 0.5)
  }

  /// The size of numbers inside cells.
  private var annotationSize: Double {
    max(Typography.minimum, min(7, cellHeight / Typography.lineHeight))
  }

  private func hatch(_ cell: Box, on canvas: Canvas) {
    guard min(cell.width, cell.height) >= 4 else { return }
    canvas.clipped(to: cell) {
      var start = cell.x - cell.height
      while start < cell.maxX {
        canvas.line(
          [Point(start, cell.maxY), Point(start + cell.height, cell.y)], .absentHatch, width: 0.4)
        start += 3
      }
    }
  }

  /// The width a cell needs for its number at the smallest size, or 0 without numbers.
  static func annotationWidth(of values: Tensor, decimals: Int?) -> Double {
    guard let decimals else { return 0 }
    let style = TextStyle(size: 7)
    return values.values.map {
      style.width(of: Numbers.fixed(Double($0), decimals: decimals)) + 4
    }.max() ?? 0
  }

  /// - Throws: ``FigureError`` unless the tensor is a matrix with cells in it.
  static func check(_ values: Tensor, of what: String) throws {
    guard values.rank == 2 else {
      throw FigureError(
        "\(what) needs values of shape [row, column], but they have shape \(values.shape); "
          + "choose one matrix.")
    }
    guard values.count > 0 else {
      throw FigureError("\(what) has nothing to show: its values have shape \(values.shape).")
    }
  }

  /// - Throws: ``FigureError`` unless there is a label for each row or column.
  static func check(_ labels: [String]?, count: Int, kind: String, of what: String) throws {
    guard let labels, labels.count != count else { return }
    throw FigureError(
      "\(what) has \(count) \(kind)s but \(labels.count) \(kind) labels; give one for each.")
  }
}
