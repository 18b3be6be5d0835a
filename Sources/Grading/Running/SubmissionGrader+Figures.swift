import Answering
import Answering
import Coursework
import Foundation

extension SubmissionGrader {
  /// The sheet's figures of the student's answers, and their files.
  ///
  /// The student's program is asked for answers; what they look like is drawn by a process of the
  /// grader's own.
  func drawFigures(
    _ checker: ProcessChecker, by drawer: StandingProcess
  ) async -> (outcomes: [FigureOutcome], pictures: [String: Data]) {
    let drawn = await sheet.drawFigures(by: drawer) { requests in
      func ask() async -> [GivenAnswer] { await checker.answers(to: requests, seconds: 60) }
      let answers = await turns.together { await ask() }
      guard answers.contains(where: \.isMachineFault) else { return answers }
      return await turns.alone { await ask() }
    }
    var outcomes: [FigureOutcome] = []
    var files: [String: Data] = [:]
    for (figure, picture) in zip(sheet.figures, drawn) {
      var outcome = FigureOutcome(name: figure.name, caption: figure.caption)
      switch picture {
      case .drawn(let data) where Self.isPicture(data): files[figure.name] = data
      case .drawn: outcome.missing = "what was drawn is no PNG picture"
      case .waiting: outcome.missing = "it waits for an answer"
      case .failed(let reason): outcome.missing = printable(reason)
      case .machineFailed(let reason): outcome.missing = "the grader failed: \(printable(reason))"
      }
      outcomes.append(outcome)
    }
    return (outcomes, files)
  }

  /// Whether bytes are a PNG of a size that can be shown: signature, header, at most 5 MB and
  /// 10,000 pixels a side.
  static func isPicture(_ data: Data) -> Bool {
    guard data.count > 33, data.count <= 5_000_000,
      data.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]),
      data.dropFirst(12).starts(with: Array("IHDR".utf8))
    else { return false }
    let sides = [16, 20].map { begin in
      data.dropFirst(begin).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    return sides.allSatisfy { (1...10_000).contains($0) }
  }
}
