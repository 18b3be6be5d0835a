import Answering
import Coursework
import Curriculum
import Files
import Foundation

/// What submissions are compiled against, made once for a grading run out of what the package's
/// build left: the modules a sheet may import, one library, the embedded models, and `confine`.
///
/// It lies in a temporary folder, where the users that jobs run as can read it wherever the package
/// is. A file beside it is locked while the run lasts; folders whose lock is free are leftovers of
/// runs that were killed, and are removed by the next.
final class Workshop: Sendable {
  /// The folder of everything that a run makes outside its grades.
  let root: URL
  let toolchain: URL
  let confinement: Confinement
  /// Why stronger sandboxes than the one in use do not work here.
  let missingSandboxes: [String]
  private let lock: FileLock

  /// What the package's build makes of the models' folder.
  static let resources = "Headlight_Models.resources"
  /// The sheets' vocabularies, and the modules that these are made of: no method, no judge, no right
  /// answer and nothing that draws one.
  private static let modules =
    ["Answering", "Files", "Tensors", "Transformers", "Checkpoints", "Tokenizers", "Models"]
    + Course.sheets.map(\.vocabulary.module)
  /// The modules of headers that these are made of, with their folders in the package's sources.
  private static let headers = [("CKernels", "CKernels/include"), ("COpenBLAS", "COpenBLAS")]
  /// The modules in C that these are linked with.
  private static let libraries = ["CKernels"]

  var course: URL { root.appending(path: "course") }
  var jobs: URL { root.appending(path: "jobs") }
  /// Where pictures lie while they are drawn; this process's own.
  var pictures: URL { root.appending(path: "pictures") }

