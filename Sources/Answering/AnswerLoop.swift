package import Foundation
import Synchronization

/// The answering process: reads questions until there are no more, and writes what the code
/// answers.
///
/// Frames travel over private copies of standard input and output. What the code prints goes to
/// standard error instead, and what it reads is empty, so that neither disturbs a frame.
package enum AnswerLoop {
  /// Answers every question that arrives on standard input, then ends the process.
  package static func serve(_ respond: @escaping @Sendable (Data) throws -> Data) -> Never {
    MachineFailure.reportTraps()
    let parent = getppid()
    let input = privateCopy(of: STDIN_FILENO)
    let output = privateCopy(of: STDOUT_FILENO)
    redirect(STDIN_FILENO, to: open("/dev/null", O_RDONLY))
    redirect(STDOUT_FILENO, to: dup(STDERR_FILENO))

    let queue = Queue()
    let isStarted = DispatchSemaphore(value: 0)
    let worker = Thread {
      isStarted.signal()
      while true {
        let (nonce, question) = queue.next()
        let reply = reply(to: question, nonce: nonce, respond)
        guard write(reply, to: output) else { _exit(1) }
        queue.finishOne()
      }
    }
    // A recursion that fits a main thread fits here.
    worker.stackSize = 16 << 20
    worker.start()
    // Foundation does not say when there is no thread to be had.
    guard isStarted.wait(timeout: .now() + 20) == .success else {
      MachineFailure.exit("no thread could be started to answer in")
    }

    while let header = read(Frame.questionHeaderCount, from: input),
      let question = read(Frame.length(endOf: header), from: input)
    {
      queue.add((Array(header.prefix(Frame.nonceCount)), Data(question)))
    }
    // Nobody asks any more. What was asked is still answered, unless the asking process is gone: an
    // endless loop must not outlive it.
    while queue.isBusy, getppid() == parent { usleep(20_000) }
    _exit(0)
  }

  private static func reply(
    to question: Data, nonce: [UInt8], _ respond: (Data) throws -> Data
  ) -> [UInt8] {
    do {
      return Frame.reply(.answered, try respond(question), nonce: nonce)
    } catch is Unanswered {
      return Frame.reply(.unanswered, Data(), nonce: nonce)
    } catch {
      return Frame.reply(.threw, Data(printable(sentence(for: error)).utf8), nonce: nonce)
    }
  }

  private static func privateCopy(of descriptor: Int32) -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { MachineFailure.exit("a channel could not be copied: \(reason())") }
    return copy
  }

  private static func redirect(_ descriptor: Int32, to other: Int32) {
    guard other >= 0, dup2(other, descriptor) >= 0 else {
      MachineFailure.exit("a channel could not be set up: \(reason())")
    }
    close(other)
  }

  private static func reason() -> String { String(cString: strerror(errno)) }

  private static func read(_ count: Int, from descriptor: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let step = bytes.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress! + done, count - done)
      }
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { return nil }
      done += step
    }
    return bytes
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let step = bytes.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress! + done, bytes.count - done)
      }
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { return false }
      done += step
    }
    return true
  }

  /// Questions on their way from the thread that reads to the thread that answers.
  private final class Queue: Sendable {
    typealias Item = (nonce: [UInt8], question: Data)
    private let items = Mutex<(waiting: [Item], pending: Int)>(([], 0))
    private let available = DispatchSemaphore(value: 0)

    func add(_ item: Item) {
      items.withLock {
        $0.waiting.append(item)
        $0.pending += 1
      }
      available.signal()
    }

    func next() -> Item {
      available.wait()
      return items.withLock { $0.waiting.removeFirst() }
    }

    func finishOne() { items.withLock { $0.pending -= 1 } }

    var isBusy: Bool { items.withLock { $0.pending > 0 } }
  }
}
