import Foundation

/// Room on the disk that jobs share with the grader.
enum DiskSpace {
  /// What one file of a program's may take: with less, nobody can tell a program's own failure from
  /// the machine's.
  static let needed = 67_108_864

  /// Why a program may have failed for want of room on the grader's disk, or nil when it cannot.
  ///
  /// A job that filled the disk itself is to blame itself.
  static func shortage(of job: JobFolder) -> String? {
    var facts = statvfs()
    guard statvfs(job.url.path, &facts) == 0 else { return nil }
    let free = Int(
      clamping: UInt64(facts.f_bavail).multipliedReportingOverflow(
        by: UInt64(facts.f_frsize)
      ).partialValue)
    guard free < needed, size(of: job.temporary) + size(of: job.out) < needed else { return nil }
    return "there is no room left in the grader's temporary folder"
  }

  private static func size(of folder: URL) -> Int {
    let files = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.totalFileAllocatedSizeKey])
    var sum = 0
    while let file = files?.nextObject() as? URL {
      sum +=
        (try? file.resourceValues(forKeys: [.totalFileAllocatedSizeKey]))?
        .totalFileAllocatedSize ?? 0
    }
    return sum
  }
}
