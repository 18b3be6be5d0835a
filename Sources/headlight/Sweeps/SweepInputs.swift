import Foundation

/// The lines of a file, read as they are asked for.
struct LineReader {
  private let handle: FileHandle
  private var buffer = Data()
  private var isAtEnd = false
  private(set) var number = 0
  /// No input is longer.
  static let limit = 1 << 26

  init(_ path: String) throws(CommandError) {
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

/// An input as options of a command.
enum SweepInput {
  /// What a sweep decides for all inputs.
  private static let reserved: Set<String> = ["json", "output", "help", "title", "dpi"]

  /// Options by name: texts and numbers as they are, `true` for a flag, a list of ids joined by
  /// commas, any other list an option a value.
  ///
  /// - Throws: ``CommandError`` for a line that is no such thing.
  static func options(of line: Data) throws(CommandError) -> [String] {
    guard let value = try? JSONSerialization.jsonObject(with: line, options: .fragmentsAllowed)
    else { throw CommandError("the line is not JSON") }
    guard let object = value as? [String: Any] else {
      throw CommandError("the line is no object of options, such as {\"text\": \"…\"}")
    }
    var options: [String] = []
    for (name, value) in object.sorted(by: { $0.key < $1.key }) {
      guard name.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil else {
        throw CommandError("“\(name)” is no option's name")
      }
      guard !reserved.contains(name) else {
        throw CommandError("--\(name) is the sweep's to give; leave it out of the line")
      }
      if let list = value as? [Any] {
        var words: [String] = []
        for item in list { words.append(try word(item, of: name)) }
        if name.hasSuffix("-ids") {
          options.append("--\(name)=\(words.joined(separator: ","))")
        } else {
          options += words.map { "--\(name)=\($0)" }
        }
      } else if let number = value as? NSNumber, isTruth(number) {
        if number.boolValue { options.append("--\(name)") }
      } else {
        options.append("--\(name)=\(try word(value, of: name))")
      }
    }
    return options
  }

  private static func word(_ value: Any, of name: String) throws(CommandError) -> String {
    if let text = value as? String { return text }
    if let number = value as? NSNumber, !isTruth(number) {
      return number.stringValue
    }
    throw CommandError("--\(name) is given neither text nor number")
  }

  /// JSON's true and false are numbers to Foundation.
  private static func isTruth(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c"
  }
}
