import Coursework
import Curriculum
import Foundation

/// Hostile submissions, by what they try.
enum HostileFiles {
  /// Ending early, and writing what only the grader's own code should write.
  static let endings = HostileFile(
    student: "endings",
    prelude: """
      func atTheEnd() { print("{\\"points\\": 99}") }
      let handler: Void = { atexit(atTheEnd) }()
      """,
    attacks: [
      Attack("early exit", "1.1", [.crashed], says: "exit code 0") { "exit(0)" },
      Attack("exit past handlers", "1.2", [.crashed], says: "exit code 0") { "_exit(0)" },
      Attack("forged frames", "1.3", [.invalid], says: "the channel that is kept for answers") {
        """
        let bytes = [UInt8](repeating: 0, count: 4_096)
        for descriptor in Int32(3)..<64 { _ = write(descriptor, bytes, bytes.count) }
        return .encoder
        """
      },
      Attack("forged output", "1.4", [.failed, .invalid]) {
        """
        for _ in 0..<100 { print("{\\"points\\": 5, \\"status\\": \\"passed\\"}") }
        FileHandle.standardError.write(Data("Test Suite passed\\n".utf8))
        return []
        """
      },
      Attack("a handler at exit", "1.5", [.crashed], says: "exit code 7") {
        """
        _ = handler
        exit(7)
        """
      },
      Attack("killing itself", "1.6", [.crashed], says: "stopped by the system") {
        "kill(getpid(), SIGKILL); return []"
      },
      Attack("killing its parent and all others", "1.7", [.crashed, .failed, .invalid]) {
        """
        kill(getppid(), SIGKILL)
        kill(-1, SIGKILL)
        kill(0, SIGTERM)
        return HeadScores(
          previousToken: [], duplicateToken: [], induction: [], indirectObject: [])
        """
      },
      Attack("a trap", "1.8", [.crashed], says: "an index was out of range") {
        "return patterns[patterns.count + 1]"
      },
      Attack("closing the channel", "1.10", [.crashed, .timedOut]) {
        """
        for descriptor in Int32(0)..<64 { close(descriptor) }
        sleep(60)
        return []
        """
      },
    ])

  /// Values that are no answers.
  static let values = HostileFile(
    student: "values",
    attacks: [
      Attack("absurd numbers", "1.1", [.failed, .partial, .invalid]) {
        """
        return ModelShape(
          encoderLayers: .max, decoderLayers: .min, heads: -1, width: 0, headWidth: .max,
          feedForwardWidth: .max, sourceLength: .min, targetLength: 1)
        """
      },
      Attack("NaN", "1.2", [.invalid], says: "NaN") {
        "return Tensor(repeating: .nan, shape: [head.queries.shape[0], head.keys.shape[0]])"
      },
      Attack("an empty list", "1.4", [.failed, .invalid]) { "return []" },
      Attack("indices out of any range", "1.5", [.failed, .invalid]) {
        "return pair.targetWords.map { _ in .max }"
      },
      Attack("infinity", "1.6", [.failed, .invalid]) {
        "return [Float](repeating: .infinity, count: 4)"
      },
      Attack("1e38", "1.7", [.failed, .invalid]) {
        """
        let huge = [Float](repeating: 3e38, count: 4)
        return HeadScores(
          previousToken: huge, duplicateToken: huge, induction: huge, indirectObject: huge)
        """
      },
      Attack("a wrong shape", "1.8", [.failed, .invalid]) { "return Tensor.zeros([1, 1, 1, 1])" },
      Attack("100,000,000 numbers", "1.10", [.crashed, .invalid, .timedOut]) {
        "return [Float](repeating: 0.5, count: 100_000_000)"
      },
    ])

  /// The public questions of 1.3 as literals.
  private static var publicQuestions: String {
    let cases = try? Course.sheets[0].exercise("1.3").cases(seed: Checker.publicSeed)
    return (cases ?? []).map { "#\"\(String(decoding: $0.question, as: UTF8.self))\"#" }
      .joined(separator: ",\n")
  }

