import Foundation

/// Where a submission was handed in, which shows in how the platform names what it exports.
package enum Platform: String, Codable, Sendable {
  case blackboard
  case canvas
  case classroom
  case gradescope
  case moodle
}

/// What a name that a learning platform gave tells.
struct ExportName: Equatable {
  let platform: Platform
  /// The student's login or number.
  let student: String
  /// The student's name, where the platform tells it.
  var name: String?
  /// The student's own name of the file; empty for a folder.
  var file = ""
  /// The time of the attempt, as text that sorts.
  var attempt = ""
  /// Whether the platform says that it came late.
  var isLate = false

  /// Reads the name of a file or a folder, or nil when it is no platform's.
  init?(_ text: String, isFolder: Bool) {
    if let match = text.wholeMatch(
      of: /(.+?)_([0-9]+)_assignsubmission_(?:file|onlinetext|comments)_?(.*)/)
    {
      // Moodle: `First Last_1234567_assignsubmission_file_`, as a folder or before the file's name.
      self.init(platform: .moodle, student: String(match.2), name: String(match.1))
      file = String(match.3)
    } else if isFolder, let match = text.wholeMatch(of: /submission_([0-9]+)/) {
      self.init(platform: .gradescope, student: String(match.1))
    } else if !isFolder,
      let match = text.wholeMatch(
        of: /(.+)_([^_]+)_attempt_([0-9]{4}(?:-[0-9]{2}){5})(?:_(.+)|\.txt)/)
    {
      // Blackboard: `Assignment_login_attempt_2026-11-01-10-00-00_Answers.swift`, and a `.txt`.
      self.init(platform: .blackboard, student: String(match.2))
      file = match.4.map(String.init) ?? ""
      attempt = String(match.3)
    } else if !isFolder,
      let match = text.wholeMatch(of: /(.+?)(_LATE|_late)?_([0-9]+)_([0-9]+)_(.+)/)
    {
      // Canvas: `lastfirst_LATE_12345_67890_Answers-2.swift`.
      self.init(platform: .canvas, student: String(match.3), name: String(match.1))
      file = String(match.5)
      isLate = match.2 != nil
    } else {
      return nil
    }
  }

  init(platform: Platform, student: String, name: String? = nil) {
    self.platform = platform
    self.student = student
    self.name = name
  }

  /// How often a file of the same name was handed in before, and the name without that: Canvas
  /// makes `Answers-2.swift` of the second that comes again.
  var version: (name: String, number: Int) {
    guard platform == .canvas, let match = file.wholeMatch(of: /(.+)-([0-9]{1,4})(\.[^.]+)/) else {
      return (file, 0)
    }
    return (String(match.1 + match.3), Int(match.2) ?? 0)
  }

  /// The time of the attempt on this machine's clock.
  var attemptedAt: Date? {
    let numbers = attempt.split(separator: "-").compactMap { Int($0) }
    guard numbers.count == 6 else { return nil }
    return Calendar(identifier: .gregorian).date(
      from: DateComponents(
        year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3],
        minute: numbers[4], second: numbers[5]))
  }

  /// The beginning that the repositories of one assignment of GitHub Classroom share, as in
  /// `attention-` of `attention-ada` and `attention-grace`; nil when names are no such.
  ///
  /// What follows has to be a login of GitHub's with a letter in it.
  static func assignment(ofRepositories names: [String]) -> String? {
    guard names.count > 1, var prefix = names.first else { return nil }
    for name in names { prefix = String(prefix.commonPrefix(with: name)) }
    guard let dash = prefix.lastIndex(of: "-") else { return nil }
    prefix = String(prefix[...dash])
    let areLogins = names.allSatisfy { name in
      let login = name.dropFirst(prefix.count)
      return login.wholeMatch(of: /[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*/) != nil && login.count < 40
        && login.contains(where: \.isLetter)
    }
    let isSlug = prefix.wholeMatch(of: /(?:[A-Za-z0-9_.]+-)+/) != nil
    return areLogins && isSlug ? prefix : nil
  }
}

/// What Gradescope writes beside the folders of its export, `submission_metadata.yml`.
struct GradescopeMetadata {
  struct Submitter: Equatable {
    var name: String?
    var number: String?
    var email: String?

    /// The number, or the login before the address's sign.
    var login: String? { number ?? email.map { String($0.prefix { $0 != "@" }) } }
  }

  /// Who handed in together, by the name of the folder.
  private(set) var submitters: [String: [Submitter]] = [:]
  private(set) var dates: [String: Date] = [:]

  /// Reads the little of YAML that Gradescope writes.
  init(_ text: String) {
    var folder: String?
    var section: Substring?
    for line in text.split(whereSeparator: \.isNewline) {
      let indent = line.prefix { $0 == " " }.count
      if indent == 0 {
        folder = line.wholeMatch(of: /"?(submission_[0-9]+)"?:\s*/).map { String($0.1) }
        continue
      }
      guard let folder, indent <= 6,
        let match = line.wholeMatch(of: /\s*(-\s+)?:?([a-z_]+):\s*(.*?)\s*/)
      else { continue }
      let value = Self.plain(String(match.3))
      if indent <= 2, match.1 == nil { section = match.2 }
      switch match.2 {
      case "created_at" where section == "created_at": dates[folder] = Self.date(value)
      case "name", "sid", "email":
        guard section == "submitters" else { continue }
        if match.1 != nil { submitters[folder, default: []].append(Submitter()) }
        guard let last = submitters[folder]?.indices.last, !value.isEmpty else { continue }
        switch match.2 {
        case "name": submitters[folder]![last].name = value
        case "sid": submitters[folder]![last].number = value
        default: submitters[folder]![last].email = value
        }
      default: break
      }
    }
  }

  private static func plain(_ text: String) -> String {
    for quote in ["'", "\""] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote)
    {
      return text.dropFirst().dropLast().replacingOccurrences(of: quote + quote, with: quote)
    }
    return text == "null" || text == "~" ? "" : text
  }

  /// A time as in `2026-11-01 10:00:00.000000000 -08:00` or with `Z`.
  private static func date(_ text: String) -> Date? {
    guard
      let match = text.wholeMatch(
        of: /([0-9-]{10})[ T]([0-9:]{8})(?:\.[0-9]+)?\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})/)
    else { return nil }
    let zone = match.3 == "UTC" ? "Z" : String(match.3)
    let formatter = ISO8601DateFormatter()
    return formatter.date(from: "\(match.1)T\(match.2)\(zone)")
  }
}

/// What Blackboard writes beside an attempt's files.
struct BlackboardReceipt: Equatable {
  let name: String
  let login: String

  /// Reads the line `Name: First Last (login)`, or gives nil when there is none.
  init?(_ text: String) {
    guard let match = text.firstMatch(of: /(?:^|\n)Name:[ \t]*([^\n]*?)[ \t]*\(([^()\n]+)\)/)
    else { return nil }
    name = String(match.1)
    login = String(match.2)
  }
}
