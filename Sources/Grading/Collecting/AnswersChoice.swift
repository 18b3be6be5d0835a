import Coursework
import Foundation

/// Which of a submission's files is graded, and what there is to say about it.
package struct AnswersChoice: Equatable, Sendable {
  /// The text to compile, or nil when there is nothing to grade.
  package let text: String?
  /// Why there is nothing to grade, in a sentence for the student; nil when there is.
  package let problem: String?
  /// Which file was taken and what was left out.
  package let notes: [String]

  private init(text: String?, problem: String?, notes: [String]) {
    self.text = text
    self.problem = problem
    self.notes = notes
  }

  /// A submission in which there is nothing to grade.
  static func nothing(_ problem: String, notes: [String] = []) -> AnswersChoice {
    AnswersChoice(text: nil, problem: problem, notes: notes)
  }

  /// How well a file's place says that it is the one: the lower the better, nil for never.
  ///
  /// `Sheets/1-Attention/Answers.swift` comes first, then any `1-Attention/Answers.swift`, any
  /// `Answers.swift`, what a learning platform makes of that name, and at last any other Swift file.
  static func rank(of path: String, folder: String) -> Int? {
    let parts = path.split(separator: "/").map(String.init)
    let name = parts.last ?? ""
    let folders = parts.dropLast()
    let others = ["Solutions", "Tests", "Sources", "Benchmarks", "Plugins"]
    if folders.contains(where: { others.contains($0) }) { return nil }
    if folders.contains(where: { $0 != folder && $0.wholeMatch(of: /[1-9]-[A-Z][A-Za-z-]*/) != nil }
    ) {
      return nil
    }
    if ["main.swift", "package.swift"].contains(name.lowercased()) { return nil }
    if name == "Answers.swift" {
      guard folders.last == folder else { return 2 }
      return folders.dropLast().last == "Sheets" ? 0 : 1
    }
    return name.lowercased().contains("answers") ? 3 : 4
  }

  /// Chooses among a submission's files.
  init(_ submitted: SubmittedFiles, folder: String) {
    var notes = submitted.notes
    for file in submitted.files
    where ["main.swift", "package.swift"].contains(
      file.path.split(separator: "/").last?.lowercased() ?? "")
    {
      notes.append("\(shownPath(file.path)) was left out: only Answers.swift is graded")
    }
    let ranked = submitted.files.compactMap { file in
      Self.rank(of: file.path, folder: folder).map {
        (rank: $0, depth: file.path.split(separator: "/").count, file: file)
      }
    }.sorted { ($0.rank, $0.depth, $0.file.path) < ($1.rank, $1.depth, $1.file.path) }
    guard let best = ranked.first else {
      let left = notes.isEmpty ? "" : "; \(notes[0])"
      self = .nothing("there is no Answers.swift in the submission\(left)", notes: notes)
      return
    }
    let rivals = ranked.filter { ($0.rank, $0.depth) == (best.rank, best.depth) }.map(\.file)
    guard rivals.allSatisfy({ $0.bytes == best.file.bytes }) else {
      let paths = rivals.prefix(4).map { shownPath($0.path) }.joined(separator: ", ")
      self = .nothing(
        "it is not clear which of these files is to be graded: \(paths); keep one", notes: notes)
      return
    }
    if best.rank > 2 || ranked.count > 1 { notes.append("\(shownPath(best.file.path)) was taken") }
    for other in ranked.dropFirst().prefix(4) where other.file.bytes != best.file.bytes {
      notes.append("\(shownPath(other.file.path)) was not taken")
    }
    do {
      self.init(
        text: try Self.text(of: best.file.bytes, path: best.file.path), problem: nil, notes: notes)
    } catch {
      self = .nothing("\(shownPath(best.file.path)) \(error)", notes: notes)
    }
  }

  /// A file's text, if it is one that a compiler should see.
  static func text(of bytes: [UInt8], path: String) throws(CollectingError) -> String {
    var bytes = bytes[...]
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw CollectingError("is written in UTF-16; save it as UTF-8")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if let place = bytes.firstIndex(of: 0) {
      throw CollectingError(
        "holds a NUL character in line \(line(of: place, in: bytes)); it is no text")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CollectingError(
        "is not UTF-8 in line \(line(of: firstInvalid(bytes), in: bytes)); save it as UTF-8")
    }
    guard !text.allSatisfy(\.isWhitespace) else { throw CollectingError("is empty") }
    return text
  }

  /// Where bytes stop being UTF-8.
  private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> Int {
    var valid = bytes.startIndex
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&rest) {
      valid += UTF8.width(scalar)
    }
    return valid
  }

  private static func line(of index: Int, in bytes: ArraySlice<UInt8>) -> Int {
    1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
  }
}
