import Coursework
package import Foundation

extension Submission {
  /// Every submission in a folder, by name, and what in there is none.
  ///
  /// - Throws: an error of one sentence when the folder cannot be read.
  package static func all(in folder: URL) throws -> (submissions: [Submission], ignored: [String]) {
    let place = Place(folder)
    let names: [[UInt8]]
    do { names = try place.names() } catch {
      throw CollectingError("the submissions \(folder.path) cannot be read: \(error)")
    }
    var listing = Listing(place)
    for name in names where name.first != UInt8(ascii: ".") { listing.add(name) }
    return listing.finished()
  }
}

/// The entries of a folder of submissions, brought together by student.
private struct Listing {
  private let folder: Place
  private var exported: [(entry: Entry, export: ExportName)] = []
  private var plain: [Entry] = []
  private var ignored: [String] = []
  private var metadata: GradescopeMetadata?
  private var receipts: [String: BlackboardReceipt] = [:]

  private struct Entry {
    let place: Place
    let text: String
    let kind: Submission.Kind
    /// What it is called without the ending that says what it is.
    let stem: String

    func part(file: String? = nil) -> Submission.Part {
      Submission.Part(
        place: place, kind: kind, entry: text, file: file.flatMap { $0.isEmpty ? nil : $0 } ?? text)
    }
  }

  init(_ folder: Place) { self.folder = folder }

  mutating func add(_ name: [UInt8]) {
    let place = folder.appending(name)
    let text = Place.text(of: name)
    guard let mode = place.facts?.st_mode else { return }
    switch mode & S_IFMT {
    case S_IFDIR:
      let entry = Entry(place: place, text: text, kind: .folder, stem: text)
      guard !SubmittedFiles.isHidden(text) else { return }
      guard let export = ExportName(text, isFolder: true) else { return plain.append(entry) }
      exported.append((entry, export))
    case S_IFREG: addFile(place, text)
    default: plain.append(Entry(place: place, text: text, kind: .unreadable, stem: text))
    }
  }

  private mutating func addFile(_ place: Place, _ text: String) {
    if text == "submission_metadata.yml" {
      let bytes = try? place.contents(atMost: 100_000_000)
      metadata = bytes.map { GradescopeMetadata(String(decoding: $0, as: UTF8.self)) }
      return
    }
    let export = ExportName(text, isFolder: false)
    if let export, export.platform == .blackboard, export.file.isEmpty {
      let bytes = try? place.contents(atMost: 1_000_000)
      receipts["\(export.student) \(export.attempt)"] = bytes.flatMap {
        BlackboardReceipt(String(decoding: $0, as: UTF8.self))
      }
    }
    let lower = text.lowercased()
    for ending in [".swift", ".swift.txt"] where lower.hasSuffix(ending) {
      return append(place, text, .file, stem: String(text.dropLast(ending.count)), export)
    }
    if let ending = ArchiveFormat.ending(of: text) {
      return append(place, text, .archive, stem: String(text.dropLast(ending.count)), export)
    }
    // A platform says whose it is, whatever it is.
    if let export { return exported.append((entry(place, text, .file), export)) }
    guard !text.contains("."), ArchiveFormat(beginning(of: place)) != nil else {
      return ignored.append(shownPath(text))
    }
    plain.append(entry(place, text, .archive))
  }

  private func entry(_ place: Place, _ text: String, _ kind: Submission.Kind) -> Entry {
    Entry(place: place, text: text, kind: kind, stem: text)
  }

  private mutating func append(
    _ place: Place, _ text: String, _ kind: Submission.Kind, stem: String, _ export: ExportName?
  ) {
    if let export { return exported.append((entry(place, text, kind), export)) }
    guard !stem.isEmpty else { return ignored.append(shownPath(text)) }
    plain.append(Entry(place: place, text: text, kind: kind, stem: stem))
  }

