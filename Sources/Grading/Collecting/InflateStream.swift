import CZlib
import Foundation

/// Deflated bytes, unpacked piece by piece within a bound.
final class InflateStream {
  /// How the bytes are wrapped.
  enum Wrapping: Int32 {
    /// Not at all, as in a zip archive.
    case raw = -15
    /// As `gzip` does.
    case gzip = 31
  }

  /// At one address for life, which zlib checks.
  private let stream: UnsafeMutablePointer<z_stream>
  private let source: [UInt8]
  private let wrapping: Wrapping
  private var position = 0
  private var isFinished = false
  private var remaining: Int
  /// How many bytes were unpacked.
  private(set) var count = 0

  /// The contents of deflated bytes, of which no more than a bound is ever unpacked.
  init(_ source: [UInt8], _ wrapping: Wrapping, limit: Int) throws {
    self.source = source
    self.wrapping = wrapping
    remaining = limit
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, size) == Z_OK else {
      throw CollectingError("there is no memory to unpack it")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The next bytes, fewer than asked for only at the end.
  func read(_ count: Int) throws -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count, !isFinished { done += try step(into: &result, from: done) }
    remaining -= done
    self.count += done
    guard remaining >= 0 else { throw CollectingError("it unpacks to more than is read") }
    return Array(result.prefix(done))
  }

  private func step(into result: inout [UInt8], from done: Int) throws -> Int {
    let available = min(source.count - position, 1 << 20)
    let room = result.count - done
    let status: Int32 = source.withUnsafeBytes { input in
      result.withUnsafeMutableBytes { output in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: position))
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self) + done
        stream.pointee.avail_out = UInt32(room)
        return inflate(stream, Z_NO_FLUSH)
      }
    }
    let consumed = available - Int(stream.pointee.avail_in)
    let produced = room - Int(stream.pointee.avail_out)
    position += consumed
    switch status {
    case Z_STREAM_END:
      // A gzip file may be several, one after the other; anything else behind it is ignored.
      let hasMore =
        wrapping == .gzip && source.count - position > 2 && source[position] == 0x1F
        && source[position + 1] == 0x8B
      if hasMore { inflateReset(stream) } else { isFinished = true }
    case Z_OK where consumed > 0 || produced > 0: break
    default: throw CollectingError("the archive is damaged or cut off")
    }
    return produced
  }
}
