/// What line, bar and scatter plots have around their data: title, axes, gridlines, legend.
struct PlotFrame {
  let size: FigureSize
  /// Where the data are drawn.
  let plot: Box
  let x: ScaledAxis
  let y: ScaledAxis
  private let columns: LabelRun
  private let rows: LabelRun
  private let heading: TextBlock
  private let xTitle: TextBlock
  private let yTitle: TextBlock
  private let legend: Legend
  private let drawsVerticalGrid: Bool

  init(
    title: String, x: ScaledAxis, y: ScaledAxis, plotSize: FigureSize, legend: Legend,
    drawsVerticalGrid: Bool = true
  ) {
    self.x = x
    self.y = y
    self.legend = legend
    self.drawsVerticalGrid = drawsVerticalGrid
    let shown = zip(x.ticks, x.labels).filter { x.lower <= $0.0 && $0.0 <= x.upper }
    // Labels of places need room each: the plot grows when there are many.
    let span = x.upper - x.lower
    let width = max(
      plotSize.width, x.isLabelled ? span * LabelRun.minimumPitch : 0)
    let height = max(plotSize.height, legend.height)
    let spacing =
      zip(x.ticks, x.ticks.dropFirst()).map { x.fraction($1) - x.fraction($0) }.min() ?? 1
    var columns = LabelRun.columns(
      shown.map(\.1), at: shown.map { x.fraction($0.0) * width }, pitch: spacing * width)
    // The lowest number of the vertical axis reaches half a line below the corner.
    columns.columnGap = TextStyle.label.height / 2
    self.columns = columns
    let visible = zip(y.ticks, y.labels).filter { y.lower <= $0.0 && $0.0 <= y.upper }
    rows = .rows(
      visible.map(\.1), at: visible.map { (1 - y.fraction($0.0)) * height }, pitch: 20)

    let margin = Margin.page
    xTitle = TextBlock(x.caption, style: .axis, width: max(width, 60))
    yTitle = TextBlock(y.caption, style: .axis, width: max(height, 60))
    let yTitleWidth = yTitle.lines.isEmpty ? 0 : yTitle.height + 4
    let left = max(yTitleWidth + rows.rowDepth, columns.overhangBefore)
    let legendWidth = legend.width > 0 ? 12 + legend.width : 0
    let right = max(legendWidth, columns.overhang(after: width))
    heading = TextBlock(title, style: .title, width: left + width + right)
    let content = max(left + width + right, heading.width)
    let top = margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle)
    // The topmost number reaches half a line above the plot.
    let origin = Point(margin + left, top + TextStyle.label.height / 2)
    plot = Box(x: origin.x, y: origin.y, width: width, height: height)
    let xTitleHeight = xTitle.lines.isEmpty ? 0 : xTitle.height + 4
    let below = max(columns.columnDepth + xTitleHeight, TextStyle.label.height / 2)
    size = FigureSize(
      width: content + 2 * margin, height: plot.maxY + below + margin)
  }

  /// The place of a pair of values on the canvas.
  func point(_ horizontal: Double, _ vertical: Double) -> Point {
    Point(
      plot.x + x.fraction(horizontal) * plot.width,
      plot.maxY - y.fraction(vertical) * plot.height)
  }

  /// Draws a dashed line across the plot.
  func draw(level: Double, on canvas: Canvas) {
    canvas.line(
      [point(x.lower, level), point(x.upper, level)], .mutedInk, width: 0.8, dash: [3, 2])
  }

  /// Draws all but the data; the gridlines lie below them.
  func draw(on canvas: Canvas) {
    heading.draw(on: canvas, at: Point(Margin.page, Margin.page))
    for tick in y.ticks where y.lower <= tick && tick <= y.upper {
      let level = point(x.lower, tick).y
      canvas.line([Point(plot.x, level), Point(plot.maxX, level)], .hairline, width: 0.5)
    }
    if drawsVerticalGrid && !x.isLabelled {
      for tick in x.ticks where x.lower <= tick && tick <= x.upper {
        let place = point(tick, y.lower).x
        canvas.line([Point(place, plot.y), Point(place, plot.maxY)], .hairline, width: 0.5)
      }
    }
    canvas.line(
      [Point(plot.x, plot.y), Point(plot.x, plot.maxY), Point(plot.maxX, plot.maxY)], .mutedInk,
      width: 0.6)
    if y.lower < 0 && y.upper > 0 {
      let zero = point(x.lower, 0).y
      canvas.line([Point(plot.x, zero), Point(plot.maxX, zero)], .mutedInk, width: 0.6)
    }
    rows.drawRows(on: canvas, from: Point(plot.x, plot.y))
    columns.drawColumns(on: canvas, from: Point(plot.x, plot.maxY))
    yTitle.drawUpwards(
      on: canvas,
      centredAt: Point(plot.x - rows.rowDepth - 4 - yTitle.height / 2, plot.midY))
    xTitle.drawCentred(on: canvas, at: Point(plot.midX, plot.maxY + columns.columnDepth + 4))
    legend.draw(on: canvas, at: Point(plot.maxX + 12, plot.y))
  }

  /// How many ticks fit along a length: so many that their labels stay apart.
  static func tickCount(along length: Double, isVertical: Bool) -> Int {
    max(2, Int(length / (isVertical ? 32 : 50)))
  }
}