  /// Guesses, and answers learnt by heart.
  static let guesses = HostileFile(
    student: "guesses",
    attacks: [
      Attack("a constant", "1.1", [.failed, .partial, .invalid]) {
        """
        return ModelShape(
          encoderLayers: 0, decoderLayers: 0, heads: 0, width: 0, headWidth: 0,
          feedForwardWidth: 0, sourceLength: 0, targetLength: 0)
        """
      },
      Attack("a transposed answer of zeros", "1.2", [.failed, .invalid]) {
        "return Tensor.zeros([head.keys.shape[0], head.queries.shape[0]])"
      },
      Attack("public answers by heart", "1.3", [.failed]) {
        // The public cases are on every student's machine, and go into a file; the hidden cannot.
        """
        let known = [\(publicQuestions)]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let here = String(decoding: try encoder.encode(map), as: UTF8.self)
        for one in known where one.contains(here) { return .cross }
        throw Finding(leaks: false, "unknown")
        """
      },
      Attack("off by one", "1.4", [.failed, .partial, .invalid], atMost: 3) {
        "return target.map { RowTokens(reads: $0, predicts: $0) }"
      },
      Attack("one after the other", "1.5", [.failed, .partial], atMost: 3) {
        "return pair.targetWords.indices.map { $0 }"
      },
      Attack("the mean", "1.6", [.failed, .invalid]) {
        "return [Float](repeating: 0.5, count: examples[0].cross.shape[0])"
      },
      Attack("chance", "1.7", [.failed, .invalid]) {
        """
        let noise = (0..<texts[0].pattern.shape[0]).map { _ in Float.random(in: 0...1) }
        return HeadScores(
          previousToken: noise, duplicateToken: noise, induction: noise, indirectObject: noise)
        """
      },
      Attack("zeros", "1.10", [.failed, .partial, .invalid]) {
        "return [Float](repeating: 0, count: 4)"
      },
    ])

  /// More than there is of time, memory, disk and processes.
  static let greed = HostileFile(
    student: "greed",
    attacks: [
      Attack("an endless loop", "1.1", [.timedOut], says: "timed out after 2 s") {
        "while true {}"
      },
      Attack("sleep", "1.2", [.timedOut], says: "timed out after 2 s") {
        "while true { sleep(1_000) }"
      },
      Attack("a flood of output", "1.3", [.crashed], says: "printed more than 10 MB") {
        "while true { print(String(repeating: \"flood \", count: 10_000)) }"
      },
      Attack(
        "memory bit by bit", "1.4", [.crashed, .timedOut], says: "ran out of memory at 300 MB"
      ) {
        """
        var blocks: [[UInt8]] = []
        while true { blocks.append([UInt8](repeating: 1, count: 10_000_000)) }
        """
      },
      Attack("memory at once", "1.5", [.crashed], says: "ran out of memory at 300 MB") {
        "return [Int?](repeating: 1, count: 1_000_000_000_000)"
      },
      Attack("recursion", "1.6", [.crashed], says: "recursion without end") {
        """
        func down(_ depth: Int) -> Float { depth == -1 ? 0 : 1 + down(depth + 1) * 2 }
        return [down(examples.count)]
        """
      },
      Attack("the disk", "1.7", [.failed, .crashed]) {
        """
        let block = [UInt8](repeating: 1, count: 1_000_000)
        signal(SIGXFSZ, SIG_IGN)
        var written = 0
        for file in 0..<40 {
          let path = NSTemporaryDirectory() + "/fill-\\(file)"
          let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
          guard descriptor >= 0 else { break }
          for _ in 0..<100 {
            let step = write(descriptor, block, block.count)
            if step <= 0 { break }
            written += step
          }
          close(descriptor)
        }
        throw Finding(leaks: written > 100_000_000, "\\(written) bytes were written")
        """
      },
      Attack("a fork bomb", "1.8", [.timedOut, .crashed, .failed]) {
        """
        for _ in 0..<100_000 { _ = forkIt() }
        while true {}
        """
      },
      Attack("a process that leaves its session", "1.10", [.timedOut, .crashed]) {
        """
        if forkIt() == 0 {
          setsid()
          if forkIt() == 0 {
            for descriptor in Int32(0)..<64 { close(descriptor) }
            while true { sleep(7_531) }
          }
          _exit(0)
        }
        while true { sleep(1) }
        """
      },
      Attack("threads", "1.12", [.collected, .crashed, .failed]) {
        """
        for _ in 0..<5_000 {
          let thread = Thread { sleep(1_000) }
          thread.stackSize = 1 << 16
          thread.start()
        }
        return "many threads"
        """
      },
    ])
}
