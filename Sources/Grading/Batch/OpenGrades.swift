import Files
package import Foundation

/// A folder of grades that is being written to by this process and no other.
package struct OpenGrades: Sendable {
  package let grades: GradesFolder
  package let seed: Seed
  /// The seed's file.
  package let seedFile: URL
  /// The file that a new seed was written to, if there was none.
  package let newSeedFile: URL?
  private let lock: FileLock?

  /// Opens a folder of grades, making it if it is not there.
  ///
  /// - Parameters:
  ///   - seedFile: the file of the secret seed, or nil for the folder's own, which is made if need
  ///     be.
  ///   - isShared: whether others write there at the same time, as tasks on a cluster do.
  /// - Throws: an error of one sentence, such as when another grader is at work there.
  package init(_ grades: GradesFolder, seedFile: URL?, isShared: Bool = false) throws {
    self.grades = grades
    do {
      try FileManager.default.createDirectory(at: grades.url, withIntermediateDirectories: true)
      lock = isShared ? nil : try Self.lock(grades)
    } catch let error as GradesError { throw error } catch {
      throw GradesError("\(grades.url.path) cannot be written: \(reason())")
    }
    if !isShared { AtomicFile.sweep(grades.url) }
    if let seedFile {
      (seed, newSeedFile) = (try Seed(file: seedFile), nil)
    } else {
      (seed, newSeedFile) = try Seed.kept(in: grades)
    }
    self.seedFile = seedFile ?? grades.seedFile
  }

  private static func lock(_ grades: GradesFolder) throws -> FileLock {
    guard let lock = try FileLock.take(grades.lockFile, mode: 0o600) else {
      throw GradesError("another grader is writing to \(grades.url.path); wait until it has ended")
    }
    if let weakness = lock.weakness {
      throw GradesError(
        "\(grades.url.path) cannot be locked (\(weakness)), so that two graders could write there at "
          + "once; name a folder on another disk")
    }
    return lock
  }
}

/// A folder of grades that cannot be used.
package struct GradesError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
