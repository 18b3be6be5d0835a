import CZlib
package import Foundation

/// A zip file in memory: deflated entries with Unix permissions and UTF-8 names.
///
/// Every entry has the same date, so that the same files give the same bytes.
package struct ZipWriter {
  private var body = Data()
  private var directory = Data()
  private var count = 0

  package init() {}

  /// Adds a file.
  ///
  /// - Parameter path: The path in the zip, with slashes, relative and without `..`.
  /// - Throws: ``ReportError`` when the zip would be larger than its format allows.
  package mutating func add(_ path: String, _ content: Data, isExecutable: Bool = false) throws {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    precondition(
      !parts.contains("") && !parts.contains("..") && !parts.contains("."),
      "“\(path)” is no relative path of a zip's entry")
    let packed = try deflated(content)
    let isPacked = packed.count < content.count
    let stored = isPacked ? packed : content
    let name = Data(path.utf8)
    guard body.count + stored.count + name.count + 30 < Int(UInt32.max), count < 65_535,
      content.count < Int(UInt32.max), name.count < 65_536
    else { throw ReportError("the zip would be larger than 4 GB or hold more than 65,535 files") }

    var facts = Data()
    facts.append(number: UInt16(20))  // version 2.0 is needed to read it
    facts.append(number: UInt16(1 << 11))  // the name is in UTF-8
    facts.append(number: UInt16(isPacked ? 8 : 0))
    facts.append(number: UInt16(0))  // midnight
    facts.append(number: UInt16(1 << 5 | 1))  // 1 January 1980
    facts.append(number: checksum(content))
    facts.append(number: UInt32(stored.count))
    facts.append(number: UInt32(content.count))
    facts.append(number: UInt16(name.count))
    facts.append(number: UInt16(0))  // no extra field

    directory.append(number: UInt32(0x0201_4B50))
    directory.append(number: UInt16(3 << 8 | 20))  // made on Unix
    directory.append(facts)
    directory.append(number: UInt16(0))  // no comment
    directory.append(number: UInt16(0))  // the first disk
    directory.append(number: UInt16(0))
    directory.append(number: UInt32(isExecutable ? 0o100755 : 0o100644) << 16)
    directory.append(number: UInt32(body.count))
    directory.append(name)

    body.append(number: UInt32(0x0403_4B50))
    body.append(facts)
    body.append(name)
    body.append(stored)
    count += 1
  }

  /// The file's bytes.
  package var data: Data {
    var end = Data()
    end.append(number: UInt32(0x0605_4B50))
    end.append(number: UInt32(0))
    end.append(number: UInt16(count))
    end.append(number: UInt16(count))
    end.append(number: UInt32(directory.count))
    end.append(number: UInt32(body.count))
    end.append(number: UInt16(0))
    return body + directory + end
  }

  private func checksum(_ content: Data) -> UInt32 {
    content.withUnsafeBytes {
      UInt32(
        truncatingIfNeeded: crc32(0, $0.bindMemory(to: UInt8.self).baseAddress, uInt($0.count)))
    }
  }

  /// The content as a raw deflate stream, without zlib's own header.
  private func deflated(_ content: Data) throws -> Data {
    var stream = z_stream()
    guard
      deflateInit2_(
        &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw ReportError("zlib could not be started") }
    defer { deflateEnd(&stream) }
    var input = [UInt8](content)
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(content.count))))
    let status = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = uInt(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = uInt(target.count)
        return deflate(&stream, Z_FINISH)
      }
    }
    guard status == Z_STREAM_END else { throw ReportError("zlib failed with code \(status)") }
    return Data(output.prefix(Int(stream.total_out)))
  }
}

extension Data {
  /// Adds a number, its lowest byte first.
  fileprivate mutating func append(number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
