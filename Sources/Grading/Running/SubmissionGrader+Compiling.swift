import Coursework
import Foundation

extension SubmissionGrader {
  /// What came of compiling a submission.
  enum Compiled {
    /// A program in a job's folder, what was taken out of the text for it, and what the compiler
    /// said of that.
    case program(JobFolder, [Salvage.Removal], [CompileMessage])
    /// Nothing in the text can be run.
    case failed(Diagnostics)
  }

  /// How often a text is compiled at most.
  private static let mostTries = 10

  /// Compiles a submission; what does not compile is taken out, and the rest compiled again, until
  /// something remains that compiles or nothing more can be taken out.
  ///
  /// Every try has the whole time; altogether there is three times as much.
  func compile(_ text: String, slot: Int) async throws -> Compiled {
    let compiler = Compiler(
      workshop: workshop, seconds: options.compileSeconds, memoryBytes: 3_000_000_000)
    let start = ContinuousClock.now
    var salvage = template.flatMap { Salvage(text, template: $0) }
    var first: Diagnostics?
    var messages: [CompileMessage] = []
    for _ in 0..<Self.mostTries {
      // Looked for each time: what is taken out may turn what was text into code.
      let forbidden = ForbiddenAttributes.faults(in: salvage?.text ?? text)
      guard forbidden.isEmpty else {
        let diagnostics = Diagnostics(forbidden)
        first = first ?? diagnostics
        messages += diagnostics.messages.filter { !messages.contains($0) }
        guard salvage?.takeOut(forbidden) == true else { return .failed(first!) }
        continue
      }
      let job = try workshop.makeJob(slot: slot, answers: salvage?.text ?? text, main: main)
      var isKept = false
      defer { if !isKept { workshop.finish(job) } }
      switch try await compile(job, by: compiler) {
      case .compiled:
        isKept = true
        return .program(job, salvage?.removals ?? [], Array(messages.prefix(20)))
      case .failed(let diagnostics):
        first = first ?? diagnostics
        messages += diagnostics.messages.filter { !messages.contains($0) }
        guard start.secondsToNow < options.compileSeconds * 3,
          salvage?.takeOut(diagnostics.faults) == true
        else { return .failed(first!) }
      }
    }
    return .failed(first!)
  }
}

extension Salvage {
  /// What was taken out and why, in a sentence; nil when nothing was.
  static func sentence(on removals: [Removal]) -> String? {
    guard !removals.isEmpty else { return nil }
    let shown = removals.prefix(3).map { removal in
      let exercise = removal.exercise.map { " (\($0))" } ?? ""
      return "\(removal.what)\(exercise): \(removal.reason)"
    }
    let more = removals.count > 3 ? ", and \(removals.count - 3) more" : ""
    return "taken out because it does not compile: \(shown.joined(separator: "; "))\(more)"
  }
}

extension ExerciseOutcome {
  /// Says which of the exercise's methods were taken out and why.
  ///
  /// An exercise of which nothing was asked for that reason is not just unanswered.
  mutating func apply(_ removals: [Salvage.Removal]) {
    let own = removals.filter { $0.exercise == id }
    guard !own.isEmpty else { return }
    let sentence = own.map { "\($0.what) does not compile: \($0.reason)" }.joined(separator: "; ")
    if status == .unanswered {
      status = .invalid
      message = sentence
      publicPart = nil
      hiddenPart = nil
    } else {
      message = "\(sentence); \(message)"
    }
  }
}
