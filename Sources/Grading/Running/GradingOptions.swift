package import Foundation

/// What a grading run may be told.
package struct GradingOptions: Codable, Hashable, Sendable {
  /// How many submissions are graded at the same time.
  package var jobs: Int
  /// Seconds for the public and again for the hidden cases of an exercise; nil for the exercise's
  /// own.
  package var seconds: Double?
  /// How much memory a submission's processes may use together, in bytes.
  package var memoryBytes: Int
  /// Seconds for compiling a submission.
  package var compileSeconds: Double
  /// Whether the sheet's figures are drawn of the student's answers.
  package var drawsFigures: Bool
  /// The sandbox below which nothing is run.
  package var requiredSandbox: SandboxLevel?
  /// The strongest sandbox that is tried.
  package var strongestSandbox: SandboxLevel
  /// Where what is known so far is written after every exercise, as Gradescope reads it.
  ///
  /// Its container may be stopped at any time. For runs of one submission.
  package var progressFile: URL?

  package init(
    jobs: Int, seconds: Double? = nil, memoryBytes: Int = 1_000_000_000,
    compileSeconds: Double = 60, drawsFigures: Bool = true, requiredSandbox: SandboxLevel? = nil,
    strongestSandbox: SandboxLevel = .bubblewrap
  ) {
    self.jobs = jobs
    self.seconds = seconds
    self.memoryBytes = memoryBytes
    self.compileSeconds = compileSeconds
    self.drawsFigures = drawsFigures
    self.requiredSandbox = requiredSandbox
    self.strongestSandbox = strongestSandbox
  }
}
