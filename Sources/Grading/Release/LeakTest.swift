import Foundation

/// Looks for a solution's lines in what students get.
///
/// A line counts when it is the solution's own: not part of the untouched sheet, no comment, and
/// long enough to say something. The library holds the methods that the course teaches, and a sheet's
/// text shows how to call them: there some such lines are no leak, but more than ``longestIdiom`` in
/// a row are a copy. Everywhere else, binary files included, one is one too many.
struct LeakTest {
  /// The shortest line that counts, in characters without blanks.
  static let shortestLine = 20
  /// The shortest line that counts in a row of several.
  static let shortestLineInRow = 12
  /// How many own lines of a solution may follow each other in the library or in a text.
  static let longestIdiom = 7

  /// A line of a solution.
  struct Line: Hashable {
    let file: String
    let number: Int
    let text: String
  }

  /// The own lines of every solution in order, a list a solution.
  private let solutions: [[Line]]
  private let search: ByteSearch

  /// A test of solutions, each with the sheet that students get.
  init(solutions: [(file: String, text: String, sheet: String)]) {
    self.solutions = solutions.map { solution in
      let frame = Self.frame(of: solution.sheet)
      return solution.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .compactMap { index, line in
          let text = line.trimmingCharacters(in: .whitespaces)
          guard Self.length(text) >= Self.shortestLineInRow, !text.hasPrefix("//"),
            !frame.contains(text)
          else { return nil }
          return Line(file: solution.file, number: index + 1, text: text)
        }
    }
    search = ByteSearch(self.solutions.joined().map { ($0, Array($0.text.utf8)) })
    lineCount = self.solutions.joined().count { Self.length($0.text) >= Self.shortestLine }
  }

  /// How many lines are looked for one by one.
  let lineCount: Int

  /// What a file gives away, a sentence each; `path` says what kind of file it is.
  func leaks(in path: String, _ content: Data) -> [String] {
    let found = search.matches(in: content)
    let mayTeach = path.hasPrefix("Sources/") || path.hasSuffix(".md")
    if mayTeach, let text = String(validating: content, as: UTF8.self) {
      // A search is quick, and taking a text apart is not: few files hold as many lines at all.
      return found.count > Self.longestIdiom ? rows(in: text, path) : []
    }
    return found.filter { Self.length($0.text) >= Self.shortestLine }.map {
      "\(path) holds line \($0.number) of \($0.file): \($0.text)"
    }
  }

  private func rows(in text: String, _ path: String) -> [String] {
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { Self.length($0) >= Self.shortestLineInRow }
    var places: [String: [Int]] = [:]
    for (index, line) in lines.enumerated() { places[line, default: []].append(index) }
    var leaks: [String] = []
    for solution in solutions {
      var index = 0
      while index < solution.count {
        let longest =
          (places[solution[index].text] ?? []).map { start in
            zip(solution[index...], lines[start...]).prefix { $0.text == $1 }.count
          }.max() ?? 0
        if longest > Self.longestIdiom {
          let line = solution[index]
          leaks.append("\(path) holds \(longest) lines of \(line.file) from line \(line.number) on")
        }
        index += max(longest, 1)
      }
    }
    return leaks
  }

  /// The lines of a sheet outside the bodies of its methods.
  ///
  /// What stands in a body does not count as the sheet's: someone may have answered there.
  private static func frame(of sheet: String) -> Set<String> {
    var frame: Set<String> = []
    var depth = 0
    for line in sheet.split(separator: "\n") {
      if depth <= 1 { frame.insert(line.trimmingCharacters(in: .whitespaces)) }
      depth += line.count { $0 == "{" } - line.count { $0 == "}" }
    }
    return frame
  }

  private static func length(_ text: String) -> Int { text.count { !$0.isWhitespace } }
}

/// Finds many texts in one pass over a file.
struct ByteSearch {
  private static let headCount = 8
  /// The texts by their first eight bytes.
  private var texts: [UInt64: [(line: LeakTest.Line, bytes: [UInt8])]] = [:]
  /// Whether a text begins with the low 16 bits: most places of a file are passed over by this.
  private var mayBegin = [Bool](repeating: false, count: 1 << 16)

  init(_ texts: [(line: LeakTest.Line, bytes: [UInt8])]) {
    for text in texts {
      let head = text.bytes.prefix(Self.headCount).reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
      self.texts[head, default: []].append(text)
      mayBegin[Int(head & 0xFFFF)] = true
    }
  }

  /// The texts that a file holds, each once, in the order of their first places.
  func matches(in content: Data) -> [LeakTest.Line] {
    var found: [LeakTest.Line] = []
    content.withUnsafeBytes { bytes in
      guard bytes.count >= Self.headCount else { return }
      for start in 0...(bytes.count - Self.headCount) {
        let low = Int(bytes[start]) | Int(bytes[start + 1]) << 8
        guard mayBegin[low] else { continue }
        let head = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        for text in texts[head] ?? []
        where start + text.bytes.count <= bytes.count
          && bytes[start..<start + text.bytes.count].elementsEqual(text.bytes)
          && !found.contains(text.line)
        {
          found.append(text.line)
        }
      }
    }
    return found
  }
}
