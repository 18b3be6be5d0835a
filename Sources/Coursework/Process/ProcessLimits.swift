/// Bounds of a process that answers.
package struct ProcessLimits: Codable, Hashable, Sendable {
  /// Seconds for all cases of an exercise together; nil for the exercise's own limit.
  package var seconds: Double?
  /// The largest answer, in bytes.
  package var answerBytes: Int
  /// The most that may be printed, in bytes.
  package var printedBytes: Int
  /// The most memory that the process and all it starts may use together, in bytes; nil for as much
  /// as there is.
  ///
  /// It is looked at ten times a second, on Linux alone.
  package var memoryBytes: Int?

  /// Bounds that fit a student's machine.
  package init(
    seconds: Double? = nil, answerBytes: Int = 32_000_000, printedBytes: Int = 10_000_000,
    memoryBytes: Int? = nil
  ) {
    self.seconds = seconds
    self.answerBytes = answerBytes
    self.printedBytes = printedBytes
    self.memoryBytes = memoryBytes
  }
}
