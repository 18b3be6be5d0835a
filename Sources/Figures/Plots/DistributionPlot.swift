import Foundation

/// How values are spread within named groups: every value as a point, boxes of quartiles, or both.
///
/// A box reaches from the first quartile to the third, with a line at the median; its whiskers reach
/// to the last value within one and a half box heights (Tukey, "Exploratory Data Analysis", 1977).
/// Values beyond them are drawn as points.
public struct DistributionPlot: Figure {
  /// What is drawn of a group.
  public enum Marks: Sendable {
    /// Every value as a point; points that would cover one another stand side by side.
    case strip
    /// Quartiles, whiskers and what lies beyond.
    case box
    /// A box, and every value as a point before it.
    case boxAndStrip
  }

  /// The groups of one colour.
  public struct Series: Sendable {
    /// The name in the legend.
    public var name: String
    /// The values of each group, in any order; a group may have none.
    public var values: [[Double]]

    /// The values of each group.
    public init(_ name: String, _ values: [[Double]]) {
      self.name = name
      self.values = values
    }
  }

  /// The names of the groups, below them.
  public var groups: [String]
  /// The series, side by side in each group.
  public var series: [Series]
  /// What the figure shows.
  public var title: String
  /// What the groups are.
  public var groupTitle: String
  /// The vertical axis.
  public var yAxis: Axis
  /// What is drawn of a group.
  public var marks = Marks.box
  /// A level to compare with, such as chance, drawn dashed, with its name for the legend.
  public var reference: (name: String, level: Double)?
  /// The size of the plot without its surroundings, in points; it grows when there are many groups.
  public var plotSize = FigureSize(width: 260, height: 160)

  /// A plot of values in named groups.
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

  /// Checks the values and lays the plot out.
  ///
  /// - Throws: ``FigureError`` when there is nothing to draw, counts disagree or a value is not
  ///   finite.
  public func picture() throws -> Picture {
    try check()
    let (series, marks, reference) = (series, marks, reference)
    let count = Double(series.count)
    let groupWidth = max(
      plotSize.width / Double(groups.count), count * 9 + 4, LabelRun.minimumPitch)
    let x = ScaledAxis(Axis(groupTitle, labels: groups), data: [], ticks: 0)
    let y = ScaledAxis(
      yAxis,
      data: series.flatMap { $0.values.flatMap { $0 } } + [reference?.level].compactMap { $0 },
      ticks: PlotFrame.tickCount(along: plotSize.height, isVertical: true))
    var entries: [(name: String, key: Legend.Key)] =
      series.count > 1 || reference != nil
      ? series.enumerated().map { place, series in
        let colour = Palette.colour(place)
        return (
          series.name,
          marks == .strip ? .point(colour, Marker(series: place)) : .block(colour)
        )
      } : []
    if let reference { entries.append((reference.name, .dashes(.mutedInk))) }
    let frame = PlotFrame(
      title: title, x: x, y: y,
      plotSize: FigureSize(
        width: groupWidth * Double(groups.count), height: plotSize.height),
      legend: Legend(entries))
    return Picture(size: frame.size) { canvas in
      frame.draw(on: canvas)
      canvas.clipped(to: frame.plot.inset(by: -3)) {
        if let reference { frame.draw(level: reference.level, on: canvas) }
        let slot = 0.8 / count
        for (index, line) in series.enumerated() {
          for (group, values) in line.values.enumerated() where !values.isEmpty {
            let middle = Double(group) + (Double(index) + 0.5 - count / 2) * slot
            let places = values.sorted().map { frame.point(middle, $0) }
            let reach = min(slot * groupWidth * 0.4, 11)
            let box = marks == .strip ? nil : QuartileBox(places)
            box?.draw(on: canvas, reach: reach, Palette.colour(index))
            for place in Self.apart(marks == .box ? box?.outliers ?? [] : places, reach: reach) {
              Marker(series: index).draw(
                on: canvas, at: place, radius: 1.6, Palette.colour(index).opacity(0.8))
            }
          }
        }
      }
    }
  }

