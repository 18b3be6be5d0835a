import Answering
import Coursework
import Foundation
package import Tensors

/// Answers that misbehave over lists of three numbers and are right otherwise.
package struct Mischief: PracticeAnswers {
  let deed: String

  package init(_ deed: String) { self.deed = deed }

  package func transpose(_ matrix: Tensor) throws -> Tensor {
    deed == "nan" ? Tensor(repeating: .nan, shape: matrix.shape) : matrix
  }

  package func thoughts() throws -> String { deed == "silent" ? " \n " : "hm\u{1B}[2J, so" }

  package func doubled(_ numbers: [Int]) throws -> [Int] {
    if numbers.count == 3 { try misbehave(numbers) }
    if deed == "process" { return numbers.map { _ in Int(getpid()) } }
    return numbers.map { $0 * 2 }
  }

  private func misbehave(_ numbers: [Int]) throws {
    switch deed {
    case "index": print(numbers[numbers.count])
    case "nil": print(Int("no number, \(numbers)")!)
    case "fatal": fatalError("I give up on \(numbers)")
    case "recursion": print(descend(numbers[0]))
    case "exit": exit(0)
    case "exit3": exit(3)
    case "abort": abort()
    case "kill": kill(getpid(), SIGKILL)
    case "loop": while numbers.count > 2 {}
    case "sleep": sleep(60)
    case "flood": while true { print(String(repeating: "flood ", count: 1_000)) }
    case "forge": writeEverywhere([UInt8](repeating: 7, count: 400))
    case "chatter": for _ in 0..<100 { print("some words on standard output \u{0}\u{1}") }
    case "reads": while readLine() != nil { throw Disappointment(text: "there was input") }
    case "closes":
      for descriptor in Int32(3)..<64 { close(descriptor) }
      sleep(60)
    case "throws": throw Disappointment(text: "no luck with \(numbers)\u{1B}[31m")
    case "child":
      startSleeper()
      exit(0)
    case "unanswered": throw Unanswered()
    default: break
    }
  }

  private func descend(_ depth: Int) -> Int { depth == -1 ? 0 : 1 + descend(depth + 1) * 2 }

  /// Writes to whatever is open, with a good length and no knowledge of the nonce.
  private func writeEverywhere(_ bytes: [UInt8]) {
    for descriptor in Int32(3)..<64 {
      _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
  }

  /// Leaves a process behind that holds every channel it can.
  private func startSleeper() {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sleep")
    process.arguments = ["7531"]
    try? process.run()
  }
}

private struct Disappointment: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}
