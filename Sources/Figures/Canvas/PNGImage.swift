import CZlib
import Foundation

/// Pixels as a PNG file.
///
/// Cairo writes PNG too, but spends half a second on a page of heads searching for the best
/// filter of each row, and leaves out the resolution, so that its pictures print at any size.
struct PNGImage {
  /// Rows of pixels as Cairo keeps them: 32 bits, blue in the lowest eight, then green and red.
  let pixels: UnsafePointer<UInt32>
  let width: Int
  let height: Int
  /// The distance of rows, in pixels.
  let stride: Int
  let dpi: Double

  /// The file's bytes, or nil when there is no memory for them.
  func encoded() -> Data? {
    guard let compressed = compressed() else { return nil }
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // Eight bits a channel, red, green and blue, no interlacing.
    append("IHDR", bytes(of: width) + bytes(of: height) + [8, 2, 0, 0, 0], to: &file)
    let dotsPerMetre = bytes(of: Int((dpi / 0.0254).rounded()))
    append("pHYs", dotsPerMetre + dotsPerMetre + [1], to: &file)
    append("IDAT", compressed, to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// The rows, each pixel as its difference from the one to its left, and then deflated; a row like
  /// the one above it, of which charts are full, as its difference from that: nothing.
  private func compressed() -> [UInt8]? {
    let rowBytes = 1 + 3 * width
    let filtered = [UInt8](unsafeUninitializedCapacity: rowBytes * height) { buffer, count in
      for row in 0..<height {
        let source = pixels + row * stride
        var target = buffer.baseAddress! + row * rowBytes
        if row > 0 && memcmp(source, source - stride, width * 4) == 0 {
          target.initialize(repeating: 0, count: rowBytes)
          target[0] = 2
          continue
        }
        target[0] = 1
        target += 1
        var (red, green, blue): (UInt8, UInt8, UInt8) = (0, 0, 0)
        for column in 0..<width {
          let pixel = source[column]
          let next = (
            UInt8(truncatingIfNeeded: pixel >> 16), UInt8(truncatingIfNeeded: pixel >> 8),
            UInt8(truncatingIfNeeded: pixel)
          )
          target[0] = next.0 &- red
          target[1] = next.1 &- green
          target[2] = next.2 &- blue
          (red, green, blue) = next
          target += 3
        }
      }
      count = rowBytes * height
    }
    var size = compressBound(uLong(filtered.count))
    var status = Z_OK
    let result = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      // Beyond level 3 the files hardly shrink and take twice the time.
      status = compress2(buffer.baseAddress, &size, filtered, uLong(filtered.count), 3)
      count = status == Z_OK ? Int(size) : 0
    }
    return status == Z_OK ? result : nil
  }

  private func append(_ kind: String, _ content: [UInt8], to file: inout Data) {
    let chunk = Array(kind.utf8) + content
    file.append(contentsOf: bytes(of: content.count))
    file.append(contentsOf: chunk)
    file.append(contentsOf: bytes(of: Int(crc32(0, chunk, uInt(chunk.count)))))
  }

  private func bytes(of value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) }
  }
}
