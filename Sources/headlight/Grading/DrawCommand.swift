import ArgumentParser
import Coursework

/// What grading draws figures with, in a process of its own.
struct DrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw", abstract: "Draw a sheet's figures from answers on standard input.",
    shouldDisplay: false)

  @Argument(help: "A sheet's number.")
  var sheet: Int

  func run() throws {
    FigureDrawing.serve(try SheetChoice.sheet(sheet))
  }
}
