import Answering
import Files
package import Foundation

/// The file that keeps a student's progress: `.headlight/progress.json` in the package's folder.
///
/// It is replaced as a whole, so it is never half written, and a lock keeps two programs from
/// overwriting each other's notes. A file that cannot be read is set aside, not lost.
package struct ProgressFile: Sendable {
  /// The file.
  package let url: URL

  /// The progress file of the package in a folder.
  package init(package folder: URL) {
    url = folder.appending(path: ".headlight/progress.json")
  }

  /// Progress, and a sentence when the file was unreadable and had to be set aside.
  package struct Loaded: Sendable {
    /// What the file holds; nothing when there is none.
    package let progress: CourseProgress
    /// What the student should know about the file, or nil.
    package let notice: String?
  }

  /// Reads the progress.
  ///
  /// - Throws: ``ProgressFileError`` when the file is there but may not be read or set aside.
  package func load() throws -> Loaded {
    let data: Data
    do { data = try Data(contentsOf: url) } catch CocoaError.fileReadNoSuchFile {
      return Loaded(progress: CourseProgress(), notice: nil)
    } catch {
      throw ProgressFileError(url: url, action: "read", reason: sentence(for: error))
    }
    if let progress = try? Self.decoder.decode(CourseProgress.self, from: data) {
      return Loaded(progress: progress, notice: nil)
    }
    let place = try setAside()
    return Loaded(
      progress: CourseProgress(),
      notice: "\(url.path) could not be understood, so it is kept as \(place.lastPathComponent) "
        + "and progress starts afresh")
  }

  /// Changes the progress and writes it; returns what ``load()`` had to say.
  ///
  /// - Throws: ``ProgressFileError`` when the file cannot be written.
  @discardableResult
  package func update(_ change: (inout CourseProgress) throws -> Void) throws -> String? {
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch { throw ProgressFileError(url: url, action: "written", reason: sentence(for: error)) }
    // Where locks are not to be had, writing by rename still keeps the file whole.
    let lock = try? FileLock.wait(for: folder.appending(path: "lock"))
    defer { withExtendedLifetime(lock) {} }

    let loaded = try load()
    var progress = loaded.progress
    try change(&progress)
    guard progress != loaded.progress || loaded.notice != nil else { return nil }
    let data = try Self.encoder.encode(progress)
    do throws(FileError) { try AtomicFile.write(data, to: url) } catch {
      throw ProgressFileError(url: url, action: "written", reason: error.reason)
    }
    return loaded.notice
  }

  private func setAside() throws -> URL {
    for number in 1... {
      let place = url.deletingLastPathComponent()
        .appending(path: "progress.unreadable-\(number).json")
      if FileManager.default.fileExists(atPath: place.path) { continue }
      do { try FileManager.default.moveItem(at: url, to: place) } catch {
        throw ProgressFileError(url: url, action: "set aside", reason: sentence(for: error))
      }
      return place
    }
    preconditionFailure("the numbers do not end")
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }
}

/// The progress file resists.
package struct ProgressFileError: Error, CustomStringConvertible {
  let url: URL
  let action: String
  let reason: String

  /// One sentence that names the file and the reason.
  package var description: String { "\(url.path) could not be \(action): \(reason)" }
}