  /// Points moved sideways, to the right and left in turn, so that none covers another where there is
  /// room.
  private static func apart(_ places: [Point], reach: Double) -> [Point] {
    let pitch = 3.4
    let reachable = Int(reach / pitch)
    var offsets = [0.0]
    for step in 0..<reachable {
      let offset = Double(step + 1) * pitch
      offsets += [offset, -offset]
    }
    var placed: [Point] = []
    for place in places {
      let near = placed.suffix(offsets.count).filter { abs($0.y - place.y) < pitch }
      let free = offsets.first { offset in
        !near.contains { abs($0.x - place.x - offset) < pitch * 0.99 }
      }
      placed.append(Point(place.x + (free ?? 0), place.y))
    }
    return placed
  }

  private func check() throws {
    guard !groups.isEmpty, series.contains(where: { $0.values.contains { !$0.isEmpty } }) else {
      throw FigureError("A plot of distributions needs at least one group with a value in it.")
    }
    try yAxis.check(of: "a plot of distributions")
    if let reference, !reference.level.isFinite {
      throw FigureError("The reference level of a plot of distributions must be finite.")
    }
    for line in series {
      let name = "The series \"\(line.name)\" of a plot of distributions"
      guard line.values.count == groups.count else {
        throw FigureError(
          "\(name) has \(line.values.count) groups of values for \(groups.count) names; give one "
            + "for each.")
      }
      if let wrong = line.values.joined().first(where: { !$0.isFinite }) {
        throw FigureError("\(name) has the value \(wrong); give finite numbers.")
      }
    }
  }
}

/// Five numbers of a group, where they stand.
private struct QuartileBox {
  /// The end of the lower whisker, the quartiles, and the end of the upper whisker.
  private let levels: [Point]
  /// Values beyond the whiskers.
  let outliers: [Point]

  /// - Parameter places: where the values stand, from the least to the greatest; at least one.
  init(_ places: [Point]) {
    func height(_ share: Double) -> Point {
      let place = share * Double(places.count - 1)
      let (below, above) = (places[Int(place)], places[min(Int(place) + 1, places.count - 1)])
      return Point(below.x, below.y + (place - floor(place)) * (above.y - below.y))
    }
    let quartiles = [0.25, 0.5, 0.75].map(height)
    // On the paper, so that a logarithmic axis has the whiskers of logarithms; up is less there.
    let reach = 1.5 * (quartiles[0].y - quartiles[2].y) + 1e-9
    let whiskers = (quartiles[2].y - reach)...(quartiles[0].y + reach)
    let within = places.filter { whiskers.contains($0.y) }
    levels = [within.first ?? quartiles[0]] + quartiles + [within.last ?? quartiles[2]]
    outliers = places.filter { !whiskers.contains($0.y) }
  }

  func draw(on canvas: Canvas, reach: Double, _ colour: Colour) {
    let x = levels[0].x
    func across(_ level: Point, _ half: Double, width: Double) {
      canvas.line(
        [Point(x - half, level.y), Point(x + half, level.y)], colour, width: width)
    }
    canvas.line([levels[0], levels[1]], colour, width: 0.8)
    canvas.line([levels[3], levels[4]], colour, width: 0.8)
    for end in [levels[0], levels[4]] { across(end, reach / 2, width: 0.8) }
    let box = Box(
      x: x - reach, y: levels[3].y, width: 2 * reach, height: max(levels[1].y - levels[3].y, 0))
    canvas.fill(box, colour.opacity(0.2))
    canvas.line(
      [
        Point(box.x, box.y), Point(box.maxX, box.y), Point(box.maxX, box.maxY),
        Point(box.x, box.maxY), Point(box.x, box.y),
      ], colour, width: 0.8)
    across(levels[2], reach, width: 1.6)
  }
}
