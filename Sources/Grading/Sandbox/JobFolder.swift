import Foundation

/// One job's place on this machine: a folder that is made for one submission and gone after it.
///
/// It holds `Answers.swift` and `main.swift`, the folder `out` that the compiler writes to, `program`
/// once there is one, and `tmp` for the levels that have no temporary folder of their own.
struct JobFolder: Sendable {
  let url: URL
  /// The user that the job's programs run as, or nil for this process's own.
  let user: UInt32?

  var out: URL { url.appending(path: "out") }
  var program: URL { url.appending(path: "program") }
  var temporary: URL { url.appending(path: "tmp") }

  /// Makes the folder with a submission's text and the sheet's program around it.
  init(in folder: URL, user: UInt32?, answers: String, main: String) throws {
    url = folder.appending(path: UUID().uuidString)
    self.user = user
    let files = FileManager.default
    try files.createDirectory(
      at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o750])
    try Data(answers.utf8).write(to: url.appending(path: "Answers.swift"))
    try Data(main.utf8).write(to: url.appending(path: "main.swift"))
    for name in ["Answers.swift", "main.swift"] {
      chmod(url.appending(path: name).path, 0o640)
      hand(url.appending(path: name), own: false)
    }
    for folder in [out, temporary] {
      try files.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      hand(folder, own: true)
    }
    // Last: from now on the job's user can go in.
    hand(url, own: false)
  }

  /// Lets the job's user read a file, or have it.
  private func hand(_ place: URL, own: Bool) {
    guard let user else { return }
    lchown(place.path, own ? user : getuid(), user)
  }

  /// Gives the compiler a folder of its own with links to another folder's files, which it can read
  /// and add to and not change.
  func share(_ folder: URL, as name: String) throws {
    let files = FileManager.default
    let target = out.appending(path: name)
    guard let items = files.enumerator(atPath: folder.path) else { return }
    try files.createDirectory(at: target, withIntermediateDirectories: false)
    hand(target, own: true)
    while let item = items.nextObject() as? String {
      let place = target.appending(path: item)
      if items.fileAttributes?[.type] as? FileAttributeType == .typeDirectory {
        try files.createDirectory(at: place, withIntermediateDirectories: false)
        hand(place, own: true)
      } else {
        try files.linkItem(at: folder.appending(path: item), to: place)
      }
    }
  }

  /// Takes the program out of the compiler's folder, if it is a regular file.
  func takeProgram() -> Bool {
    let made = out.appending(path: "program")
    var facts = stat()
    guard lstat(made.path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      rename(made.path, program.path) == 0
    else { return false }
    hand(program, own: false)
    return chmod(program.path, 0o750) == 0
  }

  /// Removes the folder and all that is in it, whoever it belongs to.
  func remove() { try? FileManager.default.removeItem(at: url) }
}
