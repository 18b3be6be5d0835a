/// Which colour is which head: swatches with numbers, in as many rows as they need.
struct HeadLegend {
  private let caption = "head"
  private let entries: [(head: Int, place: Point)]
  let height: Double
  let width: Double
  private static let swatch = 7.0

  init(heads: [Int], width: Double) {
    let style = TextStyle.label
    let start = style.width(of: caption) + 8
    var x = start
    var y = 0.0
    var reach = 0.0
    entries = heads.map { head in
      let entryWidth = Self.swatch + 3 + style.width(of: String(head)) + 9
      if x + entryWidth - 9 > width && x > start {
        x = start
        y += style.height + 2
      }
      defer { x += entryWidth }
      reach = max(reach, x + entryWidth - 9)
      return (head, Point(x, y))
    }
    height = y + style.height
    self.width = reach
  }

  func draw(on canvas: Canvas, at corner: Point) {
    let style = TextStyle.label
    let middle = corner.y + style.height / 2
    canvas.text(caption, at: Point(corner.x, middle), .note)
    for (head, place) in entries {
      let y = middle + place.y
      let x = corner.x + place.x
      canvas.fill(
        Box(x: x, y: y - Self.swatch / 2, width: Self.swatch, height: Self.swatch),
        Palette.colour(head))
      canvas.text(String(head), at: Point(x + Self.swatch + 3, y), style)
    }
  }
}
