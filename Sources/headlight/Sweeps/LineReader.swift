import Foundation

/// The lines of a file, read as they are asked for.
struct LineReader {
  private let handle: FileHandle
  private var buffer = Data()
  private var isAtEnd = false
  private(set) var number = 0
  /// No input is longer.
  static let limit = 1 << 26

  /// - Throws: ``CommandError`` for what is no file: lines are read again when work goes on.
  init(_ path: String) throws(CommandError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw CommandError(
        "\(path) is no file, and is read more than once; write the inputs to a file, a line of JSON "
          + "each")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw CommandError("\(path) cannot be read; name a file of JSON lines")
    }
    self.handle = handle
  }

  /// The next line that is not blank, with its number from 1; nil at the end.
  mutating func next() throws -> (number: Int, line: Data)? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = Data(buffer[..<end])
        buffer = buffer[buffer.index(after: end)...]
        number += 1
        if !Self.isBlank(line) { return (number, line) }
        continue
      }
      if isAtEnd {
        guard !buffer.isEmpty else { return nil }
        let line = Data(buffer)
        buffer = Data()
        number += 1
        return Self.isBlank(line) ? nil : (number, line)
      }
      guard buffer.count < Self.limit else {
        throw CommandError("line \(number + 1) is longer than 64 MB; an input is one line of JSON")
      }
      let chunk: Data
      do { chunk = try handle.read(upToCount: 1 << 16) ?? Data() } catch {
        throw CommandError("the inputs cannot be read: \(error.localizedDescription)")
      }
      if chunk.isEmpty { isAtEnd = true }
      // A new buffer: one that is cut from the front would keep all that was ever read.
      buffer = Data(buffer) + chunk
    }
  }

  private static func isBlank(_ line: Data) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}
