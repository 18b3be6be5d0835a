import CCairo
import Figures
import Foundation
import Tensors
import XCTest

/// A picture read back from PNG bytes by libpng, which knows nothing of how they were written.
struct Pixels {
  let width: Int
  let height: Int
  private let values: [UInt32]

  init(png: Data) throws {
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
  subscript(x: Int, y: Int) -> UInt32 { values[y * width + x] }

  /// How many pixels fulfil a condition.
  func count(where condition: (UInt32) -> Bool) -> Int { values.count(where: condition) }
}

/// A colour as `0xRRGGBB`.
func hex(_ colour: Colour) -> UInt32 {
  [colour.red, colour.green, colour.blue].reduce(0) { $0 << 8 | UInt32(($1 * 255).rounded()) }
}

/// Attention that sums to one in every row and differs from head to head, `[head, query, key]`.
func attention(heads: Int, queries: Int, keys: Int) -> Tensor {
  var values: [Float] = []
  for head in 0..<heads {
    for query in 0..<queries {
      let row = (0..<keys).map { key in
        exp(2 * sin(Float(head * 31 + query * 7 + key * 3)) + (key == query ? 2 : 0))
      }
      let sum = row.reduce(0, +)
      values += row.map { $0 / sum }
    }
  }
  return Tensor(values, shape: [heads, queries, keys])
}

/// So many different tokens, as T5 spells them.
func tokens(_ count: Int) -> [String] {
  let words = ["▁The", "▁small", "▁brown", "▁dog", "▁ran", "▁under", "▁a", "▁table", "s", "."]
  return (0..<count).map { words[$0 % words.count] }
}

/// So many tokens that are hard to draw.
func hostileTokens(_ count: Int) -> [String] {
  let words = [
    "", " ", "supercalifragilisticexpialidociously", "\u{1B}[31mred\u{7}", "\u{0}", "中国",
    "e\u{301}\n", String(repeating: "W", count: 5000), "👩‍👩‍👧", "\u{202E}evil", "عربى", "\t",
  ]
  return (0..<count).map { words[$0 % words.count] }
}

/// What an expression throws, as a sentence.
func sentence<T>(
  _ body: @autoclosure () throws -> T, file: StaticString = #filePath, line: UInt = #line
) -> String {
  do {
    _ = try body()
  } catch {
    return String(describing: error)
  }
  XCTFail("nothing was thrown", file: file, line: line)
  return ""
}
