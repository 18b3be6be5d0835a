import Answering
import Coursework
import Foundation

extension SubmissionGrader {
  /// The sheet's figures as the student's program draws them, and their files.
  ///
  /// What the program hands over is a picture only if it begins as one and is no larger than one may
  /// be; a reader of reports sees nothing else of it.
  func drawFigures(
    _ checker: ProcessChecker, _ turns: Turns
  ) async -> (outcomes: [FigureOutcome], pictures: [String: Data]) {
    func draw() async -> [DrawnFigure] {
      await checker.draw(
        sheet.figures.map(\.name), in: checker.environment?["TMPDIR"] ?? "/tmp", seconds: 60)
    }
    var drawn = await turns.together { await draw() }
    if drawn.contains(where: \.isMachineFault) { drawn = await turns.alone { await draw() } }
    var outcomes: [FigureOutcome] = []
    var files: [String: Data] = [:]
    for (figure, picture) in zip(sheet.figures, drawn) {
      var outcome = FigureOutcome(name: figure.name, caption: figure.caption)
      switch picture {
      case .drawn(let data) where Self.isPicture(data): files[figure.name] = data
      case .drawn: outcome.missing = "what your program drew is no PNG picture"
      case .waiting: outcome.missing = "it waits for an answer"
      case .failed(let reason): outcome.missing = reason
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
