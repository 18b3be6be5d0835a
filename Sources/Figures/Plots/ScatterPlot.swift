import Foundation

/// Pairs of values as points, with names beside those that have one.
public struct ScatterPlot: Figure {
  /// One pair of values.
  public struct Datum: Sendable {
    /// The place on the horizontal axis.
    public var x: Double
    /// The place on the vertical axis.
    public var y: Double
    /// The name drawn beside the point, or nil.
    public var label: String?

    /// A pair of values, perhaps with a name.
    public init(_ x: Double, _ y: Double, label: String? = nil) {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// The points of one colour and shape.
  public struct Series: Sendable {
    /// The name in the legend.
    public var name: String
    /// The points.
    public var points: [Datum]

    /// Some points with a name for the legend.
    public init(_ name: String, _ points: [Datum]) {
      self.name = name
      self.points = points
    }
  }

  /// The points, by series.
  public var series: [Series]
  /// What the figure shows.
  public var title: String
  /// The horizontal axis.
  public var xAxis: Axis
  /// The vertical axis.
  public var yAxis: Axis
  /// Whether the line of least squares through all points is drawn as the axes show them, with r in the
  /// legend.
  public var fitsLine = false
  /// The size of the plot without its surroundings, in points.
  public var plotSize = FigureSize(width: 240, height: 200)

  /// A plot of some series of points.
  public init(_ series: [Series], title: String = "", x: Axis = "", y: Axis = "") {
    self.series = series
    self.title = title
    xAxis = x
    yAxis = y
  }

  /// Checks the points and lays the plot out.
  ///
  /// A label that finds no free place near its point is left out, and the figure says how many are.
  ///
  /// - Throws: ``FigureError`` when there is no point or one is not finite.
  public func picture() throws -> Picture {
    let all = series.flatMap(\.points)
    guard !all.isEmpty else { throw FigureError("A scatter plot needs at least one point.") }
    if let wrong = all.first(where: { !$0.x.isFinite || !$0.y.isFinite }) {
      throw FigureError(
        "A scatter plot needs finite numbers, but found the point (\(wrong.x), \(wrong.y)).")
    }
    try xAxis.check(of: "a scatter plot")
    try yAxis.check(of: "a scatter plot")
    let x = ScaledAxis(
      xAxis, data: all.map(\.x),
      ticks: PlotFrame.tickCount(along: plotSize.width, isVertical: false))
    let y = ScaledAxis(
      yAxis, data: all.map(\.y),
      ticks: PlotFrame.tickCount(along: plotSize.height, isVertical: true))
    var entries: [(name: String, key: Legend.Key)] =
      series.count > 1
      ? series.enumerated().map {
        ($0.element.name, .point(Palette.colour($0.offset), Marker(series: $0.offset)))
      } : []
    // As it is drawn: on a logarithmic axis through the logarithms.
    let fit =
      fitsLine
      ? LeastSquares(all.map { x.fraction($0.x) }, all.map { y.fraction($0.y) }) : nil
    if let fit {
      entries.append(("fit, r = " + Numbers.fixed(fit.correlation, decimals: 2), .dashes(.ink)))
    }
    let frame = PlotFrame(title: title, x: x, y: y, plotSize: plotSize, legend: Legend(entries))
    let visible = all.filter {
      (x.lower...x.upper).contains($0.x) && (y.lower...y.upper).contains($0.y)
    }
    let placement = LabelPlacement(
      labels: visible.map { $0.label ?? "" }, at: visible.map { frame.point($0.x, $0.y) },
      inside: frame.plot)
    let note = placement.omitted == 0 ? "" : "\(placement.omitted) labels found no room."
    let noteHeight = note.isEmpty ? 0 : TextStyle.note.height + 2
    let series = series
    let size = FigureSize(width: frame.size.width, height: frame.size.height + noteHeight)
    return Picture(size: size) { canvas in
      frame.draw(on: canvas)
      canvas.clipped(to: frame.plot.inset(by: -3.5)) {
        if let fit {
          let ends = [0.0, 1.0].map { share in
            Point(
              frame.plot.x + share * frame.plot.width,
              frame.plot.maxY - fit.value(at: share) * frame.plot.height)
          }
          canvas.line(ends, .ink, width: 0.8, dash: [3, 2])
        }
        for (index, group) in series.enumerated() {
          for datum in group.points {
            Marker(series: index).draw(
              on: canvas, at: frame.point(datum.x, datum.y), radius: 2.4,
              Palette.colour(index).opacity(0.85))
          }
        }
      }
      placement.draw(on: canvas)
      canvas.text(
        note,
        at: Point(Margin.page, frame.size.height - Margin.page + 2 + TextStyle.note.height / 2),
        .note)
    }
  }
}

/// The straight line with the least squared vertical distance to some points.
package struct LeastSquares {
  package let slope: Double
  package let intercept: Double
  /// Pearson's r.
  package let correlation: Double

  /// The line, or nil when all points lie above one another or at one height.
  package init?(_ x: [Double], _ y: [Double]) {
    let count = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let xx = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let yy = y.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
    let xy = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    guard xx > 0 && yy > 0 else { return nil }
    slope = xy / xx
    intercept = meanY - slope * meanX
    correlation = xy / (xx * yy).squareRoot()
  }

  func value(at x: Double) -> Double { intercept + slope * x }
}