  private func beginning(of place: Place) -> [UInt8] {
    let descriptor = place.withPath { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }

  // MARK: Students

  func finished() -> (submissions: [Submission], ignored: [String]) {
    var found: [String: Submission] = [:]
    func take(_ submission: Submission) {
      guard let other = found[submission.folderName] else {
        found[submission.folderName] = submission
        return
      }
      found[submission.folderName]!.parts = other.parts + submission.parts
      found[submission.folderName]!.isAmbiguous = true
    }
    for submission in ofPlatforms() + ofPlainNames() { take(submission) }
    let submissions = Self.toldApart(Array(found.values))
    return (submissions.sorted { $0.folderName < $1.folderName }, ignored)
  }

  /// Entries that are named for their students, by whoever put them there or by GitHub Classroom.
  private func ofPlainNames() -> [Submission] {
    let repositories = plain.filter { $0.kind == .folder }.map(\.text)
    let areAll = repositories.count == plain.count && exported.isEmpty
    let prefix = areAll ? ExportName.assignment(ofRepositories: repositories) : nil
    return plain.map { entry in
      guard let prefix else { return Submission(student: entry.stem, parts: [entry.part()]) }
      return Submission(
        student: String(entry.stem.dropFirst(prefix.count)), name: entry.stem,
        platform: .classroom, parts: [entry.part()])
    }
  }

  private func ofPlatforms() -> [Submission] {
    var groups: [String: [(entry: Entry, export: ExportName)]] = [:]
    for item in exported {
      let key = item.export.platform == .blackboard ? receipt(of: item.export)?.login : nil
      groups["\(item.export.platform) \(key ?? item.export.student)", default: []].append(item)
    }
    return groups.values.flatMap { items in
      items[0].export.platform == .gradescope
        ? items.flatMap { ofGradescope($0.entry, $0.export) } : [submission(of: items)]
    }
  }

  private func receipt(of export: ExportName) -> BlackboardReceipt? {
    // A login with an underline looks like the end of the assignment's name.
    receipts["\(export.student) \(export.attempt)"].flatMap {
      $0.login == export.student || $0.login.hasSuffix("_" + export.student) ? $0 : nil
    }
  }

  /// A folder for everybody who handed it in together.
  private func ofGradescope(_ entry: Entry, _ export: ExportName) -> [Submission] {
    let people =
      metadata?.submitters[entry.text]?.filter { $0.login != nil || $0.name != nil } ?? []
    let date = metadata?.dates[entry.text]
    let submissions =
      people.isEmpty
      ? [Submission(student: export.student, platform: .gradescope, parts: [entry.part()])]
      : people.map {
        Submission(
          student: $0.login ?? export.student, name: $0.name, platform: .gradescope,
          parts: [entry.part()])
      }
    return submissions.map {
      var submission = $0
      submission.handedInAt = date
      return submission
    }
  }

  /// The files of one student, of which the last attempt counts.
  private func submission(of items: [(entry: Entry, export: ExportName)]) -> Submission {
    let last = items.map(\.export.attempt).max()!
    var counted = items.filter { $0.export.attempt == last }
    var notes: [String] = []
    if counted.count < items.count { notes.append("of several attempts the last was taken") }
    // The newest of each file.
    counted = counted.filter { item in
      let version = item.export.version
      let isOld = counted.contains {
        $0.export.version.name == version.name && $0.export.version.number > version.number
      }
      if isOld {
        notes.append("\(shownPath(item.export.file)) was handed in again as a newer file")
      }
      return !isOld
    }
    let export = counted[0].export
    if counted.contains(where: \.export.isLate) { notes.append("Canvas says that it came late") }
    let receipt = export.platform == .blackboard ? receipt(of: export) : nil
    // The receipt itself is no file of the student's.
    let files = counted.filter { $0.export.platform != .blackboard || !$0.export.file.isEmpty }
    var submission = Submission(
      student: receipt?.login ?? export.student, name: receipt?.name ?? export.name,
      platform: export.platform, parts: files.map { $0.entry.part(file: $0.export.file) })
    submission.notes = notes
    submission.handedInAt = export.attemptedAt
    return submission
  }

  /// Submissions with a name each: where two would be shown alike, by their folders' names.
  private static func toldApart(_ submissions: [Submission]) -> [Submission] {
    let students = Dictionary(submissions.map { ($0.student, 1) }, uniquingKeysWith: +)
    let names = Dictionary(
      submissions.compactMap { $0.name.map { ($0, 1) } }, uniquingKeysWith: +)
    return submissions.map {
      var submission = $0
      if students[submission.student]! > 1 { submission.student = submission.folderName }
      if let name = submission.name, names[name] == 1, students[name] == nil {
        submission.aliases = [name]
      }
      return submission
    }
  }
}