  /// Makes a workshop from the build that a program belongs to.
  ///
  /// - Throws: ``WorkshopError`` with one sentence, ``SandboxRefusal`` when the sandbox is too weak.
  init(
    of checkout: PackageCheckout, confine: URL, required: SandboxLevel?, atMost: SandboxLevel
  ) async throws {
    let temporary = FileManager.default.temporaryDirectory
    Self.sweep(temporary)
    root = temporary.appending(path: "\(Self.prefix)\(UUID().uuidString)")
    guard let lock = try FileLock.take(Self.lockFile(of: root), mode: 0o600) else {
      preconditionFailure("a new name is nobody's")
    }
    self.lock = lock
    let files = FileManager.default
    // Others may pass through, to what is theirs to read, and not look around.
    try files.createDirectory(
      at: root, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    let course = root.appending(path: "course")
    let jobs = root.appending(path: "jobs")
    try files.createDirectory(
      at: course, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    try files.createDirectory(
      at: jobs, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    try files.createDirectory(
      at: root.appending(path: "pictures"), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    do {
      toolchain = try await Self.findToolchain()
      try Self.copyModules(of: checkout, to: course)
      let helper = course.appending(path: "confine")
      try PlainCopy.make(of: confine, at: helper)
      chmod(helper.path, 0o755)
      try await Self.compileThreads(of: checkout, into: course, toolchain: toolchain)
      try await Self.link(checkout, into: course, toolchain: toolchain)
      (confinement, missingSandboxes) = try await SandboxProbe(
        course: course, toolchain: toolchain, jobs: jobs
      ).strongest(atMost: atMost, required: required)
    } catch {
      Self.remove(root)
      throw error
    }
  }

  /// What the compiler made of the system's own headers, which takes seconds and is the same for
  /// all.
  private var cache: URL { root.appending(path: "cache") }

  /// Compiles a text that imports all a student may, and keeps what the compiler learnt from it.
  func warmUp() async throws {
    let imports = Self.modules.map { "import \($0)" } + ["import Foundation"]
    let job = try JobFolder(
      in: jobs, user: confinement.user(ofSlot: 0), answers: imports.joined(separator: "\n"),
      main: "")
    defer { finish(job) }
    let outcome = try await Compiler(workshop: self, seconds: 300, memoryBytes: 3_000_000_000)
      .compile(job, sheet: "Sheet")
    guard outcome == .compiled else {
      throw WorkshopError("an empty submission cannot be compiled here: \(outcome)")
    }
    try FileManager.default.moveItem(at: job.out.appending(path: "cache"), to: cache)
    // Made by one job's user, to be read by all and changed by none.
    Self.open(cache)
  }

  /// Makes a folder for a job, in which what ``warmUp()`` left is at hand.
  func makeJob(slot: Int, answers: String, main: String) throws -> JobFolder {
    let job = try JobFolder(
      in: jobs, user: confinement.user(ofSlot: slot), answers: answers, main: main)
    // The compiler refuses what it learnt under another path, and only there is the path the same.
    if confinement.level == .bubblewrap {
      try job.share(cache, as: "cache")
    } else {
      // Beside the program, where it looks for the models; bubblewrap shows them there by itself.
      try FileManager.default.createSymbolicLink(
        at: job.url.appending(path: Self.resources),
        withDestinationURL: course.appending(path: Self.resources))
    }
    return job
  }

  /// Removes a job's folder.
  func finish(_ job: JobFolder) {
    confinement.forget(job)
    job.remove()
  }

  /// Removes all of it.
  func remove() { Self.remove(root) }

  private static func remove(_ root: URL) {
    try? FileManager.default.removeItem(at: root)
    try? FileManager.default.removeItem(at: lockFile(of: root))
  }

  /// There before the folder and after it, so that a folder without one is nobody's.
  private static func lockFile(of root: URL) -> URL {
    root.deletingLastPathComponent().appending(path: root.lastPathComponent + ".lock")
  }

  private static let prefix = "headlight-grading-"

  /// Removes what killed runs of this user left behind.
  private static func sweep(_ temporary: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: temporary.path)) ?? []
    for name in Set(names.map { $0.replacingOccurrences(of: ".lock", with: "") })
    where name.hasPrefix(prefix) {
      let root = temporary.appending(path: name)
      let places = [root, lockFile(of: root)].filter {
        var facts = stat()
        return lstat($0.path, &facts) == 0
      }
      let areOwn = places.allSatisfy {
        var facts = stat()
        return lstat($0.path, &facts) == 0 && facts.st_uid == getuid()
          && facts.st_mode & S_IFMT != S_IFLNK
      }
      // Where there are no locks, a folder may well be in use.
      guard areOwn, let lock = try? FileLock.take(lockFile(of: root), mode: 0o600),
        lock.weakness == nil
      else { continue }
      remove(root)
    }
  }

  private static func findToolchain() async throws -> URL {
    let environment = ProcessInfo.processInfo.environment
    let outcome = await CommandRun(
      command: ["swiftc", "-print-target-info"], environment: environment,
      limits: ProcessLimits(seconds: 60), isSupervised: false
    ).run()
    struct Target: Decodable {
      struct Paths: Decodable { let runtimeResourcePath: String }
      let paths: Paths
    }
    guard outcome.isSuccess,
      let target = try? JSONDecoder().decode(Target.self, from: Data(outcome.output))
    else {
      throw WorkshopError("there is no `swiftc` in your PATH, which submissions are compiled with")
    }
    // …/usr/lib/swift
    return URL(filePath: target.paths.runtimeResourcePath).deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  private static func copyModules(of checkout: PackageCheckout, to course: URL) throws {
    let files = FileManager.default
    let products = checkout.products
    do {
      let target = course.appending(path: "Modules")
      try files.createDirectory(at: target, withIntermediateDirectories: false)
      for module in modules {
        try PlainCopy.make(
          of: products.appending(path: "Modules/\(module).swiftmodule"),
          at: target.appending(path: "\(module).swiftmodule"))
      }
      try files.createDirectory(
        at: course.appending(path: "Headers"), withIntermediateDirectories: false)
      for (module, folder) in headers {
        try PlainCopy.make(
          of: checkout.folder.appending(path: "Sources/\(folder)").resolvingSymlinksInPath(),
          at: course.appending(path: "Headers/\(module)"))
      }
      try PlainCopy.make(
        of: products.appending(path: resources), at: course.appending(path: resources))
    } catch {
      throw WorkshopError(
        "the package's build is not complete (\(error.localizedDescription)); run `swift build`")
    }
    open(course)
  }

  /// Lets everybody read what was copied from folders that may be more private.
  private static func open(_ folder: URL) {
    let items = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.isDirectoryKey])
    while let item = items?.nextObject() as? URL {
      var facts = stat()
      guard lstat(item.path, &facts) == 0, facts.st_mode & S_IFMT != S_IFLNK else { continue }
      lchown(item.path, getuid(), getgid())
      chmod(item.path, facts.st_mode & S_IFMT == S_IFDIR ? 0o755 : 0o644)
    }
  }

  /// Links the rooms' objects to one library, so that a submission's own link is short.
  private static func link(
    _ checkout: PackageCheckout, into course: URL, toolchain: URL
  ) async throws {
    // By links in a folder of our own: the linker's driver writes beside what it is given.
    let folder = course.appending(path: "objects")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let links = try objects(of: checkout).enumerated().map { index, object in
      let link = folder.appending(path: "\(index).o")
      try FileManager.default.createSymbolicLink(
        at: link, withDestinationURL: URL(filePath: object))
      return link.path
    }
    let list = folder.appending(path: "list")
    try Data(links.joined(separator: "\n").utf8).write(to: list)
    let outcome = await CommandRun(
      command: [
        toolchain.appending(path: "bin/swiftc").path, "-emit-library", "-module-name", "Course",
        "@\(list.path)", "-Xlinker", "-soname=libCourse.so", "-o",
        course.appending(path: "libCourse.so").path,
      ], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": course.path],
      limits: ProcessLimits(seconds: 300, printedBytes: 1_000_000), isSupervised: false
    ).run()
    guard outcome.isSuccess else {
      let said = printable(String(decoding: outcome.output, as: UTF8.self), limit: 300)
      throw WorkshopError("the course's library could not be linked: \(said)")
    }
  }

  /// Makes the library that programs under Landlock look after their threads with.
  private static func compileThreads(
    of checkout: PackageCheckout, into course: URL, toolchain: URL
  ) async throws {
    let beside = toolchain.appending(path: "bin/clang").path
    let library = course.appending(path: Confinement.threadsLibrary)
    let outcome = await CommandRun(
      command: [
        FileManager.default.isExecutableFile(atPath: beside) ? beside : "clang", "-shared", "-fPIC",
        "-O2", checkout.folder.appending(path: "Sources/confine/preloaded/threads.c").path, "-o",
        library.path,
      ], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": course.path],
      limits: ProcessLimits(seconds: 60, printedBytes: 1_000_000), isSupervised: false
    ).run()
    guard outcome.isSuccess else {
      let said = printable(String(decoding: outcome.output, as: UTF8.self), limit: 300)
      throw WorkshopError("the library for programs' threads could not be made: \(said)")
    }
    chmod(library.path, 0o755)
  }

  /// The objects of the modules, from the list by which the build linked a program: object files of
  /// sources that are gone may still lie about.
  private static func objects(of checkout: PackageCheckout) throws -> [String] {
    let list = checkout.products.appending(path: "headlight.product/Objects.LinkFileList")
    guard let text = try? String(contentsOf: list, encoding: .utf8) else {
      throw WorkshopError("the package's build is not complete; run `swift build`")
    }
    let folders = Set((modules + libraries).map { "\($0).build" })
    return text.split(separator: "\n").map(String.init).filter { object in
      object.split(separator: "/").contains { folders.contains(String($0)) }
    }
  }

  /// The compiler's arguments for a submission to a sheet.
  ///
  /// The package's name is not among them: with it a submission could use all that is `package`.
  func compilerCommand(sheet: String, job: JobFolder) -> [String] {
    let seen = confinement.seenCourse
    var command = [
      toolchain.appending(path: "bin/swiftc").path, "-swift-version", "6",
      "-enable-upcoming-feature", "ExistentialAny", "-enable-upcoming-feature",
      "MemberImportVisibility", "-enable-upcoming-feature", "InternalImportsByDefault",
      "-module-name", sheet, "-Onone", "-j1", "-suppress-warnings", "-diagnostic-style", "llvm",
      "-no-color-diagnostics", "-I", seen + "/Modules", "-module-cache-path",
      confinement.seen(job) + "/out/cache",
    ]
    for (module, _) in Self.headers {
      command += ["-Xcc", "-fmodule-map-file=\(seen)/Headers/\(module)/module.modulemap"]
    }
    return command + [
      "main.swift", "Answers.swift", "-L", seen, "-lCourse", "-o", "out/program",
    ]
  }
}

/// Why submissions cannot be compiled at all.
package struct WorkshopError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
