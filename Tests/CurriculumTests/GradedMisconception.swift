import CourseworkFixture
import Foundation
import Synchronization
import Tensors
import XCTest

@testable import Coursework
@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Grading
@testable import Solution1

extension Misconception {
  /// What is wrong with the exercise if it does not catch this, in process under every proof seed or
  /// as a class is graded: answered in a sandbox, under a secret seed, verified outside.
  func fault() -> String? {
    fault(seeds: proofSeeds) ?? GradingRoom.fault(of: self)
  }
}

/// A workshop for all tests.
enum GradingRoom {
  private static let secretSeed: UInt64 = 0x5EC2_E7
  private static let slots = FreeSlots()
  private static let workshop = Result { try waiting { try await makeWorkshop() } }

  static func fault(of wrong: Misconception) -> String? {
    do {
      let outcome = try outcome(of: wrong)
      guard outcome.points >= Double(outcome.maxPoints) else { return nil }
      return "\(outcome.id), \(wrong.name): full marks when graded: \(outcome.message)"
    } catch {
      return "\(wrong.exercise.id), \(wrong.name): could not be graded: \(error)"
    }
  }

  private static func outcome(of wrong: Misconception) throws -> ExerciseOutcome {
    let workshop = try workshop.get()
    let parts = try [Checker.publicSeed, secretSeed].map { try KeptCases.of(wrong.exercise, $0) }
    let recorded = workshop.course.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: recorded) }
    let answers = RecordedAnswers(parts.joined().flatMap(\.requests), answer: wrong.answer)
    try answers.write(to: recorded)
    chmod(recorded.path, 0o644)

    return try slots.withSlot { slot in
      try graded(wrong, parts: parts, recorded: recorded, answers: answers, slot: slot)
    }
  }

  private static func graded(
    _ wrong: Misconception, parts: [[ReadyCase]], recorded: URL, answers: RecordedAnswers, slot: Int
  ) throws -> ExerciseOutcome {
    let workshop = try workshop.get()
    let job = try workshop.makeJob(slot: slot, answers: "", main: "")
    defer { workshop.finish(job) }
    try Data().write(to: job.program)
    let confinement = workshop.confinement
    let checker = try confinement.checker(
      [
        "\(confinement.seenCourse)/replay", "--recorded",
        "\(confinement.seenCourse)/\(recorded.lastPathComponent)",
      ], job: job, seconds: 120, memoryBytes: 2_000_000_000)
    let check = try waiting { await checker.check(wrong.exercise, parts: parts) }
    if let failure = check.machineFault { throw GraderFault(failure) }
    // A process that fails would be rejected too, and say nothing about the answer.
    let said = check.results.map { $0.cases.map(\.verdict) }
    // Where the checker judges too: last digits hang on how many threads share the work.
    let expected = try waiting { parts.map { $0.map { answers.verdict(on: $0) } } }
    guard said == expected else {
      throw GraderFault("the sandboxed process got \(said), and its answers earn \(expected)")
    }
    return ExerciseOutcome(wrong.exercise, check)
  }

  private static func makeWorkshop() async throws -> Workshop {
    let checkout = try XCTUnwrap(PackageCheckout(of: ThisProgram.url))
    let workshop = try await Workshop(
      of: checkout, confine: ThisProgram.sibling("confine"), required: nil,
      atMost: .bubblewrap)
    atexit { (try? GradingRoom.workshop.get())?.remove() }
    let program = workshop.course.appending(path: "replay")
    try FileManager.default.copyItem(at: ThisProgram.sibling("CourseworkFixture"), to: program)
    chmod(program.path, 0o755)
    return workshop
  }

  /// What comes of work that is not this thread's.
  private static func waiting<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      let value: Result<Value, any Error>
      do { value = .success(try await work()) } catch { value = .failure(error) }
      result.withLock { $0 = value }
      done.signal()
    }
    done.wait()
    return try result.withLock { $0! }.get()
  }
}

/// Numbers of which each is used by one at a time.
private final class FreeSlots: Sendable {
  private let free = Mutex(Array(0..<64))

  func withSlot<Result>(_ body: (Int) throws -> Result) rethrows -> Result {
    let slot = free.withLock { $0.removeLast() }
    defer { free.withLock { $0.append(slot) } }
    return try body(slot)
  }
}

extension RecordedAnswers {
  /// What a case makes of the answers to it.
  fileprivate func verdict(on aCase: ReadyCase) -> Verdict {
    aCase.verdict(
      on: aCase.requests.map { request in
        do { return .answered(try answer(to: request)) } catch { return .verdict(.of(error)) }
      })
  }
}

final class GradedMisconceptionTests: XCTestCase {
  /// What is right is seen to be, in the sandbox too: or nothing would ever be found wrong there.
  func testARightAnswerIsNoMisconception() throws {
    let exercise = AttentionSheet.writeAttention
    let solution = Solution1.Answers()
    let right = Misconception(of: exercise, "none", says: nil) { (head: AttentionHead) in
      try solution.attention(of: head)
    }
    XCTAssertEqual(
      GradingRoom.fault(of: right),
      "1.2, none: full marks when graded: right in all cases, public and hidden")
    let throwing = Misconception(of: exercise, "throws", says: nil) {
      (_: AttentionHead) -> Tensor in throw CocoaError(.featureUnsupported)
    }
    XCTAssertNil(GradingRoom.fault(of: throwing))
  }

  /// Of answers that are tried side by side each misjudged one is said, wherever it stands.
  func testOfManyAnswersEachThatIsMisjudgedIsSaid() {
    let exercise = AttentionSheet.writeAttention
    let solution = Solution1.Answers()
    @Sendable func right(_ head: AttentionHead) throws -> Tensor {
      try solution.attention(of: head)
    }
    @Sendable func wrong(_ head: AttentionHead) throws -> Tensor { try right(head) * 0.5 }
    let names = ["right", "wrong", "right", "wrong", "right"]
    let misconceptions = names.map { name in
      Misconception(of: exercise, name, says: nil, answer: name == "right" ? right : wrong)
    }
    let variants = names.map { name in
      Variant(of: exercise, name, answer: name == "right" ? right : wrong)
    }
    XCTAssertEqual(
      misconceptions.faults().map { $0.prefix(10) }, Array(repeating: "1.2, right", count: 3))
    XCTAssertEqual(
      variants.faults().map { $0.prefix(10) }, Array(repeating: "1.2, wrong", count: 2))
  }
}
