import Figures
import Foundation
import Pictures
import Tensors
import XCTest

final class PixelTests: XCTestCase {
  func testCellsHaveTheColoursOfTheScale() throws {
    let values: [Float] = [0, 0.2, 0.4, 0.6, 0.8, 1]
    var map = HeatMap(Tensor(values, shape: [1, 6]), rows: [""], columns: nil)
    map.range = 0...1
    let pixels = try Pixels(png: map.pngData())
    for value in values {
      let colour = hex(ColourScale.sequential.colour(at: Double(value)))
      // A cell of 24 points is some 66 pixels wide and high.
      XCTAssertGreaterThan(pixels.count { $0 == colour }, 60 * 60, "no cell shows \(value)")
    }
  }

  func testSignedCellsTakeTheDivergingScaleAroundZero() throws {
    var map = HeatMap(Tensor([-2, 0, 1, 4], shape: [2, 2]))
    map.scale = .diverging
    let pixels = try Pixels(png: map.pngData())
    for fraction in [-0.5, 0, 0.25, 1] {
      let colour = hex(ColourScale.diverging.colour(at: fraction))
      XCTAssertGreaterThan(pixels.count { $0 == colour }, 60 * 60, "no cell shows \(fraction)")
    }
  }

  func testCellsWithoutAValueAreGrey() throws {
    let map = HeatMap(Tensor([.nan, 1, 0.5, -.infinity], shape: [2, 2])).styled {
      $0.showsColourBar = false
    }
    let pixels = try Pixels(png: map.pngData())
    XCTAssertGreaterThan(pixels.count { $0 == 0xE4E4E4 }, 2 * 40 * 40)
    // The largest finite value is the end of the scale.
    let end = hex(ColourScale.sequential.colour(at: 1))
    XCTAssertGreaterThan(pixels.count { $0 == end }, 60 * 60)
  }

  func testASeriesWhoseColourIsTakenIsDashed() throws {
    func pixels(ofSeries shown: Int) throws -> Int {
      let series = (0...Palette.count).map { index in
        LinePlot.Series("", index == shown ? [1, 1] : [.nan, .nan])
      }
      var plot = LinePlot(series)
      plot.showsMarkers = false
      let colour = hex(Palette.colour(shown))
      return try Pixels(png: plot.pngData()).count { $0 == colour }
    }
    let (whole, dashed) = try (pixels(ofSeries: 0), pixels(ofSeries: Palette.count))
    // Four points of line, two of gap.
    XCTAssertEqual(Double(dashed) / Double(whole), 4 / 6, accuracy: 0.1)
    XCTAssertGreaterThan(whole, 1_000)
  }

  func testAttentionOfZeroDrawsNoLine() throws {
    let pattern = Tensor.zeros([1, 2, 2])
    let blank = HeadView(pattern, queries: ["", ""], keys: ["", ""])
    var one = blank
    one.pattern[0, 0, 1] = 1
    let colour = hex(Palette.colour(0))
    let without = try Pixels(png: blank.pngData()).count { $0 == colour }
    let with = try Pixels(png: one.pngData()).count { $0 == colour }
    // The line is 130 points long and 1.4 thick; its smoothed edges have other colours.
    XCTAssertGreaterThan(with - without, 130 * 200 / 72 * 2)
    // What is left is the legend's swatch, 7 points square.
    XCTAssertLessThanOrEqual(without, 20 * 20)
  }

  func testOpacityOfALineIsItsAttention() throws {
    for weight in [0.25, 0.5, 0.75] {
      let view = HeadView(
        Tensor([Float(weight)], shape: [1, 1, 1]), queries: [""], keys: [""], heads: [0])
      let pixels = try Pixels(png: view.pngData())
      let colour = Palette.colour(0)
      let mixed = [colour.red, colour.green, colour.blue].map { 255 * ($0 * weight + 1 - weight) }
      let found = pixels.count { pixel in
        let parts = [pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255].map(Double.init)
        return zip(parts, mixed).allSatisfy { abs($0 - $1) < 1.6 }
      }
      XCTAssertGreaterThan(found, 2 * 350, "no line of opacity \(weight)")
    }
  }

