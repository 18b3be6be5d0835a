import Coursework
import Crypto
package import Foundation

/// One student's submission: where it lies and what it is called.
package struct Submission: Hashable, Sendable {
  /// The student, for people to read.
  package let student: String
  /// The name of the student's folder below the grades.
  package let folderName: String
  /// Where the submission lies.
  let place: URL
  let kind: Kind
  /// Other entries of the same name, which make it unclear what is to be graded.
  var rivals: [String] = []

  enum Kind: String, Sendable {
    case folder
    case zip
    case tarGz
    case file
    /// Something that cannot be a submission, such as a symbolic link.
    case unreadable
  }

  /// When it was handed in, as far as its files tell: the time it was last changed.
  package var changedAt: Date? {
    try? place.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
  }

  /// Every submission in a folder, by name, and what in there is none.
  ///
  /// - Throws: an error of one sentence when the folder cannot be read.
  package static func all(in folder: URL) throws -> (submissions: [Submission], ignored: [String]) {
    guard let stream = opendir(folder.path) else {
      throw CollectingError("the submissions \(folder.path) cannot be read: \(reason())")
    }
    defer { closedir(stream) }
    var found: [String: Submission] = [:]
    var ignored: [String] = []
    var names: [String] = []
    while let entry = readdir(stream) {
      let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        ignored.append(
          "\(shownPath(String(decoding: bytes, as: UTF8.self))), whose name is no UTF-8")
        continue
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    for name in names.sorted() {
      guard let submission = Submission(name, in: folder) else {
        ignored.append(shownPath(name))
        continue
      }
      found[submission.folderName, default: submission].rivals.append(name)
    }
    return (found.values.sorted { $0.folderName < $1.folderName }, ignored)
  }

  private init?(_ name: String, in folder: URL) {
    let place = folder.appending(path: name)
    var facts = stat()
    guard lstat(place.path, &facts) == 0 else { return nil }
    let lower = name.lowercased()
    var stem = name
    switch facts.st_mode & S_IFMT {
    case S_IFDIR: kind = .folder
    case S_IFREG:
      let endings: [(String, Kind)] = [
        (".tar.gz", .tarGz), (".tgz", .tarGz), (".zip", .zip), (".swift", .file),
      ]
      guard let (ending, kind) = endings.first(where: { lower.hasSuffix($0.0) }) else { return nil }
      self.kind = kind
      stem = String(name.dropLast(ending.count))
    default: kind = .unreadable
    }
    guard !stem.isEmpty else { return nil }
    self.place = place
    student = printable(stem, limit: 200)
    folderName = Self.folderName(for: stem)
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
    if rivals.count > 1 {
      let names = rivals.map { shownPath($0) }.joined(separator: ", ")
      return .nothing("\(student) handed in more than once: \(names); keep one")
    }
    do {
      let files: SubmittedFiles =
        switch kind {
        case .folder: try .inFolder(place.path, limits: limits)
        case .file: try .single(place.path, limits: limits)
        case .zip: try .inZip(try archive(limits), limits: limits)
        case .tarGz: try .inTarGz(try archive(limits), limits: limits)
        case .unreadable:
          throw CollectingError("it is neither a folder nor a regular file")
        }
      return AnswersChoice(files, folder: sheetFolder)
    } catch {
      return .nothing("the submission cannot be read: \(error)")
    }
  }

  private func archive(_ limits: CollectingLimits) throws -> [UInt8] {
    let size = try place.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    guard size <= limits.archiveBytes else {
      throw CollectingError(
        "the archive takes \(size) bytes, and at most \(limits.archiveBytes) are read")
    }
    return [UInt8](try Data(contentsOf: place, options: .mappedIfSafe))
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
