import CCairo
import Foundation

/// A picture read back from PNG bytes by libpng, which knows nothing of how they were written.
package struct Pixels {
  package let width: Int
  package let height: Int
  private let values: [UInt32]

  package init(png: Data) throws {
    final class Source {
      var rest: Data
      init(_ data: Data) { rest = data }
    }
    let source = Source(png)
    let read: cairo_read_func_t = { closure, target, count in
      let source = Unmanaged<Source>.fromOpaque(closure!).takeUnretainedValue()
      guard source.rest.count >= Int(count) else { return CAIRO_STATUS_READ_ERROR }
      source.rest.prefix(Int(count)).copyBytes(to: target!, count: Int(count))
      source.rest = Data(source.rest.dropFirst(Int(count)))
      return CAIRO_STATUS_SUCCESS
    }
    let surface = cairo_image_surface_create_from_png_stream(
      read, Unmanaged.passUnretained(source).toOpaque())!
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS else {
      throw CocoaError(.fileReadCorruptFile)
    }
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    let bytes = cairo_image_surface_get_data(surface)!
    var values: [UInt32] = []
    for row in 0..<height {
      for column in 0..<width {
        let pixel = UnsafeRawPointer(bytes + row * stride + column * 4).load(as: UInt32.self)
        values.append(pixel & 0xFFFFFF)
      }
    }
    self.values = values
  }

  /// The colour at a place, `0xRRGGBB`.
  package subscript(x: Int, y: Int) -> UInt32 { values[y * width + x] }

  /// How many pixels fulfil a condition.
  package func count(where condition: (UInt32) -> Bool) -> Int { values.count(where: condition) }

  /// The share of pixels that differ by more than a shade from those of another picture; 1 where the
  /// two are not of one size.
  ///
  /// The last bits of sums differ from one kind of processor to another, and move the edge of a line
  /// by a shade.
  package func share(differingFrom other: Pixels, byMoreThan shade: Int = 32) -> Double {
    guard (width, height) == (other.width, other.height) else { return 1 }
    let differing = zip(values, other.values).count { (ours: UInt32, theirs: UInt32) in
      for shift: UInt32 in [0, 8, 16] {
        let (one, two) = (Int(ours >> shift & 0xFF), Int(theirs >> shift & 0xFF))
        if abs(one - two) > shade { return true }
      }
      return false
    }
    return Double(differing) / Double(max(values.count, 1))
  }
}
