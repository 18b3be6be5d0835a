/// Draws thin straight lines into an image, several times as fast as Cairo does.
///
/// A page of 144 heads has some fifty thousand lines. The edges are smoothed by the exact part of
/// each pixel's column (or row, for a steep line) that the line covers.
struct LineRaster {
  let pixels: UnsafeMutablePointer<UInt32>
  let width: Int
  let height: Int
  /// The distance of rows, in pixels.
  let stride: Int

  /// Draws lines of one colour; where they cross, it is not laid on twice.
  ///
  /// - Parameters:
  ///   - lines: the ends, in pixels.
  ///   - thickness: in pixels.
  func draw(_ lines: [(Point, Point)], _ colour: Colour, thickness: Double) {
    let ink = Ink(colour)
    if lines.count == 1 {
      visit(lines[0], thickness) { x, y, coverage in
        ink.lay(on: &pixels[y * stride + x], coverage)
      }
      return
    }
    let all = lines.flatMap { [$0.0, $0.1] }
    let reach = thickness + 2
    let left = max(0, Int((all.map(\.x).min() ?? 0) - reach))
    let top = max(0, Int((all.map(\.y).min() ?? 0) - reach))
    let columns = min(width, Int((all.map(\.x).max() ?? 0) + reach)) - left
    let rows = min(height, Int((all.map(\.y).max() ?? 0) + reach)) - top
    guard columns > 0 && rows > 0 else { return }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns * rows) { covered in
      covered.initialize(repeating: 0)
      let base = covered.baseAddress!
      for line in lines {
        visit(line, thickness) { x, y, coverage in
          let index = (y - top) * columns + x - left
          if coverage > base[index] { base[index] = coverage }
        }
      }
      for row in 0..<rows {
        let target = pixels + (row + top) * stride + left
        let source = base + row * columns
        for column in 0..<columns where source[column] != 0 {
          ink.lay(on: &target[column], source[column])
        }
      }
    }
  }

  /// A colour as whole numbers, to be laid on pixels.
  private struct Ink {
    let red: UInt32
    let green: UInt32
    let blue: UInt32
    let alpha: UInt32

    init(_ colour: Colour) {
      red = UInt32((colour.red * 255).rounded())
      green = UInt32((colour.green * 255).rounded())
      blue = UInt32((colour.blue * 255).rounded())
      alpha = UInt32((colour.alpha * 256).rounded())
    }

    @inline(__always)
    func lay(on pixel: inout UInt32, _ coverage: UInt8) {
      // 16 bits of opacity, so that faint lines keep their differences.
      let opacity = alpha * UInt32(coverage) * 257 / 256
      let rest = 65_535 - min(opacity, 65_535)
      func mix(_ old: UInt32, _ new: UInt32) -> UInt32 {
        (old * rest + new * (65_535 - rest) + 32_767) / 65_535
      }
      let (r, g, b) = (pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255)
      pixel = 0xFF00_0000 | mix(r, red) << 16 | mix(g, green) << 8 | mix(b, blue)
    }
  }

  /// Visits the pixels a line touches, with how much of each it covers, from 0 to 255.
  @inline(__always)
  private func visit(
    _ line: (Point, Point), _ thickness: Double, _ body: (Int, Int, UInt8) -> Void
  ) {
    let isSteep = abs(line.1.y - line.0.y) > abs(line.1.x - line.0.x)
    // Along the longer direction u, the line's middle is at v.
    var from = isSteep ? (u: line.0.y, v: line.0.x) : (u: line.0.x, v: line.0.y)
    var to = isSteep ? (u: line.1.y, v: line.1.x) : (u: line.1.x, v: line.1.y)
    if from.u > to.u { swap(&from, &to) }
    guard to.u > from.u else { return }
    let slope = (to.v - from.v) / (to.u - from.u)
    let half = thickness / 2 * (1 + slope * slope).squareRoot()
    let (lastU, limitV) = isSteep ? (height - 1, width - 1) : (width - 1, height - 1)
    let first = max(0, Int(from.u.rounded(.down)))
    let last = min(lastU, Int(to.u.rounded(.up)) - 1)
    guard first <= last else { return }
    // Whole numbers of 2⁻¹⁶ pixels: nothing is rounded in the loop but by shifting.
    let one = 65_536
    func fixed(_ value: Double) -> Int { Int((value * Double(one)).rounded()) }
    let step = fixed(slope)
    let breadth = fixed(2 * half)
    var low = fixed(from.v + (Double(first) + 0.5 - from.u) * slope - half)
    for u in first...last {
      defer { low &+= step }
      // The ends of the line cover a part of their columns.
      let part =
        u == first || u == last
        ? fixed(min(Double(u) + 1, to.u) - max(Double(u), from.u)) : one
      let high = low &+ breadth
      let firstV = low >> 16
      let lastV = high >> 16
      guard lastV >= 0 && firstV <= limitV else { continue }
      for v in max(firstV, 0)...min(lastV, limitV) {
        let start = v == firstV ? low & 65_535 : 0
        let end = v == lastV ? high & 65_535 : one
        let coverage = ((end &- start) &* part &* 255 &+ (1 << 31)) >> 32
        if coverage <= 0 { continue }
        let byte = UInt8(truncatingIfNeeded: min(coverage, 255))
        if isSteep { body(v, u, byte) } else { body(u, v, byte) }
      }
    }
  }
}
