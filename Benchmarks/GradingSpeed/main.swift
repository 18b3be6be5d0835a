// Submissions a minute, where the time goes, and the grader's memory.
//
//   swift run -c release GradingSpeed 100        a hundred submissions to Sheet 1
//   swift run -c release GradingSpeed 1000 --broken   a thousand that do not compile, for the memory
//
// Nine in ten of the first are the sheet's solution and one in ten its untouched template; figures
// are drawn. `Benchmarks/grading_peer.sh` times the same by a copy of the package each.

import Coursework
import Curriculum
import Foundation
import Grading

let arguments = CommandLine.arguments.dropFirst()
let count = arguments.compactMap { Int($0) }.first ?? 100
let isBroken = arguments.contains("--broken")
let sheet = Course.sheets[0]
let package = PackageCheckout.courseFolder()
let folder = FileManager.default.temporaryDirectory
  .appending(path: "grading-speed-\(UUID().uuidString)")
defer { try? FileManager.default.removeItem(at: folder) }

func text(of kind: String) throws -> Data {
  try Data(contentsOf: package.appending(path: "\(kind)/\(sheet.folder)/Answers.swift"))
}

/// The most memory that this process has had at once, in megabytes.
func peakMegabytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1_024
}

for index in 0..<count {
  let place = folder.appending(path: "submissions/student \(index)")
  try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
  let data =
    isBroken
    ? Data("let x: Int = \"\"\n".utf8)
    : try text(of: index % 10 == 9 ? "Sheets" : "Solutions")
  try data.write(to: place.appending(path: "Answers.swift"))
}
let grades = GradesFolder(folder.appending(path: "grades"))
let run = GradingRun(
  sheet: sheet, submissions: folder.appending(path: "submissions"), grades: grades,
  seed: try Seed(text: "a seed for timing"), options: GradingOptions(jobs: 2, seconds: 120))
let start = ContinuousClock.now
let summary = try await run.run()
let seconds = (ContinuousClock.now - start) / .seconds(1)
let results = grades.results()
let sums = results.map(\.durations).reduce(into: Durations()) {
  $0.collect += $1.collect
  $0.compile += $1.compile
  $0.run += $1.run
  $0.verify += $1.verify
}
func mean(_ sum: Double) -> String { String(format: "%.3f s", sum / Double(max(count, 1))) }
print("\(summary.graded) submissions, 2 jobs, sandbox \(summary.sandbox?.rawValue ?? "none")")
print(String(format: "%.1f s, %.1f submissions a minute", seconds, Double(count) * 60 / seconds))
print(
  "collect \(mean(sums.collect)), compile \(mean(sums.compile)), run \(mean(sums.run)), "
    + "verify \(mean(sums.verify)) each")
print("points: \(Set(results.map(\.points)).sorted()); peak memory \(try peakMegabytes()) MB")
