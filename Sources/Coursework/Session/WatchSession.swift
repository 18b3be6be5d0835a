import Answering
import Foundation

/// A sheet that is checked on every save.
package struct WatchSession: Sendable {
  let sheet: Sheet
  /// The watched file's path in the package, for the reader.
  let file: String
  /// Whether keys are listened to.
  let hasKeys: Bool
  /// Builds the sheet's program; throws with what the compiler said.
  let prepare: @Sendable () throws -> Void
  let checker: ProcessChecker
  let progress: ProgressFile
  let terminal: Terminal
  /// The package's folder.
  var folder = PackageCheckout.courseFolder()

  /// Checks now and on every save, until a stop.
  package func run(_ events: some WatchEvents) async throws {
    terminal.print("Sheet \(sheet.number) · \(sheet.title)", style: .bold)
    terminal.print("Watching \(file). Ctrl-C ends.", style: .dim)
    var known: [String: ExerciseResult] = [:]
    try await check(&known, events)
    while true {
      switch await events.next() {
      case .saved, .key("r"): try await check(&known, events)
      case .key("h"): showHint(known)
      case .key("q"), .stop:
        terminal.print()
        return
      case .key: terminal.print(Self.keys, style: .dim)
      }
    }
  }

  private static let keys = "h: a hint · r: check again · q: quit"

  /// Checks every exercise, the current one first, and says what is new.
  private func check(_ known: inout [String: ExerciseResult], _ events: some WatchEvents)
    async throws
  {
    terminal.print()
    do { try prepare() } catch {
      // Ctrl-C ends the compiler as well, and that is no fault of the answers.
      guard StopSignals.signal == nil else { return }
      terminal.print(printable("\(error)", limit: 20_000, keepingLines: true), style: .red)
      terminal.print("Checked again as soon as you save.", style: .dim)
      return
    }
    let isFirst = known.isEmpty
    let current = Self.next(in: sheet.exercises, known)
    let order = [current].compactMap { $0 } + sheet.exercises.filter { $0.id != current?.id }
    let bar = ProgressBar("Checking", total: order.count, unit: "exercises")
    var new: [ExerciseResult] = []
    for exercise in order {
      guard let result = try await result(of: exercise, unless: events) else {
        bar.clear()
        record(new)
        return
      }
      let old = known[exercise.id]
      known[exercise.id] = result
      new.append(result)
      bar.clear()
      let isNew = old?.status != result.status || old?.message != result.message
      if isNew, !isFirst || result.status != .unanswered {
        terminal.print(result, of: exercise)
      } else if exercise.id == current?.id, result.status != .unanswered {
        terminal.print(result, of: exercise)
      }
      bar.advance()
    }
    bar.finish()
    record(new)
    terminal.noteImports(of: sheet, in: folder)
    printNext(known)
  }

  /// What an exercise's answers earn, or nil when something happens that makes it useless to know.
  private func result(of exercise: Exercise, unless events: some WatchEvents) async throws
    -> ExerciseResult?
  {
    try await withThrowingTaskGroup(of: ExerciseResult?.self) { group in
      group.addTask { [checker] in await checker.check(exercise) }
      group.addTask {
        await events.interruption()
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  private func printNext(_ known: [String: ExerciseResult]) {
    let earned = known.values.reduce(0) { $0 + $1.points }
    terminal.print(
      "\(pointsText(earned)) of \(sheet.points - sheet.openPoints) points", style: .bold)
    if let next = Self.next(in: sheet.exercises, known) {
      terminal.print(
        "Next: \(next.id) \(next.title), about \(next.minutes) min, difficulty "
          + "\(next.difficulty) of 5.")
    } else {
      terminal.print("Every public check passed; the grade comes from other questions like these.")
    }
    if hasKeys { terminal.print(Self.keys, style: .dim) }
  }

  /// What to go on with: the first answer that is wrong, or else the first that is missing.
  static func next(in exercises: [Exercise], _ known: [String: ExerciseResult])
    -> Exercise?
  {
    let left = exercises.filter { !(known[$0.id]?.isSettled ?? false) }
    return left.first { known[$0.id].map { $0.status != .unanswered } ?? false } ?? left.first
  }

  /// The next hint to the exercise that is to be done next; each says more than the one before.
  private func showHint(_ known: [String: ExerciseResult]) {
    guard let exercise = Self.next(in: sheet.exercises, known) else {
      terminal.print("Nothing is left to do, and so to hint at.")
      return
    }
    var hint = (number: 0, text: "")
    progress.keep(in: terminal) { hint = $0.revealHint(of: exercise) }
    terminal.print(
      hint.text, lead: "\(exercise.id), hint \(hint.number) of \(exercise.hints.count): ",
      leadStyle: .bold)
  }

  private func record(_ results: [ExerciseResult]) {
    let date = Date()
    progress.keep(in: terminal) { progress in
      for result in results { progress.record(result, at: date) }
    }
  }
}

extension WatchSession {
  /// Watches a sheet's file of the package in the terminal, with the keyboard where there is one.
  ///
  /// - Throws: ``BuildError`` when there is nothing to watch.
  package static func run(_ sheet: Sheet) async throws {
    let folder = PackageCheckout.courseFolder()
    let file = folder.appending(path: sheet.answersFile)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw BuildError("\(file.path) is not there, so there is nothing to watch")
    }
    let terminal = Terminal.standardOutput
    StopSignals.watch()
    let keyboard = terminal.isInteractive ? Keyboard() : nil
    defer { keyboard?.restore() }
    let program = ThisProgram.sibling(sheet.program)
    let session = WatchSession(
      sheet: sheet, file: sheet.answersFile, hasKeys: keyboard != nil,
      prepare: { try SheetProgram(program, of: sheet).prepare() },
      checker: ProcessChecker(command: [program.path]),
      progress: ProgressFile(package: folder), terminal: terminal)
    try await session.run(FileEvents(file: file, keyboard: keyboard))
  }
}
