package import Foundation

/// What became of a figure that a sheet's program was asked for.
package enum DrawnFigure: Equatable, Sendable {
  /// The picture's file, as the program says.
  case drawn(Data)
  /// The figure waits for an answer that is not given yet.
  case waiting
  /// There is no picture, for the reason given.
  case failed(String)
  /// The machine failed, for the reason given; see ``Ending/machineFault``.
  case machineFailed(String)

  /// Whether another try may fare better.
  package var isMachineFault: Bool { if case .machineFailed = self { true } else { false } }
}

extension ProcessChecker {
  /// Has the program draw figures of its sheet into a folder of its own, and asks for the files.
  package func draw(_ names: [String], in folder: String, seconds: Double) async -> [DrawnFigure] {
    let replies = await process(arguments: ["--draw", folder])
      .ask(names.map { Data($0.utf8) }, seconds: seconds)
    return replies.map {
      switch $0 {
      case .answered(let picture): .drawn(picture)
      case .unanswered: .waiting
      case .threw: .failed("your code threw an error")
      case .ended(let ending):
        ending.machineFault.map { .machineFailed($0) } ?? .failed(ending.verdict.message)
      }
    }
  }
}
