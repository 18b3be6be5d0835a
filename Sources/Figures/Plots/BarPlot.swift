/// Amounts of named things as bars, one series beside the other.
public struct BarPlot: Figure {
  /// The bars of one colour.
  public struct Series: Sendable {
    /// The name in the legend.
    public var name: String
    /// A value for each group.
    public var values: [Double]
    /// How sure the values are, or nil.
    public var interval: Interval?

    /// Bars of the given heights.
    public init(_ name: String, _ values: [Double], interval: Interval? = nil) {
      self.name = name
      self.values = values
      self.interval = interval
    }
  }

  /// The names of the groups, below the bars.
  public var groups: [String]
  /// The series, side by side in each group.
  public var series: [Series]
  /// What the figure shows.
  public var title: String
  /// What the groups are.
  public var groupTitle: String
  /// The vertical axis.
  public var yAxis: Axis
  /// A level to compare with, such as chance, drawn dashed, with its name for the legend.
  public var reference: (name: String, level: Double)?
  /// Whether a bar of no height is drawn as a stub with a 0 on it, so that it is not taken for one
  /// that is missing.
  public var marksZeros = false
  /// The size of the plot without its surroundings, in points; it grows when there are many bars.
  public var plotSize = FigureSize(width: 260, height: 160)

  /// A plot of bars in named groups.
  public init(
    groups: [String], _ series: [Series], title: String = "", groupTitle: String = "",
    y: Axis = ""
  ) {
    self.groups = groups
    self.series = series
    self.title = title
    self.groupTitle = groupTitle
    yAxis = y
  }

  /// Checks the series and lays the plot out.
  ///
  /// - Throws: ``FigureError`` when there is nothing to draw, counts disagree or a value is not
  ///   finite.
  public func picture() throws -> Picture {
    try check()
    let reference = reference
    let ends = series.flatMap { ($0.interval?.lower ?? []) + ($0.interval?.upper ?? []) }
    let heights =
      series.flatMap(\.values) + ends.filter(\.isFinite) + [reference?.level].compactMap { $0 }
    let bars = series.count
    // Every bar is at least three points wide, and every group has room for its label.
    let groupWidth = max(
      plotSize.width / Double(groups.count), Double(bars) * 3 + 4, LabelRun.minimumPitch)
    let width = groupWidth * Double(groups.count)
    let x = ScaledAxis(Axis(groupTitle, labels: groups), data: [], ticks: 0)
    let y = ScaledAxis(
      yAxis, data: heights, includesZero: true,
      ticks: PlotFrame.tickCount(along: plotSize.height, isVertical: true))
    var entries: [(name: String, key: Legend.Key)] =
      bars > 1 || reference != nil
      ? series.enumerated().map { ($0.element.name, .block(Palette.colour($0.offset))) } : []
    if let reference { entries.append((reference.name, .dashes(.mutedInk))) }
    let frame = PlotFrame(
      title: title, x: x, y: y, plotSize: FigureSize(width: width, height: plotSize.height),
      legend: Legend(entries))
    let (series, marksZeros) = (series, marksZeros)
    return Picture(size: frame.size) { canvas in
      frame.draw(on: canvas)
      // Bars take four fifths of their group, but a lone bar is no wall.
      let barWidth = min(0.8 / Double(bars), 28 / groupWidth)
      let zero = min(max(0, y.lower), y.upper)
      canvas.clipped(to: frame.plot.inset(by: -0.5)) {
        for (index, bar) in series.enumerated() {
          for (group, value) in bar.values.enumerated() {
            let start = Double(group) + (Double(index) - Double(bars) / 2) * barWidth
            let (from, to) = (frame.point(start, zero), frame.point(start + barWidth, value))
            let gap = bars > 1 ? 0.4 : 0
            canvas.fill(
              Box(
                x: from.x + gap, y: min(from.y, to.y), width: to.x - from.x - 2 * gap,
                height: abs(to.y - from.y)), Palette.colour(index))
            if marksZeros, value == 0 {
              let base = frame.point(start + barWidth / 2, zero)
              let half = max((to.x - from.x) / 2 - gap, 1)
              canvas.line(
                [Point(base.x - half, base.y - 0.6), Point(base.x + half, base.y - 0.6)],
                Palette.colour(index), width: 1.2)
              canvas.text(
                "0", at: Point(base.x, base.y - 2 - TextStyle.label.height / 2), .label,
                anchor: .middle)
            }
            if let interval = bar.interval, interval.lower[group] <= interval.upper[group] {
              let middle = start + barWidth / 2
              Interval.draw(
                on: canvas, from: frame.point(middle, interval.lower[group]),
                to: frame.point(middle, interval.upper[group]), .ink,
                cap: min(2, (to.x - from.x) / 4))
            }
          }
        }
        if let reference { frame.draw(level: reference.level, on: canvas) }
      }
    }
  }

  private func check() throws {
    guard !groups.isEmpty && !series.isEmpty else {
      throw FigureError(
        "A bar plot needs at least one group and one series, but it has \(groups.count) and "
          + "\(series.count).")
    }
    try yAxis.check(of: "a bar plot")
    if let reference, !reference.level.isFinite {
      throw FigureError("The reference level of a bar plot must be finite.")
    }
    for bar in series {
      let name = "The series \"\(bar.name)\" of a bar plot"
      guard bar.values.count == groups.count else {
        throw FigureError(
          "\(name) has \(bar.values.count) values for \(groups.count) groups; give one for each.")
      }
      if let wrong = bar.values.first(where: { !$0.isFinite }) {
        throw FigureError("\(name) has the value \(wrong); bars need finite numbers.")
      }
      try bar.interval?.check(count: groups.count, of: name)
    }
  }
}
