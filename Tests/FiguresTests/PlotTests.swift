import Foundation
import Pictures
import XCTest

@testable import Figures

/// Axes of ratios, and plots of how values are spread.
final class PlotTests: XCTestCase {
  func testALogarithmicAxisGoesByPowersOfTen() {
    let axis = ScaledAxis(Axis("", scale: .logarithmic), data: [3, 700], ticks: 5)
    XCTAssertEqual(axis.labels, ["1", "10", "100", "1000"])
    XCTAssertEqual(axis.fraction(1), 0)
    XCTAssertEqual(axis.fraction(10), 1 / 3, accuracy: 1e-12)
    XCTAssertEqual(axis.fraction(1000), 1, accuracy: 1e-12)
    // There is no place for nothing: it stands at the foot.
    XCTAssertEqual(axis.fraction(0), 0)
  }

  func testWithinADecadeTwoAndFiveAreNamed() {
    let axis = ScaledAxis(Axis("", scale: .logarithmic), data: [2.5, 9], ticks: 6)
    XCTAssertEqual(axis.labels, ["2", "5", "10"])
    let one = ScaledAxis(Axis("", scale: .logarithmic), data: [1, 1], ticks: 6)
    XCTAssertLessThan(one.lower, one.upper)
  }

  func testARangeIsKeptAndItsNumbersAreShort() {
    let axis = ScaledAxis(
      Axis("", range: 1e-4...20, scale: .logarithmic), data: [], ticks: 5)
    XCTAssertEqual(axis.upper, 20)
    XCTAssertEqual(axis.labels, ["0.0001", "0.001", "0.01", "0.1", "1", "10"])
    let wide = ScaledAxis(Axis("", scale: .logarithmic), data: [1e-30, 1], ticks: 5)
    XCTAssertLessThan(wide.ticks.count, 8)
  }

  func testARangeThatBeginsAtNothingIsRefused() {
    let plot = LinePlot([.init("a", [1, 2])], y: Axis("loss", range: 0...1, scale: .logarithmic))
    XCTAssertEqual(
      sentence(try plot.size),
      "The axis \"loss\" of a line plot is logarithmic and begins at 0.0; begin above 0.")
  }

  /// The colour of an area of a series on white paper.
  private func tint(_ opacity: Double) -> UInt32 {
    let colour = Palette.colour(0)
    return [colour.red, colour.green, colour.blue].reduce(0) {
      $0 << 8 | UInt32((255 * ($1 * opacity + 1 - opacity)).rounded())
    }
  }

  private func share(of tint: UInt32, in pixels: Pixels) -> Int {
    func parts(_ pixel: UInt32) -> [Int] { [16, 8, 0].map { Int(pixel >> $0 & 255) } }
    return pixels.count { pixel in
      zip(parts(UInt32(pixel)), parts(tint)).allSatisfy { abs($0 - $1) <= 1 }
    }
  }

  func testTheAreaOfABinIsHowOftenItIsMet() throws {
    func area(_ values: [Double]) throws -> Double {
      var plot = HistogramPlot(
        [.init("", values), .init("", [0, 0, 0, 0])], x: Axis("", range: 0...2))
      plot.bins = 2
      return Double(share(of: tint(0.14), in: try Pixels(png: plot.pngData())))
    }
    // A value at an inner edge belongs to the bin above; what is outside is not counted.
    XCTAssertEqual(try area([1.2, 1, 2]) / area([1.5]), 3, accuracy: 0.1)
    XCTAssertEqual(try area([1.2, 7]) / area([1.5]), 1, accuracy: 0.01)
  }

  func testABoxReachesFromQuartileToQuartile() throws {
    var plot = DistributionPlot(groups: ["a"], [.init("", [[4, 0, 3, 1, 2]])])
    plot.yAxis = Axis("", range: 0...4)
    let pixels = try Pixels(png: plot.pngData())
    // Half of 160 points high and 22 wide, without the lines around and across it.
    let expected = 80.0 * 22 * (200 / 72) * (200 / 72)
    XCTAssertEqual(Double(share(of: tint(0.2), in: pixels)) / expected, 0.93, accuracy: 0.07)
  }

  func testValuesBeyondTheWhiskersArePoints() throws {
    func dots(_ values: [Double], _ marks: DistributionPlot.Marks) throws -> Int {
      var plot = DistributionPlot(groups: ["a"], [.init("", [values])])
      plot.yAxis = Axis("", range: 0...40)
      plot.marks = marks
      return share(of: tint(0.8), in: try Pixels(png: plot.pngData()))
    }
    let five: [Double] = [10, 11, 12, 13, 14]
    XCTAssertLessThan(try dots(five, .box), 5)
    let one = try dots(five + [39], .box)
    XCTAssertGreaterThan(one, 20)
    // All six, those that are equal side by side.
    XCTAssertEqual(
      Double(try dots([5, 5, 5, 20, 30, 39], .strip)) / Double(one), 6, accuracy: 1)
  }

  func testWhatIsNoNumberIsRefused() {
    XCTAssertEqual(
      sentence(try HistogramPlot([.init("a", [1, .nan])]).size),
      "The series \"a\" of a histogram has the value nan; give finite numbers.")
    XCTAssertEqual(
      sentence(try DistributionPlot(groups: ["a", "b"], [.init("c", [[1]])]).size),
      "The series \"c\" of a plot of distributions has 1 groups of values for 2 names; give one "
        + "for each.")
    XCTAssertEqual(
      sentence(try DistributionPlot(groups: ["a"], [.init("c", [[]])]).size),
      "A plot of distributions needs at least one group with a value in it.")
  }
}
