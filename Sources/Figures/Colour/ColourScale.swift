/// The two colour scales of all figures: perceptually uniform, and safe for colour-blind readers.
///
/// Both are paths through OKLab on which equal steps of value are equal steps of colour. They run
/// between blue and yellow or orange, which red–green colour blindness leaves apart, and their
/// lightness alone tells the order, so a grey print is read correctly too.
public enum ColourScale: Sendable {
  /// Paper for nothing, through green and blue to dark blue for all: values from 0 to 1.
  case sequential
  /// Blue for −1, paper for 0, orange for 1.
  case diverging

  /// The colour of a value: from 0 to 1 on the sequential scale, from −1 to 1 on the diverging.
  ///
  /// A value beyond the ends takes the colour of the end.
  public func colour(at value: Double) -> Colour {
    switch self {
    case .sequential: Self.ink.colour(at: value)
    case .diverging: value < 0 ? Self.blue.colour(at: -value) : Self.orange.colour(at: value)
    }
  }

  private static let ink = ColourPath([
    OKLab(lightness: 0.985, chroma: 0.012, hue: 105),
    OKLab(lightness: 0.90, chroma: 0.085, hue: 115),
    OKLab(lightness: 0.76, chroma: 0.105, hue: 165),
    OKLab(lightness: 0.60, chroma: 0.105, hue: 220),
    OKLab(lightness: 0.44, chroma: 0.125, hue: 260),
    OKLab(lightness: 0.28, chroma: 0.10, hue: 275),
  ])
  private static let blue = ColourPath([
    OKLab(lightness: 0.975, chroma: 0, hue: 250), OKLab(lightness: 0.89, chroma: 0.05, hue: 245),
    OKLab(lightness: 0.74, chroma: 0.105, hue: 247), OKLab(lightness: 0.58, chroma: 0.13, hue: 252),
    OKLab(lightness: 0.45, chroma: 0.115, hue: 257),
  ])
  private static let orange = ColourPath([
    OKLab(lightness: 0.975, chroma: 0, hue: 60), OKLab(lightness: 0.89, chroma: 0.055, hue: 65),
    OKLab(lightness: 0.74, chroma: 0.125, hue: 60), OKLab(lightness: 0.58, chroma: 0.135, hue: 52),
    OKLab(lightness: 0.45, chroma: 0.10, hue: 47),
  ])
}

/// A smooth path through a few colours, walked at an even pace.
struct ColourPath: Sendable {
  private let table: [Colour]

  /// A curve through the anchors (Catmull–Rom), cut into steps of equal length in OKLab.
  init(_ anchors: [OKLab]) {
    let fine = 2048
    let segments = anchors.count - 1
    let points = (0...fine).map { step -> OKLab in
      let place = Double(step) / Double(fine) * Double(segments)
      let segment = min(Int(place), segments - 1)
      let t = place - Double(segment)
      let p1 = anchors[segment]
      let p2 = anchors[segment + 1]
      let p0 = segment > 0 ? anchors[segment - 1] : OKLab.mix(p1, p2, -1)
      let p3 = segment + 2 <= segments ? anchors[segment + 2] : OKLab.mix(p1, p2, 2)
      func curve(_ value: (OKLab) -> Double) -> Double {
        let (a, b, c, d) = (value(p0), value(p1), value(p2), value(p3))
        let linear = (c - a) * t
        let square = (2 * a - 5 * b + 4 * c - d) * t * t
        return 0.5 * (2 * b + linear + square + (3 * b - a - 3 * c + d) * t * t * t)
      }
      return OKLab(lightness: curve(\.lightness), a: curve(\.a), b: curve(\.b))
    }
    var lengths = [0.0]
    for (from, to) in zip(points, points.dropFirst()) {
      lengths.append(lengths.last! + from.distance(to: to))
    }
    var colours: [Colour] = []
    var index = 0
    for step in 0...512 {
      let wanted = lengths.last! * Double(step) / 512
      while index + 2 < lengths.count && lengths[index + 1] < wanted { index += 1 }
      let fraction = (wanted - lengths[index]) / (lengths[index + 1] - lengths[index])
      colours.append(OKLab.mix(points[index], points[index + 1], fraction).colour.onScreen)
    }
    table = colours
  }

  /// The colour a fraction of the way along; fractions beyond 0 and 1 stay at the ends.
  func colour(at fraction: Double) -> Colour {
    let place = min(max(fraction, 0), 1) * Double(table.count - 1)
    return table[Int(place.rounded())]
  }
}