  /// The fast lines of an image look like Cairo's: the ink is the line's length by its width.
  func testLinesHaveTheirLengthTimesTheirWidth() throws {
    for (x, y) in [(90.0, 0.0), (90, 20), (60, 60), (15, 80), (0, 90)] {
      let canvas = try Canvas(size: FigureSize(width: 100, height: 100), format: .png, dpi: 72)
      canvas.lines(
        [(Point(5, 5.3), Point(5 + x, 5.3 + y))], Colour(hex: 0x000000), width: 1.7)
      let pixels = try Pixels(png: canvas.finish())
      var ink = 0.0
      for row in 0..<100 {
        for column in 0..<100 { ink += 1 - Double(pixels[column, row] & 255) / 255 }
      }
      XCTAssertEqual(ink, 1.7 * hypot(x, y), accuracy: 0.02 * 1.7 * 90)
    }
  }

  func testLinesOfOneStrokeAreNotLaidOnTwice() throws {
    let canvas = try Canvas(size: FigureSize(width: 40, height: 40), format: .png, dpi: 72)
    let across = (Point(0, 20), Point(40, 20))
    canvas.lines([across, across, across], Colour(hex: 0x000000).opacity(0.5), width: 6)
    let pixels = try Pixels(png: canvas.finish())
    XCTAssertEqual(Double(pixels[20, 20] & 255), 127.5, accuracy: 1)
  }

  func testLinesBeyondTheImageAreCut() throws {
    let canvas = try Canvas(size: FigureSize(width: 20, height: 20), format: .png, dpi: 72)
    let black = Colour(hex: 0x000000)
    canvas.lines([(Point(-50, -30), Point(-5, 40))], black, width: 3)
    let level = (Point(-50, 10), Point(90, 10))
    let upright = (Point(10, -70), Point(10, 80))
    let outside = (Point(0, 30), Point(20, 60))
    canvas.lines([level, upright, outside], black, width: 2)
    let pixels = try Pixels(png: canvas.finish())
    XCTAssertEqual(pixels[0, 10], 0)
    XCTAssertEqual(pixels[10, 19], 0)
    XCTAssertEqual(pixels[3, 3], 0xFFFFFF)
    // A horizontal and a vertical line, two pixels wide, that share a square.
    XCTAssertEqual(pixels.count { $0 == 0 }, 20 * 2 + 20 * 2 - 4)
  }

  func testBarsReachTheirValues() throws {
    let plot = BarPlot(
      groups: ["", "", ""], [.init("x", [1, 2, 4])], y: Axis(range: 0...4))
    let pixels = try Pixels(png: plot.pngData())
    let colour = hex(Palette.colour(0))
    var heights: [Int] = []
    for column in 0..<pixels.width {
      let height = (0..<pixels.height).count { pixels[column, $0] == colour }
      if height > 0 && height != heights.last { heights.append(height) }
    }
    let tallest = 160 * 200.0 / 72
    let steps = [0.25, 0.5, 1].map { $0 * tallest }
    for expected in steps {
      XCTAssertTrue(
        heights.contains { abs(Double($0) - expected) < 4 }, "\(heights) lacks \(expected)")
    }
  }

  /// A bar of no height is a stub of its colour where that is asked for, and nothing where not.
  func testBarsOfNoHeightAreSeen() throws {
    func coloured(_ marksZeros: Bool) throws -> Int {
      var plot = BarPlot(
        groups: ["", ""], [.init("", [0, 0]), .init("", [0, 0])], y: Axis(range: 0...1))
      plot.marksZeros = marksZeros
      let pixels = try Pixels(png: plot.pngData())
      // Left of the legend, which has the colour too.
      return (0..<pixels.width * 2 / 3).reduce(0) { sum, column in
        sum + (0..<pixels.height).count { pixels[column, $0] == hex(Palette.colour(1)) }
      }
    }
    XCTAssertEqual(try coloured(false), 0)
    XCTAssertGreaterThan(try coloured(true), 40)
  }
}
