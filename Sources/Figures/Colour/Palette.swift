/// Colours that tell heads and series apart.
public enum Palette {
  /// How many colours there are before they repeat.
  public static let count = colours.count

  /// The colour of the head or series with this index; after the last the first comes again.
  public static func colour(_ index: Int) -> Colour {
    colours[((index % count) + count) % count]
  }

  /// The palette of Okabe and Ito (2008) without its yellow, and five colours more.
  ///
  /// Yellow is lost on white. The five were chosen as far as possible from all others under normal
  /// vision and under the simulated colour blindness of Machado, Oliveira and Fernandes (2009).
  private static let colours: [Colour] = [
    0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0x9D6BFE, 0x774A4B, 0xB5CAAC,
    0x0901B5, 0x46250E, 0x000000,
  ].map { Colour(hex: $0) }
}
