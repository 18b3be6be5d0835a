import Foundation

/// How often values fall into bins of equal width, one outline a series over the others.
public struct HistogramPlot: Figure {
  /// The values of one outline.
  public struct Series: Sendable {
    /// The name in the legend.
    public var name: String
    /// The values, in any order.
    public var values: [Double]

    /// Some values with a name for the legend.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// The series, which share their bins.
  public var series: [Series]
  /// What the figure shows.
  public var title: String
  /// The horizontal axis; on a logarithmic one all bins span the same ratio.
  public var xAxis: Axis
  /// What the vertical axis counts.
  public var yTitle: String
  /// How many bins the range is cut into.
  public var bins = 14
  /// A value to compare with, such as a threshold, drawn dashed, with its name for the legend.
  public var reference: (name: String, value: Double)?
  /// The size of the plot without its surroundings, in points.
  public var plotSize = FigureSize(width: 260, height: 160)

  /// A histogram of some series.
  public init(_ series: [Series], title: String = "", x: Axis = "", y: String = "") {
    self.series = series
    self.title = title
    xAxis = x
    yTitle = y
  }

  /// Counts, and lays the plot out.
  ///
  /// - Throws: ``FigureError`` when there is no value, one is not finite, or there is no bin.
  public func picture() throws -> Picture {
    try check()
    let reference = reference
    let all = series.flatMap(\.values) + [reference?.value].compactMap { $0 }
    let x = ScaledAxis(
      xAxis, data: all, ticks: PlotFrame.tickCount(along: plotSize.width, isVertical: false))
    let counts = series.map { heights(of: $0.values, along: x) }
    let y = ScaledAxis(
      Axis(yTitle), data: counts.flatMap { $0 }, includesZero: true,
      ticks: PlotFrame.tickCount(along: plotSize.height, isVertical: true))
    var entries: [(name: String, key: Legend.Key)] =
      series.count > 1 || reference != nil
      ? series.enumerated().map {
        ($0.element.name, .line(Palette.colour($0.offset), nil))
      } : []
    if let reference { entries.append((reference.name, .dashes(.mutedInk))) }
    let frame = PlotFrame(
      title: title, x: x, y: y, plotSize: plotSize, legend: Legend(entries),
      drawsVerticalGrid: false)
    let bins = bins
    return Picture(size: frame.size) { canvas in
      frame.draw(on: canvas)
      canvas.clipped(to: frame.plot.inset(by: -1)) {
        for (index, counts) in counts.enumerated() {
          func corner(_ edge: Int, _ height: Double) -> Point {
            Point(
              frame.plot.x + Double(edge) / Double(bins) * frame.plot.width,
              frame.point(x.lower, height).y)
          }
          let steps = counts.indices.flatMap { bin in
            [corner(bin, counts[bin]), corner(bin + 1, counts[bin])]
          }
          let outline = [corner(0, 0)] + steps + [corner(bins, 0)]
          canvas.polygon(outline, fill: Palette.colour(index).opacity(0.14))
          canvas.line(outline, Palette.colour(index), width: 1.2)
        }
        if let reference {
          canvas.line(
            [frame.point(reference.value, 0), frame.point(reference.value, y.upper)], .mutedInk,
            width: 0.8, dash: [3, 2])
        }
      }
    }
  }

  /// The heights of the bins; a value at an inner edge belongs to the bin above it.
  private func heights(of values: [Double], along axis: ScaledAxis) -> [Double] {
    var counts = [Double](repeating: 0, count: bins)
    for value in values {
      let place = axis.fraction(value)
      guard place >= 0, place <= 1 else { continue }
      counts[min(Int(place * Double(bins)), bins - 1)] += 1
    }
    return counts
  }

  private func check() throws {
    guard series.contains(where: { !$0.values.isEmpty }) else {
      throw FigureError("A histogram needs at least one series with a value in it.")
    }
    guard bins > 0 else { throw FigureError("A histogram needs at least one bin, not \(bins).") }
    guard xAxis.labels == nil else {
      throw FigureError("A histogram counts along numbers; take a bar plot for named places.")
    }
    try xAxis.check(of: "a histogram")
    for line in series {
      if let wrong = line.values.first(where: { !$0.isFinite }) {
        throw FigureError(
          "The series \"\(line.name)\" of a histogram has the value \(wrong); give finite numbers.")
      }
    }
    if let reference, !reference.value.isFinite {
      throw FigureError("The reference of a histogram must be finite.")
    }
  }
}
