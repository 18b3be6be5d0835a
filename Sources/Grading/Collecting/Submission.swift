import Answering
import Coursework
import Crypto
package import Foundation

/// One student's submission: where it lies and what it is called.
package struct Submission: Hashable, Sendable {
  /// The student, for people to read: the login or number where a platform tells one, and else what
  /// the submission is called.
  package internal(set) var student: String
  /// The student's name, where there is one beside the login or number.
  package let name: String?
  /// Where it was handed in, if its name tells.
  package let platform: Platform?
  /// The name of the student's folder below the grades.
  package let folderName: String
  /// Other names by which a late policy may know the student, and knows nobody else.
  var aliases: [String] = []
  /// What was handed in.
  var parts: [Part]
  /// When it was handed in, where the platform tells.
  var handedInAt: Date?
  /// What to say of it, beside what is found in it.
  var notes: [String] = []
  /// Whether its parts are of different submissions, of which it is unclear what is to be graded.
  var isAmbiguous = false

  /// A file or folder.
  struct Part: Hashable, Sendable {
    let place: Place
    let kind: Kind
    /// The entry's name in the folder of submissions.
    let entry: String
    /// The name that the student gave the file.
    let file: String
  }

  enum Kind: String, Sendable {
    case folder
    case archive
    case file
    /// Something that cannot be a submission, such as a symbolic link.
    case unreadable
  }

  init(student: String, name: String? = nil, platform: Platform? = nil, parts: [Part]) {
    self.student = printable(student, limit: 200)
    self.name = name.map { printable($0, limit: 200) }
    self.platform = platform
    folderName = Self.folderName(for: student)
    self.parts = parts
  }

  /// When it was handed in, as far as its platform tells, or else its files: the time they were last
  /// changed.
  package var changedAt: Date? {
    handedInAt
      ?? parts.compactMap { $0.place.facts.map { Double($0.st_mtim.tv_sec) } }.max()
      .map { Date(timeIntervalSince1970: $0) }
  }

  /// A folder's name for a student: the student's own where that is harmless, with every other byte
  /// as `%` and two digits, so that no name leads elsewhere and no two are taken for one.
  package static func folderName(for student: String) -> String {
    let scalars = student.unicodeScalars.enumerated().map { index, scalar in
      let isPlain =
        scalar.properties.isAlphabetic || scalar.properties.generalCategory == .decimalNumber
        || scalar.properties.generalCategory == .nonspacingMark
        || " _-.@+,'()".unicodeScalars.contains(scalar)
      // A dot in front hides a folder, and an ending could be a report's.
      let isHarmless =
        scalar != "." || index > 0 && !reportEndings.contains { student.hasSuffix($0) }
      if isPlain && isHarmless { return String(scalar) }
      return String(scalar).utf8.map { String(format: "%%%02X", $0) }.joined()
    }
    let name = scalars.joined()
    guard name.utf8.count > 200 || reserved.contains(name.lowercased()) else { return name }
    var short = name
    while short.utf8.count > 180 { short.removeLast() }
    return short + "-" + SHA256.hash(data: Data(student.utf8)).description.suffix(12)
  }

  private static let reportEndings = [".csv", ".html", ".json", ".xml", ".txt", ".md"]
  /// Names in the folder of grades that are the class's own.
  private static let reserved = ["jplag", "figures", "open-answers", "marks", "canvas", "summary"]
}

extension Submission {
  /// What of the submission is graded, on a sheet whose folder is as given.
  package func answers(
    sheetFolder: String, limits: CollectingLimits = CollectingLimits()
  ) -> AnswersChoice {
    answers(to: SheetFile(folder: sheetFolder), limits: limits)
  }

  /// What of the submission is graded.
  package func answers(
    to sheet: SheetFile, limits: CollectingLimits = CollectingLimits()
  ) -> AnswersChoice {
    if isAmbiguous {
      let names = parts.map { shownPath($0.entry) }.joined(separator: ", ")
      return .nothing("\(student) handed in more than once: \(names); keep one", notes: notes)
    }
    var files = SubmittedFiles(limits: limits)
    do {
      for note in notes { files.note(note) }
      for part in parts { try add(part, to: &files, limits) }
      try files.openInnerArchives()
      return AnswersChoice(files, sheet: sheet)
    } catch {
      return .nothing("the submission cannot be read: \(error)", notes: files.notes)
    }
  }

  private func add(_ part: Part, to files: inout SubmittedFiles, _ limits: CollectingLimits) throws
  {
    switch part.kind {
    case .folder: try files.addFolder(part.place)
    case .file: try files.addFile(part.place, named: part.file)
    case .archive:
      let bytes: [UInt8]
      do { bytes = try part.place.contents(atMost: limits.archiveBytes) } catch {
        throw CollectingError("the archive cannot be read: \(error)")
      }
      guard parts.count > 1 else { return try files.addArchive(bytes) }
      // One of several that cannot be read leaves the others.
      do { try files.addArchive(bytes, in: part.file + "/") } catch let error as CollectingError {
        files.leaveOut(part.file, error.description)
      }
    case .unreadable: throw CollectingError("it is neither a folder nor a regular file")
    }
  }
}

extension AnswersChoice {
  /// By which a changed submission is known.
  package var digest: String {
    let parts = [text ?? "", problem ?? ""] + notes
    return String(
      SHA256.hash(data: Data(parts.joined(separator: "\u{0}").utf8))
        .map { String(format: "%02x", $0) }.joined().prefix(16))
  }
}
