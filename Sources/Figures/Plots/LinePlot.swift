/// Values over a continuous axis, one line a series, with bands or bars for how sure they are.
public struct LinePlot: Figure {
  /// One line.
  public struct Series: Sendable {
    /// The name in the legend.
    public var name: String
    /// The places on the x axis.
    public var x: [Double]
    /// The values; the line is broken where one is not a number.
    public var y: [Double]
    /// How sure the values are, or nil.
    public var interval: Interval?
    /// Whether the interval is drawn as a band along the line, or as a bar at each value.
    public var intervalIsBand = true

    /// A line through the points (x, y).
    public init(_ name: String, x: [Double], y: [Double], interval: Interval? = nil) {
      self.name = name
      self.x = x
      self.y = y
      self.interval = interval
    }

    /// A line through values that stand at 0, 1, 2 and so on.
    public init(_ name: String, _ y: [Double], interval: Interval? = nil) {
      self.init(name, x: y.indices.map { Double($0) }, y: y, interval: interval)
    }
  }

  /// The lines.
  public var series: [Series]
  /// What the figure shows.
  public var title: String
  /// The horizontal axis.
  public var xAxis: Axis
  /// The vertical axis.
  public var yAxis: Axis
  /// A level to compare with, such as chance, drawn dashed, with its name for the legend.
  public var reference: (name: String, level: Double)?
  /// The size of the plot without its surroundings, in points.
  public var plotSize = FigureSize(width: 260, height: 160)
  /// Whether each value is marked by its series' shape.
  public var showsMarkers = true

  /// A plot of some lines.
  public init(_ series: [Series], title: String = "", x: Axis = "", y: Axis = "") {
    self.series = series
    self.title = title
    xAxis = x
    yAxis = y
  }

  /// Checks the series and lays the plot out.
  ///
  /// - Throws: ``FigureError`` when there is nothing to draw, or counts disagree.
  public func picture() throws -> Picture {
    try check()
    let reference = reference
    let ends = series.flatMap { ($0.interval?.lower ?? []) + ($0.interval?.upper ?? []) }
    let heights = (series.flatMap(\.y) + ends + [reference?.level].compactMap { $0 })
      .filter(\.isFinite)
    let x = ScaledAxis(
      xAxis, data: series.flatMap(\.x),
      ticks: PlotFrame.tickCount(along: plotSize.width, isVertical: false))
    let y = ScaledAxis(
      yAxis, data: heights, ticks: PlotFrame.tickCount(along: plotSize.height, isVertical: true))
    let (series, showsMarkers) = (series, showsMarkers)
    var entries: [(name: String, key: Legend.Key)] =
      series.count > 1 || reference != nil
      ? series.enumerated().map {
        let marker = showsMarkers ? Marker(series: $0.offset) : nil
        return (
          $0.element.name,
          .line(Palette.colour($0.offset), marker, dash: Self.dash(ofSeries: $0.offset))
        )
      } : []
    if let reference { entries.append((reference.name, .dashes(.mutedInk))) }
    let frame = PlotFrame(title: title, x: x, y: y, plotSize: plotSize, legend: Legend(entries))
    return Picture(size: frame.size) { canvas in
      frame.draw(on: canvas)
      let reach = frame.plot.inset(by: -3)
      canvas.clipped(to: reach) {
        if let reference { frame.draw(level: reference.level, on: canvas) }
        for (index, line) in series.enumerated() where line.intervalIsBand {
          line.drawBand(on: canvas, frame, Palette.colour(index))
        }
        for (index, line) in series.enumerated() {
          line.draw(
            on: canvas, frame, Palette.colour(index), dash: Self.dash(ofSeries: index),
            showsMarkers ? Marker(series: index) : nil)
        }
      }
    }
  }

  /// A series whose colour an earlier one has is dashed.
  private static func dash(ofSeries index: Int) -> [Double] {
    index < Palette.count ? [] : [4, 2]
  }

  private func check() throws {
    guard series.contains(where: { $0.y.contains(where: \.isFinite) }) else {
      throw FigureError("A line plot needs at least one series with a value in it.")
    }
    try xAxis.check(of: "a line plot")
    try yAxis.check(of: "a line plot")
    if let reference, !reference.level.isFinite {
      throw FigureError("The reference level of a line plot must be finite.")
    }
    for line in series {
      let name = "The series \"\(line.name)\" of a line plot"
      guard line.x.count == line.y.count else {
        throw FigureError(
          "\(name) has \(line.x.count) places but \(line.y.count) values; give one for each.")
      }
      guard line.x.allSatisfy(\.isFinite) && !line.y.contains(where: \.isInfinite) else {
        throw FigureError("\(name) has a place or a value that is not finite.")
      }
      try line.interval?.check(count: line.y.count, of: name)
    }
  }
}

extension LinePlot.Series {
  /// The stretches of the line that have values.
  private var runs: [[Int]] {
    var runs: [[Int]] = [[]]
    for index in y.indices {
      if y[index].isNaN { runs.append([]) } else { runs[runs.count - 1].append(index) }
    }
    return runs.filter { !$0.isEmpty }
  }

  func drawBand(on canvas: Canvas, _ frame: PlotFrame, _ colour: Colour) {
    guard let interval else { return }
    for run in runs {
      let known = run.filter { !interval.lower[$0].isNaN && !interval.upper[$0].isNaN }
      let outline =
        known.map { frame.point(x[$0], interval.upper[$0]) }
        + known.reversed().map { frame.point(x[$0], interval.lower[$0]) }
      canvas.polygon(outline, fill: colour.opacity(0.16))
    }
  }

  func draw(
    on canvas: Canvas, _ frame: PlotFrame, _ colour: Colour, dash: [Double], _ marker: Marker?
  ) {
    for run in runs {
      canvas.line(run.map { frame.point(x[$0], y[$0]) }, colour, width: 1.2, dash: dash)
      for index in run {
        if let interval, !intervalIsBand, interval.lower[index] <= interval.upper[index] {
          Interval.draw(
            on: canvas, from: frame.point(x[index], interval.lower[index]),
            to: frame.point(x[index], interval.upper[index]), colour)
        }
        // A value between two gaps would not be seen without a mark.
        if let marker = marker ?? (run.count == 1 ? .circle : nil) {
          marker.draw(on: canvas, at: frame.point(x[index], y[index]), radius: 2, colour)
        }
      }
    }
  }
}
