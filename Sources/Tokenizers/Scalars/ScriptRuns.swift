/// Stretches of so many characters.
struct Stretches: Separator {
  let length: Int

  func match(in bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> (Int, Int)? {
    guard start < end else { return nil }
    var position = start
    var count = 0
    while position < end, count < length {
      position += Scalars.length(leadByte: bytes[position])
      count += 1
    }
    return (start, position)
  }
}

/// Runs of one script, each with what follows it that is of none, such as spaces.
struct ScriptRuns: Separator {
  /// The scalars of every script that is kept apart.
  private static let scripts = ScalarPropertyTable.scripts.map(ScalarRanges.init(runs:))

  func match(in bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> (Int, Int)? {
    var run: (start: Int, script: Int)?
    var position = start
    while position < end {
      let (scalar, next) = Scalars.scalar(in: bytes, at: position)
      // Most scalars are of the script of the one before.
      if run.map({ !Self.scripts[$0.script].contains(scalar) }) ?? true,
        let script = Self.scripts.firstIndex(where: { $0.contains(scalar) })
      {
        if let run { return (run.start, position) }
        run = (position, script)
      }
      position = next
    }
    return run.map { ($0.start, end) }
  }
}
