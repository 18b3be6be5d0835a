import Files
package import Foundation

/// The folder that grades are written to: a folder a student, and the grader's own hidden files.
package struct GradesFolder: Sendable {
  package let url: URL

  package init(_ url: URL) { self.url = url }

  /// A student's folder, by a submission's ``Submission/folderName``.
  package func folder(of folderName: String) -> URL {
    url.appending(path: folderName, directoryHint: .isDirectory)
  }

  /// The seed that was drawn for these grades when none was given.
  var seedFile: URL { url.appending(path: ".seed") }
  /// Held by the one grader that writes here.
  var lockFile: URL { url.appending(path: ".lock") }
  /// What a cluster's tasks are given.
  var clusterFolder: URL { url.appending(path: ".slurm") }

  /// Who handed in nothing, as the last run knew: a JSON list of names.
  private var absentFile: URL { url.appending(path: ".absent") }

  /// The students whom the late policy of the last run named and who handed in nothing.
  package func absent() -> [String] {
    guard let data = try? Data(contentsOf: absentFile) else { return [] }
    return (try? JSONDecoder().decode([String].self, from: data)) ?? []
  }

  /// Keeps who handed in nothing, for the reports.
  func write(absent: [String]) throws {
    guard !absent.isEmpty else {
      if FileManager.default.fileExists(atPath: absentFile.path) {
        try FileManager.default.removeItem(at: absentFile)
      }
      return
    }
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try AtomicFile.writeGrades(JSONEncoder().encode(absent), to: absentFile)
  }

  /// Every result there is, by student.
  package func results() -> [SubmissionResult] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }
      .compactMap { SubmissionResult(inFolder: folder(of: $0)) }
  }

  /// Writes a student's result, text and pictures; the result comes last and is what counts.
  func write(_ graded: GradedSubmission, to folderName: String) throws {
    let files = FileManager.default
    let folder = folder(of: folderName)
    do {
      let pictures = folder.appending(path: "figures")
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
      AtomicFile.sweep(folder)
      if files.fileExists(atPath: pictures.path) { try files.removeItem(at: pictures) }
      let answers = folder.appending(path: "Answers.swift")
      if let text = graded.answers {
        try AtomicFile.writeGrades(Data(text.utf8), to: answers)
      } else if files.fileExists(atPath: answers.path) {
        try files.removeItem(at: answers)
      }
      if !graded.pictures.isEmpty {
        try files.createDirectory(at: pictures, withIntermediateDirectories: false)
        for (name, data) in graded.pictures {
          try AtomicFile.writeGrades(data, to: pictures.appending(path: name))
        }
      }
    } catch let error as CocoaError {
      throw GraderFault("\(folder.path) cannot be written: \(error.localizedDescription)")
    }
    try AtomicFile.writeGrades(
      graded.result.encoded(), to: folder.appending(path: SubmissionResult.fileName))
  }
}
