/// How long a slow or broken connection is borne.
package struct Patience: Sendable {
  /// How long nothing may come before a connection counts as broken, in seconds.
  package var stall = 30.0
  /// How long a connection may take to be made, in seconds.
  package var connection = 20.0
  /// How many times in a row a request may fail without having brought anything.
  package var attempts = 5
  /// The pause after the first failure, in seconds; every further one doubles it.
  package var pause = 1.0
  /// The longest pause, in seconds.
  package var longestPause = 30.0

  package init() {}

  /// The pause after so many failures in a row.
  func pause(after failures: Int) -> Double {
    // Beyond ten doublings any first pause is past the longest one.
    min(pause * Double(1 << min(max(failures - 1, 0), 10)), longestPause)
  }
}
