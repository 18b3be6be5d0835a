import Foundation

/// A colour of the sRGB space, each part from 0 to 1.
public struct Colour: Equatable, Sendable {
  /// The amount of red light, gamma-encoded.
  public var red: Double
  /// The amount of green light, gamma-encoded.
  public var green: Double
  /// The amount of blue light, gamma-encoded.
  public var blue: Double
  /// 1 for a colour that hides what is below it, 0 for one that is not there.
  public var alpha: Double

  /// A colour from its parts, each from 0 to 1.
  public init(red: Double, green: Double, blue: Double, alpha: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// A colour as it is written on the web, `0xRRGGBB`.
  public init(hex: UInt32) {
    self.init(
      red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255,
      blue: Double(hex & 255) / 255)
  }

  /// The same colour, as far transparent as asked.
  public func opacity(_ alpha: Double) -> Colour {
    Colour(red: red, green: green, blue: blue, alpha: alpha)
  }

  /// The nearest colour of 8 bits a channel, which every format and every reader shows alike.
  var onScreen: Colour {
    func round(_ value: Double) -> Double { (value * 255).rounded() / 255 }
    return Colour(red: round(red), green: round(green), blue: round(blue), alpha: alpha)
  }

  static let white = Colour(hex: 0xFFFFFF)
  /// Text and axes.
  static let ink = Colour(hex: 0x222222)
  /// Units, notes, ticks.
  static let mutedInk = Colour(hex: 0x5C5C5C)
  /// Gridlines and frames.
  static let hairline = Colour(hex: 0xDDDDDD)
  /// Cells that have no value.
  static let absent = Colour(hex: 0xE4E4E4)
  static let absentHatch = Colour(hex: 0xA8A8A8)
}
