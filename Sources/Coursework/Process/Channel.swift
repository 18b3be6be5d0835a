import Answering
import Foundation
import Subprocess
import Synchronization

/// The asking end of a conversation: one question at a time, the next after the answer.
struct Channel {
  let input: StandardInputWriter
  var output: SubprocessOutputSequence.Iterator
  let answerBytes: Int
  private var buffer: [UInt8] = []
  private var start = 0

  init(input: StandardInputWriter, output: SubprocessOutputSequence.Iterator, answerBytes: Int) {
    self.input = input
    self.output = output
    self.answerBytes = answerBytes
  }

  /// Puts question after question, until there are no more, or the process ended or was stopped.
  ///
  /// - Returns: whether every question was replied to.
  mutating func exchange(
    _ next: @Sendable () async -> Data?, stopper: Stopper,
    heard: @Sendable (AnswerProcess.Reply) -> Void
  ) async -> Bool {
    while let question = await next() {
      let nonce = Frame.makeNonce()
      guard let written = try? await input.write(Frame.question(question, nonce: nonce)),
        written == question.count + Frame.questionHeaderCount,
        let header = await read(Frame.replyHeaderCount)
      else { return false }
      guard Array(header.prefix(Frame.nonceCount)) == nonce,
        let kind = Frame.Kind(rawValue: header[Frame.nonceCount])
      else {
        stopper.stop(.forged)
        return false
      }
      let length = Frame.length(endOf: header)
      guard length <= answerBytes else {
        stopper.stop(.tooLarge(bytes: length, limit: answerBytes))
        return false
      }
      guard let payload = await read(length) else { return false }
      let reply: AnswerProcess.Reply =
        switch kind {
        case .answered: .answered(Data(payload))
        case .unanswered: .unanswered
        case .threw: .threw(String(decoding: payload, as: UTF8.self))
        }
      heard(reply)
    }
    return true
  }

  private mutating func read(_ count: Int) async -> [UInt8]? {
    while buffer.count - start < count {
      guard let more = try? await output.next() else { return nil }
      if start > 0 {
        buffer.removeFirst(start)
        start = 0
      }
      more.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }
    defer { start += count }
    return Array(buffer[start..<start + count])
  }
}

/// The end of what a process printed, and how much that was.
final class PrintedTail: Sendable {
  private let limit: Int
  private let state = Mutex<(bytes: [UInt8], total: Int, finished: Bool)>(([], 0, false))

  init(limit: Int) { self.limit = limit }

  /// Takes note of what was printed; false once it is too much.
  func add(_ bytes: [UInt8]) -> Bool {
    state.withLock { state in
      state.total += bytes.count
      state.bytes = Array((state.bytes + bytes.suffix(4_096)).suffix(4_096))
      return state.total <= limit
    }
  }

  func finish() { state.withLock { $0.finished = true } }

  var isFinished: Bool { state.withLock { $0.finished } }

  /// Waits until all was read, or for as long as given.
  func waitToFinish(seconds: Double) async {
    let end = ContinuousClock.now + .seconds(seconds)
    while !isFinished, ContinuousClock.now < end, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  var lastLine: String {
    Self.lastLine(of: String(decoding: state.withLock { $0.bytes }, as: UTF8.self))
  }

  /// The runtime's last word if there is one, else the last line that is not empty.
  ///
  /// What tells of the machine's failure is written last of all.
  static func lastLine(of text: String) -> String {
    let lines = text.split(whereSeparator: \.isNewline).map { printable(String($0), limit: 300) }
      .filter { !$0.allSatisfy(\.isWhitespace) }
    if let last = lines.last, last.hasPrefix(MachineFailure.mark) { return last }
    return lines.last { $0.contains("Fatal error") } ?? lines.last ?? ""
  }
}
