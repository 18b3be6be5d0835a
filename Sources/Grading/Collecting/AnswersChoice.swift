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

  /// A file that may be the one.
  private struct Candidate {
    let file: SubmittedFiles.File
    /// How well its place says that it is the one: the lower the better.
    let rank: Int
    var depth: Int { file.path.count { $0 == "/" } }
    /// The other sheet that it is of, by its place or by what it says.
    let other: String?
  }

  /// How well a file's place says that it is the one: the lower the better, nil for never.
  ///
  /// `Sheets/1-Attention/Answers.swift` comes first, then any `1-Attention/Answers.swift`, any
  /// `Answers.swift`, what a learning platform makes of that name, and at last any other Swift file.
  private static func rank(of path: String, folder: String) -> Int? {
    let parts = path.split(separator: "/").map(String.init)
    let name = parts.last ?? ""
    let folders = parts.dropLast()
    let others = ["Solutions", "Tests", "Sources", "Benchmarks", "Plugins"]
    if folders.contains(where: { others.contains($0) }) { return nil }
    if isLeftOut(name) { return nil }
    if name == "Answers.swift" {
      guard folders.last == folder else { return 2 }
      return folders.dropLast().last == "Sheets" ? 0 : 1
    }
    return name.lowercased().contains("answers") ? 3 : 4
  }

  private static func isLeftOut(_ name: String) -> Bool {
    ["main.swift", "package.swift"].contains(name.lowercased())
  }

  /// The other sheet whose file this is, or nil.
  ///
  /// What a file says counts more than where it lies.
  private static func otherSheet(of file: SubmittedFiles.File, _ sheet: SheetFile) -> String? {
    if let text = try? text(of: file.bytes).text, let name = AnswersTemplate.protocolName(of: text)
    {
      if name == sheet.protocolName { return nil }
      if let other = sheet.others[name] { return other }
    }
    return file.path.split(separator: "/").dropLast().map(String.init).first {
      $0 != sheet.folder && $0.wholeMatch(of: /[1-9]-[A-Z][A-Za-z-]*/) != nil
    }
  }

  /// Chooses among a submission's files.
  init(_ submitted: SubmittedFiles, sheet: SheetFile) {
    var notes = submitted.notes
    for file in submitted.files
    where Self.isLeftOut(file.path.split(separator: "/").last.map(String.init) ?? "") {
      notes.append("\(shownPath(file.path)) was left out: only Answers.swift is graded")
    }
    // In a project with very many files, those in other places are none.
    let ranked = submitted.files.compactMap { file in
      Self.rank(of: file.path, folder: sheet.folder).map { (rank: $0, file: file) }
    }.sorted { ($0.rank, $0.file.path) < ($1.rank, $1.file.path) }.prefix(100)
    let all = ranked.map {
      Candidate(file: $0.file, rank: $0.rank, other: Self.otherSheet(of: $0.file, sheet))
    }
    let candidates = all.filter { $0.other == nil }
      .sorted { ($0.rank, $0.depth, $0.file.path) < ($1.rank, $1.depth, $1.file.path) }
    guard let best = candidates.first else {
      let foreign = all.first { $0.other != nil }
      self = .nothing(
        foreign.map { Self.foreignSentence($0.file.path, $0.other!, sheet) }
          ?? Self.emptySentence(submitted, notes), notes: notes)
      return
    }
    let rivals = candidates.filter { ($0.rank, $0.depth) == (best.rank, best.depth) }.map(\.file)
    guard rivals.allSatisfy({ $0.bytes == best.file.bytes }) else {
      let paths = rivals.prefix(4).map { shownPath($0.path) }.joined(separator: ", ")
      self = .nothing(
        "it is not clear which of these files is to be graded: \(paths); keep one", notes: notes)
      return
    }
    if best.rank > 2 || candidates.count > 1 {
      notes.append("\(shownPath(best.file.path)) was taken")
    }
    for other in candidates.dropFirst().prefix(4) where other.file.bytes != best.file.bytes {
      notes.append("\(shownPath(other.file.path)) was not taken")
    }
    do {
      let (text, note) = try Self.text(of: best.file.bytes)
      if let note { notes.append("\(shownPath(best.file.path)) \(note)") }
      self.init(text: text, problem: nil, notes: notes)
    } catch {
      self = .nothing("\(shownPath(best.file.path)) \(error)", notes: notes)
    }
  }

  private static func foreignSentence(
    _ path: String, _ other: String, _ sheet: SheetFile
  ) -> String {
    let name = other.hasPrefix("Sheet ") ? other : "another sheet"
    return "\(shownPath(path)) is the file of \(name); hand in Sheets/\(sheet.folder)/Answers.swift"
  }

  private static func emptySentence(_ submitted: SubmittedFiles, _ notes: [String]) -> String {
    let nothing = "there is no Answers.swift in the submission"
    if let note = notes.first(where: { $0.contains(" was left out: ") }) ?? notes.first {
      return "\(nothing); \(note)"
    }
    guard !submitted.others.isEmpty else { return nothing }
    let shown = submitted.others.prefix(3).map { shownPath($0) }.joined(separator: ", ")
    let more = submitted.others.count > 3 ? " and more" : ""
    return "\(nothing); it holds \(shown)\(more)"
  }

  /// A file's text, if it is one that a compiler should see, and what to say about it.
  static func text(of bytes: [UInt8]) throws(CollectingError) -> (text: String, note: String?) {
    var bytes = bytes[...]
    var note: String?
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      guard bytes.count % 2 == 0 else {
        throw CollectingError("is written in UTF-16 and cut off; save it as UTF-8")
      }
      // As an editor of Windows saves what it calls Unicode.
      let low = bytes.first == 0xFF ? 0 : 1
      let units = stride(from: 2, to: bytes.count, by: 2).map {
        UInt16(bytes[$0 + low]) | UInt16(bytes[$0 + 1 - low]) << 8
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw CollectingError("is written in UTF-16 and damaged; save it as UTF-8")
      }
      bytes = Array(text.utf8)[...]
      note = "is written in UTF-16 and was read so"
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
    return (text, note)
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
