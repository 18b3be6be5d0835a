import Figures
import Foundation
import XCTest

final class ColourTests: XCTestCase {
  /// Values published with CSS Color 4.
  func testOKLabOfKnownColours() {
    let known: [(UInt32, Double, Double, Double)] = [
      (0xFF0000, 0.62796, 0.22486, 0.12585), (0x0000FF, 0.45201, -0.03246, -0.31153),
      (0x00FF00, 0.86644, -0.23389, 0.17950), (0xFFFFFF, 1, 0, 0), (0x000000, 0, 0, 0),
    ]
    for (code, lightness, a, b) in known {
      let found = OKLab(Colour(hex: code))
      XCTAssertEqual(found.lightness, lightness, accuracy: 1e-4)
      XCTAssertEqual(found.a, a, accuracy: 1e-4)
      XCTAssertEqual(found.b, b, accuracy: 1e-4)
      XCTAssertEqual(hex(found.colour), code)
    }
  }

  func testSequentialLightnessFallsForEveryEye() {
    for vision in Vision.all {
      let lightness = steps(100).map { vision.lab(ColourScale.sequential.colour(at: $0))[0] }
      for (lighter, darker) in zip(lightness, lightness.dropFirst()) {
        XCTAssertLessThan(darker, lighter - 0.1, "\(vision.name)")
      }
      XCTAssertGreaterThan(lightness.first! - lightness.last!, 65)
    }
  }

  func testDivergingLightnessFallsOnBothSidesForEveryEye() {
    for vision in Vision.all {
      for sign in [-1.0, 1] {
        let lightness = steps(50).map { vision.lab(ColourScale.diverging.colour(at: sign * $0))[0] }
        for (lighter, darker) in zip(lightness, lightness.dropFirst()) {
          XCTAssertLessThan(darker, lighter - 0.1, "\(vision.name)")
        }
      }
    }
  }

  func testSignsLookDifferentToEveryEye() {
    for vision in Vision.all {
      for value in [0.25, 0.5, 0.75, 1] {
        let distance = vision.distance(
          ColourScale.diverging.colour(at: -value), ColourScale.diverging.colour(at: value))
        XCTAssertGreaterThan(distance, 0.17 * value, "\(vision.name) at ±\(value)")
      }
    }
  }

  func testEqualStepsOfValueAreEqualStepsOfColour() {
    for scale in [ColourScale.sequential, .diverging] {
      // The eight bits of a channel, to which colours are rounded, leave a tenth of such a step.
      let distances = zip(steps(16), steps(16).dropFirst()).map {
        OKLab(scale.colour(at: $0)).distance(to: OKLab(scale.colour(at: $1)))
      }
      XCTAssertLessThan(distances.max()! / distances.min()!, 1.2)
    }
  }

  func testEndsAndWhatLiesBeyond() {
    XCTAssertEqual(
      ColourScale.sequential.colour(at: 7), ColourScale.sequential.colour(at: 1))
    XCTAssertEqual(
      ColourScale.sequential.colour(at: -7), ColourScale.sequential.colour(at: 0))
    XCTAssertEqual(ColourScale.diverging.colour(at: -7), ColourScale.diverging.colour(at: -1))
    // Nothing is the colour of paper.
    for scale in [ColourScale.sequential, .diverging] {
      XCTAssertGreaterThan(OKLab(scale.colour(at: 0)).lightness, 0.97)
    }
  }

  func testHeadColoursAreApartForEveryEye() {
    let colours = (0..<Palette.count).map { Palette.colour($0) }
    XCTAssertGreaterThanOrEqual(colours.count, 12)
    for vision in Vision.all {
      for (index, colour) in colours.enumerated() {
        for other in colours[(index + 1)...] {
          XCTAssertGreaterThan(
            vision.distance(colour, other), 0.07, "\(vision.name): \(colour) and \(other)")
        }
      }
    }
    XCTAssertEqual(Palette.colour(Palette.count), Palette.colour(0))
    XCTAssertEqual(Palette.colour(-1), Palette.colour(Palette.count - 1))
  }

  func testHeadColoursShowOnPaper() {
    for index in 0..<Palette.count {
      XCTAssertLessThan(OKLab(Palette.colour(index)).lightness, 0.83)
    }
  }

  private func steps(_ count: Int) -> [Double] {
    (0...count).map { Double($0) / Double(count) }
  }
}

/// How a reader sees colours: with full severity, by Machado, Oliveira and Fernandes (2009).
private struct Vision {
  let name: String
  let matrix: [[Double]]

  static let all = [
    Vision(name: "normal", matrix: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    Vision(
      name: "protanopia",
      matrix: [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
      ]),
    Vision(
      name: "deuteranopia",
      matrix: [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
      ]),
    Vision(
      name: "tritanopia",
      matrix: [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
      ]),
  ]

  /// What is left of a colour, as linear light.
  private func seen(_ colour: Colour) -> [Double] {
    let light = [colour.red, colour.green, colour.blue].map {
      $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4)
    }
    return matrix.map { row in min(max(zip(row, light).map(*).reduce(0, +), 0), 1) }
  }

  /// CIE L*a*b* under D65, worked out from the standard, not by the code under test.
  func lab(_ colour: Colour) -> [Double] {
    let light = seen(colour)
    let rows = [
      [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
      [0.0193339, 0.1191920, 0.9503041],
    ]
    let white = [0.95047, 1, 1.08883]
    let f = zip(rows, white).map { row, white -> Double in
      let t = zip(row, light).map(*).reduce(0, +) / white
      return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }

  /// The distance of two colours as this reader sees them, in OKLab.
  func distance(_ a: Colour, _ b: Colour) -> Double {
    func ok(_ colour: Colour) -> OKLab {
      let encoded = seen(colour).map {
        $0 <= 0.0031308 ? 12.92 * $0 : 1.055 * pow($0, 1 / 2.4) - 0.055
      }
      return OKLab(Colour(red: encoded[0], green: encoded[1], blue: encoded[2]))
    }
    return ok(a).distance(to: ok(b))
  }
}
