import Answering
package import Foundation

/// What a student's program gave when a figure asked it.
package enum GivenAnswer: Codable, Equatable, Sendable {
  /// An encoded answer.
  case answered(Data)
  /// The stub is untouched.
  case unanswered
  /// There is no answer, for the reason given.
  case failed(String)
  /// The machine failed, for the reason given; see ``Ending/machineFault``.
  case machineFailed(String)

  /// Whether another try may fare better.
  package var isMachineFault: Bool { if case .machineFailed = self { true } else { false } }

  /// How many bytes an answer has.
  var count: Int { if case .answered(let answer) = self { answer.count } else { 0 } }
}

extension ProcessChecker {
  /// What the program gives for encoded questions, all of them within so many seconds.
  package func answers(to requests: [Data], seconds: Double) async -> [GivenAnswer] {
    await process(arguments: ["--answer"]).ask(requests, seconds: seconds).map {
      switch $0 {
      case .answered(let answer): .answered(answer)
      case .unanswered: .unanswered
      case .threw: .failed("your code threw an error")
      case .ended(let ending):
        ending.machineFault.map { .machineFailed($0) } ?? .failed(ending.verdict.message)
      }
    }
  }
}

/// Draws a sheet's figures from answers that were given elsewhere.
///
/// It runs in a process of its own, of the grader's own program: what draws an answer never runs
/// where the student's code does, and an answer that it stumbles over costs one picture.
package enum FigureDrawing {
  /// A figure, and what is known of the answers that it shows.
  struct Request: Codable {
    var figure: String
    var answers: [Given]
  }

  /// A question and what was given for it.
  struct Given: Codable {
    var request: Data
    var answer: GivenAnswer
  }

  /// What became of a figure.
  enum Reply: Codable {
    case drawn(Data)
    /// It shows the answers to questions that are not among those known.
    case needs([Data])
  }

  private struct Needed: Error { let requests: [Data] }

  /// Draws what arrives on standard input, then ends the process.
  package static func serve(_ sheet: Sheet) -> Never {
    AnswerLoop.serve { data in
      try Coding.encode(try reply(to: Coding.decode(Request.self, from: data), sheet))
    }
  }

  private static func reply(to request: Request, _ sheet: Sheet) throws -> Reply {
    guard let figure = sheet.figures.first(where: { $0.name == request.figure }) else {
      throw DrawingError(description: "sheet \(sheet.number) has no figure \(request.figure)")
    }
    let known = Dictionary(
      request.answers.map { ($0.request, $0.answer) }, uniquingKeysWith: { first, _ in first })
    let asking = Asking { requests in
      let missing = requests.filter { known[$0] == nil }
      guard missing.isEmpty else { throw Needed(requests: missing) }
      return try requests.map { request in
        switch known[request]! {
        case .answered(let answer): return answer
        case .unanswered: throw Unanswered()
        case .failed(let reason), .machineFailed(let reason):
          throw DrawingError(description: reason)
        }
      }
    }
    let file = FileManager.default.temporaryDirectory
      .appending(path: "headlight-figure-\(UUID().uuidString)-\(figure.name)")
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      try figure.draw(asking, file)
      return .drawn(try Data(contentsOf: file))
    } catch let needed as Needed {
      return .needs(needed.requests)
    }
  }
}

/// What became of a figure.
package enum DrawnFigure: Equatable, Sendable {
  /// The picture's file.
  case drawn(Data)
  /// The figure waits for an answer that is not given yet.
  case waiting
  /// There is no picture, for the reason given.
  case failed(String)
  /// The machine failed, for the reason given; see ``Ending/machineFault``.
  case machineFailed(String)
}

extension Sheet {
  /// How often a figure may turn out to need more answers.
  private static let mostRounds = 8
  /// How many bytes of answers a figure may show.
  private static let mostBytes = 32_000_000

  /// Draws the figures from answers that are asked for when they turn out to be needed.
  ///
  /// - Parameters:
  ///   - drawer: a program that calls ``FigureDrawing/serve(_:)`` for this sheet.
  ///   - answers: asks the student's program; called with all that is needed at one time, and with
  ///     nothing twice.
  package func drawFigures(
    by drawer: StandingProcess, answers: ([Data]) async -> [GivenAnswer]
  ) async -> [DrawnFigure] {
    var known: [Data: GivenAnswer] = [:]
    var shown = [[Data]](repeating: [], count: figures.count)
    var drawn = [DrawnFigure?](repeating: nil, count: figures.count)
    for _ in 0..<Self.mostRounds where !Task.isCancelled {
      var needed: [Data] = []
      for place in drawn.indices where drawn[place] == nil {
        let given = shown[place].map { FigureDrawing.Given(request: $0, answer: known[$0]!) }
        guard given.reduce(0, { $0 + $1.answer.count }) <= Self.mostBytes else {
          drawn[place] = .failed(
            "your answers take more than \(bytesText(Self.mostBytes)), and are not drawn")
          continue
        }
        switch await draw(figures[place], from: given, by: drawer) {
        case .success(.drawn(let picture)): drawn[place] = .drawn(picture)
        case .success(.needs(let requests)):
          shown[place] += requests
          needed += requests.filter { known[$0] == nil && !needed.contains($0) }
        case .failure(let failure): drawn[place] = failure.figure
        }
      }
      guard drawn.contains(where: { $0 == nil }) else { break }
      for (request, answer) in zip(needed, await answers(needed)) { known[request] = answer }
    }
    return drawn.map { $0 ?? .failed("it asks for answers without end") }
  }

  private struct Failure: Error { let figure: DrawnFigure }

  private func draw(
    _ figure: SheetFigure, from answers: [FigureDrawing.Given], by drawer: StandingProcess
  ) async -> Result<FigureDrawing.Reply, Failure> {
    func failure(_ reason: String) -> Result<FigureDrawing.Reply, Failure> {
      .failure(Failure(figure: .failed(reason)))
    }
    let request = FigureDrawing.Request(figure: figure.name, answers: answers)
    guard let question = try? Coding.encode(request) else {
      return failure("the picture could not be asked for")
    }
    switch await drawer.ask(question) {
    case .answered(let data):
      guard let reply = try? Coding.decode(FigureDrawing.Reply.self, from: data) else {
        return failure("the picture could not be drawn")
      }
      return .success(reply)
    case .unanswered: return .failure(Failure(figure: .waiting))
    case .threw(let reason): return failure(reason)
    case .ended(.timedOut(let seconds)):
      return failure("drawing took longer than \(secondsText(seconds))")
    case .ended(let ending):
      guard let fault = ending.machineFault else {
        return failure("your answer cannot be drawn; see what its exercise says")
      }
      return .failure(Failure(figure: .machineFailed(fault)))
    }
  }
}
